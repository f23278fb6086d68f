//! `cargo dev test`: servers, built functions, a migrated database to copy, then every test, and one line that sums up.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use clap::Args;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::{
    console::{Step, note, say},
    database::deploy,
    error::{Doing, LocalError},
    functions,
    pgbouncer::PoolSizes,
    secret,
    server_user::{ServerUser, passable_folder},
    servers::{ServerSettings, Servers},
    settings::project,
    tools::{node, python},
};

const TEMPLATE: &str = "migrated";
/// Every test has a database and so a pool of its own.
const POOL: PoolSizes = PoolSizes { size: 5, min: 0, reserve: 0 };

/// Options of `cargo dev test`.
#[derive(Debug, Args)]
pub struct TestOptions {
    /// Arguments for `cargo test`, such as a name to choose by or `-p shared`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<String>,
    /// Further variables for the tests
    #[arg(skip)]
    pub environment: Vec<(String, String)>,
}

/// Runs the tests.
///
/// # Errors
/// When something cannot be set up, or a test fails.
pub async fn test(options: TestOptions) -> Result<(), LocalError> {
    let project = project();
    let folder = std::env::temp_dir().join(format!("spike-land-test-{}", secret::random(6)?));
    passable_folder(&folder)?;
    let outcome = tokio::select! {
        outcome = run(&project, folder.clone(), options) => outcome,
        _ = tokio::signal::ctrl_c() => Err(LocalError::said("The tests were interrupted.")),
    };
    fs::remove_dir_all(&folder).doing(|| format!("remove {}", folder.display()))?;
    outcome
}

async fn run(project: &Path, folder: PathBuf, options: TestOptions) -> Result<(), LocalError> {
    let access_key = ("test".to_owned(), "test-secret".to_owned());
    let user = ServerUser::choose()?;
    let servers = ServerSettings { folder: folder.join("servers"), user, durable: false, pool: POOL, access_key };
    let servers = Servers::start(servers).await?;

    let packages = python::python_packages(&python::TEST_PACKAGES, &project.join("target/python")).await?;
    let node = node::node_packages(&node::TEST_PACKAGES, &project.join("target/node")).await?;

    note("Building the functions …");
    let mut names = functions::names(project)?;
    names.extend([functions::TILL, functions::DATABASE_COMMANDS].map(str::to_owned));
    let binaries = functions::build(project, &names, false).await?;
    let step = Step::start("Migrating a database for the tests to copy …");
    servers.postgres.create_database(TEMPLATE, None).await?;
    deploy(&binaries, &servers.postgres.url(TEMPLATE)).await?;
    step.done("A migrated database is ready to be copied");

    let mut command = functions::cargo(project);
    command.args(["test", "--workspace", "--no-fail-fast"]).args(&options.arguments);
    command
        .envs(options.environment)
        .env("TEST_DIRECT_URL", servers.postgres.url("postgres"))
        .env("TEST_POOLED_URL", servers.pooled_url("postgres"))
        .env("TEST_MONITOR_URL", servers.monitor_url("postgres"))
        .env("TEST_TEMPLATE_DATABASE", TEMPLATE)
        .env("TEST_BINARIES", &binaries)
        .env("TEST_FOLDER", &folder)
        .env("TEST_PYTHON", &packages.python)
        .env("TEST_PYTHONPATH", &packages.folder)
        .env("TEST_PYTHON_BIN", &packages.bin)
        .env("TEST_NODE", &node.node)
        .env("TEST_NODE_FOLDER", &node.folder);
    let mut child = command.stdout(Stdio::piped()).spawn().doing(|| "run cargo test")?;
    let mut summary = Summary::default();
    if let Some(output) = child.stdout.take() {
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next_line().await? {
            summary.read(&line);
            say(line);
        }
    }
    let status = child.wait().await.doing(|| "wait for cargo test")?;
    servers.stop().await?;
    summary.conclude(status.success())
}

/// What all test programs together have counted.
#[derive(Debug, Default)]
struct Summary {
    passed: u32,
    failed: u32,
    failures: Vec<String>,
}

impl Summary {
    /// Takes in a line of `cargo test`.
    fn read(&mut self, line: &str) {
        if let Some(name) = line.strip_prefix("test ").and_then(|line| line.strip_suffix(" ... FAILED")) {
            self.failures.push(name.to_owned());
        }
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|line| line.split_once(". ")) else {
            return;
        };
        let count = |what: &str| {
            let part = counts.split(';').find_map(|part| part.trim().strip_suffix(what));
            part.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
        };
        self.passed += count(" passed");
        self.failed += count(" failed");
    }

    /// Prints the closing lines: what failed, then the counts.
    fn conclude(self, succeeded: bool) -> Result<(), LocalError> {
        say("");
        for name in &self.failures {
            say(format!("FAILED {name}"));
        }
        say(format!("{} passed, {} failed", self.passed, self.failed));
        match (succeeded, self.failed, self.passed) {
            (true, 0, 0) => Err(LocalError::said("No test ran: is the name right?")),
            (true, 0, _) => Ok(()),
            (_, 0, _) => Err(LocalError::said("The tests did not run to their end: see what cargo says above.")),
            _ => Err(LocalError::said("Some tests failed.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Summary;

    #[test]
    fn the_counts_of_all_programs_add_up() {
        let mut summary = Summary::default();
        for line in [
            "running 3 tests",
            "test a::b ... ok",
            "test a::c ... FAILED",
            "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: ok. 41 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s",
            "a test prints: 7 passed",
        ] {
            summary.read(line);
        }
        assert_eq!((summary.passed, summary.failed, summary.failures.as_slice()), (43, 1, &["a::c".to_owned()][..]));
        assert!(summary.conclude(false).is_err());
        assert!(Summary::default().conclude(true).is_err(), "no test at all is no success");
    }
}
