//! `/api/admin/vouchers`: codes for tokens.

mod change;
mod create;
mod delete;
mod fields;
mod list;

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::fields::text;
use shared::request::{JsonBody, QueryString};
use shared::{Admin, ApiError, limits};
use utoipa::{IntoParams, ToSchema};

/// Which vouchers.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VouchersWanted {
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
    /// Vouchers of a page, 1 to 100; 50 when absent.
    limit: Option<i64>,
}

/// The vouchers that are not deleted, newest first.
#[utoipa::path(
    get, path = "/api/admin/vouchers", tag = "admin", params(VouchersWanted), security(("session" = [])),
    responses(
        (status = 200, body = list::Vouchers), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
    ),
)]
pub async fn list(
    who: Admin,
    QueryString(wanted): QueryString<VouchersWanted>,
) -> Result<Json<list::Vouchers>, ApiError> {
    Ok(Json(list::page(&who, &wanted).await?))
}

/// A voucher to make.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewVoucher {
    /// 1 to 50 letters and digits; kept in upper case. The code of a voucher that was deleted stays taken.
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = String)]
    code: Option<String>,
    /// FIXED_TOKENS, PERCENTAGE_BONUS, or SUBSCRIPTION_TRIAL, which nobody can redeem yet.
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = String)]
    r#type: Option<String>,
    /// Tokens, 1 to 1000000; or percent of the balance, 1 to 1000.
    #[serde(default)]
    #[schema(value_type = i64)]
    value: Value,
    /// How many people may redeem it; null or absent for any number.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    max_uses: Value,
    /// ISO 8601, in the future; UTC when it names no offset. Null or absent for never.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    expires_at: Value,
}

/// The voucher that was made or changed.
#[derive(Serialize, ToSchema)]
pub struct VoucherAnswer {
    voucher: Voucher,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Voucher {
    id: String,
    code: String,
    r#type: String,
    value: i64,
    max_uses: Option<i64>,
    expires_at: Option<String>,
    status: String,
}

/// Makes a voucher.
#[utoipa::path(
    post, path = "/api/admin/vouchers", tag = "admin", security(("session" = [])), request_body = NewVoucher,
    responses(
        (status = 200, body = VoucherAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 409, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
pub async fn create(
    who: Admin,
    JsonBody(body): JsonBody<NewVoucher, { limits::ADMIN_BODY }>,
) -> Result<Json<VoucherAnswer>, ApiError> {
    Ok(Json(VoucherAnswer { voucher: create::create(&who, &body).await? }))
}

/// What to change.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VoucherChange {
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = String)]
    id: Option<String>,
    /// ACTIVE, INACTIVE, EXPIRED or DEPLETED. Only a voucher with uses and time left can be ACTIVE.
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = String)]
    status: Option<String>,
    /// Not below the uses it has had; null for any number, absent to leave it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    max_uses: Option<Value>,
    /// As for a new voucher; null for never, absent to leave it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    expires_at: Option<Value>,
}

/// Tells a field that is null from one that is absent.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Switches a voucher on or off, or changes how often and how long it can be redeemed.
#[utoipa::path(
    patch, path = "/api/admin/vouchers", tag = "admin", security(("session" = [])), request_body = VoucherChange,
    responses(
        (status = 200, body = VoucherAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
pub async fn change(
    who: Admin,
    JsonBody(body): JsonBody<VoucherChange, { limits::ADMIN_BODY }>,
) -> Result<Json<VoucherAnswer>, ApiError> {
    Ok(Json(VoucherAnswer { voucher: change::change(&who, &body).await? }))
}

/// Which voucher to delete.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VoucherDoomed {
    #[param(required = true)]
    id: Option<String>,
}

/// That it is gone.
#[derive(Serialize, ToSchema)]
pub struct VoucherDeleted {
    success: bool,
}

/// Deletes a voucher: nobody can redeem it any more. Who redeemed it stays written down, and its code stays taken.
#[utoipa::path(
    delete, path = "/api/admin/vouchers", tag = "admin", params(VoucherDoomed), security(("session" = [])),
    responses(
        (status = 200, body = VoucherDeleted), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn remove(
    who: Admin,
    QueryString(doomed): QueryString<VoucherDoomed>,
) -> Result<Json<VoucherDeleted>, ApiError> {
    delete::delete(&who, fields::id(doomed.id.as_deref())?).await?;
    Ok(Json(VoucherDeleted { success: true }))
}

/// How often and how long a voucher can be redeemed: what may change about it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Terms {
    status: String,
    max_uses: Option<i64>,
    expires_at: Option<Timestamp>,
}

impl Terms {
    /// For the record.
    fn written(&self) -> Value {
        serde_json::json!({
            "status": self.status, "maxUses": self.max_uses, "expiresAt": self.expires_at.map(iso),
        })
    }
}
