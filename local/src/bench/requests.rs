//! What is sent to the functions: one request per endpoint, as the event that the gateway would make of it.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::{LocalError, secret, stripe};

/// An endpoint under measurement.
pub(super) struct Endpoint<'a> {
    /// The function that answers.
    pub(super) function: &'static str,
    /// How it is called in the table.
    pub(super) name: &'static str,
    /// The event: the same each time, or a new one.
    pub(super) event: Box<dyn Fn() -> Result<Value, LocalError> + 'a>,
    /// Whether `pgbench` can repeat its statements: word for word, or with new ids where two requests differ in them.
    pub(super) repeatable: bool,
    /// Whether it hashes a password: that takes tens of milliseconds, and fewer requests are enough.
    pub(super) hashes: bool,
}

impl<'a> Endpoint<'a> {
    fn new(function: &'static str, name: &'static str, event: Value) -> Self {
        let event = Box::new(move || Ok(event.clone()));
        Endpoint { function, name, event, repeatable: true, hashes: false }
    }

    fn fresh(function: &'static str, name: &'static str, event: impl Fn() -> Result<Value, LocalError> + 'a) -> Self {
        Endpoint { function, name, event: Box::new(event), repeatable: true, hashes: false }
    }

    fn hashing(self) -> Self {
        Endpoint { hashes: true, repeatable: false, ..self }
    }
}

/// A person to ask for.
pub(super) struct Person {
    /// `user_…`
    pub(super) id: String,
    /// The e-mail address.
    pub(super) email: String,
    /// The password.
    pub(super) password: String,
    /// The bearer token.
    pub(super) token: String,
    /// What a form of this person's browser sends.
    pub(super) csrf_token: String,
    /// The cookie that belongs to it, `name=value`.
    pub(super) csrf_cookie: String,
}

/// An address that no request has come from yet: the limits per address are not what is measured.
fn somewhere() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let [_, a, b, c] = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    format!("10.{a}.{b}.{c}")
}

/// An HTTP API event.
pub(super) fn event(method: &str, path: &str, headers: Value, body: Option<String>) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": headers,
        "requestContext": {
            "accountId": "123456789012", "apiId": "bench", "domainName": "localhost", "domainPrefix": "localhost",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": somewhere(), "userAgent": "bench" },
            "requestId": "bench", "routeKey": "$default", "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000", "timeEpoch": 1_767_225_600_000u64,
        },
        "body": body, "isBase64Encoded": false,
    })
}

/// Every endpoint, warm.
pub(super) fn endpoints<'a>(person: &'a Person, webhook_secret: &'a str) -> Result<Vec<Endpoint<'a>>, LocalError> {
    let bearer = || json!({ "authorization": format!("Bearer {}", person.token) });
    let json_body = || json!({ "content-type": "application/json" });
    let credentials = json!({ "email": person.email, "password": person.password }).to_string();
    let sign_in = move || Ok(event("POST", "/api/auth/mobile/signin", json_body(), Some(credentials.clone())));
    let form = format!(
        "csrfToken={}&email={}&password={}",
        person.csrf_token,
        person.email,
        person.password.replace(' ', "+")
    );
    let form_head = json!({
        "content-type": "application/x-www-form-urlencoded", "x-auth-return-redirect": "1", "cookie": person.csrf_cookie,
    });
    let browser = move || Ok(event("POST", "/api/auth/callback/credentials", form_head.clone(), Some(form.clone())));
    let sign_up = move || {
        let body = json!({ "email": format!("{}@example.com", secret::random(12)?), "password": person.password });
        Ok(event("POST", "/api/auth/signup", json_body(), Some(body.to_string())))
    };
    let spend_head = json!({ "authorization": format!("Bearer {}", person.token), "content-type": "application/json" });
    let spend = move || {
        let body = json!({ "job": secret::random(12)?, "tokens": 1 });
        Ok(event("POST", "/till/spend", spend_head.clone(), Some(body.to_string())))
    };
    // Of a session that has ended, so that it can be repeated.
    let sign_out = event("POST", "/api/auth/signout", json!({ "authorization": "Bearer gone" }), None);
    let get = |function, name, path: &str, headers| Endpoint::new(function, name, event("GET", path, headers, None));
    Ok(vec![
        get("ops", "GET /api/health", "/api/health", json!({})),
        get("ops", "GET /api/health/ready", "/api/health/ready", json!({})),
        get("ops", "GET /api/openapi.json", "/api/openapi.json", json!({})),
        get("ops", "GET /docs", "/docs", json!({})),
        get("auth", "GET /api/auth/session", "/api/auth/session", bearer()),
        get("auth", "GET /api/auth/csrf", "/api/auth/csrf", json!({})),
        get("tokens", "GET /api/tokens/balance", "/api/tokens/balance", bearer()),
        get("tokens", "GET /api/tokens/history", "/api/tokens/history", bearer()),
        get("tokens", "GET /api/tokens/history, page 500", "/api/tokens/history?page=500&limit=20", bearer()),
        Endpoint::new("webhooks", "POST /api/stripe/webhook, repeated", purchase(person, webhook_secret)?),
        Endpoint::fresh("webhooks", "POST /api/stripe/webhook, new", move || purchase(person, webhook_secret)),
        Endpoint::fresh("till", "a spend", spend),
        Endpoint::new("auth", "POST /api/auth/signout", sign_out),
        Endpoint::fresh("auth", "POST /api/auth/signup", sign_up).hashing(),
        Endpoint::fresh("auth", "POST /api/auth/mobile/signin", sign_in).hashing(),
        Endpoint::fresh("auth", "POST /api/auth/callback/credentials", browser).hashing(),
    ])
}

/// A purchase, signed now.
pub(super) fn purchase(person: &Person, webhook_secret: &str) -> Result<Value, LocalError> {
    let session = stripe::paid_checkout(&person.id, &person.email, stripe::Package::find("starter")?)?;
    let payload = stripe::event("checkout.session.completed", session)?.to_string();
    let signature = stripe::signature(webhook_secret, payload.as_bytes(), stripe::now_unix_seconds())?;
    let headers = json!({ "content-type": "application/json", "stripe-signature": signature });
    Ok(event("POST", "/api/stripe/webhook", headers, Some(payload)))
}
