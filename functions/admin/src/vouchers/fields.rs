//! The fields of a voucher, each refused with its own sentence.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;
use shared::fields::invalid;
use shared::vouchers::Code;
use shared::{ApiError, limits};

const TYPES: [&str; 3] = ["FIXED_TOKENS", "PERCENTAGE_BONUS", "SUBSCRIPTION_TRIAL"];
const STATUSES: [&str; 4] = ["ACTIVE", "INACTIVE", "EXPIRED", "DEPLETED"];

/// The code as it is kept.
pub(super) fn code(text: Option<&str>) -> Result<Code, ApiError> {
    let text =
        text.filter(|text| !text.trim().is_empty()).ok_or_else(|| invalid("code", "Voucher code is required"))?;
    Code::parse(text).ok_or_else(|| invalid("code", "Invalid voucher code format: 1 to 50 letters and digits"))
}

/// One of the three types.
pub(super) fn kind(text: Option<&str>) -> Result<&'static str, ApiError> {
    let text = text.filter(|text| !text.is_empty()).ok_or_else(|| invalid("type", "Voucher type is required"))?;
    TYPES.into_iter().find(|known| *known == text).ok_or_else(|| invalid("type", "Invalid voucher type"))
}

/// What it is worth, in what its type counts.
pub(super) fn value(value: &Value, kind: &str) -> Result<i64, ApiError> {
    let (range, message) = match kind {
        "PERCENTAGE_BONUS" => (limits::VOUCHER_PERCENT, "value is a whole number of percent, 1 to 1000"),
        _ => (limits::VOUCHER_TOKENS, "value is a whole number of tokens, 1 to 1000000"),
    };
    match value {
        Value::Null => Err(invalid("value", "Voucher value is required")),
        value => whole(value, &range).ok_or_else(|| invalid("value", message)),
    }
}

/// How many people may redeem it; nothing for any number.
pub(super) fn max_uses(value: &Value) -> Result<Option<i64>, ApiError> {
    let refusal = || invalid("maxUses", "maxUses is a whole number from 1 on, or null");
    match value {
        Value::Null => Ok(None),
        value => whole(value, &limits::VOUCHER_USES).map(Some).ok_or_else(refusal),
    }
}

fn whole(value: &Value, range: &RangeInclusive<i64>) -> Option<i64> {
    value.as_i64().filter(|number| range.contains(number))
}

/// When it ends; nothing for never. A blank text is what a form sends for nothing.
pub(super) fn expires_at(value: &Value, now: Timestamp) -> Result<Option<Timestamp>, ApiError> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => text.trim(),
        _ => return Err(invalid("expiresAt", "expiresAt is a date in ISO 8601, or null")),
    };
    let moment = moment(text).ok_or_else(|| invalid("expiresAt", "expiresAt is a date in ISO 8601, or null"))?;
    match moment > now {
        true => Ok(Some(moment)),
        false => Err(invalid("expiresAt", "expiresAt has to be in the future")),
    }
}

/// A moment in whole microseconds, as PostgreSQL keeps it; without an offset it is UTC.
fn moment(text: &str) -> Option<Timestamp> {
    let moment = match text.parse::<Timestamp>() {
        Ok(moment) => moment,
        Err(_) => text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp(),
    };
    Timestamp::from_microsecond(moment.as_microsecond()).ok()
}

/// One of the four states.
pub(super) fn status(text: Option<&str>) -> Result<&'static str, ApiError> {
    let text = text.filter(|text| !text.is_empty()).ok_or_else(|| invalid("status", "Status is required"))?;
    STATUSES.into_iter().find(|known| *known == text).ok_or_else(|| invalid("status", "Invalid status"))
}

/// The id of a voucher.
pub(super) fn id(text: Option<&str>) -> Result<&str, ApiError> {
    let text = text.filter(|text| !text.is_empty()).ok_or_else(|| invalid("id", "Voucher ID required"))?;
    match text.chars().count() > limits::VOUCHER_ID_CHARACTERS || text.chars().any(char::is_control) {
        true => Err(invalid("id", "A voucher's id has at most 64 characters, and no control characters")),
        false => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_whole_and_fits_its_type() {
        for (kind, given, expected) in [
            ("FIXED_TOKENS", json!(1), Some(1)),
            ("FIXED_TOKENS", json!(1_000_000), Some(1_000_000)),
            ("FIXED_TOKENS", json!(1_000_001), None),
            ("PERCENTAGE_BONUS", json!(1_000), Some(1_000)),
            ("PERCENTAGE_BONUS", json!(1_001), None),
            ("FIXED_TOKENS", json!(0), None),
            ("FIXED_TOKENS", json!(-5), None),
            ("FIXED_TOKENS", json!(1.5), None),
            ("FIXED_TOKENS", json!("5"), None),
            ("FIXED_TOKENS", json!(null), None),
            ("FIXED_TOKENS", json!(u64::MAX), None),
        ] {
            assert_eq!(value(&given, kind).ok(), expected, "{kind} {given}");
        }
        for (given, expected) in [
            (json!(null), Some(None)),
            (json!(1), Some(Some(1))),
            (json!(0), None),
            (json!(-1), None),
            (json!(2.5), None),
            (json!("3"), None),
            (json!(1_000_000_001), None),
        ] {
            assert_eq!(max_uses(&given).ok(), expected, "{given}");
        }
    }

    #[test]
    fn an_end_is_a_moment_to_come() {
        let now: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let end = |given: Value| expires_at(&given, now).map(|end| end.map(|end| end.to_string()));
        for (given, expected) in [
            (json!("2026-01-31T12:00:00.001Z"), "2026-01-31T12:00:00.001Z"),
            (json!("2026-02-01"), "2026-02-01T00:00:00Z"),
            (json!("2026-02-01T10:30"), "2026-02-01T10:30:00Z"),
            (json!(" 2026-02-01T10:30:00+02:00 "), "2026-02-01T08:30:00Z"),
            (json!("2027-01-01T00:00:00.123456789Z"), "2027-01-01T00:00:00.123456Z"),
        ] {
            assert_eq!(end(given).unwrap().unwrap(), expected);
        }
        for none in [json!(null), json!(""), json!("  ")] {
            assert_eq!(end(none).unwrap(), None);
        }
        for bad in
            ["2026-01-31T12:00:00Z", "2026-01-31", "2020-01-01T00:00:00Z", "2026-02-30", "tomorrow", "1", "2026-13-01"]
        {
            assert_eq!(end(json!(bad)).unwrap_err().code(), "invalid_field", "{bad}");
        }
        for bad in [json!(1), json!(4_000_000_000_000_i64), json!(true), json!([])] {
            assert_eq!(end(bad).unwrap_err().code(), "invalid_field");
        }
    }
}
