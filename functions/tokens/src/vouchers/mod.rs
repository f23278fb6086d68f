//! `/api/vouchers/*`: codes for tokens, looked at and redeemed.

pub mod redeem;
pub mod validate;

use jiff::Timestamp;
use serde::Deserialize;
use shared::fields::{self, invalid};
use shared::vouchers::{Code, Refusal};
use shared::{ApiError, DatabaseError};
use tokio_postgres::Row;
use utoipa::ToSchema;

/// A code that somebody was given.
#[derive(Deserialize, ToSchema)]
pub struct VoucherCode {
    /// Letters and digits in any case, up to 50.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    code: Option<String>,
}

impl VoucherCode {
    fn read(&self) -> Result<Code, ApiError> {
        let text = self.code.as_deref().filter(|text| !text.trim().is_empty());
        let text = text.ok_or_else(|| invalid("code", "Voucher code is required"))?;
        Code::parse(text).ok_or_else(|| invalid("code", "Invalid voucher code format"))
    }
}

/// The voucher with code `$4`, and whether the caller, who may be nobody, has redeemed it.
const STANDING: &str = "
select v.code, v.type::text as type, v.value, v.max_uses, v.current_uses, v.expires_at, v.status::text as status,
       r.user_id is not null as redeemed
  from vouchers v
  left join caller($1, $2, $3) c on true
  left join voucher_redemptions r on r.user_id = c.user_id and r.voucher_id = v.id
 where v.code = $4
   and v.deleted_at is null";

/// A voucher as it stands for one person.
struct Voucher {
    code: String,
    kind: String,
    /// Tokens, or percent of the balance.
    value: i64,
    max_uses: Option<i64>,
    current_uses: i64,
    expires_at: Option<Timestamp>,
    status: String,
    redeemed: bool,
}

impl Voucher {
    /// Reads the answer to [`STANDING`].
    fn of(rows: &[Row]) -> Result<Option<Self>, DatabaseError> {
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(Voucher {
            code: row.try_get("code")?,
            kind: row.try_get("type")?,
            value: row.try_get("value")?,
            max_uses: row.try_get("max_uses")?,
            current_uses: row.try_get("current_uses")?,
            expires_at: row.try_get("expires_at")?,
            status: row.try_get("status")?,
            redeemed: row.try_get("redeemed")?,
        }))
    }

    /// What speaks against redeeming it; of several reasons the first in this order.
    fn refusal(&self, now: Timestamp) -> Option<Refusal> {
        Some(match self.status.as_str() {
            "INACTIVE" => Refusal::Inactive,
            "EXPIRED" => Refusal::Expired,
            _ if self.expires_at.is_some_and(|end| end <= now) => Refusal::Expired,
            "DEPLETED" => Refusal::Depleted,
            _ if self.remaining_uses() == Some(0) => Refusal::Depleted,
            _ if self.redeemed => Refusal::AlreadyRedeemed,
            _ if self.kind == "SUBSCRIPTION_TRIAL" => Refusal::Unsupported,
            _ => return None,
        })
    }

    /// `None` for any number.
    fn remaining_uses(&self) -> Option<i64> {
        self.max_uses.map(|most| (most - self.current_uses).max(0))
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    #[test]
    fn of_several_reasons_the_first_is_told() {
        let now = Timestamp::from_second(1_763_800_000).unwrap();
        let voucher = |status: &str, expires_at: Option<i64>, uses: (i64, Option<i64>), redeemed, kind: &str| Voucher {
            code: "A".to_owned(),
            kind: kind.to_owned(),
            value: 1,
            max_uses: uses.1,
            current_uses: uses.0,
            expires_at: expires_at.map(|seconds| now + seconds.seconds()),
            status: status.to_owned(),
            redeemed,
        };
        let (fixed, trial) = ("FIXED_TOKENS", "SUBSCRIPTION_TRIAL");
        for (voucher, expected) in [
            (voucher("ACTIVE", None, (0, None), false, fixed), None),
            (voucher("ACTIVE", Some(1), (4, Some(5)), false, fixed), None),
            (voucher("INACTIVE", Some(-1), (5, Some(5)), true, trial), Some(Refusal::Inactive)),
            (voucher("ACTIVE", Some(0), (5, Some(5)), true, trial), Some(Refusal::Expired)),
            (voucher("EXPIRED", None, (0, None), true, trial), Some(Refusal::Expired)),
            (voucher("DEPLETED", Some(-1), (5, Some(5)), true, trial), Some(Refusal::Expired)),
            (voucher("DEPLETED", Some(1), (0, None), true, trial), Some(Refusal::Depleted)),
            (voucher("ACTIVE", None, (5, Some(5)), true, trial), Some(Refusal::Depleted)),
            (voucher("ACTIVE", None, (4, Some(5)), true, trial), Some(Refusal::AlreadyRedeemed)),
            (voucher("ACTIVE", None, (4, Some(5)), false, trial), Some(Refusal::Unsupported)),
        ] {
            assert_eq!(voucher.refusal(now), expected, "{}", voucher.status);
        }
    }
}
