//! Webhook signatures. Each header is made by Stripe's own library.

use local::stripe::{now_unix_seconds, signature};
use serde_json::{Value, json};
use tests::{Given, NodeScript, STRIPE_SECRETS, Stack, with_stack};

use super::caught;

const SECRET: &str = STRIPE_SECRETS[0];
/// Of what is signed, in seconds.
const TOLERANCE: u64 = 300;

/// What arrives, and whether it is to be taken.
struct Delivery {
    header: String,
    body: String,
    is_true: bool,
}

/// Stripe's header for `body`, so many seconds old.
async fn signed(body: &str, age: u64) -> String {
    let mut stripe = NodeScript::start(&Given::get(), "stripe_webhook.mjs", &[]);
    let timestamp = now_unix_seconds() - age;
    let request = json!({ "do": "sign", "payload": body, "secret": SECRET, "timestamp": timestamp });
    stripe.ask(&request).await["header"].as_str().unwrap().to_owned()
}

/// What our webhook makes of it.
async fn ours(stack: &Stack, delivery: &Delivery) -> bool {
    let request = stack.request("POST", "/api/stripe/webhook").header("stripe-signature", &delivery.header);
    let answer = stack.send(request.header("content-type", "application/json").body(delivery.body.clone())).await;
    if answer.status == 400 {
        answer.expect_error(400, "signature_invalid");
    }
    answer.status == 200
}

/// A webhook that takes what is no older than `tolerance` and has the signature of what `read` makes of the body.
fn taken(delivery: &Delivery, read: impl Fn(&str) -> String, tolerance: u64) -> bool {
    let (timestamp, signatures) = delivery.header.split_once(',').unwrap();
    let at = timestamp.strip_prefix("t=").unwrap().parse().unwrap();
    let expected = signature(SECRET, read(&delivery.body).as_bytes(), at).unwrap();
    expected.ends_with(signatures) && now_unix_seconds() - at <= tolerance
}

fn as_it_came(body: &str) -> String {
    body.to_owned()
}

fn written_again(body: &str) -> String {
    serde_json::from_str::<Value>(body).unwrap().to_string()
}

/// Asks our webhook, the test's and the wrong one of each delivery.
async fn compared(deliveries: &[Delivery], wrong: impl Fn(&Delivery) -> bool) {
    with_stack(async |stack| {
        let mut of_ours = Vec::new();
        for delivery in deliveries {
            of_ours.push(ours(stack, delivery).await);
        }
        let of_the_tests = deliveries.iter().map(|one| taken(one, as_it_came, TOLERANCE)).collect();
        let of_the_wrong = deliveries.iter().map(wrong).collect();
        let told: Vec<bool> = deliveries.iter().map(|delivery| delivery.is_true).collect();
        caught(|taken: &Vec<bool>| *taken == told, &[of_ours, of_the_tests], &of_the_wrong);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_of_the_body_written_again_is_caught() {
    let plain = r#"{"created":1,"data":{"object":{}},"id":"evt_plain","type":"x"}"#;
    assert_eq!(written_again(plain), plain);
    let mut deliveries = Vec::new();
    for unusual in [
        "{ \"id\" : \"evt_spaces\",\r\n\t\"type\":\"x\", \"created\":1,\n  \"data\":{\"object\":{ }}}\n",
        r#"{"created":1,"data":{"object":{}},"type":"x","id":"evt_order"}"#,
        r#"{"created":1,"data":{"object":{"n":"\u00e9\/\ud83d\ude00\u0026"}},"id":"evt_escapes","type":"x"}"#,
        "{\"created\":1,\"data\":{\"object\":{\"n\":\"é😀\u{2028}\u{feff}\"}},\"type\":\"x\",\"id\":\"evt_unicode\"}",
        r#"{"created":1,"data":{"object":{"n":[1.0,1E2,-0,12345678901234567890123]}},"id":"evt_numbers","type":"x"}"#,
        r#"{"created":1,"data":{"object":{"n":1,"n":2}},"id":"evt_twice","type":"x"}"#,
        plain,
    ] {
        deliveries.push(Delivery { header: signed(unusual, 0).await, body: unusual.to_owned(), is_true: true });
    }
    // Other bytes than were signed, which mean the same.
    let header = signed(plain, 0).await;
    deliveries.push(Delivery { header, body: plain.replace(",\"id\"", ", \"id\""), is_true: false });
    let wrong = |delivery: &Delivery| taken(delivery, written_again, TOLERANCE);
    let (refused, accepted) = (deliveries.first().map(wrong), deliveries.last().map(wrong));
    assert_eq!((refused, accepted), (Some(false), Some(true)), "it errs in both directions");
    compared(&deliveries, wrong).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_that_never_ages_is_caught() {
    let mut deliveries = Vec::new();
    for (age, is_true) in [(0, true), (TOLERANCE - 60, true), (TOLERANCE + 1, false), (86_400, false)] {
        let body = json!({ "id": format!("evt_{age}"), "type": "x", "created": 1, "data": { "object": {} } });
        let body = body.to_string();
        deliveries.push(Delivery { header: signed(&body, age).await, body, is_true });
    }
    compared(&deliveries, |delivery| taken(delivery, as_it_came, u64::MAX)).await;
}
