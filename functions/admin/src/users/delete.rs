//! The end of a person's account.

use serde::Serialize;
use serde_json::json;
use shared::audit::Entry;
use shared::fields::invalid;
use shared::{Admin, ApiError, Statement, Tokens, deletion};
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::target::{self, Pair};

/// What is gone.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonDeleted {
    success: bool,
    message: &'static str,
    deleted_data: DeletedData,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DeletedData {
    /// What was left in the wallet; its ledger stays.
    token_balance: Tokens,
    api_keys: i64,
    sessions: i64,
}

/// Deletes the person; a subscription of theirs is ended at Stripe. Of two deletions at once the second waits for the lock and finds nobody.
pub(super) async fn delete(who: &Admin, user_id: &str) -> Result<PersonDeleted, ApiError> {
    let (transaction, actor, [locked, counts]) =
        who.begin([target::locked(who, user_id), Statement::new(COUNTS).bind(user_id)]).await?;
    let checked = target::pair(&locked, &actor, user_id).and_then(allowed).and_then(|()| counted(&counts));
    let deleted_data = match checked {
        Ok(counts) => counts,
        Err(refusal) => {
            transaction.rollback().await;
            return Err(refusal);
        }
    };
    let entry =
        Entry { action: "USER_DELETE", target_type: "user", target_id: user_id.to_owned(), metadata: json!({}) };
    let mut statements = deletion::statements(user_id, who.now());
    statements.push(who.audit(entry));
    transaction.commit_all(statements).await?;
    Ok(PersonDeleted { success: true, message: "User deleted successfully", deleted_data })
}

fn allowed(pair: Pair) -> Result<(), ApiError> {
    if pair.is_self {
        return Err(invalid("userId", "Cannot delete your own account"));
    }
    pair.actor.require_above(pair.target)
}

const COUNTS: &str = "
select coalesce((select balance from user_token_balances where user_id = $1), 0) as balance,
       (select count(*) from api_keys where user_id = $1) as api_keys,
       (select count(*) from sessions where user_id = $1) as sessions";

fn counted(rows: &[Row]) -> Result<DeletedData, ApiError> {
    let row = rows.first().ok_or(ApiError::NotFound { what: "User" })?;
    Ok(DeletedData {
        token_balance: Tokens(row.try_get("balance")?),
        api_keys: row.try_get("api_keys")?,
        sessions: row.try_get("sessions")?,
    })
}
