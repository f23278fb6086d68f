//! `GET /api/tiers/check-upgrade-prompt`: whether somebody who has run out is to be shown a larger tier.

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::error::ErrorBody;
use shared::ids::new_id;
use shared::{ApiError, DatabaseError, SignedIn, Tokens};
use tokio_postgres::Row;
use utoipa::ToSchema;

use crate::balance::until_next;
use crate::tiers::Tier;

/// Whether to show a larger tier.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpgradePrompt {
    show_upgrade_prompt: bool,
    /// At the top already, and with nothing left.
    is_premium_at_zero: bool,
    current_tier: String,
    #[serde(flatten)]
    way_on: WayOn,
}

/// What somebody without tokens can do.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum WayOn {
    /// Wait, or buy.
    #[serde(rename_all = "camelCase")]
    Packs { options: Options },
    /// The next larger tier; null at the top.
    #[serde(rename_all = "camelCase")]
    Tier { next_tier: Option<Tier> },
}

/// What there is at the top.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Options {
    /// Milliseconds.
    time_until_next_regen: i64,
    token_packs: Vec<TokenPack>,
}

/// Tokens to buy.
#[derive(Serialize, Deserialize, ToSchema)]
struct TokenPack {
    id: String,
    name: String,
    tokens: Tokens,
    /// Pounds.
    price: f64,
}

/// Whether the caller has run out, and what then. Tokens that grew since the last look are added first.
#[utoipa::path(
    get, path = "/api/tiers/check-upgrade-prompt", tag = "tokens", security(("session" = [])),
    responses((status = 200, body = UpgradePrompt), (status = 401, body = ErrorBody)),
)]
pub async fn check(who: SignedIn) -> Result<Json<UpgradePrompt>, ApiError> {
    let rows = who.rows(who.statement(WALLET).bind(new_id("txn", who.now()))).await?;
    let row = rows.first().ok_or(ApiError::Unauthorized)?;
    let empty = row.try_get::<_, Option<i64>>("balance")? == Some(0);
    let next_tier = match row.try_get::<_, Option<String>>("tier")? {
        Some(_) => Some(Tier::of(row)?),
        None => None,
    };
    let at_the_top = next_tier.is_none();
    Ok(Json(UpgradePrompt {
        show_upgrade_prompt: empty && !at_the_top,
        is_premium_at_zero: empty && at_the_top,
        current_tier: row.try_get("current_tier")?,
        way_on: match empty && at_the_top {
            true => WayOn::Packs { options: options(row, who.now())? },
            false => WayOn::Tier { next_tier },
        },
    }))
}

fn options(row: &Row, now: Timestamp) -> Result<Options, ApiError> {
    let packs: Value = row.try_get("packs")?;
    let unread = |_| DatabaseError::Protocol("a package lacks a field");
    Ok(Options {
        time_until_next_regen: until_next(row.try_get("last_regeneration")?, now),
        token_packs: serde_json::from_value(packs).map_err(unread)?,
    })
}

/// Who has no wallet yet is FREE, and has not run out.
const WALLET: &str = concat!(
    "with\n",
    include_str!("wallet.sql"),
    "select w.balance + w.added as balance,
       w.clock as last_regeneration,
       own.tier::text as current_tier,
       n.tier::text, n.display_name, n.well_capacity, (n.price_minor / 100.0)::float8 as price_gbp,
       (select jsonb_agg(
                   jsonb_build_object('id', code, 'name', name, 'tokens', tokens, 'price', amount_minor / 100.0)
                   order by position)
          from tokens_packages
         where active) as packs
  from wallet w
  join tiers own on own.tier = coalesce(w.tier::text, 'FREE')
  left join lateral (select * from tiers t where t.position > own.position order by t.position limit 1) n on true"
);
