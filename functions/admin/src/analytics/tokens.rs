//! `GET /api/admin/analytics/tokens`: how tokens come and go, and what they brought in.

use std::collections::BTreeMap;

use axum::Json;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use shared::error::ErrorBody;
use shared::{Admin, ApiError, DatabaseError, Statement, Tokens};
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::{DAYS, only};

/// Figures about tokens. Days are UTC.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenFigures {
    /// Since the beginning, by type of entry; negative when spent.
    tokens_by_type: Vec<TypeFigure>,
    /// The last 30 days, today included, the oldest first.
    daily_tokens: Vec<DayFigure>,
    revenue: Revenue,
    circulation: Circulation,
    /// How often tokens were added that had grown.
    regeneration_count: i64,
    package_sales: Vec<PackageFigure>,
}

#[derive(Serialize, ToSchema)]
struct TypeFigure {
    r#type: String,
    total: Tokens,
}

#[derive(Clone, Copy, Default, Serialize, ToSchema)]
struct DayFlow {
    /// Bought, given and grown.
    purchased: i64,
    /// On whatever.
    spent: i64,
}

#[derive(Serialize, ToSchema)]
struct DayFigure {
    /// `YYYY-MM-DD`
    date: String,
    #[serde(flatten)]
    flow: DayFlow,
}

/// What purchases brought in, less what was paid back.
#[derive(Serialize, ToSchema)]
struct Revenue {
    /// In minor units: pence.
    total: i64,
    /// ISO 4217, lower case.
    currency: String,
}

/// What people have.
#[derive(Serialize, ToSchema)]
struct Circulation {
    total: Tokens,
    /// A person, rounded.
    average: Tokens,
}

#[derive(Serialize, ToSchema)]
struct PackageFigure {
    name: String,
    tokens: Tokens,
    /// Those that were paid back are not counted.
    sales: i64,
}

/// Figures about tokens.
#[utoipa::path(
    get, path = "/api/admin/analytics/tokens", tag = "admin", security(("session" = [])),
    responses((status = 200, body = TokenFigures), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)),
)]
pub async fn show(who: Admin) -> Result<Json<TokenFigures>, ApiError> {
    let today = who.now().to_zoned(TimeZone::UTC).date();
    let first = today.checked_sub((DAYS - 1).days()).map_err(|_| no_date())?;
    let (_, [ledger, wallets, payments, packages]) = who
        .report([
            Statement::new(LEDGER).bind(midnight(first)?),
            Statement::new(WALLETS),
            Statement::new(PAYMENTS),
            Statement::new(PACKAGES),
        ])
        .await?;
    let (wallets, payments) = (only(&wallets)?, only(&payments)?);
    let sums = ledger.iter().map(Sum::of).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(TokenFigures {
        tokens_by_type: by_type(&sums),
        daily_tokens: by_day(&sums, first),
        revenue: Revenue { total: payments.try_get("total")?, currency: payments.try_get("currency")? },
        circulation: Circulation { total: tokens(wallets, "total")?, average: tokens(wallets, "average")? },
        regeneration_count: sums.iter().filter(|sum| sum.kind == "EARN_REGENERATION").map(|sum| sum.entries).sum(),
        package_sales: packages.iter().map(package).collect::<Result<_, _>>()?,
    }))
}

/// One pass over the ledger for everything that is asked of it; the sums that come of it are few, by type, and within the
/// last days by day.
const LEDGER: &str = "
select type::text, to_char(day, 'YYYY-MM-DD') as day, total, entries
  from (
      select type,
             case when created_at >= $1 then (created_at at time zone 'UTC')::date end as day,
             sum(amount)::bigint as total,
             count(*) as entries
        from token_transactions
       group by 1, 2
  ) sums";

const WALLETS: &str = "
select coalesce(sum(balance), 0)::bigint as total, coalesce(round(avg(balance)), 0)::bigint as average
  from user_token_balances";

/// Everything that we sell has its price in pounds.
const PAYMENTS: &str = "
select coalesce(sum(amount_minor - refunded_minor), 0)::bigint as total, 'gbp' as currency
  from stripe_payments
 where status in ('SUCCEEDED', 'REFUNDED')
   and currency = 'gbp'";

/// A package that nobody bought has its row, too.
const PACKAGES: &str = "
select p.name, p.tokens, count(s.id) as sales
  from tokens_packages p
  left join stripe_payments s on s.package_code = p.code and s.status = 'SUCCEEDED'
 group by p.code
 order by p.position";

/// A row of [`LEDGER`].
struct Sum {
    kind: String,
    day: Option<String>,
    total: i64,
    entries: i64,
}

impl Sum {
    fn of(row: &Row) -> Result<Self, ApiError> {
        Ok(Sum {
            kind: row.try_get("type")?,
            day: row.try_get("day")?,
            total: row.try_get("total")?,
            entries: row.try_get("entries")?,
        })
    }
}

fn by_type(sums: &[Sum]) -> Vec<TypeFigure> {
    let mut totals = BTreeMap::<&str, i64>::new();
    for sum in sums {
        *totals.entry(&sum.kind).or_default() += sum.total;
    }
    totals.into_iter().map(|(kind, total)| TypeFigure { r#type: kind.to_owned(), total: Tokens(total) }).collect()
}

/// A day without movements has its figure, too.
fn by_day(sums: &[Sum], first: Date) -> Vec<DayFigure> {
    let days = first.series(1.day()).take(usize::try_from(DAYS).unwrap_or_default());
    let mut flows: BTreeMap<String, DayFlow> = days.map(|day| (day.to_string(), DayFlow::default())).collect();
    for sum in sums {
        let Some(flow) = sum.day.as_ref().and_then(|day| flows.get_mut(day)) else { continue };
        match sum.kind.as_str() {
            "EARN_PURCHASE" | "EARN_BONUS" | "EARN_REGENERATION" => flow.purchased += sum.total,
            kind if kind.starts_with("SPEND_") => flow.spent -= sum.total,
            _ => {}
        }
    }
    flows.into_iter().map(|(date, flow)| DayFigure { date, flow }).collect()
}

fn package(row: &Row) -> Result<PackageFigure, ApiError> {
    Ok(PackageFigure { name: row.try_get("name")?, tokens: tokens(row, "tokens")?, sales: row.try_get("sales")? })
}

fn tokens(row: &Row, column: &str) -> Result<Tokens, ApiError> {
    Ok(Tokens(row.try_get(column)?))
}

fn midnight(day: Date) -> Result<Timestamp, ApiError> {
    Ok(day.to_zoned(TimeZone::UTC).map_err(|_| no_date())?.timestamp())
}

fn no_date() -> DatabaseError {
    DatabaseError::Protocol("the clock is at the end of time")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn sum(kind: &str, day: Option<&str>, total: i64) -> Sum {
        Sum { kind: kind.to_owned(), day: day.map(str::to_owned), total, entries: 1 }
    }

    #[test]
    fn days_without_movements_are_there_and_days_of_others_are_not() {
        let sums = [
            sum("EARN_PURCHASE", Some("2026-02-28"), 50),
            sum("EARN_BONUS", Some("2026-02-28"), 5),
            sum("REFUND", Some("2026-02-28"), 7),
            sum("EARN_ADMIN_ADJUSTMENT", Some("2026-02-28"), -7),
            sum("SPEND_ENHANCEMENT", Some("2026-02-28"), -3),
            sum("SPEND_BOX_CREATION", Some("2026-02-28"), -4),
            sum("EARN_PURCHASE", None, 1_000),
        ];
        let days = by_day(&sums, date(2026, 1, 30));
        assert_eq!(days.len(), 30);
        assert_eq!((days[0].date.as_str(), days[29].date.as_str()), ("2026-01-30", "2026-02-28"));
        assert_eq!((days[29].flow.purchased, days[29].flow.spent), (55, 7));
        assert!(days[..29].iter().all(|day| day.flow.purchased == 0 && day.flow.spent == 0));
        let purchases = by_type(&sums).into_iter().find(|one| one.r#type == "EARN_PURCHASE").unwrap();
        assert_eq!(purchases.total, Tokens(1_050));
    }
}
