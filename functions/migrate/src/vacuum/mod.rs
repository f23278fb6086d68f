//! `vacuum`: VACUUM (ANALYZE) of every table, once a week. A run begins no table after its time; the next one goes on.

mod report;
mod tables;

use std::time::{Duration, Instant};

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use shared::Database;
use shared::clock::iso;
use shared::ids::new_id;
use shared::job_runs::{self, Start, Status};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

pub use self::report::{SkippedTable, VacuumReport, Vacuumed};
use self::tables::Table;
use crate::error::{MigrateError, says};
use crate::history::{self, compare, pending};
use crate::migration::Migration;
use crate::settings::Settings;

/// As `job_runs.job` has it.
const JOB: &str = "maintenance.vacuum";
/// How long a deployed run begins further tables, in seconds; Lambda ends it after 900.
pub(crate) const BUDGET_SECONDS: u64 = 840;
/// How much longer the last table may take.
const LAST_TABLE: Duration = Duration::from_secs(40);
/// Without a limit of time; for the history alone, as the lock tells who is alive.
const LONGEST: Duration = Duration::from_secs(86_400);

/// "spikevac" in ASCII. It goes with its session, so a killed run holds nothing.
const LOCK_KEY: i64 = 0x7370_696b_6576_6163;
const LOCK: &str = "select pg_try_advisory_lock($1)";
/// VACUUM waits for nobody, but for autovacuum, which gives way after a second.
const SET_UP: &str = "set lock_timeout = '3s'";

const NO_RIGHT: &str = "the role of DIRECT_URL may not: let it be a member of the table's owner (grant spike_owner to …), \
    or from PostgreSQL 17 on grant it pg_maintain";
const LOCKED: &str = "others held it locked; the next run tries again";
const TOO_LONG: &str =
    "it takes longer than a function may run: `cargo db vacuum` with the same DIRECT_URL has no limit";

/// Vacuums what has not been since Sunday; with `seconds` begins no table after them, but at least one.
///
/// # Errors
/// The database is not migrated, the role may vacuum nothing, the connection broke, or a table could not be vacuumed for a
/// reason that no further run will change.
pub(crate) async fn vacuum(
    client: &Client,
    migrations: &[Migration],
    seconds: Option<u64>,
    settings: &Settings,
) -> Result<VacuumReport, MigrateError> {
    let waiting = pending(&compare(migrations, history::read(client).await?))?.len();
    if waiting > 0 {
        return Err(MigrateError::NotMigrated { pending: waiting });
    }
    let clock = &settings.config.clock;
    let (now, budget) = (clock.now(), seconds.map(Duration::from_secs));
    let database = Database::new(settings.url.clone(), clock.clone());
    let most = budget.map_or(LONGEST, |budget| budget + LAST_TABLE);
    let id = new_id("run", now);
    let start = Start { id: &id, job: JOB, most, in_maintenance: false, is_alone: true };
    let mut report = VacuumReport::new(Status::Skipped, iso(sunday(now)));
    let is_alone: bool = client.query_typed_one(LOCK, &[(&LOCK_KEY, Type::INT8)]).await?.try_get(0)?;
    if !is_alone {
        start.skip(&database, now).await?;
        return Ok(report);
    }
    if !start.take_place(&database, now).await? {
        return Ok(report);
    }
    report.status = Status::Succeeded;
    let outcome = all(client, sunday(now), budget, settings, &mut report).await;
    let told = outcome.as_ref().map(|()| report.counts()).map_err(ToString::to_string);
    job_runs::end(&database, &id, &told, clock.now()).await?;
    outcome.map(|()| report)
}

/// When the week began that `now` is in.
fn sunday(now: Timestamp) -> Timestamp {
    let day = now.to_zoned(TimeZone::UTC).date();
    let since = i32::from(day.weekday().since(Weekday::Sunday));
    let sunday = day.checked_sub(since.days()).unwrap_or(day);
    sunday.to_zoned(TimeZone::UTC).map_or(now, |midnight| midnight.timestamp())
}

async fn all(
    client: &Client,
    since: Timestamp,
    budget: Option<Duration>,
    settings: &Settings,
    report: &mut VacuumReport,
) -> Result<(), MigrateError> {
    let started = Instant::now();
    client.batch_execute(SET_UP).await?;
    let (tables, forbidden): (Vec<_>, Vec<_>) =
        tables::waiting(client, since).await?.into_iter().partition(|table| table.may);
    if tables.is_empty() && !forbidden.is_empty() {
        return Err(MigrateError::NoRight(format!("{}: {NO_RIGHT}", forbidden[0].name)));
    }
    forbidden.iter().for_each(|table| report.skip(&table.name, NO_RIGHT));
    let mut failed = None;
    for (place, table) in tables.iter().enumerate() {
        if place > 0 && budget.is_some_and(|budget| started.elapsed() >= budget) {
            report.left = tables.len() - place;
            return Ok(());
        }
        let left = budget.map(|budget| (budget + LAST_TABLE).saturating_sub(started.elapsed()));
        let begun = Instant::now();
        let trouble = one(client, table, left).await?;
        let took = begun.elapsed();
        let reason = match &trouble {
            None => None,
            Some(Trouble::Gone) => continue,
            Some(Trouble::Later(reason)) => Some((*reason).to_owned()),
            Some(Trouble::Failed(reason)) => Some(reason.clone()),
        };
        tables::done(client, table, took, reason.as_deref(), settings.config.clock.now()).await?;
        match reason {
            None => report.vacuumed.push(Vacuumed {
                table: table.name.clone(),
                duration_ms: history::milliseconds(took),
                bytes: table.bytes,
                dead_rows: table.dead_rows,
            }),
            Some(reason) => {
                tracing::warn!("{} was not vacuumed: {reason}", table.name);
                report.skip(&table.name, &reason);
                if matches!(trouble, Some(Trouble::Failed(_))) {
                    failed = Some(format!("{} could not be vacuumed. {reason}", table.name));
                }
            }
        }
    }
    tables::forget_dropped(client).await?;
    failed.map_or(Ok(()), |failed| Err(MigrateError::NotVacuumed(failed)))
}

/// Why a table is not done.
enum Trouble {
    /// It was dropped meanwhile.
    Gone,
    /// Another run may do it.
    Later(&'static str),
    /// It needs somebody.
    Failed(String),
}

/// One statement outside any transaction.
async fn one(client: &Client, table: &Table, left: Option<Duration>) -> Result<Option<Trouble>, MigrateError> {
    let limit = left.map_or(0, |left| left.as_millis().max(1));
    client.batch_execute(&format!("set statement_timeout = {limit}")).await?;
    let outcome = client.batch_execute(&table.statement()).await;
    client.batch_execute("set statement_timeout = 0").await?;
    let Err(error) = outcome else { return Ok(None) };
    match error.code() {
        Some(&SqlState::LOCK_NOT_AVAILABLE) => Ok(Some(Trouble::Later(LOCKED))),
        Some(&SqlState::QUERY_CANCELED) if left.is_some() => Ok(Some(Trouble::Later(TOO_LONG))),
        Some(&SqlState::UNDEFINED_TABLE) => Ok(Some(Trouble::Gone)),
        Some(_) => Ok(Some(Trouble::Failed(says(&error)))),
        None => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::sunday;

    #[test]
    fn ops_44_a_week_begins_on_sunday() {
        for (now, since) in [
            ("2026-11-22T00:00:00Z", "2026-11-22T00:00:00Z"),
            ("2026-11-22T03:00:00Z", "2026-11-22T00:00:00Z"),
            ("2026-11-28T23:59:59Z", "2026-11-22T00:00:00Z"),
            ("2026-12-01T12:00:00Z", "2026-11-29T00:00:00Z"),
        ] {
            assert_eq!(sunday(now.parse().unwrap()).to_string(), since, "{now}");
        }
    }
}
