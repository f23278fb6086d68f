//! `pgbench` with the statements of an endpoint: what the database and the pooler need for them without us.

use std::{fs, path::Path, process::Stdio};

use tokio::process::Command;

use super::{sorted, statements::Statement};
use crate::{LocalError, error::Doing, tools::PostgresTools};

/// Milliseconds of each of `count` runs of `statements`, one client, all statements of a run sent together.
pub(super) async fn latencies(
    tools: &PostgresTools,
    url: &str,
    statements: &[Statement],
    count: usize,
    folder: &Path,
) -> Result<Vec<f64>, LocalError> {
    let script = folder.join("script.sql");
    let (text, variables) = script_of(statements);
    fs::write(&script, text).doing(|| format!("write {}", script.display()))?;
    let prefix = folder.join("latencies");
    let mut command = Command::new(tools.program("pgbench"));
    command
        .args(["--no-vacuum", "--protocol", "extended", "--client", "1", "--log", "--transactions", &count.to_string()])
        .arg(format!("--log-prefix={}", prefix.display()))
        .arg("--file")
        .arg(&script)
        .args(variables.iter().flat_map(|(name, value)| ["--define".to_owned(), format!("{name}={value}")]))
        .arg(url)
        .envs(tools.environment())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = command.output().await.doing(|| "run pgbench")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() || said.contains("aborted") {
        return Err(LocalError::said(format!("pgbench failed: {said}")));
    }
    let mut values = Vec::new();
    for entry in fs::read_dir(folder).doing(|| format!("read {}", folder.display()))?.flatten() {
        if entry.file_name().to_string_lossy().starts_with("latencies.") {
            let text = fs::read_to_string(entry.path()).doing(|| "read pgbench's log")?;
            // client, transaction, microseconds, …
            let microseconds = text.lines().filter_map(|line| line.split(' ').nth(2)?.parse::<f64>().ok());
            values.extend(microseconds.map(|value| value / 1_000.0));
            fs::remove_file(entry.path()).doing(|| "remove pgbench's log")?;
        }
    }
    Ok(sorted(values))
}

/// The script, and its variables. Each parameter becomes a variable, which `pgbench` sends as a parameter again.
fn script_of(statements: &[Statement]) -> (String, Vec<(String, String)>) {
    let mut variables = Vec::new();
    let mut script = String::new();
    for (index, statement) in statements.iter().enumerate() {
        let mut sql = statement.sql.clone();
        // From the last, so that $1 does not match the start of $12.
        for (position, value) in statement.parameters.iter().enumerate().rev() {
            let placeholder = format!("${}", position + 1);
            match value {
                Some(value) => {
                    let name = format!("s{index}p{position}");
                    let sent = match statement.changing.contains(&position) {
                        true => format!("(:{name}::text || :run::text)"),
                        false => format!(":{name}"),
                    };
                    sql = sql.replace(&placeholder, &sent);
                    variables.push((name, value.clone()));
                }
                None => sql = sql.replace(&placeholder, "null"),
            }
        }
        script.push_str(&without_comments(&sql));
        script.push_str(";\n");
    }
    if statements.len() > 1 {
        // Ids that each run has to make anew end in a number of its own.
        let changing = statements.iter().any(|statement| !statement.changing.is_empty());
        let run = if changing { "\\set run random(1, 1000000000000)\n" } else { "" };
        script = format!("{run}\\startpipeline\n{script}\\endpipeline\n");
    }
    (script, variables)
}

/// A comment may hold a colon or a quote, which `pgbench` would read.
fn without_comments(sql: &str) -> String {
    let lines = sql.lines().filter(|line| !line.trim_start().starts_with("--"));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{Statement, script_of};

    #[test]
    fn parameters_become_variables() {
        let statement = Statement {
            sql: "-- why: 'so'\nselect $1, $2, $10::text".to_owned(),
            parameters: vec![Some("a".into()), None, None, None, None, None, None, None, None, Some("j".into())],
            changing: vec![9],
        };
        let (script, variables) = script_of(&[statement]);
        assert_eq!(script, "select :s0p0, null, (:s0p9::text || :run::text)::text;\n");
        assert_eq!(variables, [("s0p9".to_owned(), "j".to_owned()), ("s0p0".to_owned(), "a".to_owned())]);
    }
}
