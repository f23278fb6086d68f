//! What people do before and after a disaster, over HTTP, and what of it is there in the end.

use local::connection::Connection;
use local::stripe::{Package, event, paid_checkout};
use serde_json::{Value, json};
use tests::{Person, STRIPE_SECRETS, Stack};

/// Something that somebody was told is done.
pub struct Change {
    /// Counts 1 if it is there.
    shown_by: String,
}

/// What people have done.
#[derive(Default)]
pub struct Life {
    /// In order.
    pub changes: Vec<Change>,
    /// What Stripe has sent, and would send again.
    events: Vec<Value>,
}

impl Life {
    fn acknowledged(&mut self, shown_by: String) {
        self.changes.push(Change { shown_by });
    }

    /// Somebody signs up.
    pub async fn sign_up(&mut self, stack: &Stack, name: &str) -> Person {
        let person = stack.sign_up(name).await;
        self.acknowledged(format!("select count(*) from users where id = '{}'", person.id));
        person
    }

    /// Somebody buys tokens.
    pub async fn buy(&mut self, stack: &Stack, person: &Person, package: &str) {
        let session = paid_checkout(&person.id, &person.email, Package::find(package).unwrap()).unwrap();
        let key = format!("stripe:checkout:{}", session["id"].as_str().unwrap());
        let bought = event("checkout.session.completed", session).unwrap();
        stack.stripe(&bought, STRIPE_SECRETS[0]).await.expect(200);
        self.events.push(bought);
        self.acknowledged(format!("select count(*) from token_transactions where event_key = '{key}'"));
    }

    /// Somebody redeems a voucher that there is.
    pub async fn redeem(&mut self, stack: &Stack, person: &Person, code: &str) {
        let request = stack.request("POST", "/api/vouchers/redeem").bearer_auth(&person.token);
        stack.send(request.json(&json!({ "code": code }))).await.expect(200);
        let of = format!("user_id = '{}' and event_key like 'voucher:%'", person.id);
        self.acknowledged(format!("select count(*) from token_transactions where {of}"));
    }

    /// Stripe sends everything again.
    pub async fn stripe_sends_again(&self, stack: &Stack) {
        for event in &self.events {
            stack.stripe(event, STRIPE_SECRETS[0]).await.expect(200);
        }
    }

    /// How many of the changes are not in the database at `url`.
    pub async fn lost(&self, url: &str) -> u64 {
        let database = Connection::open(url).await.unwrap();
        let mut lost = 0;
        for change in &self.changes {
            lost += u64::from(number_in(&database, &change.shown_by).await != 1);
        }
        lost
    }
}

/// The single number that `query` answers, over a connection of its own: servers come and go here.
pub async fn number(url: &str, query: &str) -> i64 {
    number_in(&Connection::open(url).await.unwrap(), query).await
}

async fn number_in(database: &Connection, query: &str) -> i64 {
    database.query_typed_one(query, &[]).await.unwrap_or_else(|error| panic!("{query}: {error:?}")).get(0)
}

/// The single text that `query` answers, empty for null.
pub async fn text(url: &str, query: &str) -> String {
    let database = Connection::open(url).await.unwrap();
    let row = database.query_typed_one(query, &[]).await.unwrap_or_else(|error| panic!("{query}: {error:?}"));
    row.get::<_, Option<String>>(0).unwrap_or_default()
}

/// Runs SQL as the superuser.
pub async fn sql(url: &str, sql: &str) {
    let database = Connection::open(url).await.unwrap();
    database.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}
