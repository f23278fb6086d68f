//! What people are told of the system, whatever is wrong with it.

use serde_json::{Value, json};
use shared::limits;
use tests::{Answer, Stack, with_stack, with_stack_where};

async fn status(stack: &Stack) -> Value {
    let answer: Answer = stack.get("/api/status", None).await;
    assert_eq!(answer.header("cache-control"), "public, max-age=30");
    answer.expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_55_the_status_tells_people_of_an_incident() {
    with_stack(async |stack| {
        let switch = async |fields: Value| {
            let mut event = json!({ "action": "maintenance" });
            event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            stack.bundle.invoke("migrate", event).await.unwrap()
        };
        assert_eq!(status(stack).await, json!({ "status": "ok" }));

        stack
            .sql(
                "insert into incidents (id, title, impact, message, started_at, created_at, status, resolved_at)
                 values ('inc_1', 'Slow pages', 'MINOR', 'Pages are slow.', '2026-01-02T03:04:05Z', now(), 'MONITORING', null),
                        ('inc_2', 'Mails', 'MINOR', 'No mails.', '2026-02-02T03:04:05Z', now(), 'RESOLVED', now())",
            )
            .await;
        let told = status(stack).await;
        assert_eq!((&told["status"], &told["message"]), (&json!("incident"), &json!("Pages are slow.")));
        assert!(told["since"].as_str().unwrap().starts_with("2026-01-02T03:04:05"), "{told}");

        switch(json!({ "on": true, "message": "We restore the newest backup. Back at noon." })).await;
        let told = status(stack).await;
        assert_eq!(
            (&told["status"], &told["message"]),
            (&json!("maintenance"), &json!("We restore the newest backup. Back at noon."))
        );
        assert!(told["since"].is_string(), "{told}");
        switch(json!({ "on": true })).await;
        let told = status(stack).await;
        assert!(told["message"].as_str().is_some_and(|message| !message.is_empty()), "{told}");

        switch(json!({ "on": false })).await;
        stack.sql("update incidents set status = 'RESOLVED', resolved_at = now() where id = 'inc_1'").await;
        assert_eq!(status(stack).await, json!({ "status": "ok" }));

        // As an operator does it: one trouble, its news, its end.
        let tell = async |fields: Value| {
            let mut event = json!({ "action": "incident" });
            event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            stack.bundle.invoke("migrate", event).await
        };
        tell(json!({ "message": "Nothing can be bought.", "impact": "critical" })).await.unwrap();
        tell(json!({ "message": "It is mended, we are watching." })).await.unwrap();
        assert_eq!(status(stack).await["message"], "It is mended, we are watching.");
        assert_eq!(stack.number("select count(*) from incidents where impact = 'CRITICAL'").await, 1);
        assert!(tell(json!({ "message": "x".repeat(2_001) })).await.is_err());
        assert!(tell(json!({ "impact": "minor" })).await.is_err(), "an impact of nothing");
        tell(json!({ "over": true })).await.unwrap();
        assert_eq!(status(stack).await, json!({ "status": "ok" }));
        assert_eq!(stack.number("select count(*) from incident_updates").await, 3);
    })
    .await;
}

/// Nobody listens, or somebody who never says a word.
#[tokio::test(flavor = "multi_thread")]
async fn ops_55_the_status_answers_while_the_database_is_away() {
    assert!(limits::DATABASE_WAIT.as_secs() < 3);
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = silent.local_addr().unwrap();
    for (port, mode, expected) in
        [(9, "off", "unavailable"), (silent.port(), "off", "unavailable"), (silent.port(), "on", "maintenance")]
    {
        let url = format!("postgres://spike_app:hunter2@127.0.0.1:{port}/gone");
        let variables = [("DATABASE_URL", url), ("MAINTENANCE_MODE", mode.to_owned())];
        with_stack_where(variables.map(|(name, value)| (name.to_owned(), value)).into(), async |stack| {
            let told = status(stack).await;
            assert_eq!(told["status"], expected, "{told}");
            assert!(told["message"].is_string(), "{told}");
            for internal in ["hunter2", "127.0.0.1", "spike_app", "gone", "timed out"] {
                assert!(!told.to_string().contains(internal), "{told}");
            }
            stack.get("/api/health/ready", None).await.expect_error(503, "unavailable");
        })
        .await;
    }
}
