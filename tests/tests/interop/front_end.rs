//! The front end as browsers meet it: one origin with the pages, which passes `/api/*` on, and its own client in them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::{Given, NodeScript, Stack, with_stack_where};

/// The front end's server.
pub struct FrontEnd {
    /// Where browsers find it, such as `http://localhost:40000`.
    pub origin: String,
    server: NodeScript,
}

/// Runs `test` with a stack behind a front end.
pub async fn with_front_end(test: impl AsyncFnOnce(&mut Stack, &mut FrontEnd)) {
    let mut server = NodeScript::start(&Given::get(), "front_end.mjs", &[]);
    let origin = server.ask(&json!({ "do": "listen" })).await["origin"].as_str().unwrap().to_owned();
    let variables = vec![("APP_URL".to_owned(), origin.clone())];
    with_stack_where(variables, async |stack| {
        server.ask(&json!({ "do": "forward", "to": stack.bundle.url() })).await;
        test(stack, &mut FrontEnd { origin, server }).await;
    })
    .await;
}

impl FrontEnd {
    /// An address of the front end.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The session that the server's own code finds for a browser with these cookies.
    pub async fn session_of(&mut self, cookies: &BTreeMap<String, Value>) -> Value {
        let pairs: Vec<_> = cookies.iter().map(|(name, cookie)| format!("{name}={}", text(&cookie["value"]))).collect();
        self.server.ask(&json!({ "do": "session", "cookie": pairs.join("; ") })).await["session"].clone()
    }

    /// A browser without any cookies, at the front page.
    pub fn browser(&self) -> ClientInBrowser {
        ClientInBrowser(NodeScript::start(&Given::get(), "next_auth_client.mjs", &[&self.origin]))
    }
}

/// A browser that runs `next-auth/react`.
pub struct ClientInBrowser(NodeScript);

impl ClientInBrowser {
    /// Asks the script for something; its own comment lists what.
    pub async fn ask(&mut self, request: &Value) -> Value {
        self.0.ask(request).await
    }

    /// All that came of calling a function of the client.
    pub async fn call(&mut self, name: &str, arguments: &[Value]) -> Value {
        self.ask(&json!({ "do": "call", "name": name, "arguments": arguments })).await
    }

    /// What a function of the client answers that neither complains nor sends the window anywhere.
    pub async fn value(&mut self, name: &str, arguments: &[Value]) -> Value {
        let outcome = self.call(name, arguments).await;
        let quiet = outcome.get("thrown").is_none() && outcome["logged"] == json!([]) && outcome["went"] == json!([]);
        assert!(quiet, "{name} {arguments:?}: {outcome}");
        outcome["value"].clone()
    }

    /// `signIn("credentials", { email, password, redirect: false })`
    pub async fn sign_in(&mut self, email: &str, password: &str) -> Value {
        let options = json!({ "email": email, "password": password, "redirect": false });
        self.value("signIn", &[json!("credentials"), options]).await
    }

    /// `getSession()`
    pub async fn session(&mut self) -> Value {
        self.value("getSession", &[]).await
    }

    /// Its cookies: values and attributes by name.
    pub async fn cookies(&mut self) -> BTreeMap<String, Value> {
        serde_json::from_value(self.ask(&json!({ "do": "cookies" })).await["cookies"].clone()).unwrap()
    }

    /// Waits until `useSession` says `status`, and answers the session that it says.
    pub async fn until(&mut self, status: &str) -> Value {
        self.ask(&json!({ "do": "until", "status": status })).await["data"].clone()
    }
}

/// The text of a JSON string.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}
