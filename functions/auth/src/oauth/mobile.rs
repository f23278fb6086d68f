//! `POST /api/auth/mobile/callback`: a phone has a provider's code and gets a bearer token for it.

use axum::Json;
use axum::extract::State;
use openidconnect::{Nonce, PkceCodeVerifier};
use serde::Deserialize;
use shared::caller::Anyone;
use shared::error::ErrorBody;
use shared::limits::PROVIDER_SIGN_INS;
use shared::request::JsonBody;
use shared::{ApiError, App, fields, limits};
use utoipa::ToSchema;

use super::exchange::{Proof, exchange};
use super::person::{self, Arrival};
use super::provider::{Id, Provider};
use crate::Settings;
use crate::mobile_signin::MobileSession;

/// What the app got from the provider.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MobileCallback {
    /// google, apple or github.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    provider: Option<String>,
    /// The provider's code.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    code: Option<String>,
    /// The app's address that the provider sent the code to; one of those that the service knows.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    redirect_uri: Option<String>,
    /// Of the challenge that the app began with, if it sent one.
    #[serde(default, deserialize_with = "fields::text")]
    code_verifier: Option<String>,
    /// That the app began with; it has to be named when there was one.
    #[serde(default, deserialize_with = "fields::text")]
    nonce: Option<String>,
}

/// Signs in and answers a bearer token that lives for 30 days.
#[utoipa::path(
    post, path = "/api/auth/mobile/callback", tag = "auth", security(), request_body = MobileCallback,
    responses(
        (status = 200, body = MobileSession), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 413, body = ErrorBody), (status = 429, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
pub async fn mobile_callback(
    stranger: Anyone,
    State(app): State<App>,
    State(settings): State<Settings>,
    JsonBody(body): JsonBody<MobileCallback, { limits::SIGN_IN_FORM }>,
) -> Result<Json<MobileSession>, ApiError> {
    let [hits] = app.database.read([PROVIDER_SIGN_INS.hit(&stranger.network(), stranger.now)]).await?;
    PROVIDER_SIGN_INS.check(&hits, stranger.now)?;
    let provider = settings.oauth.provider(body.provider.as_deref().unwrap_or_default()).filter(is_for_phones);
    let provider = provider.ok_or_else(|| fields::invalid("provider", "Provider is not available"))?;
    let proof = proof(&settings, body)?;

    let granted = Box::pin(exchange(&settings.oauth, provider, proof, stranger.now)).await;
    let granted = granted.map_err(|failure| failure.for_phone())?;
    let arrival = Arrival {
        stranger: &stranger,
        app: &app,
        settings: &settings,
        provider: provider.id,
        granted: &granted,
        referral_code: None,
    };
    let signed = person::signed_in(&arrival).await.map_err(|failure| failure.for_phone())?;
    Ok(Json(MobileSession::of(signed)))
}

fn is_for_phones(provider: &&Provider) -> bool {
    matches!(provider.id, Id::Google | Id::Apple | Id::GitHub)
}

fn proof(settings: &Settings, body: MobileCallback) -> Result<Proof, ApiError> {
    let redirect_uri = body.redirect_uri.as_deref().and_then(|uri| settings.oauth.mobile_redirect_uri(uri));
    Ok(Proof {
        redirect_uri: redirect_uri.ok_or_else(|| fields::invalid("redirectUri", "Redirect URI is not allowed"))?,
        code: body.code.filter(|code| !code.is_empty()).ok_or_else(|| fields::invalid("code", "Code is required"))?,
        code_verifier: body.code_verifier.map(PkceCodeVerifier::new),
        nonce: body.nonce.map(Nonce::new),
        name: None,
    })
}
