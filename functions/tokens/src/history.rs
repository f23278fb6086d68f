//! `GET /api/tokens/history`: the ledger of a person, newest first.

use axum::Json;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::request::QueryString;
use shared::{ApiError, ApiKeyOrSession, Tokens, limits};
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};

/// Which part of the history.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// 1 is the newest page.
    page: Option<i64>,
    /// Entries of a page, 1 to 100; 50 when absent.
    limit: Option<i64>,
    /// Only entries with a lower number: the last `number` of a page leads to the next one, whatever happens meanwhile.
    before: Option<i64>,
    /// The `nextCursor` of the page before, instead of `page` or `before`.
    cursor: Option<String>,
}

/// A page of the ledger.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct History {
    transactions: Vec<Entry>,
    /// Entries in all.
    total: i64,
    page: i64,
    limit: i64,
    /// Leads to the next page, whatever happens meanwhile; null on the last one.
    next_cursor: Option<String>,
}

/// One movement of tokens.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Entry {
    id: String,
    /// 1, 2, 3 … in the order in which the balance changed.
    number: i64,
    /// Such as EARN_PURCHASE.
    r#type: String,
    /// Negative when spent.
    amount: Tokens,
    balance_after: Tokens,
    /// What kind of thing caused it.
    source: String,
    /// The id of that thing.
    source_id: Option<String>,
    /// ISO 8601.
    created_at: String,
}

/// The caller's ledger, newest first.
#[utoipa::path(
    get, path = "/api/tokens/history", tag = "tokens", params(Page),
    security(("session" = []), ("apiKey" = [])),
    responses((status = 200, body = History), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)),
)]
pub async fn list(who: ApiKeyOrSession, QueryString(query): QueryString<Page>) -> Result<Json<History>, ApiError> {
    let Part { page, limit, before } = bounded(&query)?;
    let skip = page.saturating_sub(1).saturating_mul(limit);
    let rows = who.rows(who.statement(PAGE).bind(skip).bind(limit).bind(before)).await?;
    let total = rows.first().map_or(Ok(0), |row| row.try_get("total"))?;
    let mut transactions = Vec::with_capacity(rows.len());
    for row in &rows {
        transactions.extend(entry(row)?);
    }
    // Entry 1 is the oldest.
    let next_cursor = transactions.last().filter(|last| last.number > 1).map(|last| cursor(last.number));
    Ok(Json(History { transactions, total, page, limit, next_cursor }))
}

/// Entries are numbered without a gap, so a page is a range of numbers: as quick for the last page as for the first.
const PAGE: &str = "
select coalesce(b.transaction_count, 0) as total,
       e.id, e.entry_number, e.type, e.amount, e.balance_after, e.source, e.source_id, e.created_at
  from caller($1, $2, $3) c
  left join user_token_balances b on b.user_id = c.user_id
  left join lateral (
      select *
        from token_transactions t
       where t.user_id = b.user_id
         and t.entry_number <= least(b.transaction_count, $6::bigint - 1) - $4
         and t.entry_number > least(b.transaction_count, $6::bigint - 1) - $4 - $5
  ) e on true
 order by e.entry_number desc";

/// Which part was asked for.
struct Part {
    page: i64,
    limit: i64,
    before: Option<i64>,
}

fn bounded(query: &Page) -> Result<Part, ApiError> {
    let wrong = |details: &str| ApiError::MalformedQuery { details: details.to_owned() };
    let page = query.page.unwrap_or(1);
    let limit = query.limit.unwrap_or(limits::PAGE_DEFAULT);
    if !(1..=i64::from(i32::MAX)).contains(&page) {
        return Err(wrong("page starts at 1"));
    }
    if !(1..=limits::PAGE_MAX).contains(&limit) {
        return Err(wrong("limit is 1 to 100"));
    }
    if query.before.is_some_and(|before| before < 1) {
        return Err(wrong("before is the number of an entry"));
    }
    let Some(text) = &query.cursor else { return Ok(Part { page, limit, before: query.before }) };
    if query.page.is_some() || query.before.is_some() {
        return Err(wrong("a cursor goes without page and before"));
    }
    let before = place(text).ok_or_else(|| wrong("cursor is the nextCursor of a page"))?;
    Ok(Part { page, limit, before: Some(before) })
}

fn cursor(number: i64) -> String {
    URL_SAFE_NO_PAD.encode(format!("entry:{number}"))
}

/// The number in a cursor of ours.
fn place(cursor: &str) -> Option<i64> {
    if cursor.len() > limits::CURSOR_CHARACTERS {
        return None;
    }
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    text.strip_prefix("entry:")?.parse().ok().filter(|number| *number > 1)
}

/// The entry of a row; `None` for the row that only says that there is no entry.
fn entry(row: &Row) -> Result<Option<Entry>, ApiError> {
    let Some(id) = row.try_get("id")? else { return Ok(None) };
    Ok(Some(Entry {
        id,
        number: row.try_get("entry_number")?,
        r#type: row.try_get("type")?,
        amount: Tokens(row.try_get("amount")?),
        balance_after: Tokens(row.try_get("balance_after")?),
        source: row.try_get("source")?,
        source_id: row.try_get("source_id")?,
        created_at: iso(row.try_get::<_, Timestamp>("created_at")?),
    }))
}

#[cfg(test)]
mod tests {
    use super::{URL_SAFE_NO_PAD, cursor, place};
    use base64::Engine;

    #[test]
    fn a_cursor_leads_back_to_its_entry() {
        for number in [2, 51, i64::MAX] {
            assert_eq!(place(&cursor(number)), Some(number));
        }
        let encoded = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let long = encoded(&format!("entry:{}", "1".repeat(500)));
        for bad in [
            "",
            "x",
            "==",
            "entry:5",
            &encoded("5"),
            &encoded("entry:"),
            &encoded("entry:0"),
            &encoded("entry:1"),
            &encoded("entry:-5"),
            &encoded("entry:9223372036854775808"),
            &long,
        ] {
            assert_eq!(place(bad), None, "{bad}");
        }
    }
}
