//! The ledger: the only place that moves tokens. A movement is one statement that changes the balance if it may and
//! writes the entry with the new balance; the entry's event key makes a repetition change nothing.

mod post;
mod refund;
mod spend;

use jiff::Timestamp;

pub use self::post::{Movement, Outcome, outcome, post};
pub use self::refund::{Refund, RefundOutcome, refund, refund_outcome};
pub use self::spend::{Spend, SpendKind, spend};

use crate::database::Statement;
use crate::ids::new_id;
use crate::tokens::Tokens;

/// What a new account starts with: a full FREE well.
pub const WELCOME: Tokens = Tokens(10);

/// Opens a person's wallet with the welcome tokens, unless they have one or do not exist.
pub fn open(user_id: &str, now: Timestamp) -> Statement {
    Statement::new(OPEN).bind(user_id).bind(now).bind(WELCOME).bind(new_id("txn", now))
}

const OPEN: &str = "
with opened as (
    insert into user_token_balances (user_id, balance, last_regeneration, total_earned, transaction_count, created_at)
    select u.id, $3, $2, $3, 1, $2
      from users u
     where u.id = $1
    on conflict (user_id) do nothing
    returning user_id
)
insert into token_transactions
    (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
select user_id, 1, $4, $3, 'EARN_BONUS', 'welcome', 'welcome', $3, $2
  from opened";

/// Locks a wallet until the transaction ends, so that the next statement sees every movement made before.
pub fn lock(user_id: &str) -> Statement {
    Statement::new("select balance from user_token_balances where user_id = $1 for update").bind(user_id)
}

/// Finds the entry that a cause has made before; sees everything when it follows [`lock`].
pub fn find(user_id: &str, event_key: &str) -> Statement {
    Statement::new("select id, balance_after from token_transactions where user_id = $1 and event_key = $2")
        .bind(user_id)
        .bind(event_key)
}
