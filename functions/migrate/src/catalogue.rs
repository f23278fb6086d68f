//! What a database is made of, as one flat list: "column users.email" → "text not null". Two lists can be compared, and
//! what differs has a name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::secret::{hex, sha256};
use tokio_postgres::Client;

use crate::canonical::canonical;

const READ: &str = include_str!("catalogue.sql");

/// A definition that is longer is not shown, only that it changed.
const SHOWN: usize = 60;

/// Every object of the schema with its definition. The months of partitioned tables, what extensions brought and the
/// runner's own tables are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Catalogue(BTreeMap<String, String>);

/// One difference between two catalogues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What differs: `column users.extra`.
    pub object: String,
    /// How.
    pub change: Change,
    /// Both definitions, where they are short enough to be shown.
    pub detail: Option<String>,
}

/// How an object differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is there and was not expected.
    Added,
    /// It was expected and is not there.
    Missing,
    /// It has another definition.
    Changed,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let change = match self.change {
            Change::Added => "was added",
            Change::Missing => "is missing",
            Change::Changed => "was changed",
        };
        write!(f, "{} {change}", self.object)?;
        self.detail.iter().try_for_each(|detail| write!(f, " ({detail})"))
    }
}

impl Catalogue {
    /// Reads the catalogue of the schema `public`, also inside a transaction that is changing it.
    pub(crate) async fn read(client: &Client) -> Result<Self, tokio_postgres::Error> {
        let rows = client.query_typed(READ, &[]).await?;
        let entry = |row: tokio_postgres::Row| Ok((row.try_get(0)?, row.try_get(1)?));
        rows.into_iter().map(entry).collect::<Result<_, tokio_postgres::Error>>().map(Self)
    }

    /// SHA-256 in hex of the catalogue as canonical JSON.
    pub fn fingerprint(&self) -> String {
        hex(&sha256(serde_json::to_string(&self.0).unwrap_or_default()))
    }

    /// What of `self` differs from `expected` in its meaning. What belongs to a table that was added or is missing is not repeated.
    pub fn differences(&self, expected: &Self) -> Vec<Difference> {
        let mut found = Vec::new();
        for (object, definition) in &self.0 {
            let (change, detail) = match expected.0.get(object) {
                None => (Change::Added, None),
                Some(before) if canonical(before) != canonical(definition) => {
                    let short = before.len() <= SHOWN && definition.len() <= SHOWN;
                    let shown = || format!("{} → {}", or_nothing(before), or_nothing(definition));
                    (Change::Changed, (short && !object.starts_with("function ")).then(shown))
                }
                Some(_) => continue,
            };
            found.push(Difference { object: object.clone(), change, detail });
        }
        let missing = expected.0.keys().filter(|object| !self.0.contains_key(*object));
        found.extend(missing.map(|object| Difference {
            object: object.clone(),
            change: Change::Missing,
            detail: None,
        }));
        found.sort_by(|one, other| one.object.cmp(&other.object));
        let wholes: Vec<Difference> = found.iter().filter(|difference| whole(difference).is_some()).cloned().collect();
        found.retain(|difference| !wholes.iter().any(|owner| covers(self, expected, owner, difference)));
        found
    }

    /// The roles that something is granted to.
    pub(crate) fn grantees(&self) -> impl Iterator<Item = &str> {
        self.0.keys().filter_map(|object| grantee(object))
    }
}

/// The role that a grant goes to, if the object is one.
pub(crate) fn grantee(object: &str) -> Option<&str> {
    object.strip_prefix("grant ")?.rsplit_once(" to ").map(|(_, role)| role)
}

fn or_nothing(definition: &str) -> &str {
    if definition.is_empty() { "nothing" } else { definition }
}

/// Kind and name of what was added or is missing as a whole.
fn whole(difference: &Difference) -> Option<(&str, &str)> {
    let (kind, name) = difference.object.split_once(' ')?;
    let whole =
        matches!(kind, "table" | "view" | "function" | "domain" | "type") && difference.change != Change::Changed;
    whole.then_some((kind, name))
}

/// Whether `difference` goes without saying once the whole is named.
fn covers(actual: &Catalogue, expected: &Catalogue, owner: &Difference, difference: &Difference) -> bool {
    let (Some((owner_kind, name)), true) = (whole(owner), owner.change == difference.change) else { return false };
    let Some((kind, rest)) = difference.object.split_once(' ') else { return false };
    // How grants and comments call it.
    let called = match owner_kind {
        "table" | "view" => name.to_owned(),
        "function" => format!("function {name}"),
        _ => format!("type {name}"),
    };
    match kind {
        "column" | "constraint" | "trigger" | "policy" => {
            rest.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
        }
        "grant" => rest.split_once(" on ").is_some_and(|(_, on)| names(on, &called)),
        "comment" => rest.strip_prefix("on ").is_some_and(|on| names(on, &called)),
        "index" => {
            let definition = actual.0.get(&difference.object).or_else(|| expected.0.get(&difference.object));
            definition.is_some_and(|sql| sql.contains(&format!(" ON public.{name} ")))
        }
        _ => false,
    }
}

/// Whether the text starts with the object or one of its columns.
fn names(text: &str, object: &str) -> bool {
    text.strip_prefix(object).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', ' ']))
}

#[cfg(test)]
mod tests {
    use super::Catalogue;

    fn catalogue(entries: &[(&str, &str)]) -> Catalogue {
        Catalogue(entries.iter().map(|(object, definition)| ((*object).to_owned(), (*definition).to_owned())).collect())
    }

    fn said(actual: &[(&str, &str)], expected: &[(&str, &str)]) -> Vec<String> {
        catalogue(actual).differences(&catalogue(expected)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_difference_is_named() {
        let said = said(
            &[("column a.b", "text"), ("column a.extra", "int"), ("function f()", "1"), ("table a", "")],
            &[("column a.b", "integer"), ("function f()", "2"), ("index a_b_idx", "CREATE …"), ("table a", "")],
        );
        assert_eq!(
            said,
            [
                "column a.b was changed (integer → text)",
                "column a.extra was added",
                "function f() was changed",
                "index a_b_idx is missing"
            ]
        );
    }

    #[test]
    fn a_missing_table_is_said_once() {
        let table = [
            ("column a.b", "text"),
            ("comment on a.b", "x"),
            ("constraint a.a_pkey", "PRIMARY KEY (b)"),
            ("grant select on a to spike_app", ""),
            ("index a_b_idx", "CREATE INDEX a_b_idx ON public.a USING btree (b)"),
            ("table a", ""),
        ];
        assert_eq!(said(&[], &table), ["table a is missing"]);
        assert_eq!(said(&table, &[("column aa.b", "text")]), ["column aa.b is missing", "table a was added"]);
    }

    #[test]
    fn the_fingerprint_is_of_the_content() {
        let one = catalogue(&[("table a", ""), ("table b", "")]);
        assert_eq!(one.fingerprint(), catalogue(&[("table b", ""), ("table a", "")]).fingerprint());
        assert_ne!(one.fingerprint(), catalogue(&[("table a", "b")]).fingerprint());
        assert_eq!(one.fingerprint().len(), 64);
    }
}
