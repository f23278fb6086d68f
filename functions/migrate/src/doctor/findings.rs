//! What one step of the examination found.

use serde::Serialize;

use crate::error::says;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// As it should be.
    Fine,
    /// Works, and could be better.
    Note,
    /// Has to be put right.
    Trouble,
}

/// What one step found.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// The step.
    pub check: &'static str,
    /// How bad it is.
    pub condition: Condition,
    /// The verdict for programs; none where all is fine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<&'static str>,
    /// What was seen.
    pub seen: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Finding {
    pub(super) fn fine(check: &'static str, seen: impl Into<String>) -> Self {
        Self { check, condition: Condition::Fine, verdict: None, seen: seen.into(), remedy: None }
    }

    pub(super) fn note(check: &'static str, verdict: &'static str, seen: impl Into<String>, remedy: &str) -> Self {
        let remedy = Some(remedy.to_owned());
        Self { check, condition: Condition::Note, verdict: Some(verdict), seen: seen.into(), remedy }
    }

    pub(super) fn trouble(
        check: &'static str,
        verdict: &'static str,
        seen: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let remedy = Some(remedy.into());
        Self { check, condition: Condition::Trouble, verdict: Some(verdict), seen: seen.into(), remedy }
    }

    /// For a step whose own query failed.
    pub(super) fn unknown(check: &'static str, error: &tokio_postgres::Error) -> Self {
        Self::trouble(check, "not_examined", says(error), "give the user of DIRECT_URL the right to look, or try again")
    }

    /// The finding in one line.
    pub(super) fn line(&self) -> String {
        let word = match self.condition {
            Condition::Fine => "ok",
            Condition::Note => "note",
            Condition::Trouble => "TROUBLE",
        };
        format!("{:<11}  {word:<7}  {}", self.check, self.seen)
    }
}
