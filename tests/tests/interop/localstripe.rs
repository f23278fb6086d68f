//! What we ask of Stripe, asked of `localstripe`: a server like Stripe that others have written, from the outside, for
//! their own software. It is not Stripe, and it shows that somebody else reads our requests as we mean them.
//!
//! It reads: customers (made, found, listed), products, subscriptions (shown, ended with their period or at once, not
//! ended after all), payment intents. What release 1.15.10 does not know, [`it_does_not_know_these`] pins with its answers:
//! checkout sessions, the portal, prices and `price_data`, `proration_behavior`, the code of a product that is there, and
//! idempotency keys. It takes no notice of `Stripe-Version` and of a subscription's metadata when that is changed.

use serde_json::{Value, json};
use shared::Secret;
use shared::stripe::{Conversation, Form, ItemChange, Stripe, StripeError, SubscriptionChange};
use tests::{PythonServer, STRIPE_SECRETS, with_stack_where};

/// The server, and our own client for it.
struct Shop {
    server: PythonServer,
    stripe: Stripe,
}

impl Shop {
    async fn open() -> Self {
        let server = PythonServer::start("localstripe_server.py").await;
        let address = url(&server).parse().unwrap();
        Shop { stripe: Stripe::new(Secret::new(local::stripe_stand_in::KEY), address), server }
    }

    fn talk(&self) -> Conversation<'_> {
        self.stripe.talk()
    }

    /// Asks for what none of our functions asks for, by the same client.
    async fn make(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let form = form.iter().fold(Form::default(), |form, (name, value)| form.with(*name, value));
        self.talk().post(path, form, "no key of ours").await.unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        self.talk().get(path).await.unwrap()
    }

    /// A customer of ours with a card that pays.
    async fn customer(&self) -> String {
        let customer = self.talk().make_customer("user_1", "ada@example.com", Some("Ada")).await.unwrap().id;
        let card = [
            ("type", "card"),
            ("card[number]", "4242424242424242"),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2099"),
            ("card[cvc]", "123"),
        ];
        let card = self.make("/v1/payment_methods", &card).await;
        let card = card["id"].as_str().unwrap();
        self.make(&format!("/v1/payment_methods/{card}/attach"), &[("customer", &customer)]).await;
        let default = [("invoice_settings[default_payment_method]", card)];
        self.make(&format!("/v1/customers/{customer}"), &default).await;
        customer
    }

    /// A subscription of that customer that is paid.
    async fn subscription(&self, customer: &str) -> Value {
        self.make("/v1/products", &[("id", "token_well_standard"), ("name", "Standard")]).await;
        let plan = [
            ("id", "standard"),
            ("product", "token_well_standard"),
            ("amount", "1000"),
            ("currency", "gbp"),
            ("interval", "month"),
        ];
        self.make("/v1/plans", &plan).await;
        let form = [("customer", customer), ("items[0][plan]", "standard"), ("metadata[tier]", "STANDARD")];
        self.make("/v1/subscriptions", &form).await
    }
}

fn url(server: &PythonServer) -> String {
    format!("http://127.0.0.1:{}", server.port)
}

#[tokio::test]
async fn it_reads_our_customers() {
    let shop = Shop::open().await;
    let made = shop.talk().make_customer("user_1", "ada+é@example.com", Some("Ada & Söhne")).await.unwrap();
    let found = shop.get(&format!("/v1/customers/{}", made.id)).await;
    assert_eq!(
        (&found["email"], &found["name"], &found["metadata"]),
        (&json!("ada+é@example.com"), &json!("Ada & Söhne"), &json!({ "userId": "user_1" }))
    );
    shop.talk().make_customer("user_2", "bob@example.com", None).await.unwrap();
    let all = shop.get("/v1/customers").await;
    assert_eq!(all["data"].as_array().unwrap().len(), 2);
    let bob = shop.get("/v1/customers?email=bob@example.com").await;
    assert_eq!((&bob["data"][0]["name"], &bob["data"][1]), (&Value::Null, &Value::Null));
    let nobody = shop.talk().get::<Value>("/v1/customers/cus_of_nobody").await.unwrap_err();
    assert!(matches!(nobody, StripeError::Refused { status: 404, .. }), "{nobody}");
}

#[tokio::test]
async fn it_ends_our_subscriptions() {
    let shop = Shop::open().await;
    let made = shop.subscription(&shop.customer().await).await;
    assert_eq!((&made["status"], &made["metadata"]["tier"]), (&json!("active"), &json!("STANDARD")));
    let id = made["id"].as_str().unwrap();
    let path = format!("/v1/subscriptions/{id}");
    for ends in [true, false, true] {
        let change = SubscriptionChange { item: None, cancel_at_period_end: ends, metadata: &[] };
        shop.talk().change_subscription(id, &change, "op_1").await.unwrap();
        assert_eq!(shop.get(&path).await["cancel_at_period_end"], ends);
    }
    assert_eq!(shop.get(&path).await["status"], "active", "until the period ends");
    shop.talk().cancel_subscription(id, "op_2").await.unwrap();
    assert_eq!(shop.get(&path).await["status"], "canceled");
}

#[tokio::test]
async fn it_reads_the_forms_of_payments() {
    let shop = Shop::open().await;
    let customer = shop.customer().await;
    let form = [("amount", "2499"), ("currency", "gbp"), ("customer", &customer), ("metadata[type]", "token_purchase")];
    let made = shop.make("/v1/payment_intents", &form).await;
    let path = format!("/v1/payment_intents/{}", made["id"].as_str().unwrap());
    let found = shop.get(&path).await;
    assert_eq!(
        (&found["amount"], &found["currency"], &found["customer"]),
        (&2499.into(), &"gbp".into(), &json!(customer))
    );
    assert_eq!(
        (&found["metadata"]["type"], &found["status"]),
        (&json!("token_purchase"), &json!("requires_payment_method"))
    );
    shop.make(&format!("{path}/cancel"), &[]).await;
    assert_eq!(shop.get(&path).await["status"], "canceled");
}

/// When one of these fails, a newer release has learnt it: then it belongs to the tests above.
#[tokio::test]
async fn it_does_not_know_these() {
    let shop = Shop::open().await;
    let refused = async |path: &str| match shop.talk().post::<Value>(path, Form::default(), "k").await {
        Err(StripeError::Refused { status, kind, code, .. }) => (status, kind, code),
        other => panic!("{path}: {other:?}"),
    };
    for path in ["/v1/checkout/sessions", "/v1/billing_portal/sessions", "/v1/prices"] {
        assert_eq!(refused(path).await, (404, String::new(), String::new()), "{path}");
    }
    let customer = shop.customer().await;
    let other = shop.talk().make_customer("user_1", "ada@example.com", Some("Ada")).await.unwrap();
    assert_ne!(other.id, customer, "one key, two customers");

    let subscription = shop.subscription(&customer).await;
    let id = subscription["id"].as_str().unwrap();
    let metadata = [("tier", "PREMIUM".to_owned())];
    let change = SubscriptionChange { item: None, cancel_at_period_end: false, metadata: &metadata };
    shop.talk().change_subscription(id, &change, "k").await.unwrap();
    assert_eq!(shop.get(&format!("/v1/subscriptions/{id}")).await["metadata"]["tier"], "STANDARD");
    for (product, why) in [("token_well_standard", "409 , request "), ("token_well_premium", "500 , request ")] {
        let item =
            ItemChange { item: None, product, name: "Premium", amount_minor: 2000, currency: "gbp", prorated: true };
        let change = SubscriptionChange { item: Some(item), cancel_at_period_end: false, metadata: &metadata };
        let error = shop.talk().change_subscription(id, &change, "k").await.unwrap_err();
        assert!(matches!(&error, StripeError::NoAnswer(said) if said == why), "{error}");
    }
    // It has understood the first of the two requests that this takes.
    assert_eq!(shop.get("/v1/products/token_well_premium").await["name"], "Premium");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_billing_function_works_with_it_as_far_as_that_goes() {
    let shop = Shop::open().await;
    let variables = vec![("STRIPE_API_URL".to_owned(), url(&shop.server))];
    with_stack_where(variables, async |stack| {
        let ada = stack.sign_up("ada").await;
        // The customer is made and kept; then there are no pages to pay on.
        let buy = || stack.request("POST", "/api/stripe/checkout").bearer_auth(&ada.token);
        for _ in 0..2 {
            let answer = stack.send(buy().json(&json!({ "mode": "payment", "packageId": "pro" }))).await;
            answer.expect_error(500, "internal");
        }
        let customers = shop.get("/v1/customers").await;
        assert_eq!(customers["data"].as_array().unwrap().len(), 1, "one for both");
        let customer = &customers["data"][0];
        assert_eq!((&customer["email"], &customer["metadata"]["userId"]), (&json!(ada.email), &json!(ada.id)));
        let failed = "select count(*) from stripe_operations where status = 'FAILED' and last_error like '%404%'";
        assert_eq!(stack.number(failed).await, 2);

        let customer = customer["id"].as_str().unwrap();
        let kept = format!("select count(*) from users where stripe_customer_id = '{customer}'");
        assert_eq!(stack.number(&kept).await, 1);

        // A subscription that is there, of which our function hears as from Stripe.
        let subscription = shop.subscription(&shop.customer().await).await;
        let id = subscription["id"].as_str().unwrap();
        let monthly = local::stripe::Monthly::tier(id, &ada.id, "STANDARD", 1000);
        let created = local::stripe::event("customer.subscription.created", monthly.subscription("active").unwrap());
        stack.stripe(&created.unwrap(), STRIPE_SECRETS[0]).await.expect(200);
        for (path, ends) in [("/api/stripe/cancel", true), ("/api/stripe/resume", false), ("/api/stripe/cancel", true)]
        {
            let request = stack.request("POST", path).bearer_auth(&ada.token);
            assert_eq!(stack.send(request.json(&json!({}))).await.expect(200)["cancelAtPeriodEnd"], ends);
            assert_eq!(shop.get(&format!("/v1/subscriptions/{id}")).await["cancel_at_period_end"], ends);
            let shown = stack.get("/api/stripe/subscription", Some(&ada.token)).await.expect(200);
            assert_eq!(shown["subscription"]["cancelAtPeriodEnd"], ends);
        }
    })
    .await;
}
