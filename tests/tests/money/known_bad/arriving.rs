//! Paid checkouts as Stripe tells of them: one that fails half way and comes again, and one that says too much.

use local::stripe::{Package, event, paid_checkout};
use serde_json::Value;
use shared::ids::new_id;
use shared::ledger::{self, Movement};
use shared::{Clock, Statement, Tokens};
use tests::{Person, STRIPE_SECRETS, Stack, with_stack};

use super::{caught, forget, statement_in};
use crate::till::database;

const COMPLETED: &str = "checkout.session.completed";
const EVENT: &str = include_str!("../../../../functions/webhooks/src/stripe/event.rs");

/// Who takes an event.
#[derive(Clone, Copy)]
enum Taker {
    /// The function.
    Ours,
    /// The test's, which notes the event in the transaction of the work.
    Together,
    /// Notes it, then works.
    NotedFirst,
    /// Works, then notes it.
    NotedLast,
}

/// What the package holds. The key is the delivery's, so that the inbox alone keeps a repetition from being work.
fn credit(person: &Person, tokens: i64) -> Statement {
    let now = Clock::default().now();
    let movement = Movement {
        user_id: &person.id,
        amount: Tokens(tokens),
        kind: "EARN_PURCHASE",
        source: "stripe",
        source_id: None,
        event_key: new_id("delivery", now),
        metadata: None,
    };
    ledger::post(movement, now)
}

/// Takes an event; what fails is not answered with 200, and comes again.
async fn take(stack: &Stack, taker: Taker, person: &Person, event: &Value) {
    if let Taker::Ours = taker {
        stack.stripe(event, STRIPE_SECRETS[0]).await;
        return;
    }
    let (database, now, id) = (database(stack), Clock::default().now(), event["id"].as_str().unwrap());
    let note = Statement::new(statement_in(EVENT, "TAKE"))
        .bind(id)
        .bind(COMPLETED)
        .bind(None::<&str>)
        .bind(now)
        .bind(now)
        .bind("APPLIED")
        .bind(None::<&str>)
        .bind(event.to_string())
        .bind(false);
    let work = credit(person, 150);
    match taker {
        Taker::Ours | Taker::Together => {
            let Ok((transaction, [fresh])) = database.begin([note]).await else {
                return;
            };
            match fresh.is_empty() {
                true => transaction.rollback().await,
                false => drop(transaction.commit([work]).await),
            }
        }
        Taker::NotedFirst => {
            if database.write([note]).await.is_ok_and(|[fresh]| !fresh.is_empty()) {
                drop(database.write([work]).await);
            }
        }
        Taker::NotedLast => {
            let known = Statement::new("select event_id from stripe_events where event_id = $1").bind(id);
            let [known] = database.read([known]).await.unwrap();
            if known.is_empty() && database.write([work]).await.is_ok() {
                drop(database.write([note]).await);
            }
        }
    }
}

/// What a package of 150 has given when the first delivery ended at `table`, and Stripe has repeated it twice.
async fn credited(stack: &Stack, name: &str, taker: Taker, table: &str) -> i64 {
    let person = stack.sign_up(name).await;
    let session = paid_checkout(&person.id, &person.email, Package::find("pro").unwrap()).unwrap();
    let event = event(COMPLETED, session).unwrap();
    stack.sql(&format!("create trigger ends before insert on {table} for each row execute function ends()")).await;
    take(stack, taker, &person, &event).await;
    stack.sql(&format!("drop trigger ends on {table}")).await;
    for _ in 0..2 {
        take(stack, taker, &person, &event).await;
    }
    bought(stack, &person).await
}

async fn bought(stack: &Stack, person: &Person) -> i64 {
    let query = "select coalesce(sum(amount), 0)::bigint from token_transactions where type = 'EARN_PURCHASE'";
    stack.number(&format!("{query} and user_id = '{}'", person.id)).await
}

async fn is_caught(wrong: Taker, table: &str) {
    with_stack(async |stack| {
        let ends = "begin raise exception 'it ends here'; end";
        stack.sql(&format!("create function ends() returns trigger language plpgsql as $$ {ends} $$")).await;
        let right =
            [credited(stack, "ada", Taker::Ours, table).await, credited(stack, "grace", Taker::Together, table).await];
        let wrong = credited(stack, "eve", wrong, table).await;
        caught(|tokens| *tokens == 150, &right, &wrong);
        forget(stack).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_noted_before_its_work_is_caught() {
    is_caught(Taker::NotedFirst, "token_transactions").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_noted_after_its_work_is_caught() {
    is_caught(Taker::NotedLast, "stripe_events").await;
}

/// What a checkout holds by the catalogue, or by what it says of itself.
async fn credit_for(stack: &Stack, person: &Person, session: &Value, by_catalogue: bool) -> i64 {
    let metadata = &session["metadata"];
    let code = metadata["packageId"].as_str().unwrap().to_owned();
    let package = Statement::new("select tokens from tokens_packages where code = $1").bind(code);
    let [package] = database(stack).read([package]).await.unwrap();
    let tokens = match by_catalogue {
        true => package[0].get(0),
        false => metadata["tokens"].as_str().unwrap().parse().unwrap(),
    };
    database(stack).write([credit(person, tokens)]).await.unwrap();
    bought(stack, person).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credit_of_what_the_metadata_says_is_caught() {
    with_stack(async |stack| {
        let mut people = Vec::new();
        for name in ["ada", "grace", "eve"] {
            let person = stack.sign_up(name).await;
            let mut session = paid_checkout(&person.id, &person.email, Package::find("starter").unwrap()).unwrap();
            session["metadata"]["tokens"] = "500".into();
            people.push((person, session));
        }
        let [(ada, by_ada), (grace, by_grace), (eve, by_eve)] = people.try_into().unwrap();
        stack.stripe(&event(COMPLETED, by_ada).unwrap(), STRIPE_SECRETS[0]).await.expect(200);
        let right = [bought(stack, &ada).await, credit_for(stack, &grace, &by_grace, true).await];
        let wrong = credit_for(stack, &eve, &by_eve, false).await;
        caught(|tokens| *tokens == 10, &right, &wrong);
        forget(stack).await;
    })
    .await;
}
