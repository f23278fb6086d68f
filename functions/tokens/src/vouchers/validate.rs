//! `POST /api/vouchers/validate`: whether a code can be redeemed. Looking changes nothing.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::caller::Anyone;
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::limits::VOUCHER_CHECKS;
use shared::request::JsonBody;
use shared::vouchers::Refusal;
use shared::{ApiError, App, SignedIn, Statement, limits};
use utoipa::ToSchema;

use super::{STANDING, Voucher, VoucherCode};

/// A code that can be redeemed.
#[derive(Serialize, ToSchema)]
pub struct VoucherChecked {
    /// True; a code that cannot be redeemed is an error, whose body says `"valid": false`.
    valid: bool,
    voucher: ValidVoucher,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ValidVoucher {
    code: String,
    /// FIXED_TOKENS or PERCENTAGE_BONUS.
    r#type: String,
    /// Tokens, or percent of the balance.
    value: i64,
    /// Null: any number.
    remaining_uses: Option<i64>,
    /// ISO 8601; null: never.
    expires_at: Option<String>,
}

/// Whether a code can be redeemed: by anybody, or by whoever asks when they are signed in.
#[utoipa::path(
    post, path = "/api/vouchers/validate", tag = "vouchers", security((), ("session" = [])), request_body = VoucherCode,
    responses(
        (status = 200, body = VoucherChecked), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 429, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn check(
    stranger: Anyone,
    who: Option<SignedIn>,
    State(app): State<App>,
    JsonBody(body): JsonBody<VoucherCode, { limits::VOUCHER_BODY }>,
) -> Result<Json<VoucherChecked>, ApiError> {
    let code = body.read()?;
    let standing = match &who {
        Some(who) => who.statement(STANDING),
        None => Statement::new(STANDING).bind(None::<&str>).bind(None::<[u8; 32]>).bind(stranger.now),
    };
    let hit = VOUCHER_CHECKS.hit(&stranger.network(), stranger.now);
    let [hits, rows] = app.database.read([hit, standing.bind(code.as_str())]).await?;
    VOUCHER_CHECKS.check(&hits, stranger.now)?;

    let refused = |reason| ApiError::VoucherRefused { reason, denied: "valid" };
    let voucher = Voucher::of(&rows)?.ok_or_else(|| refused(Refusal::NotFound))?;
    if let Some(reason) = voucher.refusal(stranger.now) {
        return Err(refused(reason));
    }
    let remaining_uses = voucher.remaining_uses();
    let Voucher { code, kind: r#type, value, expires_at, .. } = voucher;
    let voucher = ValidVoucher { code, r#type, value, remaining_uses, expires_at: expires_at.map(iso) };
    Ok(Json(VoucherChecked { valid: true, voucher }))
}
