//! `GET /api/tiers`: what there is, and where the caller stands.

use axum::Json;
use serde::Serialize;
use shared::error::ErrorBody;
use shared::{ApiError, SignedIn, Tokens};
use tokio_postgres::Row;
use utoipa::ToSchema;

/// A tier.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tier {
    /// FREE, BASIC, STANDARD or PREMIUM.
    tier: String,
    display_name: String,
    /// Where growing stops.
    well_capacity: Tokens,
    /// Pounds a month.
    #[serde(rename = "priceGBP")]
    price_gbp: f64,
}

/// A tier, seen by somebody.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OfferedTier {
    #[serde(flatten)]
    tier: Tier,
    is_current: bool,
}

/// What there is, and where the caller stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tiers {
    /// From the smallest to the largest.
    tiers: Vec<OfferedTier>,
    current_tier: String,
    can_upgrade: bool,
    /// The next larger one; null at the top.
    next_tier: Option<Tier>,
}

/// The tiers, the caller's among them.
#[utoipa::path(
    get, path = "/api/tiers", tag = "tokens", security(("session" = [])),
    responses((status = 200, body = Tiers), (status = 401, body = ErrorBody)),
)]
pub async fn list(who: SignedIn) -> Result<Json<Tiers>, ApiError> {
    let rows = who.rows(who.statement(TIERS)).await?;
    let mut tiers = Vec::with_capacity(rows.len());
    let (mut current_tier, mut next_tier) = (String::new(), None);
    for row in &rows {
        let offered = OfferedTier { tier: Tier::of(row)?, is_current: row.try_get("is_current")? };
        if next_tier.is_none() && row.try_get("is_larger")? {
            next_tier = Some(offered.tier.clone());
        }
        if offered.is_current {
            current_tier.clone_from(&offered.tier.tier);
        }
        tiers.push(offered);
    }
    Ok(Json(Tiers { tiers, current_tier, can_upgrade: next_tier.is_some(), next_tier }))
}

/// Who has no wallet yet is FREE.
const TIERS: &str = "
select t.tier::text, t.display_name, t.well_capacity, (t.price_minor / 100.0)::float8 as price_gbp,
       t.tier = own.tier as is_current,
       t.position > own.position as is_larger
  from caller($1, $2, $3) c
  left join user_token_balances b on b.user_id = c.user_id
  join tiers own on own.tier = coalesce(b.tier::text, 'FREE')
 cross join tiers t
 order by t.position";

impl Tier {
    /// The tier in a row of these columns.
    ///
    /// # Errors
    /// One is missing.
    pub fn of(row: &Row) -> Result<Self, ApiError> {
        Ok(Tier {
            tier: row.try_get("tier")?,
            display_name: row.try_get("display_name")?,
            well_capacity: Tokens(row.try_get("well_capacity")?),
            price_gbp: row.try_get("price_gbp")?,
        })
    }
}
