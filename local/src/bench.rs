//! `cargo dev bench`: how quickly the functions start and answer, measured in one run and told as ratios, because these
//! machines are noisy: cold starts against a function that only says hello, warm requests against `pgbench` running the
//! same statements through the same PgBouncer.

mod backups;
mod bundles;
mod cold_start;
mod pgbench;
mod requests;
mod statements;
mod warm;

use std::{fs, path::Path};

use clap::Args;
use serde_json::json;

use self::bundles::Bundles;
use crate::{
    console::{Step, note, say},
    data_folder::DataFolder,
    error::{Doing, LocalError},
    functions,
    server_user::{ServerUser, passable_folder},
    settings::project,
    table::Table,
};

/// Takes minutes for a backup: what its start takes, nobody notices.
const NOBODY_WAITS: &str = "backup";

/// Options of `cargo dev bench`.
#[derive(Debug, Args)]
pub struct BenchOptions {
    /// Cold starts of each function
    #[arg(long, default_value_t = 40)]
    pub starts: usize,
    /// Warm requests to each endpoint
    #[arg(long, default_value_t = 2_000)]
    pub requests: usize,
    /// The file that the figures are written to
    #[arg(long, default_value = "bench.json")]
    pub output: std::path::PathBuf,
}

/// Measures and prints.
///
/// # Errors
/// When something cannot be built or started, or an endpoint does not answer as it should.
pub async fn bench(options: BenchOptions) -> Result<(), LocalError> {
    let project = project();
    note("Building the functions as they are deployed …");
    let names = functions::names(&project)?;
    let mut all = names.clone();
    all.extend([bundles::HELLO, functions::TILL].map(str::to_owned));
    let binaries = functions::build(&project, &all, true).await?;

    let user = ServerUser::choose()?;
    let default = DataFolder::default_path(&project, user.as_ref());
    let path = default.with_file_name(format!("{}-bench", default.file_name().unwrap_or_default().to_string_lossy()));
    passable_folder(&path)?;
    let data = DataFolder::take(&path, true, user.as_ref())?;
    let mut bundles = Bundles::start(&project, data.path(), user, &binaries).await?;

    let step = Step::start(format!("Starting each function {} times …", options.starts));
    let waited_for: Vec<_> = names.iter().filter(|name| *name != NOBODY_WAITS).cloned().collect();
    let mut starts = cold_start::measure(&mut bundles, &waited_for, options.starts).await?;
    step.done("Cold starts are measured");
    let step = Step::start(format!("Sending {} requests to each endpoint …", options.requests));
    let answers = warm::measure(&bundles, options.requests).await?;
    step.done("Warm requests are measured");
    cold_start::read_peaks(&bundles, &mut starts);
    let sizes = sizes(&binaries, &all)?;
    say(cold_start::table(&starts, &sizes));
    say(warm::table(&answers));
    let step = Step::start("Backing up and restoring a database …");
    let backups = backups::measure(bundles.servers(), &bundles.tools, &binaries, data.path()).await?;
    step.done("Backup and restore are measured");
    bundles.stop().await?;

    say(backups::table(&backups));
    let figures = json!({ "coldStarts": starts, "warm": answers, "backups": backups, "binaryBytes": sizes });
    let text = serde_json::to_string_pretty(&figures)? + "\n";
    fs::write(&options.output, text).doing(|| format!("write {}", options.output.display()))?;
    say(format!("Written to {}", options.output.display()));
    Ok(())
}

/// The size of each binary in bytes.
fn sizes(binaries: &Path, names: &[String]) -> Result<std::collections::BTreeMap<String, u64>, LocalError> {
    let size = |name: &String| {
        let path = binaries.join(name);
        let found = fs::metadata(&path).doing(|| format!("read {}", path.display()))?;
        Ok((name.clone(), found.len()))
    };
    names.iter().map(size).collect()
}

/// The value below which `share` of the sorted `values` lie.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let index = (sorted.len() as f64 * share) as usize;
    sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// The one in the middle.
fn median(values: Vec<f64>) -> f64 {
    percentile(&sorted(values), 0.5)
}

/// `values` in order, for [`percentile`].
fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}
