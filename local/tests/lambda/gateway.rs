//! Requests and answers on their way through the gateway.

use std::time::Duration;

use reqwest::{Client, header::HeaderMap};
use serde_json::{Value, json};

use crate::fixture::{Limits, start, start_with};

#[tokio::test]
async fn a_request_arrives_as_it_was_sent() {
    let (bundle, _folder) = start("request").await;
    let request = Client::new()
        .put(format!("{}/echo/a%20b/c?x=1&x=2&q=%C3%A4", bundle.url()))
        .header("x-two", "1")
        .header("x-two", "2")
        .header("cookie", "a=1; b=2")
        .header("x-forwarded-for", "9.8.7.6")
        .json(&json!({"a": 1}));
    let echo: Value = request.send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(echo["method"], "PUT");
    assert_eq!(echo["path"], "/echo/a%20b/c");
    assert_eq!(echo["query"], "x=1&x=2&q=%C3%A4");
    assert_eq!(echo["headers"]["x-two"], "1,2");
    assert_eq!(echo["headers"]["cookie"], "a=1; b=2");
    assert_eq!(echo["sourceIp"], "9.8.7.6");
    assert_eq!(echo["bodyLength"], 7);
    bundle.stop().await;
}

#[tokio::test]
async fn bytes_come_back_unchanged() {
    let (bundle, _folder) = start("bytes").await;
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    for content_type in ["application/octet-stream", "text/plain", "application/json"] {
        let request = Client::new().post(format!("{}/echo/bytes", bundle.url())).header("content-type", content_type);
        let response = request.body(bytes.clone()).send().await.expect("an answer");
        assert_eq!(response.headers()["content-type"], "image/png");
        assert_eq!(response.bytes().await.expect("a body"), bytes, "{content_type}");
    }
    bundle.stop().await;
}

#[tokio::test]
async fn each_cookie_has_its_header() {
    let (bundle, _folder) = start("cookies").await;
    let response = reqwest::get(format!("{}/echo/cookies", bundle.url())).await.expect("an answer");
    assert_eq!(response.status(), 201);
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1; HttpOnly", "b=2"]);
    assert!(response.headers().contains_key("apigw-requestid"));
    bundle.stop().await;
}

#[tokio::test]
async fn what_has_no_route_is_not_found() {
    let (bundle, _folder) = start("routes").await;
    let url = bundle.url();
    for request in [
        Client::new().get(format!("{url}/nowhere")),
        Client::new().get(format!("{url}/hello/")),
        Client::new().post(format!("{url}/hello")),
        Client::new().get(format!("{url}/echo")),
    ] {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 404);
        assert_eq!(response.text().await.expect("a body"), r#"{"message":"Not Found"}"#);
    }
    assert!(bundle.log_lines("gateway").iter().all(|line| line.contains("\"status\":404")));
    bundle.stop().await;
}

#[tokio::test]
async fn the_gateway_answers_preflights_and_names_allowed_origins() {
    let (bundle, _folder) = start("cors").await;
    let preflight = async |origin: &'static str| {
        let request = Client::new().request(reqwest::Method::OPTIONS, format!("{}/echo/x", bundle.url()));
        let request = request.header("origin", origin).header("access-control-request-method", "POST");
        request.send().await.expect("an answer")
    };
    let response = preflight("http://app.test").await;
    assert_eq!(response.status(), 204);
    assert_eq!(response.headers()["access-control-allow-origin"], "http://app.test");
    assert_eq!(response.headers()["access-control-allow-credentials"], "true");
    assert_eq!(response.headers()["access-control-allow-methods"], "GET,POST");
    assert_eq!(response.headers()["access-control-allow-headers"], "authorization,content-type");
    assert_eq!(response.headers()["access-control-max-age"], "600");
    let response = preflight("http://evil.test").await;
    assert_eq!(response.status(), 204);
    assert!(!response.headers().contains_key("access-control-allow-origin"));
    assert!(bundle.pids("echo").is_empty(), "no function is asked");

    let plain = async |origin: Option<&'static str>| -> HeaderMap {
        let mut request = Client::new().get(format!("{}/echo/cookies", bundle.url()));
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        request.send().await.expect("an answer").headers().clone()
    };
    assert_eq!(plain(Some("http://app.test")).await["access-control-allow-origin"], "http://app.test");
    assert!(
        !plain(Some("http://evil.test")).await.contains_key("access-control-allow-origin"),
        "the function's is dropped"
    );
    assert!(!plain(None).await.contains_key("access-control-allow-origin"));
    bundle.stop().await;
}

#[tokio::test]
async fn more_requests_than_the_template_allows_answer_429() {
    let (bundle, _folder) = start_with("throttle", Limits { burst: 5, ..Limits::default() }).await;
    let mut refused = 0;
    for _ in 0..10 {
        let response = reqwest::get(format!("{}/hello", bundle.url())).await.expect("an answer");
        if response.status() == 429 {
            refused += 1;
            assert_eq!(response.text().await.expect("a body"), r#"{"message":"Too Many Requests"}"#);
        }
    }
    assert!((4..=5).contains(&refused), "{refused}");
    bundle.stop().await;
}

#[tokio::test]
async fn the_invoke_api_runs_a_function() {
    let (bundle, _folder) = start("invoke-api").await;
    let invoke =
        |function: &str| Client::new().post(format!("{}/2015-03-31/functions/{function}/invocations", bundle.url()));
    let event = json!({"version": "2.0", "rawPath": "/hello", "requestContext": {"http": {"method": "GET"}}});
    let response = invoke("hello").json(&event).send().await.expect("an answer");
    assert!(!response.headers().contains_key("x-amz-function-error"));
    assert_eq!(response.json::<Value>().await.expect("JSON")["body"], "hello");

    let response = invoke("broken").json(&event).send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["x-amz-function-error"], "Unhandled");
    assert_eq!(response.json::<Value>().await.expect("JSON")["errorType"], "Runtime.ExitError");

    let response = invoke("hello").header("x-amz-invocation-type", "Event").json(&event).send().await;
    assert_eq!(response.expect("an answer").status(), 202);
    assert_eq!(invoke("nobody").json(&event).send().await.expect("an answer").status(), 404);
    assert_eq!(invoke("hello").body("{").send().await.expect("an answer").status(), 400);
    let from_a_page = invoke("hello").header("origin", "http://app.test").json(&event).send().await;
    assert_eq!(from_a_page.expect("an answer").status(), 404);
    bundle.stop().await;
}

#[tokio::test]
async fn one_connection_serves_many_requests_quickly() {
    let (bundle, _folder) = start("quick").await;
    let client = Client::new();
    let url = format!("{}/hello", bundle.url());
    let mut times = Vec::new();
    for _ in 0..500 {
        let started = std::time::Instant::now();
        let response = client.get(&url).send().await.expect("an answer");
        assert_eq!(response.bytes().await.expect("a body"), "hello");
        times.push(started.elapsed());
    }
    times.sort();
    assert!(times[250] < Duration::from_millis(20), "half of the requests took more than {:?}", times[250]);
    bundle.stop().await;
}
