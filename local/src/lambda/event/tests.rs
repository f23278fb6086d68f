use std::{net::Ipv4Addr, sync::Arc};

use http::Request;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::*;
use crate::lambda::{
    function::Function,
    log::Log,
    template::{FunctionTemplate, Route},
};

fn function() -> Arc<Function> {
    let template = FunctionTemplate {
        name: "f".into(),
        logical_id: "F".into(),
        folder: ".".into(),
        memory_mb: 128,
        timeout_seconds: 3,
        reserved_concurrency: None,
        empty_environment: Default::default(),
        environment: Default::default(),
        routes: vec![Route { method: "ANY".into(), path: "/api/f/{proxy+}".into() }],
        schedules: Vec::new(),
    };
    let log = Log::open(None, "f").expect("a log");
    Function::new(template, "f".into(), BTreeMap::new(), 1, log, watch::channel(()).1)
}

fn make(request: Request<&[u8]>) -> Value {
    let (head, body) = request.into_parts();
    let function = function();
    let path = head.uri.path().to_owned();
    let proxy = path.strip_prefix("/api/f/").unwrap_or_default();
    let route = Match { key: "ANY /api/f/{proxy+}", function: &function, path_parameters: vec![("proxy", proxy)] };
    let event = event(&Routed {
        head: &head,
        body,
        path: &path,
        route: &route,
        request_id: "JKJaXmPLvHcESHA=",
        peer: Ipv4Addr::LOCALHOST.into(),
        epoch_milliseconds: 1_583_348_638_390,
    });
    serde_json::from_slice(&event).expect("JSON")
}

fn get() -> http::request::Builder {
    Request::get("/api/f/a/b?x=1&x=2&y=a%20b").header("host", "api.test:8080")
}

#[test]
fn has_the_form_that_aws_documents() {
    let request = get().header("user-agent", "curl").header("X-Two", "1").header("x-two", "2").body(&b""[..]);
    let mut event = make(request.expect("a request"));
    let trace = event["headers"]["x-amzn-trace-id"].take();
    assert!(trace.as_str().is_some_and(|trace| trace.starts_with("Root=1-5e5ffb9e-")), "{trace}");
    let expected = json!({
        "version": "2.0",
        "routeKey": "ANY /api/f/{proxy+}",
        "rawPath": "/api/f/a/b",
        "rawQueryString": "x=1&x=2&y=a%20b",
        "headers": {
            "host": "api.test:8080", "user-agent": "curl", "x-two": "1,2", "x-forwarded-for": "127.0.0.1",
            "x-forwarded-port": "8080", "x-forwarded-proto": "http", "x-amzn-trace-id": null
        },
        "queryStringParameters": {"x": "1,2", "y": "a b"},
        "requestContext": {
            "accountId": "123456789012", "apiId": "local", "domainName": "api.test", "domainPrefix": "api",
            "http": {"method": "GET", "path": "/api/f/a/b", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
                "userAgent": "curl"},
            "requestId": "JKJaXmPLvHcESHA=", "routeKey": "ANY /api/f/{proxy+}", "stage": "$default",
            "time": "04/Mar/2020:19:03:58 +0000", "timeEpoch": 1_583_348_638_390_u64
        },
        "pathParameters": {"proxy": "a/b"},
        "isBase64Encoded": false
    });
    assert_eq!(event, expected);
}

#[test]
fn cookies_are_a_list_and_no_header() {
    let request = get().header("cookie", "a=1; b=2;").header("cookie", "c=3").body(&b""[..]);
    let event = make(request.expect("a request"));
    assert_eq!(event["cookies"], json!(["a=1", "b=2", "c=3"]));
    assert!(event["headers"].get("cookie").is_none());
}

#[test]
fn a_forwarded_address_is_the_source() {
    let event = make(get().header("x-forwarded-for", "9.8.7.6, 1.1.1.1").body(&b""[..]).expect("a request"));
    assert_eq!(event["requestContext"]["http"]["sourceIp"], "9.8.7.6");
    assert_eq!(event["headers"]["x-forwarded-for"], "9.8.7.6, 1.1.1.1, 127.0.0.1");
    let event = make(get().header("x-forwarded-for", "nobody").body(&b""[..]).expect("a request"));
    assert_eq!(event["requestContext"]["http"]["sourceIp"], "127.0.0.1");
}

#[test]
fn text_types_are_text_and_others_base64() {
    for (content_type, body, expected, base64) in [
        ("application/json; charset=utf-8", &b"{\"a\":1}"[..], "{\"a\":1}", false),
        ("application/problem+json", b"{}", "{}", false),
        ("text/plain", b"hi", "hi", false),
        ("text/plain", b"\xff", "/w==", true),
        ("application/x-www-form-urlencoded", b"a=1", "YT0x", true),
        ("image/png", b"hi", "aGk=", true),
    ] {
        let event = make(get().header("content-type", content_type).body(body).expect("a request"));
        assert_eq!(event["body"], expected, "{content_type}");
        assert_eq!(event["isBase64Encoded"], base64, "{content_type}");
    }
    let untyped = make(get().body(&b"hi"[..]).expect("a request"));
    assert_eq!((&untyped["body"], &untyped["isBase64Encoded"]), (&json!("hi"), &json!(false)));
}
