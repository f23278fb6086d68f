//! The API gateway: from an HTTP request to a function and back, within the limits of an HTTP API.

use std::{collections::BTreeMap, convert::Infallible, net::IpAddr, sync::Arc, time::Duration, time::Instant};

use http::{HeaderValue, Request, Response, StatusCode, header, request::Parts};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use super::{
    answer, body, clock,
    cors::Cors,
    event::{self, Routed},
    function::Function,
    id, invoke_api,
    log::Log,
    path,
    refusal::Refusal,
    routes::Routes,
    throttle::Throttle,
};

/// How long an HTTP API waits for a function.
const INTEGRATION_LIMIT: Duration = Duration::from_secs(30);
/// Request line and headers together, as on AWS.
const LARGEST_HEAD: usize = 10_240;
/// Far more than [`LARGEST_HEAD`], because the server itself answers what is above this without a body.
const LARGEST_READABLE_HEAD: usize = 16 << 20;
/// As many as fit into [`LARGEST_HEAD`], for the same reason.
const MOST_READABLE_HEADERS: usize = 2_560;
/// How long a connection may be idle between two requests.
const IDLE_LIMIT: Duration = Duration::from_secs(75);

/// Everything that the gateway needs for a request.
#[derive(Debug)]
pub(super) struct Gateway {
    /// The functions by name.
    pub(super) functions: BTreeMap<String, Arc<Function>>,
    /// Their routes.
    pub(super) routes: Routes,
    /// Which web pages may call.
    pub(super) cors: Option<Cors>,
    /// The limit on requests per second.
    pub(super) throttle: Throttle,
    /// One line per request.
    pub(super) access_log: Log,
}

/// What the access log says about a request besides its answer.
struct Passage<'a> {
    request_id: &'a str,
    route: Option<String>,
}

/// Serves the gateway on `listener` until the task is aborted.
pub(super) fn serve(listener: TcpListener, gateway: Arc<Gateway>) -> JoinHandle<()> {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(IDLE_LIMIT)
        .max_buf_size(LARGEST_READABLE_HEAD)
        .max_headers(MOST_READABLE_HEADERS);
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (stream, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    gateway.access_log.write(json!({"acceptError": error.to_string()}).to_string());
                    // Out of file descriptors, most likely: some come back.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let _ = stream.set_nodelay(true);
            let gateway = Arc::clone(&gateway);
            let service = service_fn(move |request| {
                let gateway = Arc::clone(&gateway);
                async move { Ok::<_, Infallible>(gateway.handle(request, peer.ip().to_canonical()).await) }
            });
            connections.spawn(http.serve_connection(TokioIo::new(stream), service));
            while connections.try_join_next().is_some() {}
        }
    })
}

impl Gateway {
    async fn handle(&self, request: Request<Incoming>, peer: IpAddr) -> Response<Full<Bytes>> {
        let arrived = Instant::now();
        let request_id = id::request();
        let (head, body) = request.into_parts();
        let mut passage = Passage { request_id: &request_id, route: None };
        let mut response = match self.answer(&head, body, peer, &mut passage).await {
            Ok(response) => response,
            Err(refusal) => refusal.response(&request_id),
        };
        if let Some(cors) = &self.cors
            && !Cors::is_preflight(&head.method, &head.headers)
        {
            cors.apply(&head.headers, response.headers_mut());
        }
        if let Ok(id) = HeaderValue::try_from(&request_id) {
            response.headers_mut().insert("apigw-requestid", id);
        }
        let line = json!({
            "requestId": request_id,
            "time": clock::epoch_milliseconds(),
            "method": head.method.as_str(),
            "path": head.uri.path(),
            "route": passage.route,
            "status": response.status().as_u16(),
            "milliseconds": arrived.elapsed().as_secs_f64() * 1000.0,
        });
        self.access_log.write(line.to_string());
        response
    }

    async fn answer(
        &self,
        head: &Parts,
        body: Incoming,
        peer: IpAddr,
        passage: &mut Passage<'_>,
    ) -> Result<Response<Full<Bytes>>, Refusal> {
        check_head(head)?;
        if let Some(name) = invoke_api::function_name(head, peer) {
            let payload = body::read(&head.headers, body).await?;
            return Ok(invoke_api::invoke(&self.functions, name, &head.headers, payload).await);
        }
        if let Some(cors) = &self.cors
            && Cors::is_preflight(&head.method, &head.headers)
        {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::NO_CONTENT;
            *response.headers_mut() = cors.preflight(&head.headers);
            return Ok(response);
        }
        let path = path::decode(head.uri.path());
        let route = self.routes.find(head.method.as_str(), &path).ok_or(Refusal::NotFound)?;
        passage.route = Some(route.key.to_owned());
        if !self.throttle.admits() {
            return Err(Refusal::TooManyRequests);
        }
        let body = body::read(&head.headers, body).await?;
        let event = event::event(&Routed {
            head,
            body: &body,
            path: &path,
            route: &route,
            request_id: passage.request_id,
            peer,
            epoch_milliseconds: clock::epoch_milliseconds(),
        });
        if event.len() > body::LARGEST_EVENT {
            return Err(Refusal::BodyTooLarge);
        }
        match timeout(INTEGRATION_LIMIT, route.function.invoke(Bytes::from(event))).await {
            Err(_) => Err(Refusal::IntegrationTimeout),
            Ok(Err(_)) => Err(Refusal::FunctionFailed),
            Ok(Ok(payload)) => answer::answer(&payload).ok_or_else(|| {
                let problem = "the function's answer is no answer of payload format 2.0";
                route.function.log.write(json!({"type": "gateway.failure", "error": problem}).to_string());
                Refusal::FunctionFailed
            }),
        }
    }
}

/// Refuses what AWS would not pass on, and what a function's HTTP library would stumble over.
fn check_head(head: &Parts) -> Result<(), Refusal> {
    // ": " and a line end around each header, and "HTTP/1.1" with the spaces and the line end in the request line.
    let headers: usize = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    if head.method.as_str().len() + target + 12 + headers > LARGEST_HEAD {
        return Err(Refusal::HeadersTooLarge);
    }
    let mut hosts = head.headers.get_all(header::HOST).iter();
    let host = hosts.next().map_or(Some("localhost"), |host| host.to_str().ok());
    if !host.is_some_and(is_host) || hosts.next().is_some() {
        return Err(Refusal::BadRequest("The Host header is malformed."));
    }
    Ok(())
}

fn is_host(host: &str) -> bool {
    host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
        && url::Url::parse(&format!("http://{host}/")).is_ok()
}
