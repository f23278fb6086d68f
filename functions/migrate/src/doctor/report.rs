//! The doctor's report: every finding, and one verdict.

use serde::Serialize;

use super::{Condition, Finding};

/// What `doctor` found.
#[derive(Debug, Clone, Serialize)]
pub struct DoctorReport {
    /// `healthy`, or what is wrong: the first trouble.
    pub verdict: &'static str,
    /// What to do about it.
    pub remedy: Option<String>,
    /// Every step, in order; it ends where going on makes no sense.
    pub findings: Vec<Finding>,
}

impl DoctorReport {
    pub(super) fn of(findings: Vec<Finding>) -> Self {
        let trouble = findings.iter().find(|finding| finding.condition == Condition::Trouble);
        let verdict = trouble.and_then(|finding| finding.verdict).unwrap_or("healthy");
        Self { verdict, remedy: trouble.and_then(|finding| finding.remedy.clone()), findings }
    }

    /// Whether nothing has to be put right.
    pub fn is_healthy(&self) -> bool {
        self.findings.iter().all(|finding| finding.condition != Condition::Trouble)
    }

    pub(crate) fn to_text(&self) -> String {
        let mut text: String = self.findings.iter().map(|finding| finding.line() + "\n").collect();
        // The verdict's own remedy stands in the last line.
        for finding in self.findings.iter().filter(|finding| finding.remedy != self.remedy) {
            if let Some(remedy) = &finding.remedy {
                text += &format!("{}: {remedy}.\n", finding.check);
            }
        }
        text + &match &self.remedy {
            None => "Verdict: healthy.".to_owned(),
            Some(remedy) => format!("Verdict: {}. What to do: {remedy}.", self.verdict),
        }
    }
}
