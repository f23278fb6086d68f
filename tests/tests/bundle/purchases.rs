//! `POST /api/stripe/webhook`: a purchase is credited once, whatever is repeated, reordered, raced or forged.

use futures_util::future::join_all;
use local::stripe::{Package, event, now_unix_seconds, paid_checkout, signature};
use serde_json::{Value, json};
use tests::{Person, STRIPE_SECRETS, Stack, with_stack};

const COMPLETED: &str = "checkout.session.completed";

fn checkout(person: &Person, package: &str) -> Value {
    paid_checkout(&person.id, &person.email, Package::find(package).unwrap()).unwrap()
}

async fn balance(stack: &Stack, person: &Person) -> i64 {
    stack.balance(person).await["balance"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_is_credited_once() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let session = checkout(&ada, "pro");
        let bought = event(COMPLETED, session.clone()).unwrap();
        assert_eq!(stack.stripe(&bought, STRIPE_SECRETS[0]).await.expect(200), json!({ "received": true }));
        assert_eq!(balance(stack, &ada).await, 160);

        // The same event ten times at once.
        let stack = &*stack;
        for answer in join_all((0..10).map(|_| stack.stripe(&bought, STRIPE_SECRETS[0]))).await {
            answer.expect(200);
        }
        assert_eq!(balance(stack, &ada).await, 160);

        // The same session under other event ids, one after another and at once, signed with the older secret.
        stack.stripe(&event(COMPLETED, session.clone()).unwrap(), STRIPE_SECRETS[1]).await.expect(200);
        let others: Vec<_> = (0..10).map(|_| event(COMPLETED, session.clone()).unwrap()).collect();
        for answer in join_all(others.iter().map(|event| stack.stripe(event, STRIPE_SECRETS[0]))).await {
            answer.expect(200);
        }
        assert_eq!(balance(stack, &ada).await, 160);
        assert_eq!(stack.number("select count(*) from stripe_payments").await, 1);
        assert_eq!(stack.number("select count(*) from stripe_events where outcome = 'APPLIED'").await, 1);
        assert_eq!(stack.number("select count(*) from stripe_events where outcome = 'IGNORED'").await, 11);

        let entry = &stack.get("/api/tokens/history", Some(&ada.token)).await.expect(200)["transactions"][0];
        assert_eq!(
            (&entry["type"], &entry["amount"], &entry["sourceId"]),
            (&"EARN_PURCHASE".into(), &150.into(), &session["id"])
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_delivery_in_ten_copies_at_once_is_credited_once() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let stack = &*stack;
        let bought = event(COMPLETED, checkout(&ada, "starter")).unwrap();
        for answer in join_all((0..10).map(|_| stack.stripe(&bought, STRIPE_SECRETS[0]))).await {
            answer.expect(200);
        }
        let session = checkout(&ada, "basic");
        let others: Vec<_> = (0..10).map(|_| event(COMPLETED, session.clone()).unwrap()).collect();
        for answer in join_all(others.iter().map(|event| stack.stripe(event, STRIPE_SECRETS[0]))).await {
            answer.expect(200);
        }
        assert_eq!(balance(stack, &ada).await, 10 + 10 + 50);
        assert_eq!(stack.number("select count(*) from stripe_payments").await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stripe_did_not_sign_changes_nothing() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let payload = event(COMPLETED, checkout(&ada, "power")).unwrap().to_string();
        let now = now_unix_seconds();
        let good = signature(STRIPE_SECRETS[0], payload.as_bytes(), now).unwrap();
        let send = |signature: Option<String>, payload: String| {
            let request = stack.request("POST", "/api/stripe/webhook").body(payload);
            stack.send(signature.into_iter().fold(request, |request, value| request.header("stripe-signature", value)))
        };
        send(None, payload.clone()).await.expect_error(400, "signature_missing");
        let old = signature(STRIPE_SECRETS[0], payload.as_bytes(), now - 400).unwrap();
        let other = signature("whsec_another_secret_0123", payload.as_bytes(), now).unwrap();
        let (_, digest) = good.split_once(",v1=").unwrap();
        for forged in [
            old,
            other,
            String::new(),
            "t=1,v1=".to_owned(),
            format!("t={},v1={digest}", now + 1),
            good.replace("v1=", "v0="),
        ] {
            send(Some(forged), payload.clone()).await.expect_error(400, "signature_invalid");
        }
        // Another body, or the same one written another way, is not what was signed.
        send(Some(good.clone()), payload.replace("\"power\"", "\"basic\""))
            .await
            .expect_error(400, "signature_invalid");
        send(Some(good.clone()), format!("{payload} ")).await.expect_error(400, "signature_invalid");
        assert_eq!(stack.number("select count(*) from stripe_events").await, 0);
        assert_eq!(balance(stack, &ada).await, 10);
        send(Some(good), payload).await.expect(200);
        assert_eq!(balance(stack, &ada).await, 510);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_honoured_is_kept_for_someone_to_look_at() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let changed = |field: &str, value: Value| {
            let mut session = checkout(&ada, "pro");
            session[field] = value;
            session
        };
        let metadata = |changes: Value| {
            let mut session = checkout(&ada, "pro");
            for (name, value) in changes.as_object().unwrap() {
                session["metadata"][name] = value.clone();
            }
            session
        };
        let mut no_metadata = checkout(&ada, "pro");
        no_metadata["metadata"] = json!({});
        for (session, outcome) in [
            (changed("amount_total", json!(1)), "REJECTED"),
            (changed("amount_total", json!(null)), "REJECTED"),
            (changed("currency", json!("usd")), "REJECTED"),
            (metadata(json!({ "packageId": "gold" })), "REJECTED"),
            (metadata(json!({ "userId": "user_of_nobody" })), "REJECTED"),
            (changed("payment_status", json!("unpaid")), "IGNORED"),
            (metadata(json!({ "type": "subscription" })), "IGNORED"),
            (changed("metadata", json!(null)), "IGNORED"),
            (no_metadata, "IGNORED"),
        ] {
            let event = event(COMPLETED, session).unwrap();
            stack.stripe(&event, STRIPE_SECRETS[0]).await.expect(200);
            let query = format!("select count(*) from stripe_events where event_id = '{}' and outcome = '{outcome}' and reason is not null", event["id"].as_str().unwrap());
            assert_eq!(stack.number(&query).await, 1, "{outcome} {event}");
        }
        assert_eq!(balance(stack, &ada).await, 10);
        assert_eq!(stack.number("select count(*) from stripe_payments").await, 0);

        // What the metadata says of tokens is not believed: the catalogue is.
        stack.stripe(&event(COMPLETED, metadata(json!({ "tokens": "999999" }))).unwrap(), STRIPE_SECRETS[0]).await.expect(200);
        assert_eq!(balance(stack, &ada).await, 160);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_payment_is_credited_when_it_arrives() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let mut session = checkout(&ada, "basic");
        session["payment_status"] = json!("unpaid");
        stack.stripe(&event(COMPLETED, session.clone()).unwrap(), STRIPE_SECRETS[0]).await.expect(200);
        assert_eq!(balance(stack, &ada).await, 10);
        session["payment_status"] = json!("paid");
        let paid = event("checkout.session.async_payment_succeeded", session).unwrap();
        stack.stripe(&paid, STRIPE_SECRETS[0]).await.expect(200);
        assert_eq!(balance(stack, &ada).await, 60);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_without_effect_is_kept_and_acknowledged() {
    with_stack(async |stack| {
        let unknown = event("customer.tax_id.created", json!({ "id": "txi_1", "object": "tax_id" })).unwrap();
        stack.stripe(&unknown, STRIPE_SECRETS[0]).await.expect(200);
        stack.stripe(&unknown, STRIPE_SECRETS[0]).await.expect(200);
        assert_eq!(
            stack.number("select count(*) from stripe_events where object_id = 'txi_1' and outcome = 'IGNORED'").await,
            1
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_body_that_is_no_event_is_refused() {
    with_stack(async |stack| {
        let depth = 10_000;
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for payload in [
            &b""[..],
            b"null",
            b"[]",
            b"{}",
            b"{\"id\":5}",
            b"\xff\xfe",
            b"{\"id\":\"\\ud800\"}",
            deep.as_bytes(),
            br#"{"id":"evt_1","type":"checkout.session.completed","created":1,"data":{"object":[]}}"#,
            br#"{"id":"evt_1","type":"checkout.session.completed","created":1,"data":{"object":{"id":7}}}"#,
            br#"{"id":"evt_1","type":"x","created":99999999999999,"data":{"object":{}}}"#,
            br#"{"id":"evt_\u0000","type":"x","created":1,"data":{"object":{}}}"#,
        ] {
            let answer = stack.stripe_bytes(payload.to_vec(), STRIPE_SECRETS[0]).await;
            answer.expect_error(400, "malformed_body");
        }
        let large = format!("{{\"id\":\"{}\"}}", "x".repeat(65_536));
        stack.stripe_bytes(large.into_bytes(), STRIPE_SECRETS[0]).await.expect_error(413, "body_too_large");
        assert_eq!(stack.number("select count(*) from stripe_events").await, 0);

        // Text that only jsonb could not keep is kept as it came.
        let odd = br#"{"id":"evt_odd","type":"x","created":1,"data":{"object":{"note":"\u0000"}}}"#;
        stack.stripe_bytes(odd.to_vec(), STRIPE_SECRETS[0]).await.expect(200);
        assert_eq!(stack.number("select count(*) from stripe_events").await, 1);
    })
    .await;
}
