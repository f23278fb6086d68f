//! `cargo dev drill`: the disasters of `docs/runbook.md`, rehearsed on real servers against what we promise.

use std::fs;
use std::path::Path;

use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::{
    console::say,
    error::{Doing, LocalError},
    secret,
    table::Table,
    test::{TestOptions, test},
};

/// Options of `cargo dev drill`.
#[derive(Debug, Args)]
pub struct DrillOptions {
    /// Which disaster; all of them, one after the other, without it
    #[arg(value_enum)]
    pub disaster: Option<Disaster>,
}

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Disaster {
    /// Pages of the database are damaged
    Corruption,
    /// Somebody deletes rows that are needed
    Deletion,
    /// The primary dies, and its replica takes over
    Failover,
    /// Everything is gone but the backups
    SiteLoss,
}

impl Disaster {
    /// The module of its tests.
    fn module(self) -> &'static str {
        match self {
            Disaster::Corruption => "corruption::",
            Disaster::Deletion => "deletion::",
            Disaster::Failover => "failover::",
            Disaster::SiteLoss => "site_loss::",
        }
    }
}

/// Rehearses, then prints what it took and cost.
///
/// # Errors
/// When a drill took longer or lost more than we promise.
pub async fn drill(options: DrillOptions) -> Result<(), LocalError> {
    let results = std::env::temp_dir().join(format!("spike-land-drill-{}.jsonl", secret::random(6)?));
    let mut arguments = vec!["-p", "tests", "--test", "drills", "--", "--nocapture", "--test-threads=1"];
    arguments.extend(options.disaster.map(Disaster::module));
    let outcome = test(TestOptions {
        arguments: arguments.into_iter().map(str::to_owned).collect(),
        environment: vec![("DRILL_RESULTS".to_owned(), results.display().to_string())],
    })
    .await;
    if results.exists() {
        say(format!("\n{}", table(&results)?));
        fs::remove_file(&results).doing(|| format!("remove {}", results.display()))?;
    }
    outcome
}

fn table(results: &Path) -> Result<String, LocalError> {
    let text = fs::read_to_string(results).doing(|| format!("read {}", results.display()))?;
    let heads = ["drill", "RTO", "took", "RPO", "lost", "acknowledged", "gone", "met"];
    let mut table = Table::new("Disasters: what it took against the RTO, what is lost against the RPO", &heads);
    for line in text.lines() {
        let result: Value = serde_json::from_str(line)?;
        let count = |name: &str| result[name].as_u64().unwrap_or_default();
        let seconds = |name: &str| format!("{:.1} s", result[name].as_f64().unwrap_or_default());
        table.row(vec![
            result["scenario"].as_str().unwrap_or_default().to_owned(),
            promised(count("rtoSeconds")),
            seconds("tookSeconds"),
            promised(count("rpoSeconds")),
            seconds("lostSeconds"),
            count("acknowledged").to_string(),
            count("lost").to_string(),
            if result["met"] == true { "yes" } else { "NO" }.to_owned(),
        ]);
    }
    Ok(table.to_string())
}

/// Hours or minutes, as the promise says it.
fn promised(seconds: u64) -> String {
    match seconds {
        0 => "0".to_owned(),
        _ if seconds.is_multiple_of(3_600) => format!("{} h", seconds / 3_600),
        _ => format!("{} min", seconds / 60),
    }
}
