//! The write stop: writes are refused, reads and health checks go on, senders of webhooks are told to come again.

use local::stripe::{Package, event, paid_checkout};
use serde_json::{Value, json};
use shared::database::{DatabaseUrl, WriteStop};
use shared::{ApiError, Clock, Database, DatabaseError, Statement};
use tests::{STRIPE_SECRETS, Stack, with_stack, with_stack_where};

const KEY: &str = "sk_test_0123456789012345678901234567890123456789012";

/// Somebody who was there before: their id.
async fn somebody(stack: &Stack) -> String {
    let people = json!([{ "email": "ada@example.com", "password": "correct horse", "role": "USER", "apiKey": KEY }]);
    let seed = json!({ "action": "seed", "name": "main", "users": people });
    stack.bundle.invoke("migrate", seed).await.unwrap();
    let rows = stack.database.query_typed("select id from users where email = 'ada@example.com'", &[]).await.unwrap();
    rows[0].get(0)
}

/// What is refused, and what is not.
async fn stopped(stack: &Stack, id: &str, sentence: &str) {
    let paid = paid_checkout(id, "ada@example.com", Package::find("starter").unwrap()).unwrap();
    let bought = event("checkout.session.completed", paid).unwrap();
    let credentials = json!({ "email": "ada@example.com", "password": "correct horse" });
    let newcomer = json!({ "email": "bob@example.com", "password": "correct horse" });
    for answer in [
        stack.post("/api/auth/signup", &newcomer).await,
        stack.post("/api/auth/mobile/signin", &credentials).await,
        stack.stripe(&bought, STRIPE_SECRETS[0]).await,
    ] {
        let body = answer.expect_error(503, "maintenance");
        assert_eq!(body["error"], sentence, "{answer:?}");
        assert_eq!(answer.header("retry-after"), "60", "{answer:?}");
    }
    stack.get("/api/health", None).await.expect(200);
    stack.get("/api/health/ready", None).await.expect(200);
    stack.get("/api/tokens/balance", Some(KEY)).await.expect(200);
    stack.get("/api/tokens/history", Some(KEY)).await.expect(200);
    assert_eq!(stack.number("select count(*) from users where email = 'bob@example.com'").await, 0);
    assert_eq!(stack.number("select count(*) from stripe_events").await, 0);
    assert_eq!(stack.number("select count(*) from sessions").await, 0);
}

const OWN_SENTENCE: &str = "Changes are stopped for maintenance and nothing was changed: try again later.";

#[tokio::test(flavor = "multi_thread")]
async fn ops_56_maintenance_mode_stops_writes_and_nothing_else() {
    let variables = vec![("MAINTENANCE_MODE".to_owned(), "on".to_owned())];
    with_stack_where(variables, async |stack| {
        let id = somebody(stack).await;
        stopped(stack, &id, OWN_SENTENCE).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_56_the_switch_in_the_database_stops_the_next_write() {
    with_stack(async |stack| {
        let id = somebody(stack).await;
        stack.get("/api/tokens/balance", Some(KEY)).await.expect(200);
        let switch = async |fields: Value| {
            let mut event = json!({ "action": "maintenance" });
            event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            stack.bundle.invoke("migrate", event).await.unwrap()
        };
        assert_eq!(switch(json!({})).await["since"], Value::Null);
        let since = switch(json!({ "on": true })).await["since"].clone();
        assert!(since.is_string(), "{since}");
        stopped(stack, &id, OWN_SENTENCE).await;
        let told = switch(json!({ "on": true, "message": " Back at noon. " })).await;
        assert_eq!((&told["since"], &told["message"]), (&since, &json!("Back at noon.")), "still the same stop");
        stopped(stack, &id, "Back at noon.").await;
        assert_eq!(switch(json!({ "on": false })).await["since"], Value::Null);
        stack.sign_up("bob").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_56_the_look_at_the_switch_is_part_of_each_writing_transaction() {
    with_stack(async |stack| {
        stack.sql("create table marks (id text primary key); grant select, insert on marks to spike_app").await;
        let url = DatabaseUrl::parse(&stack.pooled_url).unwrap();
        let heeding = Database::stopping(url.clone(), Clock::default(), WriteStop::Switch);
        let repairing = Database::stopping(url, Clock::default(), WriteStop::Never);
        let mark = |id: &str| Statement::new("insert into marks values ($1) returning id").bind(id);
        let marks = || Statement::new("select count(*) from marks");

        let [rows] = heeding.write([mark("a")]).await.unwrap();
        assert_eq!(rows[0].get::<_, &str>(0), "a", "the answers are those to the statements asked for");
        let (transaction, [rows]) = heeding.begin([mark("b")]).await.unwrap();
        assert_eq!(rows[0].get::<_, &str>(0), "b");
        transaction.commit([mark("c")]).await.unwrap();

        stack.sql("update deployment set maintenance_since = now(), maintenance_message = 'Back at noon.'").await;
        let told = |error: DatabaseError| {
            let error = ApiError::from(error);
            (error.code(), error.body("")["error"].clone())
        };
        let expected = ("maintenance", Value::from("Back at noon."));
        for _ in 0..3 {
            assert_eq!(told(heeding.write([mark("d")]).await.unwrap_err()), expected);
            assert_eq!(told(heeding.write_all(vec![mark("e"), mark("f")]).await.unwrap_err()), expected);
            assert_eq!(told(heeding.begin([mark("g")]).await.map(drop).unwrap_err()), expected);
            // On the same connection.
            let [rows] = heeding.read([marks()]).await.unwrap();
            assert_eq!(rows[0].get::<_, i64>(0), 3);
            let rows = heeding.read_in_order(vec![marks()]).await.unwrap();
            assert_eq!(rows[0][0].get::<_, i64>(0), 3);
        }
        repairing.write([mark("h")]).await.unwrap();
        stack.sql("update deployment set maintenance_since = null, maintenance_message = null").await;
        heeding.write([mark("i")]).await.unwrap();
        assert_eq!(stack.number("select count(*) from marks").await, 5);
    })
    .await;
}
