//! Requests that nobody sends by mistake: each has a 4xx answer, and the gateway goes on.

use std::time::Duration;

use local::lambda::Bundle;
use reqwest::Client;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::fixture::start;

async fn still_works(bundle: &Bundle) {
    assert_eq!(reqwest::get(format!("{}/hello", bundle.url())).await.expect("an answer").status(), 200);
}

/// Sends these bytes and returns status and body.
async fn raw(bundle: &Bundle, request: &[u8]) -> (u16, String) {
    let address = bundle.url().trim_start_matches("http://").to_owned();
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(request).await.expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("an answer");
        String::from_utf8_lossy(&answer).into_owned()
    };
    let answer = timeout(Duration::from_secs(10), exchange).await.expect("no hang");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

fn code(body: &str) -> Value {
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert!(body["requestId"].is_string() && body["error"].is_string() && body["message"].is_string());
    body["code"].clone()
}

#[tokio::test]
async fn a_body_over_6_mb_is_413() {
    let (bundle, _folder) = start("large").await;
    let url = format!("{}/echo/x", bundle.url());
    let post = |bytes: usize, content_type: &str| {
        Client::new().post(&url).header("content-type", content_type).body(vec![b'x'; bytes]).send()
    };
    assert_eq!(post(6_000_000, "text/plain").await.expect("an answer").status(), 200);
    // 6 MB in base64 are 8 MB.
    for (bytes, content_type) in [(10 << 20, "text/plain"), (6_291_456, "text/plain"), (6_000_000, "image/png")] {
        let response = post(bytes, content_type).await.expect("an answer");
        assert_eq!(response.status(), 413, "{bytes} {content_type}");
        assert_eq!(code(&response.text().await.expect("a body")), "body_too_large");
    }
    let mut chunked =
        b"POST /echo/x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n".to_vec();
    for _ in 0..10 {
        chunked.extend_from_slice(b"100000\r\n");
        chunked.resize(chunked.len() + (1 << 20), b'x');
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let (status, body) = raw(&bundle, &chunked).await;
    assert_eq!((status, code(&body)), (413, "body_too_large".into()));
    still_works(&bundle).await;
    bundle.stop().await;
}

#[tokio::test]
async fn an_answer_over_6_mb_is_500() {
    let (bundle, _folder) = start("large-answer").await;
    let large = reqwest::get(format!("{}/echo/large?n=6000000", bundle.url())).await.expect("an answer");
    assert_eq!(large.bytes().await.expect("a body").len(), 6_000_000);
    let larger = reqwest::get(format!("{}/echo/large?n=7000000", bundle.url())).await.expect("an answer");
    assert_eq!(larger.status(), 500);
    assert!(bundle.log_lines("echo").join("\n").contains("Function.ResponseSizeTooLarge"));
    assert_eq!(reqwest::get(format!("{}/echo/x", bundle.url())).await.expect("an answer").status(), 200);
    bundle.stop().await;
}

#[tokio::test]
async fn huge_headers_are_431() {
    let (bundle, _folder) = start("headers").await;
    for size in [11_000, 500_000, 10 << 20] {
        let request =
            format!("GET /hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncookie: a={}\r\n\r\n", "x".repeat(size));
        let (status, body) = raw(&bundle, request.as_bytes()).await;
        assert_eq!((status, code(&body)), (431, "headers_too_large".into()), "{size}");
    }
    let many: String = (0..1_000).map(|number| format!("h{number}: some value\r\n")).collect();
    let (status, body) =
        raw(&bundle, format!("GET /hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{many}\r\n").as_bytes()).await;
    assert_eq!((status, code(&body)), (431, "headers_too_large".into()));
    still_works(&bundle).await;
    bundle.stop().await;
}

#[tokio::test]
async fn odd_heads_are_4xx_or_reach_the_function_whole() {
    let (bundle, _folder) = start("odd").await;
    for host in ["[", "a b", "a:99999", "a/b", "a@b/", "", "a?b"] {
        let request = format!("GET /echo/x HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        let (status, body) = raw(&bundle, request.as_bytes()).await;
        assert_eq!((status, code(&body)), (400, "bad_request".into()), "{host}");
    }
    for target in [
        "/echo/%00",
        "/echo/%3Fa",
        "/echo/%23a?b",
        "/echo/%2F%2F",
        "/echo/%FF",
        "/echo/a?%FF=%",
        "/echo/%",
        "/echo/a?\"{}|",
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        let (status, body) = raw(&bundle, request.as_bytes()).await;
        assert!(status == 200 || status == 400 || status == 404, "{target}: {status} {body}");
    }
    let (status, _) =
        raw(&bundle, b"GET /echo/a HTTP/1.1\r\nhost: a\r\nx: \xff\xfe\r\ncookie: \xff\r\nconnection: close\r\n\r\n")
            .await;
    assert_eq!(status, 200);
    let (status, _) = raw(&bundle, b"GET /echo/x HTTP/1.0\r\n\r\n").await;
    assert_eq!(status, 200);
    let (status, _) = raw(&bundle, b"nonsense\r\n\r\n").await;
    assert_eq!(status, 400);
    still_works(&bundle).await;
    bundle.stop().await;
}
