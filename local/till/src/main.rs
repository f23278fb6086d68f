//! The `till`: it takes tokens for a job and gives them back, as a function that sells something does. A real process behind
//! a Lambda Runtime API, for the fault tests and `cargo dev bench`; it is deployed nowhere.

use std::process::ExitCode;

use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::database::{DatabaseError, Transaction};
use shared::fields::invalid;
use shared::idempotency::Idempotency;
use shared::ids::new_id;
use shared::ledger::{self, Outcome, Refund, RefundOutcome, Spend, SpendKind};
use shared::request::{RawBody, parse_json};
use shared::tokens::Cost;
use shared::{ApiError, App, Config, ConfigError, SignedIn, Tokens};

const BODY: usize = 1_024;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::function::serve("till", router).await
}

fn router(config: &Config) -> Result<Router, ConfigError> {
    let routes = Router::new().route("/till/spend", post(spend)).route("/till/refund", post(refund));
    let routes = routes.route("/till/spend-carelessly", post(spend_carelessly));
    Ok(routes.with_state(App::new(config)?))
}

#[derive(Deserialize)]
struct Job {
    job: String,
    tokens: u32,
}

impl Job {
    fn cost(&self) -> Result<Cost, ApiError> {
        Cost::new(self.tokens).ok_or_else(|| invalid("tokens", "Nothing costs nothing"))
    }

    fn event_key(&self) -> String {
        format!("till:{}", self.job)
    }
}

async fn spend(who: SignedIn, headers: HeaderMap, RawBody(body): RawBody<BODY>) -> Result<Response, ApiError> {
    let idempotency = Idempotency::from("POST /till/spend", &headers, &body)?;
    let job: Job = parse_json(&body)?;
    let cost = job.cost()?;
    let (transaction, user_id) = match claimed(&who, &idempotency).await? {
        Ok(claimed) => claimed,
        Err(replayed) => return Ok(replayed),
    };
    let spend = Spend {
        user_id: &user_id,
        cost,
        kind: SpendKind::Enhancement,
        source: "image_enhancement",
        source_id: Some(&job.job),
        event_key: job.event_key(),
    };
    let answer = json!({ "job": job.job });
    let [rows, _, _] = transaction
        .commit([
            ledger::spend(spend, who.now()),
            idempotency.answer_if_posted(&user_id, &job.event_key(), StatusCode::CREATED, answer.clone()),
            idempotency.release(&user_id),
        ])
        .await?;
    match ledger::outcome(&rows)? {
        Outcome::Posted(balance) => Ok(created(answer, balance)),
        Outcome::Insufficient(balance) => Err(ApiError::InsufficientTokens { required: cost.tokens(), balance }),
        Outcome::AlreadyPosted | Outcome::NoWallet => {
            Err(DatabaseError::Protocol("a job was paid twice, or by nobody").into())
        }
    }
}

fn created(mut answer: Value, balance: Tokens) -> Response {
    answer["balance"] = json!(balance);
    (StatusCode::CREATED, Json(answer)).into_response()
}

async fn refund(who: SignedIn, headers: HeaderMap, RawBody(body): RawBody<BODY>) -> Result<Response, ApiError> {
    let idempotency = Idempotency::from("POST /till/refund", &headers, &body)?;
    let job: Job = parse_json(&body)?;
    let cost = job.cost()?;
    let (transaction, user_id) = match claimed(&who, &idempotency).await? {
        Ok(claimed) => claimed,
        Err(replayed) => return Ok(replayed),
    };
    let spend_key = job.event_key();
    let refund = Refund { user_id: &user_id, spend_key: &spend_key, part: None, amount: cost, reason: "cancelled" };
    let [_, rows] = transaction.run([ledger::lock(&user_id), ledger::refund(&refund, who.now())]).await?;
    match ledger::refund_outcome(&rows, cost)? {
        RefundOutcome::Refunded(balance) => {
            let answer = json!({ "job": job.job, "balance": balance });
            transaction.commit([idempotency.answer(&user_id, StatusCode::OK, answer.clone())]).await?;
            Ok(Json(answer).into_response())
        }
        _ => {
            transaction.rollback().await;
            Err(ApiError::NotFound { what: "Job to give back" })
        }
    }
}

/// Without a key, each time is a spend of its own: so that the tests are seen to notice it.
async fn spend_carelessly(who: SignedIn, RawBody(body): RawBody<BODY>) -> Result<StatusCode, ApiError> {
    let job: Job = parse_json(&body)?;
    let (transaction, identity, []) = who.begin([]).await?;
    let spend = Spend {
        user_id: &identity.user_id,
        cost: job.cost()?,
        kind: SpendKind::Enhancement,
        source: "image_enhancement",
        source_id: Some(&job.job),
        event_key: new_id("till", who.now()),
    };
    transaction.commit([ledger::spend(spend, who.now())]).await?;
    Ok(StatusCode::CREATED)
}

/// A transaction with the key taken and whose it is, or the answer that was given before.
async fn claimed(
    who: &SignedIn,
    idempotency: &Idempotency,
) -> Result<Result<(Transaction, String), Response>, ApiError> {
    let (transaction, identity, [claim]) = who.begin([idempotency.claim(who)]).await?;
    match Idempotency::replayed(&claim) {
        Ok(None) => Ok(Ok((transaction, identity.user_id))),
        Ok(Some(answer)) => {
            transaction.rollback().await;
            Ok(Err(answer))
        }
        Err(refusal) => {
            transaction.rollback().await;
            Err(refusal)
        }
    }
}
