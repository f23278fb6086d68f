//! One HTTP request on a connection of its own: there is nobody to share it with.

use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use url::Url;

/// A secret has at most 64 KiB, and escapes.
const ANSWER_BYTES: usize = 256 * 1_024;

/// Posts `body` to `endpoint`, by its scheme with TLS. Answers the status and the body.
///
/// # Errors
/// No connection, no trust, or an answer that breaks off.
pub(super) async fn post(endpoint: &Url, headers: HeaderMap, body: String) -> Result<(u16, Bytes), String> {
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = Method::POST;
    *request.headers_mut() = headers;
    let host = endpoint.host_str().unwrap_or_default();
    let port = endpoint.port_or_known_default().unwrap_or(443);
    let stream = TcpStream::connect((host, port)).await.map_err(|error| error.to_string())?;
    if endpoint.scheme() == "http" {
        return exchange(stream, request).await;
    }
    let tls = native_tls::TlsConnector::new().map_err(|error| error.to_string())?;
    let tls = tokio_native_tls::TlsConnector::from(tls);
    exchange(tls.connect(host, stream).await.map_err(|error| error.to_string())?, request).await
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<(u16, Bytes), String>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let driver = tokio::spawn(connection);
    let answered = async {
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        let body =
            Limited::new(response.into_body(), ANSWER_BYTES).collect().await.map_err(|error| error.to_string())?;
        Ok((status, body.to_bytes()))
    }
    .await;
    driver.abort();
    answered
}
