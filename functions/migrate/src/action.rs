//! What can be asked for, as an event and as a command: `{"action": "deploy"}`, `cargo db deploy`.

use serde::Deserialize;
use serde_json::Value;

use crate::direct::Access;
use crate::error::MigrateError;
use crate::users::SeedUser;

/// Every action with the fields that it takes, for messages and for refusing misspelt ones.
const ACTIONS: &[(&str, &[&str])] =
    &[("deploy", &[]), ("status", &[]), ("plan", &[]), ("seed", &["name", "users"]), ("reconcile", &["fix"])];

const DEPLOY: &str = r#"{"action": "deploy"}"#;
const STATUS: &str = r#"{"action": "status"}"#;
const PLAN: &str = r#"{"action": "plan"}"#;
const SEED: &str = r#"{"action": "seed", "name": "…", "users": [{"email", "password", "role", "name"?, "apiKey"?}]}"#;
const RECONCILE: &str = r#"{"action": "reconcile", "fix": false}"#;

/// What to do.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Apply what is pending.
    Deploy,
    /// Compare files and database.
    Status,
    /// Show the SQL that `deploy` would run.
    Plan,
    /// Run a seed.
    Seed(Seeding),
    /// Prove that balances, ledger and payments agree.
    Reconcile {
        /// Also recompute wrong totals of sound entries.
        #[serde(default)]
        fix: bool,
    },
}

/// Which seed, and with what.
#[derive(Debug, Clone, Deserialize)]
pub struct Seeding {
    /// The file's name in `seeds/` without `.sql`.
    pub name: String,
    /// People to seed. Never where real people live.
    #[serde(default)]
    pub users: Vec<SeedUser>,
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
        let Some((_, known)) = ACTIONS.iter().find(|(action, _)| action == name) else {
            return Err(malformed(&format!("there is no action {:?}", shortened(name))));
        };
        if let Some(field) = fields.keys().find(|field| *field != "action" && !known.contains(&field.as_str())) {
            return Err(malformed(&format!("the action \"{name}\" takes no field {:?}", shortened(field))));
        }
        serde_json::from_value(event.clone())
            .map_err(|_| malformed(&format!("a field of the action \"{name}\" is missing or has the wrong type")))
    }

    /// What the action does to the database.
    pub fn access(&self) -> Access {
        match self {
            Self::Status | Self::Plan | Self::Reconcile { fix: false } => Access::Read,
            Self::Deploy | Self::Seed(_) | Self::Reconcile { fix: true } => Access::Write,
        }
    }
}

fn malformed(what: &str) -> MigrateError {
    MigrateError::Request(format!(
        "{what}; send {DEPLOY}, {STATUS}, {PLAN}, {RECONCILE} or {SEED} (\"users\" may be left out)"
    ))
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
        for (action, _) in ACTIONS {
            assert!(Action::from_event(json!({"action": action, "name": "main"})).is_ok() || *action != "seed");
            assert!(refusal(json!({})).contains(&format!("\"action\": \"{action}\"")));
        }
        assert!(matches!(Action::from_event(json!({"action": "deploy"})), Ok(Action::Deploy)));
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
