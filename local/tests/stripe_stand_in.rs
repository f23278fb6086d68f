//! The stand-in for Stripe refuses what Stripe would refuse, as far as we know it.

#![expect(clippy::unwrap_used, reason = "these are tests: a surprise fails them")]

use local::stripe_stand_in::{KEY, StandIn};
use serde_json::Value;

struct Client {
    stripe: StandIn,
    http: reqwest::Client,
}

impl Client {
    async fn start() -> Self {
        let stripe = StandIn::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        Client { stripe, http: reqwest::Client::new() }
    }

    async fn post(&self, path: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> (u16, Value) {
        let request = self.http.post(format!("{}{path}", self.stripe.url())).form(form);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn ask(&self, path: &str, form: &[(&str, &str)], key: &str) -> (u16, Value) {
        let bearer = format!("Bearer {KEY}");
        let version = ("stripe-version", "2025-09-30.clover");
        self.post(path, form, &[("authorization", &bearer), version, ("idempotency-key", key)]).await
    }
}

#[tokio::test]
async fn who_asks_has_to_say_so_and_name_a_version() {
    let client = Client::start().await;
    let customers = "/v1/customers";
    for headers in [vec![], vec![("authorization", "Bearer sk_test_other"), ("stripe-version", "1")]] {
        let (status, body) = client.post(customers, &[], &headers).await;
        assert_eq!((status, &body["error"]["type"]), (401, &"invalid_request_error".into()));
    }
    let bearer = format!("Bearer {KEY}");
    assert_eq!(client.post(customers, &[], &[("authorization", &bearer)]).await.0, 400);
    assert!(client.stripe.objects("customer").is_empty());
}

#[tokio::test]
async fn unknown_parameters_and_objects_are_refused() {
    let client = Client::start().await;
    for form in [&[("e-mail", "a@b.c")][..], &[("metadata[a][b]", "c")], &[("metadata[]", "c")], &[("metadata", "c")]] {
        let (status, body) = client.ask("/v1/customers", form, "").await;
        assert_eq!((status, &body["error"]["code"]), (400, &"parameter_unknown".into()), "{form:?}");
        assert_eq!(body["error"]["param"], form[0].0);
    }
    let (status, body) = client.ask("/v1/billing_portal/sessions", &[("customer", "cus_none")], "").await;
    assert_eq!((status, &body["error"]["code"]), (404, &"resource_missing".into()));
    assert_eq!(client.ask("/v1/subscriptions/sub_none", &[("cancel_at_period_end", "true")], "").await.0, 404);
    assert_eq!(client.ask("/v1/payouts", &[], "").await.0, 404);
    let (status, body) = client.ask("/v1/products", &[("id", "well")], "").await;
    assert_eq!((status, &body["error"]["code"]), (400, &"parameter_missing".into()));
}

#[tokio::test]
async fn a_key_is_for_one_request() {
    let client = Client::start().await;
    let form = [("email", "ada@example.com"), ("metadata[userId]", "user_1")];
    let (status, first) = client.ask("/v1/customers", &form, "k").await;
    assert_eq!(
        (status, &first["email"], &first["metadata"]["userId"]),
        (200, &"ada@example.com".into(), &"user_1".into())
    );
    assert_eq!(client.ask("/v1/customers", &form, "k").await, (200, first.clone()));
    let (status, body) = client.ask("/v1/customers", &[("email", "bob@example.com")], "k").await;
    assert_eq!((status, &body["error"]["type"]), (400, &"idempotency_error".into()));
    assert_ne!(client.ask("/v1/customers", &form, "other").await.1["id"], first["id"]);
    assert_eq!(client.stripe.objects("customer").len(), 2);
    // A product's id is the caller's, so the second one is told so.
    assert_eq!(client.ask("/v1/products", &[("id", "well"), ("name", "Well")], "p1").await.0, 200);
    let (status, body) = client.ask("/v1/products", &[("id", "well"), ("name", "Well")], "p2").await;
    assert_eq!((status, &body["error"]["code"]), (400, &"resource_already_exists".into()));
}
