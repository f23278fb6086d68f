//! Webhook signatures: what Stripe's own libraries sign is taken here, and what the local stack signs they take.

use local::stripe::{Package, event, now_unix_seconds, paid_checkout, signature};
use serde_json::{Value, json};
use tests::{Given, NodeScript, STRIPE_SECRETS, python, with_stack};

const SECRET: &str = STRIPE_SECRETS[0];

#[tokio::test(flavor = "multi_thread")]
async fn what_stripe_s_library_signs_is_taken_and_what_it_would_refuse_is_refused() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let mut stripe = NodeScript::start(&Given::get(), "stripe_webhook.mjs", &[]);
        let session = paid_checkout(&ada.id, &ada.email, Package::find("pro").unwrap()).unwrap();
        let payload = event("checkout.session.completed", session).unwrap().to_string();
        let mut signed = async |payload: &str, secret: &str, timestamp: u64| -> String {
            let request = json!({ "do": "sign", "payload": payload, "secret": secret, "timestamp": timestamp });
            stripe.ask(&request).await["header"].as_str().unwrap().to_owned()
        };
        let now = now_unix_seconds();
        let send = async |header: &str, payload: &str| {
            let request = stack.request("POST", "/api/stripe/webhook").header("stripe-signature", header);
            stack.send(request.header("content-type", "application/json").body(payload.to_owned())).await
        };
        for (header, sent) in [
            (signed(&payload, "whsec_of_somebody_else", now).await, payload.clone()),
            (signed(&payload, SECRET, now - 301).await, payload.clone()),
            (signed(&payload, SECRET, now).await, payload.replace("pro", "power")),
        ] {
            send(&header, &sent).await.expect_error(400, "signature_invalid");
        }
        assert_eq!(stack.balance(&ada).await["balance"], 10);
        send(&signed(&payload, SECRET, now).await, &payload).await.expect(200);
        assert_eq!(stack.balance(&ada).await["balance"], 160);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_local_stack_signs_is_taken_by_stripe_s_libraries() {
    let mut node = NodeScript::start(&Given::get(), "stripe_webhook.mjs", &[]);
    let session = paid_checkout("user_1", "ada@example.com", Package::find("pro").unwrap()).unwrap();
    let event = event("checkout.session.completed", session).unwrap();
    let (id, payload) = (event["id"].clone(), event.to_string());
    let header = signature(SECRET, payload.as_bytes(), now_unix_seconds()).unwrap();
    for (payload, taken) in [(payload.clone(), true), (payload.replace("ada", "eve"), false)] {
        let request = json!({ "do": "verify", "payload": payload, "secret": SECRET, "header": header });
        let answers: [Value; 2] = [node.ask(&request).await, python("stripe_webhook.py", &request).await];
        for answer in answers {
            match taken {
                true => assert_eq!(answer["event"], id),
                false => assert!(answer["refused"].is_string(), "{answer}"),
            }
        }
    }
}
