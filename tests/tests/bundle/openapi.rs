//! The description of the API: made from the handlers, checked in, served.

use serde_json::Value;
use tests::{project, with_stack};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, Info, OpenApi};

/// One document for the whole bundle.
pub fn description() -> OpenApi {
    let functions = [
        admin::description(),
        account::description(),
        auth::description(),
        billing::description(),
        ops::description(),
        tokens::description(),
        webhooks::description(),
    ];
    let mut all = OpenApi::new(Info::new("Spike Land", env!("CARGO_PKG_VERSION")), utoipa::openapi::Paths::new());
    all.info.description =
        Some("Accounts, tokens and purchases. Errors carry a stable `code` and a `requestId`.".to_owned());
    for function in functions {
        let known = all.components.iter().flat_map(|components| components.schemas.keys());
        let mut known: std::collections::BTreeSet<_> = known.cloned().collect();
        let own = function.components.iter().flat_map(|components| components.schemas.keys());
        let shared = ["ErrorBody", "Tokens"];
        let twice: Vec<_> =
            own.filter(|name| !known.insert((*name).clone()) && !shared.contains(&name.as_str())).collect();
        assert!(twice.is_empty(), "two functions describe different things by the same name: {twice:?}");
        all.merge(function);
    }
    let components = all.components.take().map_or_else(ComponentsBuilder::new, Into::into);
    let session = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let api_key = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("x-api-key")));
    all.components = Some(components.security_scheme("session", session).security_scheme("apiKey", api_key).build());
    all
}

#[test]
fn the_checked_in_description_is_that_of_the_handlers() {
    let file = project().join("functions/ops/openapi.json");
    let made = format!("{}\n", description().to_pretty_json().unwrap());
    let kept = std::fs::read_to_string(&file).unwrap();
    if made != kept {
        std::fs::write(&file, made).unwrap();
        panic!("functions/ops/openapi.json was out of date and has been rewritten: read the difference and commit it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_described_endpoint_is_reached_through_the_gateway() {
    with_stack(async |stack| {
        let description = stack.get("/api/openapi.json", None).await.expect(200);
        assert!(description["openapi"].as_str().unwrap().starts_with("3.1"), "{}", description["openapi"]);
        let paths = description["paths"].as_object().unwrap();
        assert!(paths.len() >= 11, "{:?}", paths.keys());
        for (path, operations) in paths {
            for (method, operation) in operations.as_object().unwrap() {
                let answer = stack.send(stack.request(&method.to_uppercase(), path)).await;
                let reached = answer.status != 404 && answer.status != 405 && !answer.header("x-request-id").is_empty();
                assert!(reached, "{method} {path}: {} {}", answer.status, answer.text);
                assert!(operation["security"].is_array(), "{method} {path} doesn't say who may call it");
                let described = operation["responses"].get(answer.status.to_string());
                assert!(described.is_some(), "{method} {path} answers {}, which it doesn't describe", answer.status);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_needs_nothing_from_elsewhere() {
    with_stack(async |stack| {
        let page = stack.get("/docs", None).await;
        page.expect(200);
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(page.header("content-security-policy").contains("default-src 'none'"));
        assert!(page.text.contains("/api/openapi.json") && !page.text.contains("https://"), "self-contained");
        assert_eq!(stack.get("/api/openapi.json", None).await.json()["info"]["title"], Value::from("Spike Land"));
    })
    .await;
}
