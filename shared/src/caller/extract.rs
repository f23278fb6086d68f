//! From a request's headers to a caller.

use std::marker::PhantomData;

use axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use jiff::{SignedDuration, Timestamp};

use super::credential::{Credential, Presented, presented};
use super::{Accepts, Anyone, Caller, origin};
use crate::database::Statement;
use crate::error::ApiError;
use crate::function::App;
use crate::ids::{Email, new_id};
use crate::limits;
use crate::session_cookie::Claims;

impl<S, By> FromRequestParts<S> for Caller<By>
where
    S: Send + Sync,
    App: FromRef<S>,
    By: Accepts,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let app = App::from_ref(state);
        let stranger = Anyone::of(parts, app.clock.now());
        let found = presented(parts, &app.door, By::API_KEYS, stranger.now)?;
        let (found, by_cookie) = found.ok_or(ApiError::Unauthorized)?;
        if by_cookie {
            origin::check(parts, &app.door)?;
        }
        let (credential, cookie) = match found {
            Presented::Known(credential) => (credential, None),
            Presented::Cookie { claims, credential } if claims.sid.is_some() => (credential, Some(claims)),
            Presented::Cookie { claims, credential } => {
                adopt(&app, &claims, credential, &stranger).await?;
                (credential, None)
            }
        };
        Ok(Caller { app, credential, cookie: cookie.filter(|_| by_cookie), stranger, by: PhantomData })
    }
}

/// A caller who may also be nobody. What is presented and no good counts as nothing.
impl<S, By> OptionalFromRequestParts<S> for Caller<By>
where
    S: Send + Sync,
    App: FromRef<S>,
    By: Accepts,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, ApiError> {
        match <Self as FromRequestParts<S>>::from_request_parts(parts, state).await {
            Ok(caller) => Ok(Some(caller)),
            Err(error) if error.status().is_server_error() => Err(error),
            Err(_) => Ok(None),
        }
    }
}

/// Gives a cookie that the front end made a session row of ours, by which it can be ended like any other. A row that was
/// revoked stays revoked. A cookie from before the person signed out everywhere gets none, nor does one from before the
/// account, which was somebody else's of the same address.
async fn adopt(app: &App, claims: &Claims, credential: Credential, stranger: &Anyone) -> Result<(), ApiError> {
    let second = |second: i64| Timestamp::from_second(second).map_err(|_| ApiError::Unauthorized);
    // Whose it is the e-mail says: the front end's ids may be of another making, and two people could share one.
    let email = match claims.email.as_deref() {
        Some(text) => Some(Email::parse(text).ok_or(ApiError::Unauthorized)?),
        None => None,
    };
    let lifetime = SignedDuration::try_from(limits::SESSION_LIFETIME).unwrap_or_default();
    let adopt = Statement::new(ADOPT)
        .bind(new_id("ses", stranger.now))
        .bind(credential.hash)
        .bind(stranger.user_agent.as_deref())
        .bind(stranger.source_ip.as_deref())
        .bind(second(claims.iat)?)
        .bind(second(claims.exp)?.min(stranger.now + lifetime))
        .bind(email.as_ref().map(Email::as_str))
        .bind(claims.sub.as_deref());
    app.database.read([adopt]).await?;
    Ok(())
}

const ADOPT: &str = "
insert into sessions (id, user_id, token_hash, user_agent, ip_address, created_at, expires_at)
select $1, u.id, $2, $3, $4, $5, $6
  from users u
 where u.deleted_at is null
   and (u.signed_out_at is null or u.signed_out_at < $5)
   and date_trunc('second', u.created_at) <= $5
   and case when $7::text is null then u.id = $8 else u.email = $7 end
on conflict (token_hash) do nothing";
