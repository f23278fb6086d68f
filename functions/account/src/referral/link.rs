//! `GET /api/referral/link`: what a person gives to others.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::error::ErrorBody;
use shared::{ApiError, SignedIn, ids};
use tokio_postgres::Row;
use url::Url;
use utoipa::ToSchema;

use crate::Settings;

/// Tries at a code that nobody has: with a million people, one in a million first tries fails.
const ATTEMPTS: usize = 5;

/// A person's code and the address that carries it.
#[derive(Serialize, ToSchema)]
pub struct ReferralLink {
    /// Eight letters and digits; permanent.
    code: String,
    url: String,
}

/// The caller's code and link. A person from before there were codes gets one.
#[utoipa::path(
    get, path = "/api/referral/link", tag = "referral", security(("session" = [])),
    responses((status = 200, body = ReferralLink), (status = 401, body = ErrorBody)),
)]
pub async fn show(who: SignedIn, State(settings): State<Settings>) -> Result<Json<ReferralLink>, ApiError> {
    let mut code = code_in(&who.rows(who.statement(CODE)).await?)?;
    for _ in 0..ATTEMPTS {
        if code.is_some() {
            break;
        }
        let assign = who.statement(ASSIGN).bind(ids::referral_code());
        let (_, [_, rows]) = who.write([assign, who.statement(CODE)]).await?;
        code = code_in(&rows)?;
    }
    let code = code.ok_or_else(|| ApiError::internal(NoCode))?;
    Ok(Json(ReferralLink { url: address(&settings.app_url, &code), code }))
}

const CODE: &str = "select u.referral_code from caller($1, $2, $3) c join users u on u.id = c.user_id";

const ASSIGN: &str = "
update users u
   set referral_code = $4
  from caller($1, $2, $3) c
 where u.id = c.user_id
   and u.referral_code is null
   and not exists (select from users o where o.referral_code = $4)";

#[derive(Debug, thiserror::Error)]
#[error("no free referral code was found")]
struct NoCode;

fn code_in(rows: &[Row]) -> Result<Option<String>, ApiError> {
    Ok(rows.first().ok_or(ApiError::Unauthorized)?.try_get("referral_code")?)
}

fn address(app_url: &Url, code: &str) -> String {
    let mut url = app_url.clone();
    url.query_pairs_mut().append_pair("ref", code);
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_ends_with_the_code() {
        for (app, link) in [
            ("https://spike.land", "https://spike.land/?ref=ABCD2345"),
            ("http://localhost:3000/app", "http://localhost:3000/app?ref=ABCD2345"),
        ] {
            assert_eq!(address(&Url::parse(app).unwrap(), "ABCD2345"), link);
        }
    }
}
