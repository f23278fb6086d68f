//! What is sent to the functions: one request per endpoint, as the event that the gateway would make of it.

use serde_json::{Value, json};

use crate::{LocalError, stripe};

/// An endpoint under measurement.
pub(super) struct Endpoint {
    /// The function that answers.
    pub(super) function: &'static str,
    /// How it is called in the table.
    pub(super) name: &'static str,
    /// The event.
    pub(super) event: Value,
    /// Whether `pgbench` can repeat its statements word for word. A request that makes something new each time cannot be
    /// repeated with the same parameters.
    pub(super) repeatable: bool,
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
}

/// An HTTP API event.
pub(super) fn event(method: &str, path: &str, headers: Value, body: Option<String>) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": headers,
        "requestContext": {
            "accountId": "123456789012", "apiId": "bench", "domainName": "localhost", "domainPrefix": "localhost",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "bench" },
            "requestId": "bench", "routeKey": "$default", "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000", "timeEpoch": 1_767_225_600_000u64,
        },
        "body": body, "isBase64Encoded": false,
    })
}

/// Every endpoint that is measured warm.
pub(super) fn endpoints(person: &Person, webhook_secret: &str) -> Result<Vec<Endpoint>, LocalError> {
    let bearer = || json!({ "authorization": format!("Bearer {}", person.token), "host": "localhost" });
    let json_body = || json!({ "content-type": "application/json", "host": "localhost" });
    let credentials = json!({ "email": person.email, "password": person.password }).to_string();
    let repeated = purchase(person, webhook_secret)?;
    let get = |function, name, path: &str, headers| Endpoint {
        function,
        name,
        event: event("GET", path, headers, None),
        repeatable: true,
    };
    Ok(vec![
        get("ops", "GET /api/health", "/api/health", json!({})),
        get("ops", "GET /api/health/ready", "/api/health/ready", json!({})),
        get("auth", "GET /api/auth/session", "/api/auth/session", bearer()),
        get("tokens", "GET /api/tokens/balance", "/api/tokens/balance", bearer()),
        get("tokens", "GET /api/tokens/history", "/api/tokens/history", bearer()),
        get("tokens", "GET /api/tokens/history, page 500", "/api/tokens/history?page=500&limit=20", bearer()),
        Endpoint {
            function: "webhooks",
            name: "POST /api/stripe/webhook, repeated event",
            event: repeated,
            repeatable: true,
        },
        Endpoint {
            function: "auth",
            name: "POST /api/auth/mobile/signin",
            event: event("POST", "/api/auth/mobile/signin", json_body(), Some(credentials)),
            repeatable: false,
        },
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
