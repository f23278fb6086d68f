//! Lists, newest first, page by page, and what they may be asked. A page starts after the last row of the one before, so
//! a late page costs what the first one costs, and rows that come meanwhile shift nothing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use shared::fields::invalid;
use shared::{ApiError, Statement, limits};
use tokio_postgres::Row;

/// A page that was asked for.
pub struct Page {
    after: Option<(Timestamp, String)>,
    limit: i64,
}

impl Page {
    /// The page after `cursor`, the first one without it, of `limit` rows.
    ///
    /// # Errors
    /// [`ApiError::InvalidField`] for a cursor that we did not make, or a limit that is not 1 to 100.
    pub fn wanted(cursor: Option<&str>, limit: Option<i64>, default: i64) -> Result<Self, ApiError> {
        let after = match cursor.filter(|text| !text.is_empty()) {
            Some(text) => Some(place(text).ok_or_else(|| invalid("cursor", "cursor is the nextCursor of a page"))?),
            None => None,
        };
        let limit = limit.unwrap_or(default);
        match (1..=limits::PAGE_MAX).contains(&limit) {
            true => Ok(Page { after, limit }),
            false => Err(invalid("limit", "limit is 1 to 100")),
        }
    }

    /// Binds the time and the id of the row before, both null on the first page, and the number of rows: one more than
    /// the page holds, which tells whether another follows.
    pub fn bound(&self, statement: Statement) -> Statement {
        let (time, id) = self.after.as_ref().map(|(time, id)| (*time, id.as_str())).unzip();
        statement.bind(time).bind(id).bind(self.limit + 1)
    }

    /// The rows of the page, and the cursor of the next one. Rows have `created_at` and `id`.
    ///
    /// # Errors
    /// They do not.
    pub fn cut(&self, mut rows: Vec<Row>) -> Result<(Vec<Row>, Option<String>), ApiError> {
        let held = usize::try_from(self.limit).unwrap_or(usize::MAX);
        if rows.len() <= held {
            return Ok((rows, None));
        }
        rows.truncate(held);
        let Some(last) = rows.last() else { return Ok((rows, None)) };
        let next = cursor(last.try_get("created_at")?, last.try_get("id")?);
        Ok((rows, Some(next)))
    }
}

fn cursor(time: Timestamp, id: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}:{id}", time.as_microsecond()))
}

fn place(cursor: &str) -> Option<(Timestamp, String)> {
    if cursor.len() > limits::CURSOR_CHARACTERS {
        return None;
    }
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (time, id) = text.split_once(':')?;
    let time = Timestamp::from_microsecond(time.parse().ok()?).ok()?;
    (!id.is_empty() && !id.chars().any(char::is_control)).then(|| (time, id.to_owned()))
}

/// What a list is narrowed by; blank counts as nothing.
///
/// # Errors
/// `refusal` when it is too long for any row to have it, or has control characters.
pub fn filter(text: Option<&str>, longest: usize, refusal: impl Fn() -> ApiError) -> Result<Option<&str>, ApiError> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    match text {
        Some(text) if text.chars().count() > longest || text.chars().any(char::is_control) => Err(refusal()),
        _ => Ok(text),
    }
}

/// A pattern for `ilike` that finds `text` anywhere, taken literally.
pub fn anywhere(text: &str) -> String {
    let literal = text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    format!("%{literal}%")
}

/// The pattern of a search; blank finds everything.
///
/// # Errors
/// [`ApiError::InvalidField`].
pub fn search(text: Option<&str>) -> Result<Option<String>, ApiError> {
    let refusal = || invalid("search", "search is at most 100 characters, without control characters");
    Ok(filter(text, limits::SEARCH_CHARACTERS, refusal)?.map(anywhere))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(cursor: Option<&str>, limit: Option<i64>) -> Result<Page, &'static str> {
        Page::wanted(cursor, limit, 50).map_err(|error| error.code())
    }

    #[test]
    fn a_cursor_leads_back_to_its_row() {
        let time = Timestamp::from_microsecond(1_763_800_000_123_456).unwrap();
        for id in ["user_1", "a:b", "ü"] {
            assert_eq!(place(&cursor(time, id)), Some((time, id.to_owned())));
        }
        let before_1970 = Timestamp::from_microsecond(-1).unwrap();
        assert_eq!(place(&cursor(before_1970, "x")), Some((before_1970, "x".to_owned())));
    }

    #[test]
    fn what_is_no_page_is_refused() {
        let encoded = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let long = encoded(&format!("1:{}", "x".repeat(500)));
        for cursor in
            ["x", "==", &encoded("1"), &encoded("1:"), &encoded("x:y"), &encoded("1:a\0b"), &encoded(":y"), &long]
        {
            assert_eq!(wanted(Some(cursor), None).err(), Some("invalid_field"), "{cursor}");
        }
        assert_eq!(wanted(Some(&encoded("9223372036854775807:y")), None).err(), Some("invalid_field"));
        for limit in [i64::MIN, -1, 0, 101, i64::MAX] {
            assert_eq!(wanted(None, Some(limit)).err(), Some("invalid_field"), "{limit}");
        }
        let first = wanted(Some(""), None).unwrap();
        assert_eq!((first.after, first.limit), (None, 50));
        assert_eq!(wanted(None, Some(100)).unwrap().limit, 100);
    }

    #[test]
    fn a_search_is_taken_literally() {
        assert_eq!(search(Some(r" 50%_\ ")).unwrap().unwrap(), r"%50\%\_\\%");
        assert_eq!(search(Some("  ")).unwrap(), None);
        assert!(search(Some(&"é".repeat(100))).is_ok());
        for bad in ["x".repeat(101), "a\0b".to_owned()] {
            assert_eq!(search(Some(&bad)).unwrap_err().code(), "invalid_field");
        }
    }
}
