//! What `reconcile` found, for programs and for people.

use serde::Serialize;

use super::{Checked, Fixed, Weight};
use crate::report::table;

/// How many rows a line of the table names.
const SHOWN: usize = 3;

/// What `reconcile` found and, if it was asked to, repaired.
#[derive(Debug, Clone, Serialize)]
pub struct ReconcileReport {
    /// How many rows break a rule, after repairs.
    pub faults: i64,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// Every check.
    pub checks: Vec<Checked>,
    /// What was repaired.
    pub fixed: Vec<Fixed>,
}

impl ReconcileReport {
    /// The checks that found faults.
    pub fn broken(&self) -> impl Iterator<Item = &Checked> {
        self.checks.iter().filter(|check| check.faults() > 0)
    }

    pub(crate) fn to_text(&self) -> String {
        let rows = self.checks.iter().map(|check| {
            let found = match check.weight {
                Weight::Note if check.found > 0 => format!("{} (a note)", check.found),
                _ => check.found.to_string(),
            };
            [check.name.to_owned(), check.rows.to_string(), found, first(check)]
        });
        let mut text = table(["CHECK", "ROWS", "FAULTS", "FIRST"], rows) + "\n";
        for check in self.broken() {
            text += &format!("Not so: {} ({}).\n", check.says, check.name);
        }
        for fixed in &self.fixed {
            text += &format!("Recomputed: {fixed}.\n");
        }
        let seconds = std::time::Duration::from_millis(self.duration_ms.unsigned_abs()).as_secs_f64();
        text + &match self.faults {
            0 => format!("Everything agrees ({seconds:.1} s)."),
            1 => format!("1 fault ({seconds:.1} s)."),
            faults => format!("{faults} faults ({seconds:.1} s)."),
        }
    }
}

fn first(check: &Checked) -> String {
    let named = check.first.iter().take(SHOWN).map(|row| format!("{} ({})", row.id, row.detail));
    let mut text = named.collect::<Vec<_>>().join("; ");
    if check.first.len() > SHOWN {
        text += "; …";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reconcile::Offender;

    #[test]
    fn a_report_names_what_is_broken() {
        let offender = |id: &str| Offender { id: id.to_owned(), detail: "balance 1, entries 2".to_owned() };
        let mut sum = Checked {
            name: "balance_is_sum",
            says: "A balance is the sum of the entries",
            weight: Weight::Fault,
            rows: 7,
            found: 4,
            first: ["a", "b", "c", "d"].map(offender).into(),
        };
        let report = |checks: Vec<Checked>| {
            let faults = checks.iter().map(Checked::faults).sum();
            ReconcileReport { faults, duration_ms: 1_240, checks, fixed: Vec::new() }
        };
        let text = report(vec![sum.clone()]).to_text();
        assert!(text.contains("balance_is_sum  7     4       a (balance 1, entries 2); b"), "{text}");
        assert!(text.contains("; …\nNot so: A balance is the sum of the entries (balance_is_sum).\n4 faults (1.2 s)."));
        sum.weight = Weight::Note;
        let text = report(vec![sum]).to_text();
        assert!(text.contains("4 (a note)") && text.ends_with("\nEverything agrees (1.2 s)."), "{text}");
    }
}
