//! `GET /api/tokens/balance` and, for agents, `GET /api/mcp/balance`: what a person has, with the tokens that grew since
//! the last look.

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::ids::new_id;
use shared::rate_limit::Count;
use shared::{ApiError, ApiKeyOrSession, App, DatabaseError, Statement, Tokens, ledger, limits};
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
    let look = || who.statement(SHOWN).bind(new_id("txn", who.now()));
    Ok(Json(balance(&wallet(&who, &app, look).await?, who.now())?))
}

/// What an agent sees.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentBalance {
    /// Tokens to spend now.
    balance: Tokens,
    /// From when the next token grows, ISO 8601.
    last_regeneration: String,
}

/// The balance, for agents: 60 looks a minute. Tokens that grew since the last look are added.
#[utoipa::path(
    get, path = "/api/mcp/balance", tag = "mcp",
    security(("session" = []), ("apiKey" = [])),
    responses(
        (status = 200, body = AgentBalance), (status = 401, body = ErrorBody), (status = 429, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
pub async fn for_agent(who: ApiKeyOrSession, State(app): State<App>) -> Result<Json<AgentBalance>, ApiError> {
    let limit = limits::MCP_BALANCES;
    let window = SignedDuration::try_from(limit.window).unwrap_or_default();
    let look = || {
        let counted = who.statement(COUNTED).bind(new_id("txn", who.now()));
        counted.bind(limit.name).bind(who.now() + window)
    };
    let row = wallet(&who, &app, look).await?;
    let count = Count { hits: row.try_get("hits")?, window_ends_at: row.try_get("window_ends_at")? };
    if count.hits > limit.hits {
        return Err(limit.exceeded(count, who.now()));
    }
    Ok(Json(AgentBalance {
        balance: Tokens(row.try_get("balance")?),
        last_regeneration: iso(row.try_get::<_, Timestamp>("last_regeneration")?),
    }))
}

/// What [`show`] reads.
pub const SHOWN: &str = concat!(
    "with\n",
    include_str!("wallet.sql"),
    "select w.balance + w.added as balance,
       w.clock as last_regeneration,
       coalesce(g.added, 0) as added_now,
       w.tier,
       w.well_capacity,
       w.total_earned + w.added as total_earned,
       w.total_spent,
       w.total_refunded,
       w.transaction_count + (w.added > 0)::int as transaction_count
  from wallet w
  left join grown g on g.user_id = w.user_id"
);

/// The hit is counted per person, whichever key they come with. $5 the limit's name, $6 when a window ends that begins now.
const COUNTED: &str = concat!(
    "with\n",
    include_str!("wallet.sql"),
    ",
hit as (
    insert into rate_limits as l (key, hits, window_ends_at)
    select sha256(convert_to($5 || ':' || w.user_id, 'UTF8')), 1, $6
      from wallet w
    on conflict (key) do update
       set hits = case when l.window_ends_at <= $3 then 1 else l.hits + 1 end,
           window_ends_at = case when l.window_ends_at <= $3 then $6 else l.window_ends_at end
    returning hits, window_ends_at
)
select w.balance + w.added as balance, w.clock as last_regeneration, h.hits, h.window_ends_at
  from wallet w
  cross join hit h"
);

/// The answer to `look` at the caller's wallet, which is opened when an imported account has none yet.
async fn wallet(who: &ApiKeyOrSession, app: &App, look: impl Fn() -> Statement) -> Result<Row, ApiError> {
    if let Some(row) = seen(who.rows(look()).await?)? {
        return Ok(row);
    }
    let identity = who.identify().await?;
    app.database.write([ledger::open(&identity.user_id, who.now())]).await?;
    seen(who.rows(look()).await?)?.ok_or(ApiError::Unauthorized)
}

/// The row, unless it says that there is no wallet.
fn seen(rows: Vec<Row>) -> Result<Option<Row>, DatabaseError> {
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    Ok(row.try_get::<_, Option<i64>>("balance")?.map(|_| row))
}

fn balance(row: &Row, now: Timestamp) -> Result<Balance, ApiError> {
    let tokens = |column: &str| row.try_get::<_, i64>(column).map(Tokens);
    let last_regeneration: Timestamp = row.try_get("last_regeneration")?;
    let (balance, max_balance) = (tokens("balance")?, tokens("well_capacity")?);
    Ok(Balance {
        balance,
        last_regeneration: iso(last_regeneration),
        time_until_next_regen_ms: if balance >= max_balance { 0 } else { until_next(last_regeneration, now) },
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

/// Milliseconds until the next token grows in a well that is not full.
pub fn until_next(last_regeneration: Timestamp, now: Timestamp) -> i64 {
    let wait = REGENERATION - now.duration_since(last_regeneration);
    i64::try_from(wait.as_millis()).unwrap_or(0).max(0)
}
