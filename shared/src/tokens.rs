//! An amount of tokens, so that it is never mistaken for money or a count of rows.

use serde::Serialize;
use utoipa::ToSchema;

/// Whole tokens. Signed: a ledger entry that spends is negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(transparent)]
pub struct Tokens(pub i64);
