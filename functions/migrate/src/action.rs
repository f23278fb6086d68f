//! What can be asked for, as an event and as a command: `{"action": "deploy"}`, `cargo db deploy`.

use serde::Deserialize;
use serde_json::Value;

use crate::direct::Access;
use crate::error::MigrateError;
use crate::incident::Impact;
use crate::resolve::Resolution;
use crate::users::SeedUser;

/// Every action: its name, the fields that it takes, and how it is asked for. For messages, and to refuse misspelt fields.
const ACTIONS: &[(&str, &[&str], &str)] = &[
    ("deploy", &["without_backup"], r#"{"action": "deploy"}"#),
    ("status", &[], r#"{"action": "status"}"#),
    ("plan", &[], r#"{"action": "plan"}"#),
    ("reconcile", &["fix"], r#"{"action": "reconcile", "fix": false}"#),
    ("vacuum", &["seconds"], r#"{"action": "vacuum", "seconds": 840}"#),
    ("doctor", &[], r#"{"action": "doctor"}"#),
    ("resolve", &["name", "as"], r#"{"action": "resolve", "name": "…", "as": "rolled_back" or "applied"}"#),
    ("baseline", &[], r#"{"action": "baseline"}"#),
    ("rehearse", &[], r#"{"action": "rehearse"}"#),
    ("reset", &["target"], r#"{"action": "reset", "target": "…"}"#),
    ("validate", &[], r#"{"action": "validate"}"#),
    ("lint", &["from"], r#"{"action": "lint", "from": 1}"#),
    ("format", &["write"], r#"{"action": "format", "write": false}"#),
    ("new", &["name", "no_transaction"], r#"{"action": "new", "name": "…"}"#),
    (
        "seed",
        &["name", "users", "check", "target", "now"],
        r#"{"action": "seed", "name": "…", "users": [{"email", "password", "role", "name"?, "apiKey"?}]}"#,
    ),
    ("failover_check", &[], r#"{"action": "failover_check"}"#),
    ("incident", &["message", "impact", "over"], r#"{"action": "incident", "message": "…"}"#),
    ("maintenance", &["on", "message"], r#"{"action": "maintenance", "on": true, "message": "…"}"#),
    ("cleanup_e2e", &["check", "target", "now"], r#"{"action": "cleanup_e2e", "target": "…"}"#),
];

/// What to do.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Apply what is pending.
    Deploy {
        /// Whether to do it also where there is no backup to go back to.
        #[serde(default)]
        without_backup: bool,
    },
    /// Compare files and database.
    Status,
    /// Show the SQL that `deploy` would run, and what it does to the traffic.
    Plan,
    /// Prove that balances, ledger and payments agree.
    Reconcile {
        /// Also recompute wrong totals of sound entries.
        #[serde(default)]
        fix: bool,
    },
    /// VACUUM (ANALYZE) every table that had none since Sunday.
    Vacuum {
        /// How long to begin further tables; a function has less time than the command line, which has all.
        #[serde(default = "function_seconds")]
        seconds: Option<u64>,
    },
    /// Find out why something doesn't work.
    Doctor,
    /// Tell the history what was done by hand.
    Resolve {
        /// The migration.
        name: String,
        /// What was done.
        #[serde(rename = "as")]
        resolution: Resolution,
    },
    /// Adopt a database that was made without this runner.
    Baseline,
    /// Apply what is pending to a copy.
    Rehearse,
    /// Replace a development database by a new one.
    Reset {
        /// The database's name, to be sure.
        target: String,
    },
    /// Have the database check every SQL text of the code.
    Validate,
    /// Look for what is dangerous in migrations.
    Lint {
        /// The first version to look at; the newest alone without it.
        from: Option<i32>,
    },
    /// Check the house style of SQL files.
    Format {
        /// Also correct it, in files that the database has not applied.
        #[serde(default)]
        write: bool,
    },
    /// Make the file of the next migration.
    New {
        /// What it is called.
        name: String,
        /// Whether it is to run without a transaction.
        #[serde(default)]
        no_transaction: bool,
    },
    /// Run seeds.
    Seed(Seeding),
    /// Take away what the seed `e2e` made. Has no name and no users.
    CleanupE2e(Seeding),
    /// Find out whether a replica could take over.
    FailoverCheck,
    /// Tell people of a trouble, or that it is over; without either, say what they are told.
    Incident {
        /// What they are told.
        message: Option<String>,
        /// How much they notice.
        impact: Option<Impact>,
        /// Whether it is over.
        #[serde(default)]
        over: bool,
    },
    /// Stop writing, or go on; without `on`, say which it is.
    Maintenance {
        /// Whether to stop.
        on: Option<bool>,
        /// What those who are turned away are told.
        message: Option<String>,
    },
}

/// Which seeds, and with what.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Seeding {
    /// Files' names in `seeds/` without `.sql`, separated by commas.
    pub name: String,
    /// People to seed. Never where real people live.
    pub users: Vec<SeedUser>,
    /// Whether only to tell what would change.
    pub check: bool,
    /// The database's name, to be sure. Some seeds demand it.
    pub target: Option<String>,
    /// The time that counts as now, as ISO 8601; the server's without it.
    pub now: Option<String>,
}

impl Action {
    /// Reads an event.
    ///
    /// # Errors
    /// It names no action of ours, or has other fields than the action takes. Values, maybe secrets, are not repeated.
    pub fn from_event(event: Value) -> Result<Self, MigrateError> {
        let fields = event.as_object().ok_or_else(|| malformed("the event is not a JSON object"))?;
        let name = match fields.get("action") {
            Some(Value::String(name)) => name,
            Some(_) => return Err(malformed("\"action\" is not a string")),
            None => return Err(malformed("the event has no \"action\"")),
        };
        let Some((_, known, _)) = ACTIONS.iter().find(|(action, ..)| action == name) else {
            return Err(malformed(&format!("there is no action {:?}", shortened(name))));
        };
        if let Some(field) = fields.keys().find(|field| *field != "action" && !known.contains(&field.as_str())) {
            return Err(malformed(&format!("the action \"{name}\" takes no field {:?}", shortened(field))));
        }
        if name == "seed" && !fields.contains_key("name") {
            return Err(malformed("the field \"name\" of the action \"seed\" is missing"));
        }
        serde_json::from_value(event.clone())
            .map_err(|_| malformed(&format!("a field of the action \"{name}\" is missing or has the wrong type")))
    }

    /// What the action does to the database.
    pub fn access(&self) -> Access {
        match self {
            Self::Deploy { .. }
            | Self::Seed(_)
            | Self::CleanupE2e(_)
            | Self::Reconcile { fix: true }
            | Self::Vacuum { .. }
            | Self::Resolve { .. }
            | Self::Incident { .. }
            | Self::Maintenance { .. }
            | Self::Baseline => Access::Write,
            _ => Access::Read,
        }
    }
}

/// What an event without `seconds` gives a run.
fn function_seconds() -> Option<u64> {
    Some(crate::vacuum::BUDGET_SECONDS)
}

fn malformed(what: &str) -> MigrateError {
    let asked: Vec<&str> = ACTIONS.iter().map(|(_, _, asked)| *asked).collect();
    MigrateError::Request(format!("{what}; send {} (\"users\" may be left out)", asked.join(", ")))
}

/// Enough of a stranger's word to recognise it.
fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{ACTIONS, Action};

    fn refusal(event: Value) -> String {
        Action::from_event(event).unwrap_err().to_string()
    }

    #[test]
    fn every_action_can_be_asked_for() {
        for (action, fields, _) in ACTIONS {
            let mut event = json!({"action": action});
            for (field, value) in [("name", json!("main")), ("as", json!("applied")), ("target", json!("db"))] {
                if fields.contains(&field) {
                    event[field] = value;
                }
            }
            Action::from_event(event).unwrap();
            assert!(refusal(json!({})).contains(&format!("\"action\": \"{action}\"")));
        }
        assert!(matches!(
            Action::from_event(json!({"action": "deploy"})),
            Ok(Action::Deploy { without_backup: false })
        ));
        let users = json!([{"email": "a@b.c", "password": "p", "role": "USER", "apiKey": "k"}]);
        let Ok(Action::Seed(seeding)) = Action::from_event(json!({"action": "seed", "name": "main", "users": users}))
        else {
            panic!("no seed");
        };
        assert_eq!((seeding.name.as_str(), seeding.users.len()), ("main", 1));
    }

    #[test]
    fn a_malformed_event_is_refused_without_its_values() {
        for (event, says) in [
            (json!(null), "not a JSON object"),
            (json!([]), "not a JSON object"),
            (json!({}), "no \"action\""),
            (json!({"action": 1}), "not a string"),
            (json!({"action": "Deploy"}), "no action \"Deploy\""),
            (json!({"action": "deploy", "dry": true}), "takes no field \"dry\""),
            (json!({"action": "seed"}), "missing"),
            (json!({"action": "reconcile", "fix": "yes"}), "\"reconcile\" is missing or has the wrong type"),
            (json!({"action": "reconcile", "fixx": true}), "takes no field \"fixx\""),
            (json!({"action": "seed", "name": "main", "users": "hunter2"}), "wrong type"),
            (
                json!({"action": "seed", "name": "main", "users": [{"email": "a@b.c", "password": "hunter2"}]}),
                "missing",
            ),
            (json!({"action": "seed", "name": "main", "users": [{"email": "a@b.c", "pasword": "hunter2"}]}), "missing"),
        ] {
            let said = refusal(event.clone());
            assert!(said.contains(says) && !said.contains("hunter2"), "{event}: {said}");
        }
    }
}
