//! The bundle over a database of its own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use local::connection::Connection;
use local::lambda::{Bundle, BundleSettings};
use local::{LocalError, stripe};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::given::{Given, project};
use crate::ledger;
use crate::mail::{Letter, letters};

/// The secrets of a stack under test.
pub const STRIPE_SECRETS: [&str; 2] = ["whsec_test_new_0123456789", "whsec_test_old_0123456789"];
const SALT: &str = "a-salt-for-tests-0123456789-0123456789";
/// What signs cookies.
pub const AUTH_SECRET: &str = "a-secret-for-tests-0123456789-0123456789";

/// A running bundle and its database.
pub struct Stack {
    /// The functions behind the gateway.
    pub bundle: Bundle,
    /// A superuser's connection to the test's database, past the pooler.
    pub database: Connection,
    /// The superuser's URL of the test's database.
    pub direct_url: String,
    /// The functions' URL of the test's database.
    pub pooled_url: String,
    client: reqwest::Client,
    name: String,
    clock: PathBuf,
    mails: PathBuf,
    given: Given,
}

/// Somebody with an account and a session.
#[derive(Debug, Clone)]
pub struct Person {
    /// `user_…`
    pub id: String,
    /// Lower case.
    pub email: String,
    /// The bearer token.
    pub token: String,
}

/// The password of every [`Person`].
pub const PASSWORD: &str = "correct horse battery";

/// Runs `test` on a stack of its own, then checks the ledger and cleans up.
pub async fn with_stack(test: impl AsyncFnOnce(&mut Stack)) {
    with_stack_of(Given::get(), test).await;
}

/// As [`with_stack`], with the functions' database URL (without a database at the end) leading elsewhere.
pub async fn with_stack_behind(pooled: &str, test: impl AsyncFnOnce(&mut Stack)) {
    with_stack_of(Given { pooled: pooled.to_owned(), ..Given::get() }, test).await;
}

/// As [`with_stack`], with the functions' mails going to `mail_url`, such as a [`crate::MailServer`]'s.
pub async fn with_stack_mailing(mail_url: &str, test: impl AsyncFnOnce(&mut Stack)) {
    with_stack_of(Given { mail_url: Some(mail_url.to_owned()), ..Given::get() }, test).await;
}

/// As [`with_stack`], with further variables for the functions.
pub async fn with_stack_where(variables: Vec<(String, String)>, test: impl AsyncFnOnce(&mut Stack)) {
    with_stack_of(Given { variables, ..Given::get() }, test).await;
}

/// As [`with_stack`], on the servers of `given`.
#[expect(clippy::panic, reason = "a test that cannot be set up has failed")]
pub async fn with_stack_of(given: Given, test: impl AsyncFnOnce(&mut Stack)) {
    let mut stack = match Stack::start(given).await {
        Ok(stack) => stack,
        Err(error) => panic!("the stack did not start: {error}"),
    };
    test(&mut stack).await;
    // A connection of its own: the test may have ended the stack's with its server.
    match Connection::open(&stack.direct_url).await {
        Ok(database) => ledger::check(&database).await,
        Err(error) => panic!("the ledger could not be checked: {error}"),
    }
    if let Err(error) = stack.stop().await {
        panic!("the stack did not stop: {error}");
    }
}

/// An address that no request has come from yet.
#[expect(clippy::expect_used, reason = "an address is a header")]
pub fn somewhere() -> reqwest::header::HeaderValue {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let [_, a, b, c] = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    format!("10.{a}.{b}.{c}").parse().expect("an address")
}

impl Stack {
    async fn start(given: Given) -> Result<Self, LocalError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = format!("{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let name = given.database.clone().unwrap_or_else(|| format!("test_{number}"));
        let parameters = given.parameters;
        if given.database.is_none() {
            let admin = Connection::open(&format!("{}/postgres{parameters}", given.direct)).await?;
            admin.batch_execute(&format!("create database {name} template {}", given.template)).await?;
        }
        let direct_url = format!("{}/{name}{parameters}", given.direct);
        let pooled_url = format!("{}/{name}{parameters}", given.pooled);
        let monitor_url = format!("{}/{name}{parameters}", given.monitor);
        let clock = std::env::temp_dir().join(format!("test_{number}.clock"));
        let mails = given.folder.join(format!("test_{number}-mail"));
        let mail_url = given.mail_url.clone().unwrap_or_else(|| format!("file://{}", mails.display()));
        let environment = [
            ("ENVIRONMENT", "test"),
            ("LOG_LEVEL", "debug"),
            ("DATABASE_URL", &pooled_url),
            ("DIRECT_URL", &direct_url),
            ("MONITOR_URL", &monitor_url),
            ("AUTH_SECRET", AUTH_SECRET),
            ("USER_ID_SALT", SALT),
            ("APP_URL", "http://localhost:3000"),
            ("FRONT_END_ORIGINS", "http://localhost:3000"),
            ("STRIPE_WEBHOOK_SECRET", &STRIPE_SECRETS.join(",")),
            ("STRIPE_SECRET_KEY", local::stripe_stand_in::KEY),
            ("BLOCKED_EMAIL_DOMAINS", "throwaway.example"),
            ("MAIL_URL", &mail_url),
            ("MAIL_FROM", "Spike Land <hello@spike.land>"),
            ("BACKUP_BUCKET", "backups"),
        ];
        let bundle = Bundle::start(BundleSettings {
            template: project().join("template.yaml"),
            binaries: given.binaries.clone(),
            environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            extra_environment: BTreeMap::from_iter(
                // Where nobody listens: a test without a stand-in never reaches Stripe itself.
                [("STRIPE_API_URL".to_owned(), "http://127.0.0.1:9".to_owned())]
                    .into_iter()
                    .chain(given.variables.iter().cloned())
                    .chain([("CLOCK_FILE".to_owned(), clock.display().to_string())]),
            ),
            listen: ([127, 0, 0, 1], 0).into(),
            logs: None,
            instances_per_function: given.instances_per_function,
        })
        .await?;
        let database = Connection::open(&direct_url).await?;
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Stack { bundle, database, direct_url, pooled_url, client, name, clock, mails, given })
    }

    async fn stop(self) -> Result<(), LocalError> {
        self.bundle.stop().await;
        drop(self.database);
        let _ = std::fs::remove_file(&self.clock);
        if self.given.database.is_some() {
            return Ok(());
        }
        let admin = Connection::open(&format!("{}/postgres{}", self.given.direct, self.given.parameters)).await?;
        Ok(admin.batch_execute(&format!("drop database {} with (force)", self.name)).await?)
    }

    /// Moves the functions' clock by `seconds` from the real time.
    #[expect(clippy::expect_used, reason = "a test's own file")]
    pub fn set_clock(&self, seconds: i64) {
        std::fs::write(&self.clock, seconds.to_string()).expect("the clock file can be written");
    }

    /// A request to `path`, to be completed and given to [`Stack::send`].
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().unwrap_or_default();
        self.client.request(method, format!("{}{path}", self.bundle.url()))
    }

    /// Sends a request and reads the whole answer. Each comes from another address, unless the test says from where
    /// (`X-Forwarded-For`): limits per address are for the tests that are about them.
    #[expect(clippy::panic, reason = "a request without an answer fails the test")]
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let request = match request.build() {
            Ok(request) => request,
            Err(error) => panic!("the test's request is malformed: {error}"),
        };
        let mut request = request;
        request.headers_mut().entry("x-forwarded-for").or_insert_with(somewhere);
        let named = format!("{} {}", request.method(), request.url().path());
        let response = match self.client.execute(request).await {
            Ok(response) => response,
            Err(error) => panic!("{named} had no answer: {error:?}"),
        };
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap_or_default();
        Answer { request: named, status, headers, text }
    }

    /// `GET path`, as the holder of `token` if there is one.
    pub async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        let request = self.request("GET", path);
        self.send(token.into_iter().fold(request, |request, token| request.bearer_auth(token))).await
    }

    /// `POST path` with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request("POST", path).json(body)).await
    }

    /// Signs up `<name>@example.com`.
    pub async fn sign_up(&self, name: &str) -> Person {
        let email = format!("{name}@example.com");
        let body = self.post("/api/auth/signup", &json!({ "email": email, "password": PASSWORD })).await.expect(200);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Person { id: text(&body["user"]["id"]), email, token: text(&body["token"]) }
    }

    /// A person's balance, which must be answered.
    pub async fn balance(&self, person: &Person) -> Value {
        self.get("/api/tokens/balance", Some(&person.token)).await.expect(200)
    }

    /// Sends `event` to the Stripe webhook, signed with `secret` now.
    pub async fn stripe(&self, event: &Value, secret: &str) -> Answer {
        self.stripe_bytes(event.to_string().into_bytes(), secret).await
    }

    /// Sends `payload` to the Stripe webhook, signed with `secret` now.
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    pub async fn stripe_bytes(&self, payload: Vec<u8>, secret: &str) -> Answer {
        let signature = stripe::signature(secret, &payload, stripe::now_unix_seconds()).expect("a signature");
        let request = self.request("POST", "/api/stripe/webhook").header("stripe-signature", signature);
        self.send(request.header("content-type", "application/json").body(payload)).await
    }

    /// The single number that `query` answers.
    #[expect(clippy::panic, reason = "a broken query fails the test")]
    pub async fn number(&self, query: &str) -> i64 {
        match self.database.query_typed(query, &[]).await {
            Ok(rows) => rows.first().map_or(-1, |row| row.get(0)),
            Err(error) => panic!("{query}: {error:?}"),
        }
    }

    /// Runs SQL as the superuser.
    #[expect(clippy::panic, reason = "broken SQL fails the test")]
    pub async fn sql(&self, sql: &str) {
        if let Err(error) = self.database.batch_execute(sql).await {
            panic!("{sql}: {error:?}");
        }
    }

    /// The mails that the functions have sent, the oldest first; not those that went to a mail server.
    pub async fn letters(&self) -> Vec<Letter> {
        letters(&self.mails).await
    }

    /// The metrics lines that a function has written, as JSON.
    pub fn metrics(&self, function: &str) -> Vec<Value> {
        let lines = self.bundle.log_lines(function);
        let json = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        // How many exchanges are slow is the machine's affair.
        json.filter(|line| line.get("_aws").is_some() && line.get("SlowQueries").is_none()).collect()
    }
}
