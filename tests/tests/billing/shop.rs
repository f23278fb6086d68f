//! A stack with the stand-in beside it, and what tests ask of both.

use local::stripe_stand_in::StandIn;
use serde_json::{Value, json};
use tests::{Answer, Person, STRIPE_SECRETS, Stack, with_stack_where};

/// The stack and the stand-in that its `billing` talks to.
pub struct Shop<'s> {
    pub stack: &'s Stack,
    pub stripe: StandIn,
}

/// Runs `test` with a stand-in of its own.
pub async fn with_shop(test: impl AsyncFnOnce(&Shop<'_>)) {
    let stripe = StandIn::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let variables = vec![("STRIPE_API_URL".to_owned(), stripe.url().to_owned())];
    with_stack_where(variables, async |stack| {
        stripe.deliver_to(&stack.bundle.url(), STRIPE_SECRETS[0]);
        test(&Shop { stack, stripe }).await;
    })
    .await;
}

impl Shop<'_> {
    pub async fn post(&self, who: &Person, path: &str, body: Value) -> Answer {
        self.stack.send(self.stack.request("POST", path).bearer_auth(&who.token).json(&body)).await
    }

    /// `POST` with an idempotency key.
    pub async fn post_with_key(&self, who: &Person, path: &str, body: Value, key: &str) -> Answer {
        let request = self.stack.request("POST", path).bearer_auth(&who.token).header("idempotency-key", key);
        self.stack.send(request.json(&body)).await
    }

    pub async fn buy(&self, who: &Person, package: &str) -> Answer {
        self.post(who, "/api/stripe/checkout", json!({ "mode": "payment", "packageId": package })).await
    }

    /// What a person does on the page of a checkout. Answers where the page sends them.
    pub async fn pay(&self, checkout: &Value) -> String {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let page = checkout["url"].as_str().unwrap();
        assert!(client.get(page).send().await.unwrap().text().await.unwrap().contains("no money moves"));
        let answer = client.post(format!("{page}/pay")).send().await.unwrap();
        let location = answer.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        location.unwrap_or_else(|| format!("{status} {text}"))
    }

    /// How often something was asked of Stripe.
    pub fn asked(&self, path: &str) -> usize {
        self.stripe.asked().iter().filter(|asked| asked.path == path).count()
    }

    /// The only session that was made.
    pub fn session(&self) -> Value {
        let sessions = self.stripe.objects("checkout.session");
        assert_eq!(sessions.len(), 1, "{sessions:?}");
        sessions[0].clone()
    }

    pub async fn balance(&self, who: &Person) -> i64 {
        self.stack.balance(who).await["balance"].as_i64().unwrap()
    }

    /// A subscription of this tier, made by paying for it. Answers its id.
    pub async fn subscribed(&self, who: &Person, tier: &str) -> String {
        let body = json!({ "targetTier": tier });
        let checkout = self.post(who, "/api/tiers/upgrade", body).await.expect(200);
        self.pay(&checkout).await;
        let sessions = self.stripe.objects("checkout.session");
        let id = checkout["sessionId"].as_str().unwrap();
        let session = sessions.iter().find(|session| session["id"] == id).unwrap();
        session["subscription"].as_str().unwrap().to_owned()
    }

    /// As [`Shop::subscribed`], and from then on only our own answers change our rows: events of one second have no order.
    pub async fn subscribed_quietly(&self, who: &Person, tier: &str) -> String {
        let id = self.subscribed(who, tier).await;
        self.stripe.deliver_nothing();
        id
    }

    /// The subscription at Stripe's stand-in.
    pub fn subscription(&self, id: &str) -> Value {
        self.stripe.objects("subscription").into_iter().find(|subscription| subscription["id"] == id).unwrap()
    }
}
