//! Wallets, and statements sent until they have an outcome.

use std::time::Duration;

use shared::database::DatabaseUrl;
use shared::ledger::{self, Movement, Outcome, Refund, RefundOutcome, Spend, SpendKind};
use shared::tokens::Cost;
use shared::{ApiError, Clock, Database, DatabaseError, Statement, Tokens};
use tests::Stack;
use tokio_postgres::Row;

/// Statements in flight at once; the pooler has five connections to the database.
pub const AT_ONCE: usize = 200;

/// A connection of its own for each that is in flight.
pub fn database(stack: &Stack) -> Database {
    Database::new(DatabaseUrl::parse(&stack.pooled_url).unwrap(), Clock::default())
}

/// `count` people `p0`, `p1` … with `balance` tokens each.
pub async fn people(stack: &Stack, count: usize, balance: i64) -> Vec<String> {
    stack
        .sql(&format!(
            "insert into users (id, created_at) select 'p' || n, now() from generate_series(0, {count} - 1) n;
             insert into user_token_balances
                 (user_id, balance, last_regeneration, total_earned, transaction_count, created_at)
             select 'p' || n, {balance}, now(), {balance}, 1, now() from generate_series(0, {count} - 1) n;
             insert into token_transactions
                 (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
             select 'p' || n, 1, 'txn_' || n, {balance}, 'EARN_BONUS', 'import', 'import', {balance}, now()
               from generate_series(0, {count} - 1) n"
        ))
        .await;
    (0..count).map(|n| format!("p{n}")).collect()
}

pub fn cost(tokens: u32) -> Cost {
    Cost::new(tokens).unwrap()
}

pub fn spending(user_id: &str, tokens: u32, key: &str) -> Statement {
    let spend = Spend {
        user_id,
        cost: cost(tokens),
        kind: SpendKind::Enhancement,
        source: "image_enhancement",
        source_id: Some(key),
        event_key: key.to_owned(),
    };
    ledger::spend(spend, Clock::default().now())
}

pub fn earning(user_id: &str, kind: &'static str, tokens: i64, key: &str) -> Statement {
    let movement = Movement {
        user_id,
        amount: Tokens(tokens),
        kind,
        source: "test",
        source_id: None,
        event_key: key.to_owned(),
        metadata: None,
    };
    ledger::post(movement, Clock::default().now())
}

pub fn refunding(user_id: &str, spend_key: &str, part: Option<u16>, tokens: u32, reason: &str) -> Statement {
    let refund = Refund { user_id, spend_key, part, amount: cost(tokens), reason };
    ledger::refund(&refund, Clock::default().now())
}

/// Sends a movement until it has an outcome, as a client does that is told to try again. What was made by an attempt whose
/// answer was lost counts as made.
pub async fn post(database: &Database, movement: impl Fn() -> Statement) -> Outcome {
    loop {
        if let Some(rows) = sent(database.write([movement()]).await) {
            return ledger::outcome(&rows).unwrap();
        }
    }
}

/// As [`post`], for a refund.
pub async fn refund(
    database: &Database,
    user_id: &str,
    spend_key: &str,
    part: Option<u16>,
    tokens: u32,
) -> RefundOutcome {
    loop {
        let statement = refunding(user_id, spend_key, part, tokens, "test");
        let Some(rows) = sent(database.write([statement]).await) else { continue };
        match ledger::refund_outcome(&rows, cost(tokens)).unwrap() {
            RefundOutcome::Contended => {}
            outcome => return outcome,
        }
    }
}

fn sent(answer: Result<[Vec<Row>; 1], DatabaseError>) -> Option<Vec<Row>> {
    match answer {
        Ok([rows]) => Some(rows),
        Err(error) => {
            let said = error.to_string();
            let code = ApiError::from(error).code();
            assert!(["wallet_busy", "unavailable", "outcome_unknown"].contains(&code), "{said}");
            None
        }
    }
}

/// Returns when `count` statements wait for a lock.
pub async fn waiting(stack: &Stack, count: i64) {
    let query = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let all_wait = async {
        while stack.number(query).await < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all_wait).await.unwrap();
}

/// What the wallet says, what the entries add up to, and what the last one says.
pub async fn three_sums(stack: &Stack, user_id: &str) -> [i64; 3] {
    let of = |what: &str| format!("select ({what})::bigint from user_token_balances b where user_id = '{user_id}'");
    [
        stack.number(&of("balance")).await,
        stack.number(&of("select sum(amount) from token_transactions t where t.user_id = b.user_id")).await,
        stack
            .number(&of("select balance_after from token_transactions t
                          where t.user_id = b.user_id order by entry_number desc limit 1"))
            .await,
    ]
}
