//! Administrators, for the tests of what they may do.

use serde_json::Value;
use tests::{Answer, Person, Stack};

/// Signs up `<name>@example.com` and gives them the role.
pub async fn person(stack: &Stack, name: &str, role: &str) -> Person {
    let person = stack.sign_up(name).await;
    give(stack, &person, role).await;
    person
}

/// Gives somebody a role without asking anybody.
pub async fn give(stack: &Stack, person: &Person, role: &str) {
    stack.sql(&format!("update users set role = '{role}' where id = '{}'", person.id)).await;
}

/// Sends `method path` with a JSON body as `who`.
pub async fn ask(stack: &Stack, who: &Person, method: &str, path: &str, body: &Value) -> Answer {
    stack.send(stack.request(method, path).bearer_auth(&who.token).json(body)).await
}

/// `GET path` as `who`.
pub async fn look(stack: &Stack, who: &Person, path: &str) -> Answer {
    stack.get(path, Some(&who.token)).await
}

/// What the only row and column of `query` says.
pub async fn text(stack: &Stack, query: &str) -> String {
    stack.database.query_typed(query, &[]).await.unwrap()[0].get(0)
}

/// How many entries the record has of `action`.
pub async fn written(stack: &Stack, action: &str) -> i64 {
    stack.number(&format!("select count(*) from audit_logs where action = '{action}'")).await
}

/// Asserts that nothing in the record was changed, removed or slipped in.
pub async fn record_is_whole(stack: &Stack) {
    assert_eq!(stack.number("select count(*) from audit_faults()").await, 0);
}
