//! The environment that the database is marked with, its migrations, and its schema.

use tokio_postgres::Client;

use super::Finding;
use crate::drift::Drift;
use crate::error::MigrateError;
use crate::history::{self, compare, pending};
use crate::migration::Migration;
use crate::report::{StatusReport, Verdict, counted};
use crate::settings::Settings;
use crate::status::status;

/// What `deploy` would meet.
pub(super) async fn examine(client: &Client, migrations: &[Migration], settings: &Settings) -> Vec<Finding> {
    let report = match status(client, migrations).await {
        Ok(report) => report,
        Err(error) => {
            return vec![Finding::trouble("migrations", error.code(), error.to_string(), "see what PostgreSQL says")];
        }
    };
    let refusal = refusal(client, migrations).await;
    vec![environment(&report, settings), state(&report, refusal), schema(&report)]
}

/// Why `deploy` would refuse.
async fn refusal(client: &Client, migrations: &[Migration]) -> Option<&'static str> {
    let applied = history::read(client).await.ok()?;
    pending(&compare(migrations, applied)).err().map(|error: MigrateError| error.code())
}

fn environment(report: &StatusReport, settings: &Settings) -> Finding {
    let configured = settings.environment.as_str();
    match report.environment.as_deref() {
        Some(marker) if marker == configured => {
            Finding::fine("environment", format!("the database is marked {marker}"))
        }
        Some(marker) => Finding::trouble(
            "environment",
            "other_environment",
            format!("the database is marked {marker}, and ENVIRONMENT says {configured}"),
            format!(
                "point DIRECT_URL at the database of {configured}, or set ENVIRONMENT to {marker} if you mean this one"
            ),
        ),
        None => Finding::note("environment", "not_marked", "the database is not marked yet", "run `cargo db deploy`"),
    }
}

fn state(report: &StatusReport, refusal: Option<&'static str>) -> Finding {
    let total = report.migrations.len();
    match (report.verdict, &report.problem) {
        (Verdict::Diverged, problem) => {
            let seen = problem.as_deref().unwrap_or("files and database differ");
            Finding::trouble("migrations", refusal.unwrap_or("diverged"), seen, "do what the sentence above says")
        }
        (Verdict::Failed, _) => {
            let failed = report.migrations.iter().find(|migration| migration.failure.is_some());
            let (file, message) = failed
                .and_then(|one| {
                    Some((format!("V{:04}__{}", one.version, one.name), one.failure.as_ref()?.message.clone()))
                })
                .unwrap_or_default();
            let first = message.lines().take(2).collect::<Vec<_>>().join(" ");
            let remedy = format!(
                "correct the file and run `cargo db deploy`, or give it up with `cargo db resolve --rolled-back {file}`"
            );
            Finding::trouble("migrations", "failed_migration", first, remedy)
        }
        _ if report.pending > 0 => Finding::trouble(
            "migrations",
            "migrations_pending",
            format!("{} of {total} pending", report.pending),
            "look at them with `cargo db plan`, then run `cargo db deploy`",
        ),
        _ => Finding::fine("migrations", format!("{} applied, none pending", counted(total, "migration"))),
    }
}

fn schema(report: &StatusReport) -> Finding {
    match &report.drift {
        Drift::Nothing => Finding::note("schema", "no_schema", "nothing is applied yet", "run `cargo db deploy`"),
        Drift::None => Finding::fine("schema", "as the last migration left it"),
        Drift::Unknown => Finding::note(
            "schema",
            "schema_not_recorded",
            "the last migration was applied by a build that did not record it",
            "it is recorded with the next migration, or by `cargo db resolve --applied NAME` of the last one",
        ),
        Drift::Found { differences, .. } => {
            let named: Vec<String> = differences.iter().take(3).map(ToString::to_string).collect();
            let more =
                if differences.len() > 3 { format!(" and {} more", differences.len() - 3) } else { String::new() };
            Finding::trouble(
                "schema",
                "not_in_sync",
                format!("{}{more}", named.join(", ")),
                "put the change into a new migration (`cargo db new sync_schema`), or undo it; where only development data \
                 is lost, `cargo db reset --target DATABASE`",
            )
        }
    }
}
