//! `GET /api/tokens/balance`: what a person has, with the tokens that grew since the last look.

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::ids::new_id;
use shared::{ApiError, ApiKeyOrSession, App, Tokens, ledger};
use tokio_postgres::Row;
use utoipa::ToSchema;

/// One token grows in this time.
const REGENERATION: SignedDuration = SignedDuration::from_mins(15);

/// What a person has.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// Tokens to spend now.
    balance: Tokens,
    /// From when the next token grows, ISO 8601.
    last_regeneration: String,
    /// Milliseconds until the next token; 0 when the well is full and none will come.
    time_until_next_regen_ms: i64,
    /// Tokens that this request found grown.
    tokens_added_this_request: Tokens,
    /// FREE, BASIC, STANDARD or PREMIUM.
    tier: String,
    /// Where growing stops; bought tokens may exceed it.
    max_balance: Tokens,
    /// Sums over the account's life.
    stats: Stats,
}

/// Sums over an account's life.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Stats {
    /// Tokens spent.
    total_spent: Tokens,
    /// Tokens bought, grown and given.
    total_earned: Tokens,
    /// Tokens given back for what failed.
    total_refunded: Tokens,
    /// Entries of the ledger.
    transaction_count: i64,
}

/// Balance, tier and totals; tokens that grew since the last look are added.
#[utoipa::path(
    get, path = "/api/tokens/balance", tag = "tokens",
    security(("session" = []), ("apiKey" = [])),
    responses((status = 200, body = Balance), (status = 401, body = ErrorBody), (status = 503, body = ErrorBody)),
)]
pub async fn show(who: ApiKeyOrSession, State(app): State<App>) -> Result<Json<Balance>, ApiError> {
    let row = match wallet(&who).await? {
        Some(row) => row,
        // An imported account that has no wallet yet: open it and look again.
        None => {
            let identity = who.identify().await?;
            app.database.write([ledger::open(&identity.user_id, who.now())]).await?;
            wallet(&who).await?.ok_or(ApiError::Unauthorized)?
        }
    };
    Ok(Json(balance(&row, who.now())?))
}

/// The caller's wallet, regenerated, in one statement; `None` when there is none.
async fn wallet(who: &ApiKeyOrSession) -> Result<Option<Row>, ApiError> {
    let statement = who.statement(include_str!("balance.sql")).bind(new_id("txn", who.now()));
    let row = who.rows(statement).await?.into_iter().next();
    Ok(match row {
        Some(row) if row.try_get::<_, Option<i64>>("balance")?.is_some() => Some(row),
        _ => None,
    })
}

fn balance(row: &Row, now: Timestamp) -> Result<Balance, ApiError> {
    let tokens = |column: &str| row.try_get::<_, i64>(column).map(Tokens);
    let last_regeneration: Timestamp = row.try_get("last_regeneration")?;
    let (balance, max_balance) = (tokens("balance")?, tokens("well_capacity")?);
    let wait = REGENERATION - now.duration_since(last_regeneration);
    Ok(Balance {
        balance,
        last_regeneration: iso(last_regeneration),
        time_until_next_regen_ms: if balance >= max_balance {
            0
        } else {
            i64::try_from(wait.as_millis()).unwrap_or(0).max(0)
        },
        tokens_added_this_request: tokens("added_now")?,
        tier: row.try_get("tier")?,
        max_balance,
        stats: Stats {
            total_spent: tokens("total_spent")?,
            total_earned: tokens("total_earned")?,
            total_refunded: tokens("total_refunded")?,
            transaction_count: row.try_get("transaction_count")?,
        },
    })
}
