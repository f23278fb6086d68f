//! The vouchers there are.

use serde::Serialize;
use shared::clock::iso;
use shared::{Admin, ApiError, Statement, limits};
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::VouchersWanted;
use crate::page::Page;

/// A page of vouchers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Vouchers {
    vouchers: Vec<ListedVoucher>,
    /// Leads to the next page; absent on the last one.
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ListedVoucher {
    id: String,
    code: String,
    /// FIXED_TOKENS, PERCENTAGE_BONUS or SUBSCRIPTION_TRIAL.
    r#type: String,
    /// Tokens, or percent of the balance.
    value: i64,
    /// Null: any number.
    max_uses: Option<i64>,
    current_uses: i64,
    /// ISO 8601; null: never.
    expires_at: Option<String>,
    /// ACTIVE, INACTIVE, EXPIRED or DEPLETED. An ACTIVE one whose time is over cannot be redeemed either.
    status: String,
    /// ISO 8601.
    created_at: String,
    /// How many people redeemed it: the same as `currentUses`.
    redemptions: i64,
}

pub(super) async fn page(who: &Admin, wanted: &VouchersWanted) -> Result<Vouchers, ApiError> {
    let page = Page::wanted(wanted.cursor.as_deref(), wanted.limit, limits::PAGE_DEFAULT)?;
    let (_, [rows]) = who.read([page.bound(Statement::new(VOUCHERS))]).await?;
    let (rows, next_cursor) = page.cut(rows)?;
    Ok(Vouchers { vouchers: rows.iter().map(listed).collect::<Result<_, _>>()?, next_cursor })
}

/// A use and its redemption are written together, so nothing has to be counted.
const VOUCHERS: &str = "
select id, code, type::text as type, value, max_uses, current_uses, expires_at, status::text as status, created_at
  from vouchers
 where deleted_at is null
   and ($1::timestamptz is null or (created_at, id) < ($1, $2::text))
 order by created_at desc, id desc
 limit $3";

fn listed(row: &Row) -> Result<ListedVoucher, ApiError> {
    let current_uses: i64 = row.try_get("current_uses")?;
    Ok(ListedVoucher {
        id: row.try_get("id")?,
        code: row.try_get("code")?,
        r#type: row.try_get("type")?,
        value: row.try_get("value")?,
        max_uses: row.try_get("max_uses")?,
        current_uses,
        expires_at: row.try_get::<_, Option<_>>("expires_at")?.map(iso),
        status: row.try_get("status")?,
        created_at: iso(row.try_get("created_at")?),
        redemptions: current_uses,
    })
}
