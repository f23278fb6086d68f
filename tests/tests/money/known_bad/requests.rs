//! A request with an `Idempotency-Key` dies before it is answered, and its client sends it again.

use http::StatusCode;
use serde_json::json;
use shared::App;
use shared::idempotency::Idempotency;
use tests::{Person, Stack, with_stack};

use super::caught;
use crate::idempotency::{app, caller, key};
use crate::till::spending;

/// When the answer is kept, seen from the effect.
#[derive(Clone, Copy)]
enum Kept {
    With,
    After,
    Before,
}

/// Spends one token. One that dies does so after the first of its transactions, or within the only one.
async fn spend_once(app: &App, person: &Person, kept: Kept, dies: bool) {
    let (who, key) = (caller(app, person).await, key("k", "{}"));
    let effect = spending(&person.id, 1, &shared::ids::new_id("test", who.now()));
    let answer = key.answer(&person.id, StatusCode::OK, json!({}));
    let (transaction, _, [claim]) = who.begin([key.claim(&who)]).await.unwrap();
    if Idempotency::replayed(&claim).unwrap().is_some() {
        return transaction.rollback().await;
    }
    let (first, second) = match kept {
        Kept::With if dies => return transaction.rollback().await,
        Kept::With => return drop(transaction.commit([effect, answer]).await.unwrap()),
        Kept::After => (effect, answer),
        Kept::Before => (answer, effect),
    };
    transaction.commit([first]).await.unwrap();
    if !dies {
        app.database.write([second]).await.unwrap();
    }
}

/// What a request that died and its repetition have spent together.
async fn spent(stack: &Stack, name: &str, kept: Kept) -> i64 {
    let person = stack.sign_up(name).await;
    let app = app(stack);
    spend_once(&app, &person, kept, true).await;
    // Until then it may be alive.
    stack.sql("update idempotency_keys set created_at = created_at - interval '31 seconds'").await;
    spend_once(&app, &person, kept, false).await;
    stack.number(&format!("select total_spent from user_token_balances where user_id = '{}'", person.id)).await
}

async fn is_caught(wrong: Kept) {
    with_stack(async |stack| {
        let right = spent(stack, "ada", Kept::With).await;
        let wrong = spent(stack, "eve", wrong).await;
        caught(|spent| *spent == 1, &[right], &wrong);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_kept_after_its_effect_is_caught() {
    is_caught(Kept::After).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_kept_before_its_effect_is_caught() {
    is_caught(Kept::Before).await;
}
