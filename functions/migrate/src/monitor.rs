//! `cargo db monitor`: the server's figures as a table that refreshes itself. `ops` answers the same ones.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use shared::Database;
use shared::monitoring::{Monitor, MonitorError, Overview, bytes};

use crate::error::MigrateError;
use crate::settings::Settings;

const EVERY: Duration = Duration::from_secs(2);
/// Goes to the top and clears what is below.
const FROM_THE_TOP: &str = "\x1b[H\x1b[J";
/// Rows of each table, so that all of it fits a screen.
const ROWS: usize = 6;
/// What is shown of a statement.
const TEXT_CHARACTERS: usize = 80;

/// Prints the figures every two seconds until it is stopped, or once. As JSON, a line each time.
pub(crate) async fn run(once: bool, json: bool) -> ExitCode {
    match watch(once, json).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn watch(once: bool, json: bool) -> Result<(), MigrateError> {
    let settings = Settings::from_env_and_file()?;
    // The owner of the database sees as much, except the pooler.
    let monitor = Monitor::from_config(&settings.config)?
        .unwrap_or_else(|| Monitor::new(Database::new(settings.url.clone(), settings.config.clock.clone())));
    let clears = !once && !json && std::io::stdout().is_terminal();
    loop {
        let outcome = monitor.overview().await;
        let text = match &outcome {
            Ok(overview) if json => serde_json::to_string(overview).unwrap_or_default(),
            Ok(overview) => text(overview),
            Err(error) if once => return Err(MigrateError::Connection(error.to_string())),
            // Somebody who watches a server wants to see it come back.
            Err(MonitorError::NotSetUp(missing)) => return Err(MigrateError::Request((*missing).to_owned())),
            Err(error) if json => serde_json::json!({ "error": error.to_string() }).to_string(),
            Err(error) => error.to_string(),
        };
        print(&format!("{}{text}", if clears { FROM_THE_TOP } else { "" }));
        if once {
            return Ok(());
        }
        tokio::time::sleep(EVERY).await;
    }
}

#[expect(clippy::print_stdout, reason = "a command's report belongs on standard output")]
fn print(text: &str) {
    println!("{text}");
}

/// All of it as a table. Writing to a string does not fail.
fn text(overview: &Overview) -> String {
    let mut out = String::new();
    let now = &overview.connections;
    let _ = writeln!(out, "Connections   {} of {} ({:.0} %), {} here", now.used, now.limit, now.used_percent, now.here);
    for group in now.groups.iter().take(ROWS) {
        let name = if group.application.is_empty() { "-" } else { &group.application };
        let _ = writeln!(
            out,
            "  {:<20} {:<15} {:<22} {:>5}  longest {}",
            cut(name, 20),
            cut(&group.role, 15),
            cut(&group.state, 22),
            group.count,
            seconds(group.longest_seconds)
        );
    }
    match &overview.pooler {
        None => {
            let _ = writeln!(out, "Pooler        {}", overview.pooler_note.as_deref().unwrap_or("none"));
        }
        Some(pooler) => {
            let _ = writeln!(
                out,
                "Pooler        {} of {} clients, {} waiting, the longest {:.0} ms; {}",
                pooler.clients, pooler.client_limit, pooler.waiting, pooler.longest_wait_milliseconds, pooler.version
            );
            for pool in pooler.pools.iter().take(ROWS) {
                let _ = writeln!(
                    out,
                    "  {:<20} {:<15} clients {:>4} active {:>4} waiting   servers {:>3} active {:>3} idle",
                    cut(&pool.database, 20),
                    cut(&pool.role, 15),
                    pool.clients_active,
                    pool.clients_waiting,
                    pool.servers_active,
                    pool.servers_idle
                );
            }
        }
    }
    replicas(overview, &mut out);
    queries(overview, &mut out);
    sizes(overview, &mut out);
    out.truncate(out.trim_end().len());
    out
}

fn replicas(overview: &Overview, out: &mut String) {
    let replicas = &overview.replication.replicas;
    let summary = match replicas.len() {
        0 => "none".to_owned(),
        _ => format!("lag {}", seconds(overview.replication.lag_seconds)),
    };
    let _ = writeln!(out, "Replicas      {summary}");
    for replica in replicas.iter().take(ROWS) {
        let _ = writeln!(
            out,
            "  {:<20} {:<15} {:<22} {:>12}  lag {}",
            cut(&replica.name, 20),
            cut(&replica.state, 15),
            cut(&replica.synchronous, 22),
            bytes(replica.behind_bytes),
            seconds(replica.lag_seconds)
        );
    }
}

fn queries(overview: &Overview, out: &mut String) {
    let running = &overview.runaway_queries;
    let _ = writeln!(
        out,
        "Running > 5 s {}",
        if running.is_empty() { "none".to_owned() } else { running.len().to_string() }
    );
    for query in running.iter().take(ROWS) {
        let _ =
            writeln!(out, "  {:>8} pid {:<7} {}", seconds(query.seconds), query.pid, cut(&query.text, TEXT_CHARACTERS));
    }
    let slow = &overview.slow_statements;
    let _ = writeln!(out, "Slowest       {}", slow.note.as_deref().unwrap_or("by mean time"));
    for statement in slow.statements.iter().take(ROWS) {
        let _ = writeln!(
            out,
            "  {:>10.1} ms x {:<8} {}",
            statement.mean_milliseconds,
            statement.calls,
            cut(&statement.text, TEXT_CHARACTERS)
        );
    }
}

fn sizes(overview: &Overview, out: &mut String) {
    let sizes = &overview.sizes;
    let _ = writeln!(out, "Size          {}, log {}", bytes(sizes.database_bytes), bytes(sizes.log_bytes));
    for table in sizes.tables.iter().take(ROWS) {
        let _ = writeln!(
            out,
            "  {:<36} {:>12}  indexes {:>12}  {} rows",
            cut(&table.name, 36),
            bytes(table.total_bytes),
            bytes(table.index_bytes),
            table.rows
        );
    }
}

fn cut(text: &str, characters: usize) -> String {
    match text.chars().count() > characters {
        true => text.chars().take(characters - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

fn seconds(seconds: f64) -> String {
    match seconds {
        s if s >= 7_200.0 => format!("{:.1} h", s / 3_600.0),
        s if s >= 120.0 => format!("{:.1} min", s / 60.0),
        s => format!("{s:.1} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, cut, seconds};

    #[test]
    fn figures_are_short() {
        assert_eq!((bytes(0), bytes(1_536), bytes(5 << 30)), ("0.0 B".into(), "1.5 KiB".into(), "5.0 GiB".into()));
        assert_eq!(
            (seconds(1.0), seconds(150.0), seconds(9_000.0)),
            ("1.0 s".into(), "2.5 min".into(), "2.5 h".into())
        );
        assert_eq!((cut("häßlich", 4), cut("abc", 3)), ("häß…".into(), "abc".into()));
    }
}
