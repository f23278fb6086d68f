//! Spends: never more than there is, each once, and an answer for who has to wait.

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use shared::ledger::{self, Outcome};
use shared::{ApiError, Statement, Tokens};
use tests::with_stack;

use crate::till::{self, AT_ONCE, database, earning, people, post, spending, three_sums, waiting};

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_spends_take_what_there_is_and_no_more() {
    with_stack(async |stack| {
        people(stack, 1, 500).await;
        let database = database(stack);
        let spends = (0..1_000).map(|n| {
            let (database, key) = (database.clone(), format!("job:{n}"));
            async move { post(&database, || spending("p0", 1, &key)).await }
        });
        let outcomes: Vec<_> = stream::iter(spends).buffer_unordered(AT_ONCE).collect().await;
        let made = outcomes.iter().filter(|one| matches!(one, Outcome::Posted(_) | Outcome::AlreadyPosted)).count();
        let refused = outcomes.iter().filter(|one| matches!(one, Outcome::Insufficient(Tokens(0)))).count();
        assert_eq!((made, refused), (500, 500));
        assert_eq!(three_sums(stack, "p0").await, [0, 0, 0]);
        assert_eq!(stack.number("select count(*) from token_transactions").await, 501);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_spends_of_five_on_fifty_are_ten() {
    with_stack(async |stack| {
        people(stack, 1, 50).await;
        let database = database(stack);
        let keys: Vec<_> = (0..20).map(|n| format!("job:{n}")).collect();
        let outcomes = join_all(keys.iter().map(|key| post(&database, || spending("p0", 5, key)))).await;
        let refused = outcomes.iter().filter(|one| **one == Outcome::Insufficient(Tokens(0))).count();
        assert_eq!(refused, 10, "{outcomes:?}");
        assert_eq!(three_sums(stack, "p0").await, [0, 0, 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_people_spend_at_once() {
    with_stack(async |stack| {
        let people = people(stack, 100, 10).await;
        let database = database(stack);
        let spends = (0..20).flat_map(|n| people.iter().map(move |person| (person.clone(), format!("job:{n}"))));
        let spends = spends.map(|(person, key)| {
            let database = database.clone();
            async move { post(&database, || spending(&person, 1, &key)).await }
        });
        let outcomes: Vec<_> = stream::iter(spends).buffer_unordered(AT_ONCE).collect().await;
        let refused = outcomes.iter().filter(|one| matches!(one, Outcome::Insufficient(_))).count();
        assert_eq!(refused, 1_000);
        assert_eq!(stack.number("select sum(balance)::bigint from user_token_balances").await, 0);
        assert_eq!(stack.number("select count(*) from token_transactions").await, 1_100);
    })
    .await;
}

/// What waits for the lock is tried on the row as it is then: its balance and its tier.
#[tokio::test(flavor = "multi_thread")]
async fn a_spend_that_waited_sees_the_wallet_as_it_is_then() {
    with_stack(async |stack| {
        people(stack, 1, 50).await;
        let database = database(stack);
        let upgrade = Statement::new("update user_token_balances set tier = 'PREMIUM' where user_id = 'p0'");
        let (holder, _) = database.begin([ledger::lock("p0"), upgrade]).await.unwrap();
        let spend = tokio::spawn({
            let database = database.clone();
            async move { database.write([spending("p0", 5, "job:1")]).await }
        });
        waiting(stack, 1).await;
        holder.commit([]).await.unwrap();
        let [rows] = spend.await.unwrap().unwrap();
        assert_eq!(ledger::outcome(&rows).unwrap(), Outcome::Posted(Tokens(45)));

        let (holder, _) = database.begin([spending("p0", 40, "job:2")]).await.unwrap();
        let spend = tokio::spawn({
            let database = database.clone();
            async move { database.write([spending("p0", 10, "job:3")]).await }
        });
        waiting(stack, 1).await;
        holder.commit([]).await.unwrap();
        let [rows] = spend.await.unwrap().unwrap();
        assert_eq!(ledger::outcome(&rows).unwrap(), Outcome::Insufficient(Tokens(5)), "and says what is left then");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_spend_twice_at_once_is_made_once() {
    with_stack(async |stack| {
        people(stack, 1, 50).await;
        let database = database(stack);
        let (holder, _) = database.begin([ledger::lock("p0")]).await.unwrap();
        // Connected before they wait: nobody waits for a lock longer than a second.
        let mut both = Vec::new();
        for _ in 0..2 {
            let database = till::database(stack);
            database.read([Statement::new("select 1")]).await.unwrap();
            both.push(database);
        }
        let both: Vec<_> = both
            .into_iter()
            .map(|database| tokio::spawn(async move { database.write([spending("p0", 5, "job:1")]).await }))
            .collect();
        waiting(stack, 2).await;
        holder.commit([]).await.unwrap();
        let mut codes = Vec::new();
        for one in both {
            match one.await.unwrap() {
                Ok([rows]) => assert_eq!(ledger::outcome(&rows).unwrap(), Outcome::Posted(Tokens(45))),
                Err(error) => codes.push(ApiError::from(error).code()),
            }
        }
        assert_eq!(codes, ["wallet_busy"]);
        assert_eq!(post(&database, || spending("p0", 5, "job:1")).await, Outcome::AlreadyPosted);
        assert_eq!(three_sums(stack, "p0").await, [45, 45, 45]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_too_long_for_a_wallet_is_told_to_try_again() {
    with_stack(async |stack| {
        people(stack, 1, 50).await;
        let database = database(stack);
        let (holder, _) = database.begin([ledger::lock("p0")]).await.unwrap();
        // One, on a connection that is open already: a second one would wait for the first as well, and could be told by
        // the limit on statements instead.
        database.read([Statement::new("select 1")]).await.unwrap();
        let error = ApiError::from(database.write([spending("p0", 1, "job:1")]).await.unwrap_err());
        assert_eq!((error.code(), error.status().as_u16()), ("wallet_busy", 409));
        let answer = axum::response::IntoResponse::into_response(error);
        assert!(answer.headers().contains_key("retry-after"));
        holder.rollback().await;
        assert_eq!(three_sums(stack, "p0").await, [50, 50, 50]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_starts_with_the_spend_that_leaves_the_full_well() {
    with_stack(async |stack| {
        people(stack, 1, 12).await;
        let database = database(stack);
        stack.sql("update user_token_balances set last_regeneration = now() - interval '10 hours'").await;
        let age = "select (extract(epoch from now() - last_regeneration) / 3600)::bigint from user_token_balances";
        for (tokens, key, hours) in [(1, "above", 10), (1, "at the cap", 10), (1, "below", 0)] {
            post(&database, || spending("p0", tokens, key)).await;
            assert_eq!(stack.number(age).await, hours, "{key}");
        }
        // One that is below already keeps its clock, and so does one that is filled up and stays full.
        stack.sql("update user_token_balances set last_regeneration = now() - interval '1 hour'").await;
        post(&database, || spending("p0", 1, "further below")).await;
        post(&database, || earning("p0", "EARN_PURCHASE", 50, "bought")).await;
        post(&database, || spending("p0", 1, "still above")).await;
        assert_eq!(stack.number(age).await, 1);
        post(&database, || spending("p0", 50, "below again")).await;
        assert_eq!(stack.number(age).await, 0);
    })
    .await;
}
