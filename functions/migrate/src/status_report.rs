//! What `status` found, for programs and for people.

use serde::Serialize;

use crate::drift::Drift;
use crate::failures::Failure;
use crate::history::State;
use crate::report::{counted, table, version};

/// How files and database stand to each other.
#[derive(Debug, Clone, Serialize)]
pub struct StatusReport {
    /// The answer in a word.
    pub verdict: Verdict,
    /// The environment that the database is marked with.
    pub environment: Option<String>,
    /// How many migrations wait for `deploy`.
    pub pending: usize,
    /// Why `deploy` would refuse, if it would.
    pub problem: Option<String>,
    /// Whether the schema is as the last migration left it.
    pub drift: Drift,
    /// Every migration, in order.
    pub migrations: Vec<MigrationState>,
}

/// How files and database stand to each other, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing to do.
    UpToDate,
    /// `deploy` has work.
    Pending,
    /// `deploy` would refuse.
    Diverged,
    /// Somebody changed the schema by hand.
    Drift,
    /// The last `deploy` failed at a migration.
    Failed,
}

/// How one migration stands.
#[derive(Debug, Clone, Serialize)]
pub struct MigrationState {
    /// The version.
    pub version: i32,
    /// The name.
    pub name: String,
    /// How it stands.
    pub state: State,
    /// When it was applied, as ISO 8601 in UTC.
    pub applied_at: Option<String>,
    /// How long that took, in milliseconds.
    pub duration_ms: Option<i64>,
    /// How the last try failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

impl StatusReport {
    pub(crate) fn to_text(&self) -> String {
        let rows = self.migrations.iter().map(|migration| {
            let time = migration.duration_ms.map(|duration| format!("{duration} ms")).unwrap_or_default();
            let applied_at = migration.applied_at.clone().unwrap_or_default();
            [version(migration.version), migration.name.clone(), migration.state.as_str().to_owned(), applied_at, time]
        });
        let environment = self.environment.as_deref().unwrap_or("not marked yet");
        let table = table(["VERSION", "NAME", "STATE", "APPLIED AT", "TIME"], rows);
        let said = match (self.verdict, &self.problem) {
            (Verdict::UpToDate, _) => "The database is up to date.".to_owned(),
            (Verdict::Pending, _) => format!("{} pending: run `cargo db deploy`.", counted(self.pending, "migration")),
            (Verdict::Diverged, problem) => {
                format!("Deploy would refuse: {}.", problem.as_deref().unwrap_or("files and database differ"))
            }
            (Verdict::Drift, _) => "The schema is not as the migrations left it.".to_owned(),
            (Verdict::Failed, _) => {
                "The last deploy failed: correct the file and run `cargo db deploy`, or give it up \
                                     with `cargo db resolve --rolled-back NAME`."
                    .to_owned()
            }
        };
        let failures = self.migrations.iter().filter_map(|migration| {
            let failure = migration.failure.as_ref()?;
            Some(format!("{} failed at {}: {}\n", version(migration.version), failure.at, failure.message))
        });
        let failures: String = failures.collect();
        format!("{table}\nEnvironment of the database: {environment}\n{}{failures}{said}", schema(&self.drift))
    }
}

/// Lines about the schema.
fn schema(drift: &Drift) -> String {
    match drift {
        Drift::Nothing => String::new(),
        Drift::None => "Schema: as the last migration left it\n".to_owned(),
        Drift::Unknown => "Schema: not known, as the last migration was applied by an older build; the next deploy \
                           with a migration records it, or `cargo db resolve --applied NAME` of the last one\n"
            .to_owned(),
        Drift::Found { differences, upgraded_from } => {
            let mut text = format!("Schema: {} since the last migration\n", counted(differences.len(), "change"));
            for difference in differences {
                text += &format!("  {difference}\n");
            }
            if let Some(version) = upgraded_from {
                text += &format!(
                    "  (the server was PostgreSQL {version} then, and another version may write definitions otherwise)\n"
                );
            }
            text + "  Undo them by hand, or put them into a new migration (`cargo db new NAME`); where the change is \
                    meant to stay, `cargo db resolve --applied NAME` of the last migration records it\n"
        }
    }
}
