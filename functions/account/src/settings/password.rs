//! `POST /api/settings/password`: another password, for somebody who knows the present one.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use shared::error::ErrorBody;
use shared::ids::Email;
use shared::mail::{self, Letter, TemplateName};
use shared::request::JsonBody;
use shared::{ApiError, App, SignedIn, fields, limits, password};
use utoipa::ToSchema;

use super::{SettingsChanged, own_password};
use crate::Settings;

/// The present password and the next one.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PasswordChange {
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    current_password: Option<String>,
    /// 8 to 1024 characters.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    new_password: Option<String>,
}

/// Changes the password and signs out everywhere else. Who has none, because they sign in through a provider, gets one by the
/// reset mail: that proves that the address is theirs.
#[utoipa::path(
    post, path = "/api/settings/password", tag = "settings", security(("session" = [])), request_body = PasswordChange,
    responses(
        (status = 200, body = SettingsChanged), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 413, body = ErrorBody), (status = 429, body = ErrorBody),
    ),
)]
pub async fn change(
    who: SignedIn,
    State(app): State<App>,
    State(settings): State<Settings>,
    JsonBody(body): JsonBody<PasswordChange, { limits::SETTINGS_BODY }>,
) -> Result<Json<SettingsChanged>, ApiError> {
    let (identity, stored) = own_password::stored(&who).await?;
    let stored = stored.ok_or(ApiError::NotAllowed {
        message: "This account has no password: choose one by the link of the mail for a forgotten password.",
    })?;
    let current = fields::given_password(body.current_password.as_deref()).map_err(of("currentPassword"))?;
    let new = fields::new_password(body.new_password.as_deref()).map_err(of("newPassword"))?;
    own_password::check(&app, &who, &identity.user_id, current, &stored).await?;

    let hash = password::hash(new).map_err(ApiError::internal)?;
    let (transaction, _, [changed]) = who.begin([who.statement(CHANGE).bind(stored).bind(hash)]).await?;
    if changed.is_empty() {
        // It was changed since it was looked up.
        transaction.rollback().await;
        return Err(ApiError::InvalidCredentials);
    }
    let (mut statements, mut mails) = (Vec::new(), Vec::new());
    if let Some(recipient) = identity.email.as_deref().and_then(Email::parse) {
        let (letter, mail) = mail::written(&changed_letter(&identity.user_id, &recipient), who.now());
        statements.push(letter);
        mails.push(mail);
    }
    transaction.commit_all(statements).await?;
    settings.mailer.deliver(&app.database, &mails, who.now()).await;
    Ok(Json(SettingsChanged::new("Your password is changed. You are signed out everywhere else.")))
}

/// Also uses up the links that were sent to choose another one.
const CHANGE: &str = "
with changed as (
    update users u
       set password_hash = $5, signed_out_at = $3
      from caller($1, $2, $3) c
     where u.id = c.user_id
       and u.password_hash = $4
    returning u.id, c.session_id
),
ended as (
    update sessions s
       set revoked_at = $3
      from changed
     where s.user_id = changed.id
       and s.id <> changed.session_id
       and s.revoked_at is null
),
used_up as (
    update verification_tokens v
       set used_at = $3
      from changed
     where v.user_id = changed.id
       and v.purpose = 'RESET_PASSWORD'
       and v.used_at is null
)
select id from changed";

fn changed_letter<'a>(user_id: &'a str, recipient: &'a Email) -> Letter<'a> {
    let template = TemplateName::PasswordChanged;
    Letter { user_id: Some(user_id), recipient, template, verification_id: None, metadata: None }
}

/// Names the field that was refused as it is called here.
fn of(field: &'static str) -> impl Fn(ApiError) -> ApiError {
    move |error| match error {
        ApiError::InvalidField { message, .. } => ApiError::InvalidField { field, message },
        other => other,
    }
}
