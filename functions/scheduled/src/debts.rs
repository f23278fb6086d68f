//! `tokens.debts`: tokens that should have been taken back when they were spent already, taken when there are some again.

use jiff::Timestamp;
use serde_json::{Value, json};
use shared::ledger::{self, Movement};
use shared::{ApiError, Statement, Tokens, limits};
use tokio_postgres::Row;

use crate::work::{Budget, Work};

/// Collects from every wallet that has something.
pub(crate) async fn collect(work: &Work, budget: Budget) -> Result<Value, ApiError> {
    let (mut people, mut tokens, mut settled) = (0, 0, 0);
    let mut after = String::new();
    'all: while !budget.is_used() {
        let batch = Statement::new(DEBTORS).bind(after.as_str()).bind(limits::DEBTOR_BATCH);
        let [rows] = work.database.read([batch]).await?;
        for row in &rows {
            if budget.is_used() {
                break 'all;
            }
            let collected = collect_from(row.try_get("user_id")?, work).await?;
            people += usize::from(collected.tokens > 0);
            tokens += collected.tokens;
            settled += collected.settled;
        }
        match rows.last() {
            Some(last) => after = last.try_get("user_id")?,
            None => break,
        }
    }
    Ok(json!({ "people": people, "tokens": tokens, "settled": settled }))
}

#[derive(Default)]
struct Collected {
    tokens: i64,
    settled: usize,
}

/// One person's debts, the oldest first, as far as the wallet goes. Under its lock, so that nothing is taken twice.
async fn collect_from(user_id: &str, work: &Work) -> Result<Collected, ApiError> {
    let now = work.now();
    let (transaction, [wallet, debts]) =
        work.database.begin([ledger::lock(user_id), Statement::new(DEBTS).bind(user_id)]).await?;
    let plan = (|| {
        let mut balance = wallet.first().map_or(Ok(0), |row| row.try_get::<_, i64>("balance"))?;
        let (mut collected, mut statements) = (Collected::default(), Vec::new());
        for row in &debts {
            let debt = Debt::of(row)?;
            let part = debt.open().min(balance);
            if part > 0 {
                balance -= part;
                collected.tokens += part;
                collected.settled += usize::from(part == debt.open());
                statements.extend(debt.taken(user_id, part, now));
            }
        }
        Ok::<_, ApiError>((collected, statements))
    })();
    match plan {
        Ok((collected, statements)) if !statements.is_empty() => {
            transaction.commit_all(statements).await?;
            Ok(collected)
        }
        nothing => {
            transaction.rollback().await;
            nothing.map(|(collected, _)| collected)
        }
    }
}

struct Debt {
    id: String,
    tokens: i64,
    collected: i64,
}

impl Debt {
    fn of(row: &Row) -> Result<Self, ApiError> {
        Ok(Debt { id: row.try_get("id")?, tokens: row.try_get("tokens")?, collected: row.try_get("collected")? })
    }

    fn open(&self) -> i64 {
        self.tokens - self.collected
    }

    /// The entry's key says from which token on: the same part is taken once.
    fn taken(&self, user_id: &str, part: i64, now: Timestamp) -> [Statement; 2] {
        let movement = Movement {
            user_id,
            amount: Tokens(-part),
            kind: "EARN_ADMIN_ADJUSTMENT",
            source: "token_debt",
            source_id: Some(&self.id),
            event_key: format!("debt:{}:{}", self.id, self.collected),
            metadata: None,
        };
        [ledger::post(movement, now), Statement::new(TAKEN).bind(self.id.as_str()).bind(part).bind(now)]
    }
}

/// $1 after whom, $2 how many: who owes and has something.
pub const DEBTORS: &str = "
select distinct d.user_id
  from token_debts d
  join user_token_balances b on b.user_id = d.user_id
 where d.settled_at is null
   and d.user_id > $1
   and b.balance > 0
 order by d.user_id
 limit $2";

const DEBTS: &str = "
select id, tokens, collected
  from token_debts
 where user_id = $1
   and settled_at is null
 order by created_at, id
   for update";

const TAKEN: &str = "
update token_debts
   set collected = collected + $2,
       settled_at = case when collected + $2 = tokens then $3 end
 where id = $1";
