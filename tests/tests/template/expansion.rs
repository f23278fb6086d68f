//! The template as a deployment expands it, under the linter of AWS.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::{project, python};

use crate::checks;

/// What SAM and the linter say of a template.
pub struct Expansion {
    /// Why it would not be deployed, or not well.
    pub problems: Vec<String>,
    /// What would be deployed; null when SAM refuses the template.
    pub expanded: Value,
}

/// Expands and lints templates, each with a name.
pub async fn expand(templates: &BTreeMap<&str, String>) -> BTreeMap<String, Expansion> {
    let answer = python("expand.py", &json!(templates)).await;
    let answer = answer.as_object().expect("an object").clone();
    answer
        .into_iter()
        .map(|(name, mut result)| {
            let problems = serde_json::from_value(result["problems"].take()).expect("texts");
            (name, Expansion { problems, expanded: result["expanded"].take() })
        })
        .collect()
}

/// The project's own template.
pub fn own_template() -> String {
    std::fs::read_to_string(project().join("template.yaml")).expect("the template")
}

#[tokio::test]
async fn the_template_can_be_deployed() {
    let text = own_template();
    let expansions = expand(&BTreeMap::from([("own", text.clone())])).await;
    let own = &expansions["own"];
    assert!(own.problems.is_empty(), "{:#?}", own.problems);
    let problems = checks::problems(&text, &own.expanded);
    assert!(problems.is_empty(), "{problems:#?}");
}
