//! An answer of Stripe is lost, and the request is made again.

use local::stripe_stand_in::{Fault, KEY, StandIn};
use serde_json::json;
use shared::Clock;
use shared::ids::new_id;
use tests::{Person, STRIPE_SECRETS, Stack, with_stack_where};

use super::caught;

/// Pages that can be paid.
fn pages(stripe: &StandIn) -> usize {
    stripe.objects("checkout.session").len()
}

/// How many pages our own client makes of one wish.
async fn ours(stack: &Stack, stripe: &StandIn, who: &Person) -> usize {
    let before = pages(stripe);
    stripe.fail_next([Fault::LostAnswer]);
    let request = stack.request("POST", "/api/stripe/checkout").bearer_auth(&who.token);
    stack.send(request.json(&json!({ "mode": "payment", "packageId": "pro" }))).await.expect(200);
    pages(stripe) - before
}

/// The same of a client that asks until there is an answer, under the key that it has then.
async fn client(stripe: &StandIn, mut key: impl FnMut() -> Option<String>) -> usize {
    let before = pages(stripe);
    stripe.fail_next([Fault::LostAnswer]);
    let customer = stripe.objects("customer")[0]["id"].as_str().unwrap().to_owned();
    let form = [
        ("mode", "payment"),
        ("customer", &customer),
        ("payment_method_types[0]", "card"),
        ("line_items[0][price_data][currency]", "gbp"),
        ("line_items[0][price_data][unit_amount]", "2499"),
        ("line_items[0][price_data][product_data][name]", "Pro"),
        ("line_items[0][quantity]", "1"),
        ("success_url", "http://localhost:3000/"),
        ("cancel_url", "http://localhost:3000/"),
    ];
    loop {
        let request = reqwest::Client::new()
            .post(format!("{}/v1/checkout/sessions", stripe.url()))
            .bearer_auth(KEY)
            .header("stripe-version", "2025-09-30.clover")
            .form(&form);
        let request = key().into_iter().fold(request, |request, key| request.header("idempotency-key", key));
        // The answer is lost when it breaks off, after its status.
        let text = match request.send().await {
            Ok(answer) => answer.text().await,
            Err(error) => Err(error),
        };
        if let Ok(text) = text {
            assert!(text.contains("cs_"), "{text}");
            return pages(stripe) - before;
        }
    }
}

async fn is_caught(wrong: impl FnMut() -> Option<String>) {
    let stripe = StandIn::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let variables = vec![("STRIPE_API_URL".to_owned(), stripe.url().to_owned())];
    with_stack_where(variables, async |stack| {
        stripe.deliver_to(&stack.bundle.url(), STRIPE_SECRETS[0]);
        let ada = stack.sign_up("ada").await;
        // So that the next request is the one for the page.
        let first = stack.request("POST", "/api/stripe/checkout").bearer_auth(&ada.token);
        stack.send(first.json(&json!({ "mode": "payment", "packageId": "starter" }))).await.expect(200);
        let right = [ours(stack, &stripe, &ada).await, client(&stripe, || Some("one".to_owned())).await];
        let wrong = client(&stripe, wrong).await;
        caught(|pages| *pages == 1, &right, &wrong);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_without_a_key_is_caught() {
    is_caught(|| None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_with_another_key_is_caught() {
    is_caught(|| Some(new_id("op", Clock::default().now()))).await;
}
