//! Input that nobody sends by accident. Every endpoint answers it with an error body, and its process lives on.

use futures_util::future::join_all;
use serde_json::Value;
use tests::{Stack, with_stack};

/// Every endpoint of the description: method and path.
fn endpoints() -> Vec<(String, String)> {
    let description: Value = serde_json::from_str(include_str!("../../../functions/ops/openapi.json")).unwrap();
    let paths = description["paths"].as_object().unwrap();
    let methods = |(path, operations): (&String, &Value)| {
        let operations = operations.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        operations.into_iter().map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(methods).collect()
}

/// Endpoints that take no input, or nearly any, may answer 200.
const TAKES_NOTHING: [&str; 12] = [
    "/api/health",
    "/api/health/ready",
    "/api/status",
    "/api/openapi.json",
    "/docs",
    "/admin/dashboard",
    "/api/auth/csrf",
    "/api/auth/session",
    "/api/auth/providers",
    "/api/referral/visit",
    // Ends the caller's other sessions, of which there are none.
    "/api/settings/sessions",
    // Keys and values are the front ends' own.
    "/api/settings/preferences",
];

fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let depth = 10_000;
    vec![
        ("empty", Vec::new()),
        ("null", b"null".to_vec()),
        ("a number", b"5".to_vec()),
        ("an array", b"[]".to_vec()),
        ("an empty object", b"{}".to_vec()),
        ("half an object", b"{\"email\":".to_vec()),
        ("wrong types", br#"{"email":{},"password":[1],"name":5,"csrfToken":true,"callbackUrl":{}}"#.to_vec()),
        ("depth 10,000", format!("{}{}", "[".repeat(depth), "]".repeat(depth)).into_bytes()),
        ("deep object", format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth)).into_bytes()),
        ("NUL", br#"{"email":"a\u0000@example.com","password":"12345678\u0000"}"#.to_vec()),
        ("a raw NUL", b"{\"email\":\"a\0@example.com\"}".to_vec()),
        ("a lone surrogate", br#"{"email":"\ud800@example.com","password":"12345678"}"#.to_vec()),
        ("bad UTF-8", b"{\"email\":\"\xff\xfe@example.com\",\"password\":\"12345678\"}".to_vec()),
        ("a huge number", br#"{"email":1e999999,"password":"12345678"}"#.to_vec()),
        ("a key twice", br#"{"email":"a@b.c","email":"d@e.f","password":"12345678"}"#.to_vec()),
        ("64 KiB and one byte", vec![b' '; 64 * 1024 + 1]),
        ("5 MiB", vec![b'x'; 5 * 1024 * 1024]),
        ("10 MiB", vec![b'x'; 10 * 1024 * 1024]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_body_makes_an_endpoint_fail() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let before = pids(stack).await;
        for (method, path) in endpoints() {
            for (name, body) in bodies() {
                let kinds = match body.len() > 5_000_000 {
                    true => &["application/json"][..],
                    false => &["application/json", "application/x-www-form-urlencoded", "text/plain", "image/png", ""],
                };
                let answers = kinds.iter().map(|kind| {
                    let request = stack.request(&method, &path).header("content-type", *kind).body(body.clone());
                    // As somebody who may call it, or the body would not be read.
                    let signed_in = method != "GET" && path != "/api/auth/signout";
                    stack.send(if signed_in { request.bearer_auth(&ada.token) } else { request })
                });
                for (kind, answer) in kinds.iter().zip(join_all(answers).await) {
                    let what = format!("{method} {path} with {name} as {kind:?}: {} {}", answer.status, answer.text);
                    if TAKES_NOTHING.contains(&path.as_str()) && (200..300).contains(&answer.status) {
                        continue;
                    }
                    // A browser that comes back from a provider with nonsense is sent to our own page about it.
                    if answer.status == 302 && answer.header("location").starts_with("http://localhost:3000/auth/") {
                        continue;
                    }
                    assert!((400..500).contains(&answer.status), "{what}");
                    let error = answer.json();
                    assert!(error["error"].is_string() && error["code"].is_string(), "{what}");
                    assert!(error["requestId"].is_string(), "{what}");
                }
            }
        }
        // Others were started beside them.
        for (before, after) in before.iter().zip(pids(stack).await) {
            assert!(before.iter().all(|pid| after.contains(pid)), "a process died: {before:?} became {after:?}");
        }
        assert_eq!(stack.number("select count(*) from users").await, 1);
        stack.balance(&ada).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_header_makes_an_endpoint_fail() {
    with_stack(async |stack| {
        let before = pids(stack).await;
        let huge = "x".repeat(200_000);
        let long = "x".repeat(5_000);
        for (method, path) in endpoints() {
            for (name, value) in [
                ("cookie", format!("authjs.session-token={huge}")),
                ("cookie", format!("authjs.session-token={long}")),
                ("cookie", "=;;=;authjs.session-token".to_owned()),
                ("cookie", "authjs.session-token=%00%ff; authjs.csrf-token=|".to_owned()),
                ("authorization", format!("Bearer {huge}")),
                ("authorization", "Bearer \u{e9}".to_owned()),
                ("x-api-key", "'; drop table users; --".to_owned()),
                ("stripe-signature", format!("t=1,v1={long}")),
                ("stripe-signature", "t=1,".repeat(1_000)),
                ("x-forwarded-for", "not an address, \u{1F4A9}".to_owned()),
                ("user-agent", long.clone()),
                ("content-encoding", "gzip".to_owned()),
            ] {
                let value = reqwest::header::HeaderValue::from_bytes(value.as_bytes()).unwrap();
                let answer = stack.send(stack.request(&method, &path).header(name, value)).await;
                assert!(answer.status < 500, "{method} {path} with {name}: {} {}", answer.status, answer.text);
                if answer.status >= 400 {
                    assert!(answer.json()["code"].is_string(), "{method} {path} with {name}: {}", answer.text);
                }
            }
        }
        assert_eq!(pids(stack).await, before, "no process died");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_or_method_makes_a_function_fail() {
    with_stack(async |stack| {
        for (method, path, status) in [
            ("GET", "/api/tokens/nothing", 404),
            ("GET", "/api/auth/%00", 404),
            ("GET", "/api/auth/%ff%fe", 404),
            ("GET", "/api/tokens/../auth/session", 200),
            ("GET", "/api/tokens//balance", 404),
            ("DELETE", "/api/tokens/balance", 405),
            ("PUT", "/api/auth/signup", 405),
            ("GET", "/api/stripe/webhook", 404),
            ("GET", "/", 404),
            ("GET", "/api/tokens", 404),
        ] {
            let answer = stack.send(stack.request(method, path)).await;
            assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        }
        stack.send(stack.request("GET", "/api/tokens/nothing")).await.expect_error(404, "no_such_endpoint");
        stack.send(stack.request("DELETE", "/api/tokens/balance")).await.expect_error(405, "method_not_allowed");
    })
    .await;
}

/// The processes of the functions, each warmed by one request.
async fn pids(stack: &Stack) -> Vec<Vec<u32>> {
    for path in ["/api/auth/session", "/api/tokens/nothing", "/api/health"] {
        stack.get(path, None).await;
    }
    stack.stripe_bytes(Vec::new(), "whsec_any").await;
    ["auth", "tokens", "ops", "webhooks"].iter().map(|function| stack.bundle.pids(function)).collect()
}
