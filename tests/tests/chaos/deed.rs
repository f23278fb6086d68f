//! One thing that moves money, asked for under one key, and what shows that it was done.

use std::time::Duration;

use local::stripe::{Package, charge, event, paid_checkout};
use serde_json::{Value, json};
use tests::{Answer, Person, STRIPE_SECRETS};

use crate::world::World;

/// The part of a statement's SQL by which a movement of the ledger is known.
pub const MOVEMENT: &str = "posted as (";
/// How often something is asked for before it counts as unanswered.
const ATTEMPTS: u32 = 600;
const PAUSE: Duration = Duration::from_millis(50);

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Deed {
    pub function: &'static str,
    /// Part of the SQL that makes the difference.
    pub effect: &'static str,
    /// What it does to the wallet.
    pub tokens: i64,
    pub user_id: String,
    call: Call,
    shown_by: ShownBy,
}

#[derive(Clone, Debug)]
enum Call {
    /// A signed event.
    Stripe(Value),
    /// A request of somebody; with a key if the route takes one.
    Request { method: &'static str, path: &'static str, token: String, key: Option<String>, body: Value },
}

#[derive(Clone, Debug)]
enum ShownBy {
    /// Entries of the person's ledger that this condition finds.
    Entries(String),
    /// Pages that Stripe has made for the person and this item, if that is written down.
    Pages(String),
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Done,
    /// No, and it was not done.
    Refused(String),
    /// Nothing: it was done or it was not. Or: not now.
    Unknown,
}

/// How a deed ended for the client that asked until it knew.
#[derive(Clone, Debug)]
pub struct Known {
    pub said: Said,
    /// Whether an answer was lost on the way there.
    pub was_unknown: bool,
}

impl Deed {
    /// The webhook of a purchase, and the paid session, for [`Deed::money_back`].
    pub fn purchase(person: &Person, package: &str) -> (Self, Value) {
        let package = Package::find(package).unwrap();
        let session = paid_checkout(&person.id, &person.email, package).unwrap();
        let bought = event("checkout.session.completed", session.clone()).unwrap();
        let key = format!("event_key = 'stripe:checkout:{}'", session["id"].as_str().unwrap());
        let deed = Deed::of(person, "webhooks", i64::from(package.tokens), Call::Stripe(bought), key);
        (deed, session)
    }

    /// The webhook of a full refund.
    pub fn money_back(person: &Person, session: &Value) -> Self {
        let pence = session["amount_total"].as_i64().unwrap();
        let package = Package::find(session["metadata"]["packageId"].as_str().unwrap()).unwrap();
        let refunded = event("charge.refunded", charge(session, pence).unwrap()).unwrap();
        let key = format!("event_key = 'stripe:refund:{}:{pence}'", session["payment_intent"].as_str().unwrap());
        Deed::of(person, "webhooks", -i64::from(package.tokens), Call::Stripe(refunded), key)
    }

    /// The redemption of a voucher that there is.
    pub fn voucher(person: &Person, code: &str, tokens: i64) -> Self {
        let call = request("POST", "/api/vouchers/redeem", &person.token, None, json!({ "code": code }));
        let shown_by = format!("event_key = 'voucher:vch_{}'", code.to_lowercase());
        Deed::of(person, "tokens", tokens, call, shown_by)
    }

    /// Tokens from an administrator; the number tells it from the others.
    pub fn grant(admin: &Person, person: &Person, key: &str, tokens: i64) -> Self {
        let body = json!({ "userId": person.id, "action": "adjustTokens", "value": tokens });
        let call = request("PATCH", "/api/admin/users", &admin.token, Some(key), body);
        Deed::of(person, "admin", tokens, call, format!("source = 'admin_adjustment' and amount = {tokens}"))
    }

    /// Tokens for a job.
    pub fn spend(person: &Person, job: &str, tokens: u32) -> Self {
        let call = request("POST", "/till/spend", &person.token, Some(job), json!({ "job": job, "tokens": tokens }));
        Deed::of(person, "till", -i64::from(tokens), call, format!("source_id = '{job}' and type like 'SPEND_%'"))
    }

    /// As [`Deed::spend`], of a function that heeds no key.
    pub fn careless_spend(person: &Person, job: &str, tokens: u32) -> Self {
        let body = json!({ "job": job, "tokens": tokens });
        let call = request("POST", "/till/spend-carelessly", &person.token, Some(job), body);
        Deed { call, ..Deed::spend(person, job, tokens) }
    }

    /// They come back.
    pub fn give_back(person: &Person, job: &str, tokens: u32) -> Self {
        let key = format!("{job}-back");
        let call = request("POST", "/till/refund", &person.token, Some(&key), json!({ "job": job, "tokens": tokens }));
        Deed::of(person, "till", i64::from(tokens), call, format!("source_id = '{job}' and type = 'REFUND'"))
    }

    /// A page on which a package is paid.
    pub fn checkout(person: &Person, key: &str, package: &str) -> Self {
        let body = json!({ "mode": "payment", "packageId": package });
        Deed::page(person, "/api/stripe/checkout", key, body, package)
    }

    /// A page on which a tier is subscribed to.
    pub fn upgrade(person: &Person, key: &str, tier: &str) -> Self {
        Deed::page(person, "/api/tiers/upgrade", key, json!({ "targetTier": tier }), tier)
    }

    fn page(person: &Person, path: &'static str, key: &str, body: Value, item: &str) -> Self {
        let call = request("POST", path, &person.token, Some(key), body);
        let deed = Deed::of(person, "billing", 0, call, String::new());
        Deed { effect: "stripe_operations", shown_by: ShownBy::Pages(item.to_owned()), ..deed }
    }

    fn of(person: &Person, function: &'static str, tokens: i64, call: Call, entries: String) -> Self {
        let shown_by = ShownBy::Entries(entries);
        Deed { function, effect: MOVEMENT, tokens, user_id: person.id.clone(), call, shown_by }
    }

    /// Asks for it once.
    pub async fn ask(&self, world: &World<'_>) -> Answer {
        match &self.call {
            Call::Stripe(event) => world.stack.stripe(event, STRIPE_SECRETS[0]).await,
            Call::Request { method, path, token, key, body } => {
                let (bundle, _) = world.place(self.function);
                let request = world.client.request(method.parse().unwrap(), format!("{}{path}", bundle.url()));
                let request = request.bearer_auth(token).json(body);
                let request = key.iter().fold(request, |request, key| request.header("idempotency-key", key));
                world.stack.send(request).await
            }
        }
    }

    /// Asks for it under its key until the answer is known.
    pub async fn ask_until_known(&self, world: &World<'_>) -> Known {
        self.until_known(world, false).await
    }

    /// As [`Deed::ask_until_known`], for somebody who has asked before and heard nothing.
    pub async fn ask_again_until_known(&self, world: &World<'_>) -> Known {
        self.until_known(world, true).await
    }

    async fn until_known(&self, world: &World<'_>, mut was_unknown: bool) -> Known {
        for _ in 0..ATTEMPTS {
            let answer = self.ask(world).await;
            match said(&answer, was_unknown) {
                Said::Unknown => {}
                said => return Known { said, was_unknown },
            }
            was_unknown = true;
            match answer.json()["code"].as_str() {
                // The request that took the key has died, and nobody waits half a minute for that here.
                Some("request_under_way") if matches!(self.shown_by, ShownBy::Pages(_)) => {
                    let user_id = &self.user_id;
                    let dead = "set created_at = created_at - interval '31 seconds'";
                    let whose = format!("user_id = '{user_id}' and answer is null");
                    world.sql(&format!("update idempotency_keys {dead} where {whose}")).await;
                }
                // Attempts whose process died count as made in vain; nobody waits an hour either.
                Some("too_many_requests") => world.sql("delete from rate_limits").await,
                _ => {}
            }
            tokio::time::sleep(PAUSE).await;
        }
        Known { said: Said::Unknown, was_unknown }
    }

    /// How often it was done.
    pub async fn times_done(&self, world: &World<'_>) -> i64 {
        let user_id = &self.user_id;
        match &self.shown_by {
            ShownBy::Entries(condition) => {
                let entries = "select count(*) from token_transactions";
                world.number(&format!("{entries} where user_id = '{user_id}' and {condition}")).await
            }
            ShownBy::Pages(item) => {
                let is_this = |page: &&Value| {
                    let metadata = &page["metadata"];
                    metadata["userId"] == **user_id && (metadata["packageId"] == **item || metadata["tier"] == **item)
                };
                let pages = world.stripe.objects("checkout.session").iter().filter(is_this).count();
                let written = "select count(*) from stripe_operations where status = 'DONE'";
                let written = world.number(&format!("{written} and user_id = '{user_id}' and item = '{item}'")).await;
                // One page that nobody wrote down is nothing to anybody; a second one could be paid as well.
                match i64::try_from(pages).unwrap() {
                    pages @ ..=1 => pages.min(written),
                    pages => pages.max(written),
                }
            }
        }
    }
}

fn request(method: &'static str, path: &'static str, token: &str, key: Option<&str>, body: Value) -> Call {
    Call::Request { method, path, token: token.to_owned(), key: key.map(str::to_owned), body }
}

/// A voucher that is redeemed already is what somebody wants to hear who has not heard that it was.
fn said(answer: &Answer, asked_before: bool) -> Said {
    let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
    match (answer.status, code.as_str()) {
        (200 | 201, _) => Said::Done,
        (400, "voucher_already_redeemed") if asked_before => Said::Done,
        (409, "wallet_busy" | "request_under_way") | (429 | 500.., _) => Said::Unknown,
        _ => Said::Refused(format!("{} {}", answer.status, answer.text)),
    }
}
