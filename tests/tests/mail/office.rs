//! What every test here needs: a mailer, a database, mails written down, and how they stand.

use std::time::Duration;

use jiff::Timestamp;
use shared::database::DatabaseUrl;
use shared::ids::Email;
use shared::mail::{Letter, Mailer, TemplateName, link_token, written};
use shared::secret::sha256;
use shared::{Clock, Config, Database, Secret, Statement};
use tests::{MailServer, Stack, with_stack};

pub const AUTH_SECRET: &str = "a-secret-for-tests-0123456789-0123456789";
pub const SENDER: &str = "Spike Land <hello@spike.land>";
/// How long the links of these tests work.
pub const LINK_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// A post office: one sender with its server, in front of the outbox of a stack.
pub struct Office<'a> {
    pub stack: &'a Stack,
    pub server: MailServer,
    pub mailer: Mailer,
    pub database: Database,
    /// When the first mail is written down.
    pub now: Timestamp,
}

/// How a mail stands.
#[derive(Debug, PartialEq, Eq)]
pub struct Standing {
    pub status: String,
    pub attempts: i32,
    /// Seconds from when it was written down to its next attempt.
    pub next_attempt_after: Option<i64>,
    pub error: String,
    pub message_id: Option<String>,
}

/// Runs `test` with a stack, and a mail server without encryption.
pub async fn with_office(test: impl AsyncFnOnce(&mut Office<'_>)) {
    let server = MailServer::start().await;
    with_stack(async |stack| {
        let mailer = mailer(&server.url(), SENDER);
        let mut office = Office { stack, server, mailer, database: database(&stack.pooled_url), now: now() };
        test(&mut office).await;
    })
    .await;
}

pub fn now() -> Timestamp {
    Clock::default().now()
}

/// A mailer as a function of the test environment has it.
pub fn mailer(mail_url: &str, sender: &str) -> Mailer {
    let variables = [
        ("ENVIRONMENT", "test"),
        ("MAIL_URL", mail_url),
        ("MAIL_FROM", sender),
        ("AUTH_SECRET", AUTH_SECRET),
        ("APP_URL", "http://localhost:3000"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Mailer::new(&Config::from_variables(variables.into()).unwrap()).unwrap()
}

/// A database as a function has it, with a connection of its own.
pub fn database(pooled_url: &str) -> Database {
    Database::new(DatabaseUrl::parse(pooled_url).unwrap(), Clock::default())
}

impl Office<'_> {
    /// Writes a mail down, with its person and the token of its link.
    pub async fn write(&self, template: TemplateName, recipient: &str, now: Timestamp) -> String {
        let email = Email::parse(recipient).unwrap();
        let user = format!("user_{}", email.as_str());
        let token = format!("ver_{}", email.as_str());
        let letter =
            Letter { user_id: Some(&user), recipient: &email, template, verification_id: Some(&token), metadata: None };
        let (letter, id) = written(&letter, now);
        let person = Statement::new(PERSON).bind(user.as_str()).bind(email.as_str()).bind(now);
        let verification = Statement::new(TOKEN)
            .bind(token.as_str())
            .bind(user.as_str())
            .bind(email.as_str())
            .bind(sha256(link_token(&Secret::new(AUTH_SECRET), &token)))
            .bind(now)
            .bind(now + LINK_LIFETIME);
        self.database.write([person, verification, letter]).await.unwrap();
        id
    }

    /// Writes a mail down now and has it delivered.
    pub async fn send(&self, template: TemplateName, recipient: &str) -> String {
        let id = self.write(template, recipient, self.now).await;
        self.mailer.deliver(&self.database, std::slice::from_ref(&id), self.now).await;
        id
    }

    /// How a mail stands.
    pub async fn standing(&self, id: &str) -> Standing {
        let query = format!(
            "select status::text, attempts, extract(epoch from next_attempt_at - created_at)::bigint,
                    coalesce(last_error, ''), provider_message_id
               from email_logs where id = '{id}'"
        );
        let rows = self.stack.database.query_typed(&query, &[]).await.unwrap();
        let row = &rows[0];
        Standing {
            status: row.get(0),
            attempts: row.get(1),
            next_attempt_after: row.get(2),
            error: row.get(3),
            message_id: row.get(4),
        }
    }

    /// A moment so many seconds after the first mail was written down.
    pub fn after(&self, seconds: u64) -> Timestamp {
        self.now + Duration::from_secs(seconds)
    }
}

const PERSON: &str = "insert into users (id, email, created_at) values ($1, $2, $3) on conflict (id) do nothing";
const TOKEN: &str = "
insert into verification_tokens (id, user_id, purpose, email, token_hash, created_at, expires_at)
values ($1, $2, 'VERIFY_EMAIL', $3, $4, $5, $6)
on conflict (id) do nothing";
