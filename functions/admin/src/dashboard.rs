//! `GET /api/admin/dashboard`: the figures at a glance.

use axum::Json;
use serde::Serialize;
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::{Admin, ApiError, DatabaseError, Statement, Tokens};
use utoipa::ToSchema;

/// The figures at a glance.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dashboard {
    /// Without those who are deleted.
    total_users: i64,
    /// ADMIN and SUPER_ADMIN.
    admin_count: i64,
    /// In purchases that were paid and not given back.
    total_tokens_purchased: Tokens,
    total_tokens_spent: Tokens,
    /// That can be redeemed now.
    active_vouchers: i64,
    /// When this was counted, ISO 8601.
    timestamp: String,
}

/// The figures at a glance.
#[utoipa::path(
    get, path = "/api/admin/dashboard", tag = "admin", security(("session" = [])),
    responses((status = 200, body = Dashboard), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)),
)]
pub async fn show(who: Admin) -> Result<Json<Dashboard>, ApiError> {
    let (_, [rows]) = who.report([Statement::new(FIGURES).bind(who.now())]).await?;
    let row = rows.first().ok_or(DatabaseError::Protocol("an aggregate answered no row"))?;
    Ok(Json(Dashboard {
        total_users: row.try_get("total_users")?,
        admin_count: row.try_get("admin_count")?,
        total_tokens_purchased: Tokens(row.try_get("purchased")?),
        total_tokens_spent: Tokens(row.try_get("spent")?),
        active_vouchers: row.try_get("active_vouchers")?,
        timestamp: iso(who.now()),
    }))
}

/// From the totals that each wallet keeps: the ledger, which is longer by far, is not read.
const FIGURES: &str = "
select (select count(*) from users where deleted_at is null) as total_users,
       (select count(*) from users where role <> 'USER' and deleted_at is null) as admin_count,
       (select coalesce(sum(tokens_granted), 0)::bigint from stripe_payments where status = 'SUCCEEDED') as purchased,
       (select coalesce(sum(total_spent), 0)::bigint from user_token_balances) as spent,
       (
           select count(*)
             from vouchers
            where status = 'ACTIVE'
              and deleted_at is null
              and (expires_at is null or expires_at > $1)
              and (max_uses is null or current_uses < max_uses)
       ) as active_vouchers";
