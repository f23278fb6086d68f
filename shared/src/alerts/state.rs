//! How a rule stands, and when that changes.

use serde::Serialize;

/// Evaluations in a row that have to be calm before a rule is RESOLVED: a value around its threshold would otherwise
/// alert every other minute.
pub(super) const CALM_EVALUATIONS: i32 = 2;

/// How a rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// Never fired.
    Ok,
    /// Above its threshold, or not yet calm for long enough.
    Firing,
    /// Has fired, and is calm again.
    Resolved,
}

impl State {
    /// The word in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Ok => "OK",
            State::Firing => "FIRING",
            State::Resolved => "RESOLVED",
        }
    }

    /// The state of this name; a newer build may know more of them.
    pub fn parse(text: &str) -> Option<Self> {
        [State::Ok, State::Firing, State::Resolved].into_iter().find(|state| state.as_str() == text)
    }
}

/// What an evaluation makes of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// How it stands from now on.
    pub state: State,
    /// Calm evaluations in a row while firing.
    pub calm_evaluations: i32,
}

/// What becomes of a rule that stood at `state`. What could not be measured changes nothing: neither is it calm.
pub fn decide(state: State, calm_evaluations: i32, value: Option<f64>, threshold: f64) -> Decision {
    match (state, value) {
        (_, None) => Decision { state, calm_evaluations },
        (_, Some(value)) if value > threshold => Decision { state: State::Firing, calm_evaluations: 0 },
        (State::Firing, Some(_)) if calm_evaluations + 1 < CALM_EVALUATIONS => {
            Decision { state: State::Firing, calm_evaluations: calm_evaluations + 1 }
        }
        (State::Firing, Some(_)) => Decision { state: State::Resolved, calm_evaluations: 0 },
        (State::Ok | State::Resolved, Some(_)) => Decision { state, calm_evaluations: 0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(values: &[Option<f64>], threshold: f64) -> Vec<&'static str> {
        let mut at = Decision { state: State::Ok, calm_evaluations: 0 };
        let mut seen = Vec::new();
        for value in values {
            at = decide(at.state, at.calm_evaluations, *value, threshold);
            seen.push(at.state.as_str());
        }
        seen
    }

    #[test]
    fn ops_38_39_40_41_a_rule_fires_above_its_threshold_and_not_at_it() {
        for rule in crate::alerts::RULES {
            let threshold = rule.threshold;
            assert_eq!(states(&[Some(threshold)], threshold), ["OK"], "{}", rule.name);
            assert_eq!(states(&[Some(threshold + 1e-9)], threshold), ["FIRING"], "{}", rule.name);
        }
    }

    #[test]
    fn a_rule_is_resolved_by_two_calm_evaluations_in_a_row_and_not_by_silence() {
        let (high, low, none) = (Some(81.0), Some(80.0), None);
        for (values, expected) in [
            (vec![high, low, low, low], vec!["FIRING", "FIRING", "RESOLVED", "RESOLVED"]),
            (vec![high, low, high, low, low], vec!["FIRING", "FIRING", "FIRING", "FIRING", "RESOLVED"]),
            (vec![high, none, none, none], vec!["FIRING", "FIRING", "FIRING", "FIRING"]),
            (vec![high, low, none, low], vec!["FIRING", "FIRING", "FIRING", "RESOLVED"]),
            (vec![none, low], vec!["OK", "OK"]),
            (vec![high, low, low, high], vec!["FIRING", "FIRING", "RESOLVED", "FIRING"]),
        ] {
            assert_eq!(states(&values, 80.0), expected, "{values:?}");
        }
    }
}
