//! The Lambda Runtime API (2018-06-01) for one instance: where its process asks for requests and leaves its answers.

use std::{convert::Infallible, sync::Arc, time::Duration, time::Instant};

use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc},
    task::{JoinHandle, JoinSet},
};

use super::clock;

/// The largest answer that Lambda passes on.
const LARGEST_ANSWER: usize = 6_291_556;

/// A request on its way to a process.
#[derive(Debug)]
pub(super) struct Invocation {
    /// Its request id.
    pub(super) id: String,
    /// The event.
    pub(super) payload: Bytes,
    /// X-Ray's header.
    pub(super) trace: String,
}

/// What a process told the Runtime API.
#[derive(Debug)]
pub(super) enum Signal {
    /// It took a request; the first time with the moment at which it first asked for one.
    Taken(Instant),
    /// It answered.
    Answered(String, Bytes),
    /// It reported an error instead of an answer.
    Failed(String, Bytes),
    /// Its answer is too large.
    TooLarge(String),
    /// It could not start.
    InitFailed(Bytes),
}

/// The two ends that the Runtime API connects to a process.
#[derive(Debug)]
pub(super) struct Exchange {
    /// Requests to hand out.
    pub(super) invocations: Mutex<mpsc::Receiver<Invocation>>,
    /// Where to report.
    pub(super) signals: mpsc::UnboundedSender<Signal>,
    /// The function's ARN.
    pub(super) arn: String,
    /// How long the function may take.
    pub(super) timeout: Duration,
}

/// Serves the Runtime API on `listener` until the task is aborted.
pub(super) fn serve(listener: TcpListener, exchange: Exchange) -> JoinHandle<()> {
    let exchange = Arc::new(exchange);
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            // Small answers go out at once.
            let _ = stream.set_nodelay(true);
            let exchange = Arc::clone(&exchange);
            let service = service_fn(move |request| handle(Arc::clone(&exchange), request));
            connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            while connections.try_join_next().is_some() {}
        }
    })
}

async fn handle(exchange: Arc<Exchange>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().strip_prefix("/2018-06-01/runtime/").unwrap_or_default().to_owned();
    Ok(match (request.method(), path.split('/').collect::<Vec<_>>().as_slice()) {
        (&Method::GET, ["invocation", "next"]) => next(&exchange).await,
        (&Method::POST, ["invocation", id, "response"]) => {
            let (status, signal) = match bounded(request).await {
                Ok(body) => (StatusCode::ACCEPTED, Signal::Answered((*id).to_owned(), body)),
                Err(StatusCode::PAYLOAD_TOO_LARGE) => {
                    (StatusCode::PAYLOAD_TOO_LARGE, Signal::TooLarge((*id).to_owned()))
                }
                Err(status) => return Ok(answer(status, Bytes::new())),
            };
            report(&exchange, status, signal)
        }
        (&Method::POST, ["invocation", id, "error"]) => {
            let body = bounded(request).await.unwrap_or_default();
            report(&exchange, StatusCode::ACCEPTED, Signal::Failed((*id).to_owned(), body))
        }
        (&Method::POST, ["init", "error"]) => {
            let body = bounded(request).await.unwrap_or_default();
            report(&exchange, StatusCode::ACCEPTED, Signal::InitFailed(body))
        }
        _ => answer(StatusCode::NOT_FOUND, Bytes::from_static(b"{\"errorType\":\"InvalidPath\"}")),
    })
}

/// Waits for the next request. When the process goes away meanwhile, this future is dropped and no request is lost.
async fn next(exchange: &Exchange) -> Response<Full<Bytes>> {
    let asked = Instant::now();
    let Some(invocation) = exchange.invocations.lock().await.recv().await else {
        return answer(StatusCode::GONE, Bytes::new());
    };
    let _ = exchange.signals.send(Signal::Taken(asked));
    let deadline = clock::epoch_milliseconds() + u64::try_from(exchange.timeout.as_millis()).unwrap_or_default();
    Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", invocation.id)
        .header("lambda-runtime-deadline-ms", deadline)
        .header("lambda-runtime-invoked-function-arn", &exchange.arn)
        .header("lambda-runtime-trace-id", invocation.trace)
        .body(Full::new(invocation.payload))
        .unwrap_or_else(|_| answer(StatusCode::INTERNAL_SERVER_ERROR, Bytes::new()))
}

fn report(exchange: &Exchange, status: StatusCode, signal: Signal) -> Response<Full<Bytes>> {
    // Nobody listens any more when the instance is being ended.
    let _ = exchange.signals.send(signal);
    answer(status, Bytes::from_static(b"{\"status\":\"OK\"}"))
}

async fn bounded(request: Request<Incoming>) -> Result<Bytes, StatusCode> {
    match Limited::new(request.into_body(), LARGEST_ANSWER).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::BAD_REQUEST),
    }
}

fn answer(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response
}
