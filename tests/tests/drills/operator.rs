//! Who puts it right: runs the commands of `docs/runbook.md`, and only those.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;

use local::tools::PostgresTools;
use tests::Given;

/// Of every drill's backups.
pub const BUCKET: &str = "backups";

const RUNBOOK: &str = include_str!("../../../docs/runbook.md");
/// A program called cargo, whose `cargo db` is the binary that `cargo dev test` has built.
const CARGO: &str = "#!/bin/sh\nshift\nexec \"$DB\" \"$@\"\n";
/// The database's name in the runbook.
const NAME: &str = "spike_land";
/// The name of a restored one there.
const RESTORED: &str = "restored";

/// An operator with a shell.
#[derive(Clone)]
pub struct Operator {
    database: String,
    variables: BTreeMap<String, String>,
}

impl Operator {
    /// Somebody who looks after `database`, on the server that `url` leads to without it, with the bucket's keys.
    pub fn new(url: &str, database: &str, s3: &str, tools: &PostgresTools) -> Self {
        let url = url.trim_end_matches('/');
        let mut variables = tools.environment();
        let pairs = [
            ("DB", Given::get().binaries.join("db").display().to_string()),
            ("PATH", format!("{}:{}:/usr/bin:/bin", cargo().display(), tools.bin.display())),
            ("PG_BIN", tools.bin.display().to_string()),
            ("ENVIRONMENT", "test".to_owned()),
            ("DIRECT_URL", format!("{url}/{database}")),
            ("RESTORED_URL", format!("{url}/{database}_{RESTORED}")),
            ("BACKUP_BUCKET", BUCKET.to_owned()),
            ("S3_ENDPOINT", s3.to_owned()),
            ("AWS_REGION", "eu-west-2".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test-secret".to_owned()),
        ];
        variables.extend(pairs.map(|(name, value)| (name.to_owned(), value)));
        Operator { database: database.to_owned(), variables }
    }

    /// The same with one more variable.
    pub fn with(&self, name: &str, value: impl Into<String>) -> Self {
        let mut operator = self.clone();
        operator.variables.insert(name.to_owned(), value.into());
        operator
    }

    /// Does what the runbook says, which must succeed. Answers what it said.
    pub async fn does(&self, commands: &str) -> String {
        let (succeeded, said) = self.runs(commands).await;
        assert!(succeeded, "{commands}: {said}");
        said
    }

    /// Does what the runbook says, which must fail. Answers what it said.
    pub async fn fails(&self, commands: &str) -> String {
        let (succeeded, said) = self.runs(commands).await;
        assert!(!succeeded, "{commands}: {said}");
        said
    }

    async fn runs(&self, commands: &str) -> (bool, String) {
        for line in commands.lines().map(str::trim) {
            assert!(RUNBOOK.contains(line), "docs/runbook.md does not say: {line}");
        }
        let word = |word: &str| match word {
            NAME => self.database.clone(),
            RESTORED => format!("{}_{RESTORED}", self.database),
            word => word.to_owned(),
        };
        let commands = commands.split(' ').map(word).collect::<Vec<_>>().join(" ");
        let mut shell = tokio::process::Command::new("sh");
        shell.arg("-c").arg(format!("set -e\n{commands}")).env_clear().envs(&self.variables);
        // Where no .env.local is.
        shell.current_dir(std::env::temp_dir()).stdin(Stdio::null()).kill_on_drop(true);
        let output = shell.output().await.unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }
}

/// The folder with it.
fn cargo() -> PathBuf {
    let folder = Given::get().folder.join("operator");
    let program = folder.join("cargo");
    if !program.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&program, CARGO).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}
