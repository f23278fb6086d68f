//! `POST /api/referral/validate`: whether a code is somebody's, before signing up with it.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::caller::Anyone;
use shared::error::ErrorBody;
use shared::limits::REFERRAL_LOOKUPS;
use shared::request::JsonBody;
use shared::{ApiError, App, Tokens, limits, referrals};
use utoipa::ToSchema;

use super::{ReferralCode, owner};

/// What a code is good for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReferralCodeChecked {
    valid: bool,
    /// What its owner calls themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    referrer_name: Option<String>,
    /// What a newcomer gets for it, once their address is proved.
    bonus_tokens: Tokens,
}

/// Whether the code is somebody's.
#[utoipa::path(
    post, path = "/api/referral/validate", tag = "referral", security(), request_body = ReferralCode,
    responses(
        (status = 200, body = ReferralCodeChecked), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 429, body = ErrorBody),
    ),
)]
pub async fn check(
    stranger: Anyone,
    State(app): State<App>,
    JsonBody(body): JsonBody<ReferralCode, { limits::SETTINGS_BODY }>,
) -> Result<Json<ReferralCodeChecked>, ApiError> {
    let code = body.read()?;
    let hit = REFERRAL_LOOKUPS.hit(&stranger.network(), stranger.now);
    let [hits, rows] = app.database.read([hit, owner(code.as_ref())]).await?;
    REFERRAL_LOOKUPS.check(&hits, stranger.now)?;
    let Some(row) = rows.first() else {
        return Ok(Json(ReferralCodeChecked { valid: false, referrer_name: None, bonus_tokens: Tokens(0) }));
    };
    Ok(Json(ReferralCodeChecked { valid: true, referrer_name: row.try_get("name")?, bonus_tokens: referrals::BONUS }))
}
