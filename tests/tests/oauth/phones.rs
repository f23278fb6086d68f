//! Phones, which bring a provider's code themselves.

use reqwest::Url;
use serde_json::{Value, json};
use tests::{Answer, Stack};

use crate::provider::{MOBILE, Provider, with_provider};
use crate::visitor::Visitor;

/// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// What the app has after its person was at the provider.
async fn code(provider: &Provider, name: &str, scope: &str, nonce: Option<&str>) -> String {
    let mut pairs = vec![
        ("client_id", name),
        ("response_type", "code"),
        ("redirect_uri", MOBILE),
        ("scope", scope),
        ("state", "the-apps-own"),
        ("login_hint", "ada"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    pairs.extend(nonce.map(|nonce| ("nonce", nonce)));
    let url = Url::parse_with_params(&format!("{}/auth", provider.issuer), &pairs).unwrap();
    Visitor::new().at_provider(url.as_str()).await.says("code")
}

async fn bring(stack: &Stack, body: &Value) -> Answer {
    stack.post("/api/auth/mobile/callback", body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_gets_a_token_for_a_code() {
    with_provider(async |stack, provider| {
        provider.person("ada", Some("ada@example.com"), true).await;
        let mut ids = Vec::new();
        for (name, scope) in [("github", "read:user"), ("google", "openid email profile"), ("apple", "openid email")] {
            let code = code(provider, name, scope, None).await;
            let body = json!({ "provider": name, "code": code, "redirectUri": MOBILE, "codeVerifier": VERIFIER });
            let session = bring(stack, &body).await.expect(200);
            assert_eq!(session["user"]["email"], "ada@example.com");
            assert!(session["expiresAt"].is_string());
            stack.get("/api/tokens/balance", session["token"].as_str()).await.expect(200);
            ids.push(session["user"]["id"].clone());
            // The code has been used.
            bring(stack, &body).await.expect_error(401, "sign_in_refused");
        }
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(stack.number("select count(*) from accounts").await, 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phones_nonce_has_to_be_that_of_its_token() {
    with_provider(async |stack, provider| {
        provider.person("ada", Some("ada@example.com"), true).await;
        for (began, named, status) in [
            (Some("n1"), Some("n1"), 200),
            (Some("n1"), Some("n2"), 401),
            (Some("n1"), None, 401),
            (None, Some("n1"), 401),
        ] {
            let code = code(provider, "google", "openid email", began).await;
            let mut body =
                json!({ "provider": "google", "code": code, "redirectUri": MOBILE, "codeVerifier": VERIFIER });
            body["nonce"] = named.into();
            let answer = bring(stack, &body).await;
            assert_eq!(answer.status, status, "{began:?} {named:?}: {}", answer.text);
        }
        assert_eq!(stack.number("select count(*) from sessions").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_phone_must_not_bring_is_refused() {
    with_provider(async |stack, provider| {
        stack.sign_up("ada").await;
        provider.person("ada", Some("ada@example.com"), false).await;
        let code = code(provider, "github", "read:user", None).await;
        let good = json!({ "provider": "github", "code": code, "redirectUri": MOBILE, "codeVerifier": VERIFIER });
        for (field, value) in [
            ("provider", json!("facebook")),
            ("provider", json!("gitlab")),
            ("provider", json!(null)),
            ("redirectUri", json!("http://localhost:3000/mobile/")),
            ("redirectUri", json!("https://evil.example")),
            ("redirectUri", json!(null)),
            ("code", json!("")),
            ("code", json!(5)),
        ] {
            let mut body = good.clone();
            body[field] = value;
            let refused = bring(stack, &body).await.expect_error(400, "invalid_field");
            assert_eq!(refused["details"]["field"], field);
        }
        bring(stack, &good).await.expect_error(409, "email_taken");
        let mut body = good.clone();
        body["codeVerifier"] = "another-verifier-0123456789-0123456789-0123456789".into();
        bring(stack, &body).await.expect_error(401, "sign_in_refused");
        provider.ask(&json!({ "do": "hide", "path": "/token" })).await;
        bring(stack, &good).await.expect_error(401, "sign_in_refused");
        provider.stop().await;
        bring(stack, &good).await.expect_error(503, "unavailable");
        assert_eq!(stack.number("select count(*) from accounts").await, 0);
    })
    .await;
}
