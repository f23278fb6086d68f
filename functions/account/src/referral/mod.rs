//! `/api/referral/*`: a person's own link, what came of it, and how newcomers say who brought them.

pub mod apply;
pub mod link;
pub mod statistics;
pub mod validate;
pub mod visit;

use serde::Deserialize;
use shared::fields::{self, invalid};
use shared::referrals::Code;
use shared::{ApiError, Statement};
use utoipa::ToSchema;

/// A code that somebody was given.
#[derive(Deserialize, ToSchema)]
pub struct ReferralCode {
    /// Eight letters and digits, in any case.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    code: Option<String>,
}

impl ReferralCode {
    /// The code; `None` when nobody can have it.
    fn read(&self) -> Result<Option<Code>, ApiError> {
        let text = self.code.as_deref().filter(|text| !text.trim().is_empty());
        Ok(Code::parse(text.ok_or_else(|| invalid("code", "Referral code is required"))?))
    }
}

/// Whose code it is.
fn owner(code: Option<&Code>) -> Statement {
    Statement::new(OWNER).bind(code.map(Code::as_str))
}

const OWNER: &str = "select name from users where referral_code = $1 and deleted_at is null";
