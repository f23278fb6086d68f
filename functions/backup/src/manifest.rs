//! What lies beside an object and says what it must be: without it, or when it disagrees, a backup does not count.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::key::Kind;

/// The tables by name; those outside the schema `public` with their schema.
pub type Tables = BTreeMap<String, TableContent>;

/// The manifest of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Why it was taken.
    pub kind: Kind,
    /// When the snapshot was taken, as ISO 8601 in UTC.
    pub started_at: String,
    /// When the last byte was stored.
    pub finished_at: String,
    /// The server's version, such as `15.14`.
    pub pg_version: String,
    /// The version of this program.
    pub app_version: String,
    /// The newest migration in it; none of a database that was never migrated.
    pub migration: Option<MigrationMark>,
    /// The place in the write-ahead log from which a standby or an archive would go on.
    pub snapshot_lsn: String,
    /// The object's size.
    pub bytes: u64,
    /// SHA-256 of the object, in hex.
    pub sha256: String,
    /// What the tables held in the same snapshot.
    pub tables: Tables,
    /// Id of the key, when more than the object store itself encrypts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypted_with: Option<String>,
}

/// A migration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigrationMark {
    /// Its number.
    pub version: i32,
    /// SHA-256 of its file, in hex.
    pub checksum: String,
}

/// What a table holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableContent {
    /// How many rows.
    pub rows: i64,
    /// A sum over the hashes of all rows, whatever their order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
}

/// A table that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The table.
    pub table: String,
    /// What the manifest says; `None`: it knows no such table.
    pub expected: Option<TableContent>,
    /// What is there; `None`: no such table.
    pub found: Option<TableContent>,
}

impl Manifest {
    /// The server's major version.
    #[must_use]
    pub fn pg_major(&self) -> Option<i32> {
        self.pg_version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    }
}

/// Where `found` is not what the manifest says.
#[must_use]
pub fn differences(expected: &Tables, found: &Tables) -> Vec<Difference> {
    let names: std::collections::BTreeSet<_> = expected.keys().chain(found.keys()).collect();
    let same = |left: &TableContent, right: &TableContent| {
        let hashes = left.checksum.as_ref().zip(right.checksum.as_ref());
        left.rows == right.rows && hashes.is_none_or(|(left, right)| left == right)
    };
    let differs = |name: &&String| match (expected.get(*name), found.get(*name)) {
        (Some(expected), Some(found)) => !same(expected, found),
        _ => true,
    };
    let difference = |name: &String| Difference {
        table: name.clone(),
        expected: expected.get(name).cloned(),
        found: found.get(name).cloned(),
    };
    names.into_iter().filter(differs).map(difference).collect()
}

#[cfg(test)]
mod tests {
    use super::{TableContent, Tables, differences};

    #[test]
    fn ops_25_every_way_to_differ_is_found() {
        let table = |rows, checksum: Option<&str>| TableContent { rows, checksum: checksum.map(str::to_owned) };
        let tables = |tables: &[(&str, TableContent)]| -> Tables {
            tables.iter().map(|(name, content)| ((*name).to_owned(), content.clone())).collect()
        };
        let expected = tables(&[
            ("a", table(1, Some("x"))),
            ("b", table(2, None)),
            ("c", table(3, Some("x"))),
            ("d", table(4, None)),
        ]);
        let found = tables(&[
            ("a", table(1, Some("y"))),
            ("b", table(2, Some("z"))),
            ("c", table(2, Some("x"))),
            ("e", table(5, None)),
        ]);
        let named: Vec<_> = differences(&expected, &found).into_iter().map(|difference| difference.table).collect();
        assert_eq!(named, ["a", "c", "d", "e"]);
        assert!(differences(&expected, &expected).is_empty());
    }
}
