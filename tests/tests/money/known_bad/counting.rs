//! Limits that are looked at first and written afterwards: many look before one has written.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use shared::ids::new_id;
use shared::rate_limit::RateLimit;
use shared::secret::sha256;
use shared::{Clock, Statement};
use tests::{Person, Stack, with_stack};
use tokio::sync::Barrier;
use tokio_postgres::Row;

use super::{caught, forget, statement_in, with_defect};
use crate::till::{database, people};

/// More than any limit here lets through.
const MANY: i64 = 10;

/// Each asks `look`, and when all have, those that `write` returns a statement to send it. Answers what was answered.
async fn when_all_have_looked(
    stack: &Stack,
    look: &'static str,
    write: impl Fn(i64, i64) -> Option<Statement>,
) -> Vec<Vec<Row>> {
    let all_have_looked = Arc::new(Barrier::new(usize::try_from(MANY).unwrap()));
    let each = (0..MANY).map(|n| {
        let (database, all_have_looked, write) = (database(stack), all_have_looked.clone(), &write);
        async move {
            let [rows] = database.read([Statement::new(look)]).await.unwrap();
            all_have_looked.wait().await;
            let [rows] = database.write([write(n, rows[0].get(0))?]).await.unwrap();
            Some(rows)
        }
    });
    join_all(each).await.into_iter().flatten().collect()
}

const REDEEM: &str = include_str!("../../../../functions/tokens/src/vouchers/redeem.rs");
const REDEEMED: &str = "select count(*) from voucher_redemptions";

/// For three people, and of no other limit.
async fn voucher(stack: &Stack) {
    forget(stack).await;
    stack
        .sql(
            "insert into vouchers (id, code, type, value, max_uses, created_at)
             values ('vch_1', 'THREE', 'FIXED_TOKENS', 5, 3, now())",
        )
        .await;
}

/// Redemptions of a voucher for three by people who have all seen that it is not used up.
async fn redemptions(stack: &Stack, take: &'static str) -> i64 {
    voucher(stack).await;
    people(stack, 10, 10).await;
    when_all_have_looked(stack, "select current_uses from vouchers", |n, uses| {
        let now = Clock::default().now();
        let take = Statement::new(take).bind("THREE").bind(format!("p{n}")).bind(new_id("red", now)).bind(now);
        (uses < 3).then_some(take)
    })
    .await;
    stack.number(REDEEMED).await
}

/// The same through the API.
async fn redemptions_through_the_api(stack: &Stack) -> i64 {
    voucher(stack).await;
    let mut crowd: Vec<Person> = Vec::new();
    for n in 0..6 {
        crowd.push(stack.sign_up(&format!("p{n}")).await);
    }
    let redeem = |who: &Person| {
        let request = stack.request("POST", "/api/vouchers/redeem").bearer_auth(&who.token);
        stack.send(request.json(&json!({ "code": "THREE" })))
    };
    join_all(crowd.iter().map(redeem)).await;
    stack.number(REDEEMED).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voucher_that_is_counted_before_it_is_taken_is_caught() {
    with_stack(async |stack| {
        stack.sql("alter table vouchers drop constraint vouchers_uses_fit").await;
        let take = statement_in(REDEEM, "TAKE");
        let counted = with_defect(take, ("and (v.max_uses is null or v.current_uses < v.max_uses)", ""));
        let counted = with_defect(counted, ("when v.current_uses + 1 = v.max_uses then", "when false then"));
        let right = [redemptions_through_the_api(stack).await, redemptions(stack, take).await];
        let wrong = redemptions(stack, counted).await;
        caught(|redemptions| *redemptions == 3, &right, &wrong);
        forget(stack).await;
    })
    .await;
}

const LIMIT: RateLimit = RateLimit { name: "test", hits: 5, window: Duration::from_secs(3_600), message: "Too many" };
const RATE_LIMIT: &str = include_str!("../../../../shared/src/rate_limit.rs");
const HITS: &str = "select coalesce(max(hits), 0) from rate_limits";

/// How many get through a limit of five.
async fn passing(stack: &Stack, hit: impl Fn(i64) -> Statement) -> usize {
    stack.sql("truncate rate_limits").await;
    let answers = when_all_have_looked(stack, HITS, |_, seen| Some(hit(seen))).await;
    let now = Clock::default().now();
    answers.iter().filter(|rows| LIMIT.check(rows, now).is_ok()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_that_is_read_and_then_written_is_caught() {
    with_stack(async |stack| {
        let now = Clock::default().now();
        let right = passing(stack, |_| LIMIT.hit("somebody", now)).await;
        let defect = ("else l.hits + 1 end", "else $4 end");
        let written = with_defect(statement_in(RATE_LIMIT, "HIT"), defect);
        let wrong = passing(stack, |seen| {
            let ends = now + jiff::SignedDuration::from_hours(1);
            Statement::new(written).bind(sha256("test:somebody")).bind(now).bind(ends).bind(seen + 1)
        });
        let wrong = wrong.await;
        caught(|passed| *passed == 5, &[right], &wrong);
    })
    .await;
}
