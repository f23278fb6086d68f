//! `Idempotency-Key`: the same answer again, nothing twice, and one request at a time.

use std::collections::HashMap;

use axum::extract::FromRequestParts;
use futures_util::future::join_all;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use serde_json::json;
use shared::idempotency::Idempotency;
use shared::{ApiError, App, Config, SignedIn};
use tests::{AUTH_SECRET, Person, Stack, with_stack};

use crate::till::spending;

const ENDPOINT: &str = "POST /api/test";

pub fn app(stack: &Stack) -> App {
    let variables = [
        ("ENVIRONMENT", "test"),
        ("DATABASE_URL", &stack.pooled_url),
        ("AUTH_SECRET", AUTH_SECRET),
        ("APP_URL", "http://localhost:3000"),
        ("FRONT_END_ORIGINS", "http://localhost:3000"),
    ];
    let variables: HashMap<_, _> = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    App::new(&Config::from_variables(variables).unwrap()).unwrap()
}

pub async fn caller(app: &App, person: &Person) -> SignedIn {
    let request = Request::builder().header("authorization", format!("Bearer {}", person.token));
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    SignedIn::from_request_parts(&mut parts, app).await.unwrap()
}

pub fn key(name: &'static str, body: &str) -> Idempotency {
    let headers =
        HeaderMap::from_iter([(http::HeaderName::from_static("idempotency-key"), HeaderValue::from_static(name))]);
    Idempotency::from(ENDPOINT, &headers, body.as_bytes()).unwrap()
}

/// A request that spends one token, all in one transaction: whether it did, or the code of why not.
async fn spend_once(app: &App, person: &Person, name: &'static str, body: &str) -> Result<bool, &'static str> {
    let (who, key) = (caller(app, person).await, key(name, body));
    let begun = who.begin([key.claim(&who)]).await;
    let (transaction, identity, [claim]) = begun.map_err(|error| error.code())?;
    match Idempotency::replayed(&claim) {
        Ok(None) => {
            let event = format!("test:{}", shared::ids::new_id("t", who.now()));
            let answer = key.answer(&identity.user_id, StatusCode::CREATED, json!({ "done": body }));
            transaction
                .commit([spending(&identity.user_id, 1, &event), answer])
                .await
                .map_err(|e| ApiError::from(e).code())?;
            Ok(true)
        }
        Ok(Some(response)) => {
            transaction.rollback().await;
            assert_eq!(response.status(), StatusCode::CREATED);
            assert_eq!(response.headers()["idempotency-replayed"], "true");
            let bytes = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
            assert_eq!(serde_json::from_slice::<serde_json::Value>(&bytes).unwrap(), json!({ "done": body }));
            Ok(false)
        }
        Err(error) => {
            transaction.rollback().await;
            assert!(error.code() != "request_under_way" || error.status() == StatusCode::CONFLICT);
            assert!(error.code() != "idempotency_key_reused" || error.status() == StatusCode::UNPROCESSABLE_ENTITY);
            Err(error.code())
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_is_done_once_and_answered_alike() {
    with_stack(async |stack| {
        let (ada, grace) = (stack.sign_up("ada").await, stack.sign_up("grace").await);
        let apps: Vec<_> = (0..10).map(|_| app(stack)).collect();
        let outcomes = join_all(apps.iter().map(|app| spend_once(app, &ada, "k", "{}"))).await;
        assert_eq!(outcomes.iter().filter(|one| **one == Ok(true)).count(), 1, "{outcomes:?}");
        assert!(outcomes.iter().all(|one| matches!(one, Ok(_) | Err("request_under_way"))), "{outcomes:?}");
        assert_eq!(spend_once(&apps[0], &ada, "k", "{}").await, Ok(false));
        assert_eq!(spend_once(&apps[0], &ada, "k", "{ }").await, Err("idempotency_key_reused"));
        assert_eq!(spend_once(&apps[0], &ada, "other", "{}").await, Ok(true));
        // Another person's key is another key.
        assert_eq!(spend_once(&apps[0], &grace, "k", "{ }").await, Ok(true));
        assert_eq!(stack.number("select sum(total_spent)::bigint from user_token_balances").await, 3);
        let kept = "select count(*) from idempotency_keys where char_length(key) = 64";
        assert_eq!(stack.number(kept).await, 3, "what clients choose as a key is not kept");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_rolled_back_may_be_tried_again() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let app = app(stack);
        let (who, key) = (caller(&app, &ada).await, key("k", "{}"));
        let (transaction, _, [claim]) = who.begin([key.claim(&who)]).await.unwrap();
        assert!(Idempotency::replayed(&claim).unwrap().is_none());
        // Meanwhile the same request is told to wait, at once.
        assert_eq!(spend_once(&app, &ada, "k", "{}").await, Err("request_under_way"));
        transaction.rollback().await;
        assert_eq!(spend_once(&app, &ada, "k", "{}").await, Ok(true));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_committed_claim_is_held_given_back_or_taken_over() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let app = app(stack);
        let (who, first) = (caller(&app, &ada).await, key("k", "{}"));
        let (identity, [claim]) = who.write([first.claim(&who)]).await.unwrap();
        assert!(Idempotency::replayed(&claim).unwrap().is_none());
        let id = first.derived("op", &identity.user_id, &who);
        assert_eq!(spend_once(&app, &ada, "k", "{}").await, Err("request_under_way"));
        assert_eq!(spend_once(&app, &ada, "k", "{ }").await, Err("idempotency_key_reused"));
        // Its request died: after a while a repetition takes over, and asks the other side with the same id.
        stack.sql("update idempotency_keys set created_at = now() - interval '31 seconds'").await;
        assert_eq!(spend_once(&app, &ada, "k", "{ }").await, Err("idempotency_key_reused"));
        let again = key("k", "{}");
        let (_, [claim]) = who.write([again.claim(&who)]).await.unwrap();
        assert!(Idempotency::replayed(&claim).unwrap().is_none());
        assert_eq!(again.derived("op", &identity.user_id, &who), id);
        assert_ne!(key("l", "{}").derived("op", &identity.user_id, &who), id);
        assert_eq!(spend_once(&app, &ada, "k", "{}").await, Err("request_under_way"));

        app.database.write([again.release(&identity.user_id)]).await.unwrap();
        assert_eq!(spend_once(&app, &ada, "k", "{}").await, Ok(true));
        app.database.write([again.release(&identity.user_id)]).await.unwrap();
        assert_eq!(spend_once(&app, &ada, "k", "{}").await, Ok(false), "an answer is not given back");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_every_request_is_new() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let app = app(stack);
        let who = caller(&app, &ada).await;
        let none = Idempotency::from(ENDPOINT, &HeaderMap::new(), b"{}").unwrap();
        for _ in 0..2 {
            let answer = none.answer(&ada.id, StatusCode::OK, json!({}));
            let (_, [claim, _]) = who.write([none.claim(&who), answer]).await.unwrap();
            assert!(Idempotency::replayed(&claim).unwrap().is_none());
        }
        assert_ne!(none.derived("op", &ada.id, &who), none.derived("op", &ada.id, &who));
        assert_eq!(stack.number("select count(*) from idempotency_keys").await, 0);
    })
    .await;
}
