//! A function for the tests of the local Lambda runtime: it answers with what it got, or misbehaves as the path says.

use std::{collections::BTreeMap, process, time::Duration};

use lambda_http::{Body, Error, Request, RequestExt, Response, request::RequestContext, run, service_fn};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(answer)).await
}

async fn answer(request: Request) -> Result<Response<Body>, Error> {
    let number = || request.query_string_parameters().first("n").and_then(|text| text.parse().ok()).unwrap_or(0);
    match request.uri().path().rsplit('/').next().unwrap_or_default() {
        "slow" => tokio::time::sleep(Duration::from_millis(number())).await,
        "crash" => {
            eprintln!("cannot go on");
            process::exit(3);
        }
        "panic" => return Err("a handler that fails".into()),
        "large" => return Ok(Response::new(Body::Text("x".repeat(usize::try_from(number())?)))),
        "bytes" => {
            let response = Response::builder().header("content-type", "image/png");
            return Ok(response.body(Body::Binary(request.body().as_ref().to_vec()))?);
        }
        "cookies" => {
            let response =
                Response::builder().status(201).header("set-cookie", "a=1; HttpOnly").header("set-cookie", "b=2");
            return Ok(response.header("access-control-allow-origin", "*").body(Body::Empty)?);
        }
        _ => {}
    }
    let headers: BTreeMap<_, _> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let source = request.request_context_ref().and_then(|context| match context {
        RequestContext::ApiGatewayV2(context) => context.http.source_ip.clone(),
        _ => None,
    });
    let answer = json!({
        "method": request.method().as_str(),
        "path": request.uri().path(),
        "query": request.uri().query(),
        "headers": headers,
        "sourceIp": source,
        "bodyLength": request.body().len(),
        "pid": process::id(),
        "environment": environment(),
    });
    Ok(Response::builder().header("content-type", "application/json").body(Body::Text(answer.to_string()))?)
}

#[expect(clippy::disallowed_methods, reason = "shows which variables a function sees")]
fn environment() -> BTreeMap<String, String> {
    std::env::vars().collect()
}
