//! What seeds did, or would do.

use serde::Serialize;

use super::changes::TableChange;
use crate::report::{counted, table};

/// What a run of seeds did.
#[derive(Debug, Clone, Serialize)]
pub struct SeedReport {
    /// Whether it was only a check, which changed nothing.
    pub check: bool,
    /// How many users were given.
    pub users: usize,
    /// The seeds, in the order they ran in.
    pub seeds: Vec<Seeded>,
}

/// What one seed did.
#[derive(Debug, Clone, Serialize)]
pub struct Seeded {
    /// The seed.
    pub name: String,
    /// The rows that it wrote, by table; those of triggers too.
    pub changes: Vec<TableChange>,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
}

impl SeedReport {
    pub(crate) fn to_text(&self) -> String {
        let rows: Vec<[String; 5]> = self.seeds.iter().flat_map(Seeded::rows).collect();
        let mut text = String::new();
        if !rows.is_empty() {
            text += &table(["SEED", "TABLE", "INSERTED", "UPDATED", "DELETED"], rows.into_iter());
            text.push('\n');
        }
        let names: Vec<&str> = self.seeds.iter().map(|seed| seed.name.as_str()).collect();
        let time: i64 = self.seeds.iter().map(|seed| seed.duration_ms).sum();
        let names = names.join(", ");
        text += &match (self.check, self.users) {
            (true, _) => format!("This is what {names} would do; nothing was changed."),
            (false, 0) => format!("Ran {names} in {time} ms."),
            (false, users) => format!("Ran {names} in {time} ms, {} given.", counted(users, "user")),
        };
        text
    }
}

impl Seeded {
    fn rows(&self) -> Vec<[String; 5]> {
        if self.changes.is_empty() {
            return vec![[self.name.clone(), "nothing to do".to_owned(), String::new(), String::new(), String::new()]];
        }
        let row = |change: &TableChange| {
            let figures = [change.inserted, change.updated, change.deleted].map(|count| count.to_string());
            let [inserted, updated, deleted] = figures;
            [self.name.clone(), change.table.clone(), inserted, updated, deleted]
        };
        self.changes.iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{SeedReport, Seeded, TableChange};

    #[test]
    fn a_person_reads_what_each_seed_did_to_which_table() {
        let change = TableChange { table: "vouchers".to_owned(), inserted: 3, ..TableChange::default() };
        let seeded = |name: &str, changes| Seeded { name: name.to_owned(), changes, duration_ms: 4 };
        let seeds = vec![seeded("vouchers", vec![change]), seeded("merch", Vec::new())];
        let mut report = SeedReport { check: false, users: 0, seeds };
        let table = "SEED      TABLE          INSERTED  UPDATED  DELETED\n\
                     vouchers  vouchers       3         0        0\n\
                     merch     nothing to do\n";
        assert_eq!(report.to_text(), format!("{table}Ran vouchers, merch in 8 ms."));
        report.check = true;
        assert_eq!(report.to_text(), format!("{table}This is what vouchers, merch would do; nothing was changed."));
    }
}
