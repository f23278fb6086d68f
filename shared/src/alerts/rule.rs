//! The rules.

/// Something that must not exceed a value.
#[derive(Debug, PartialEq)]
pub struct Rule {
    /// As `alert_states.rule` has it.
    pub name: &'static str,
    /// Fires above this, not at it.
    pub threshold: f64,
    /// What the value counts.
    pub unit: &'static str,
    /// What it is about, for people.
    pub about: &'static str,
}

/// The database cannot be reached.
pub(super) const DATABASE_UNREACHABLE: &str = "database_unreachable";

/// Every rule.
pub const RULES: &[Rule] = &[
    Rule {
        name: "connections.server",
        threshold: 80.0,
        unit: "%",
        about: "PostgreSQL's connections, of those that ordinary roles can have",
    },
    Rule {
        name: "connections.pooler",
        threshold: 80.0,
        unit: "%",
        about: "PgBouncer's clients, of those that it lets in",
    },
    Rule { name: "replication.lag", threshold: 30.0, unit: "s", about: "How far the slowest replica is behind" },
    Rule { name: "disk.used", threshold: 80.0, unit: "%", about: "The database's disk: data and write-ahead log" },
    Rule {
        name: "queries.slow",
        threshold: 10.0,
        unit: "queries",
        about: "Queries that took longer than a second, in the last five minutes",
    },
    Rule {
        name: "backup.failed",
        threshold: 0.0,
        unit: "runs",
        about: "Backups that have failed since the last good one of their kind",
    },
    Rule { name: "backup.missing", threshold: 26.0, unit: "h", about: "Since the last good daily backup was begun" },
    Rule {
        name: "secrets.age",
        threshold: 90.0,
        unit: "days",
        about: "Since the database's password was replaced, as is due each quarter",
    },
    Rule {
        name: "versions.outdated",
        threshold: 0.0,
        unit: "servers",
        about: "PostgreSQL or PgBouncer older than what is known to be sound",
    },
    Rule {
        name: DATABASE_UNREACHABLE,
        threshold: 0.0,
        unit: "attempts",
        about: "The database's own figures could not be asked for",
    },
];

/// The rule of this name.
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

/// A rule and what was measured of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Which rule.
    pub rule: &'static Rule,
    /// What was measured; absent where it could not be, which changes nothing.
    pub value: Option<f64>,
    /// The rule's own threshold, or what the operator has set.
    pub threshold: f64,
    /// Whether a calm value ends the alert at once: it says what is, and does not swing around the threshold.
    pub is_final: bool,
}

impl Reading {
    /// With the rule's own threshold.
    pub fn new(rule: &'static Rule, value: Option<f64>) -> Self {
        Reading { rule, value: value.filter(|value| value.is_finite()), threshold: rule.threshold, is_final: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those of the guide, to the letter.
    #[test]
    fn the_thresholds_are_those_of_the_guide() {
        for (name, threshold) in [
            ("connections.server", 80.0),
            ("connections.pooler", 80.0),
            ("replication.lag", 30.0),
            ("disk.used", 80.0),
            ("queries.slow", 10.0),
            ("backup.failed", 0.0),
            ("backup.missing", 26.0),
            ("secrets.age", 90.0),
        ] {
            assert!((find(name).unwrap().threshold - threshold).abs() < f64::EPSILON, "{name}");
        }
        assert_eq!(find("nothing"), None);
    }
}
