//! The report as a person reads it.

use std::fmt::Write as _;

use shared::monitoring::bytes;

use super::MonthlyReport;

/// Lines of each list; the object has all.
const LINES: usize = 10;
/// What is shown of a statement.
const TEXT_CHARACTERS: usize = 80;

impl MonthlyReport {
    pub(crate) fn to_text(&self) -> String {
        let mut out = format!("{}, made {}\n", self.month, self.made_at);
        let backups = &self.operation.backups;
        let proven = backups.last_proven_at.as_deref().unwrap_or("never");
        line(&mut out, "Backups", &format!("{} taken, {} failed; proven {proven}", backups.taken, backups.failed));
        let jobs = &self.operation.jobs;
        let failed: i64 = jobs.failed.iter().map(|job| job.times).sum();
        line(&mut out, "Jobs", &format!("{} runs, {failed} failed", jobs.runs));
        let fired: i64 = self.operation.alerts.fired.iter().map(|alert| alert.times).sum();
        line(&mut out, "Alerts", &format!("{fired} fired, {} not delivered", self.operation.alerts.undelivered));
        if let (Some(most), Some(last)) = (self.operation.disk.most_percent, self.operation.disk.last_percent) {
            line(&mut out, "Disk", &format!("{last:.0} % used, {most:.0} % at the most"));
        }
        self.server_to_text(&mut out);
        if self.findings.is_empty() {
            out += "Nothing needs a look.\n";
        }
        for finding in &self.findings {
            let _ = writeln!(out, "! {finding}");
        }
        let _ = write!(out, "Stored as {}.", self.key);
        out
    }

    fn server_to_text(&self, out: &mut String) {
        let Some(server) = &self.server else {
            line(out, "Server", self.server_note.as_deref().unwrap_or_default());
            return;
        };
        let grown =
            self.growth.as_ref().map_or_else(String::new, |growth| format!(", {}", signed(growth.database_bytes)));
        line(out, "Size", &format!("{}{grown}", bytes(server.sizes.database_bytes)));
        let growth = |name: &str| {
            let of = self.growth.as_ref()?.tables.iter().find(|table| table.table == name)?;
            Some(format!("  {}", signed(of.bytes)))
        };
        for table in server.sizes.tables.iter().take(LINES) {
            let more = growth(&table.name).unwrap_or_default();
            let _ = writeln!(out, "  {:<36} {:>12}{more}", table.name, bytes(table.total_bytes));
        }
        line(out, "Dead rows", "");
        for table in server.tables.iter().filter(|table| table.dead_rows > 0).take(LINES) {
            let _ = writeln!(out, "  {:<36} {:>12} {:>5.1} %", table.name, table.dead_rows, table.dead_percent);
        }
        line(out, "Bloat", if server.bloat.is_empty() { "none" } else { "" });
        for table in server.bloat.iter().take(LINES) {
            let _ = writeln!(out, "  {:<36} {:>12} of {}", table.table, bytes(table.wasted_bytes), bytes(table.bytes));
        }
        line(out, "Slowest", server.slow_statements.note.as_deref().unwrap_or("by mean time"));
        for statement in server.slow_statements.statements.iter().take(LINES) {
            let text: String = statement.text.chars().take(TEXT_CHARACTERS).collect();
            let _ = writeln!(out, "  {:>10.1} ms x {:<8} {text}", statement.mean_milliseconds, statement.calls);
        }
        let unused = server.unused_indexes.len();
        line(out, "Indexes", &format!("{unused} never used since {}", server.index_uses_since));
    }
}

/// Writing to a string does not fail.
fn line(out: &mut String, name: &str, text: &str) {
    let _ = writeln!(out, "{}", format!("{name:<13} {text}").trim_end());
}

fn signed(count: i64) -> String {
    format!("{}{}", if count < 0 { "-" } else { "+" }, bytes(count.saturating_abs()))
}
