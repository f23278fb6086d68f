//! What neither SAM nor its linter looks at: whether the template agrees with the code, and rules of this house.

use std::collections::{BTreeMap, BTreeSet};

use local::functions;
use local::lambda::template::{FunctionTemplate, Template};
use serde_json::Value;
use tests::project;

use crate::endpoints;

/// The functions that reach the database past the pooler.
const DIRECT: [&str; 2] = ["backup", "migrate"];
/// What a role may name: the right to write logs.
const MANAGED_POLICY: &str = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
/// How names of variables end whose values are nobody's business.
const SECRET_ENDINGS: [&str; 6] = ["_SECRET", "_SALT", "_KEY", "DATABASE_URL", "DIRECT_URL", "MAIL_URL"];

/// Everything that is wrong with the template, each in a sentence. `expanded` is what SAM makes of it, or null.
pub fn problems(text: &str, expanded: &Value) -> Vec<String> {
    let template = match Template::parse(text, &project(), &BTreeMap::new()) {
        Ok(template) => template,
        Err(error) => return vec![error.to_string()],
    };
    let mut problems: Vec<_> = folders(&template).into_iter().collect();
    problems.extend(template.functions.iter().filter_map(direct_url));
    problems.extend(endpoints::problems(&template));
    for (id, resource) in expanded["Resources"].as_object().into_iter().flatten() {
        problems.extend(resource_problem(resource).map(|problem| format!("Resources.{id}: {problem}")));
        problems.extend(malformed_arns(resource).map(|arn| format!("Resources.{id}: `{arn}` is no ARN")));
    }
    problems
}

fn folders(template: &Template) -> Option<String> {
    let folders: BTreeSet<_> = functions::names(&project()).expect("the folder functions/").into_iter().collect();
    let named: BTreeSet<_> = template.functions.iter().map(|function| function.name.clone()).collect();
    let strays = template.functions.iter().filter(|function| !function.folder.ends_with(&function.name));
    let strays: Vec<_> = strays.map(|function| &function.name).collect();
    (folders != named || !strays.is_empty())
        .then(|| format!("functions/ has {folders:?}, the template {named:?}; elsewhere are {strays:?}"))
}

fn direct_url(function: &FunctionTemplate) -> Option<String> {
    let (has, may) = (function.environment.contains("DIRECT_URL"), DIRECT.contains(&function.name.as_str()));
    (has != may).then(|| format!("{}: DIRECT_URL is for {DIRECT:?}", function.name))
}

fn resource_problem(resource: &Value) -> Option<String> {
    let properties = &resource["Properties"];
    match resource["Type"].as_str()? {
        "AWS::Logs::LogGroup" if properties["RetentionInDays"].is_null() => Some("keeps its logs for ever".to_owned()),
        "AWS::IAM::Role" => role(properties),
        "AWS::Lambda::Function" => function(resource),
        _ => None,
    }
}

/// A role has the rights of our own statements, none of them for everything.
fn role(properties: &Value) -> Option<String> {
    let managed = texts(&properties["ManagedPolicyArns"]);
    if let Some(policy) = managed.into_iter().find(|policy| *policy != MANAGED_POLICY) {
        return Some(format!("has the policy {policy}"));
    }
    let policies = properties["Policies"].as_array().into_iter().flatten();
    let statements = policies.flat_map(|policy| match &policy["PolicyDocument"]["Statement"] {
        Value::Array(statements) => statements.clone(),
        one => vec![one.clone()],
    });
    for statement in statements {
        let too_much = texts(&statement["Action"]).into_iter().find(|action| action.ends_with('*')).map(str::to_owned);
        let everywhere = texts(&statement["Resource"]).contains(&"*").then(|| "a right on every resource".to_owned());
        if let Some(right) = too_much.or(everywhere) {
            return Some(format!("has {right}"));
        }
    }
    None
}

fn function(resource: &Value) -> Option<String> {
    let properties = &resource["Properties"];
    if resource["Metadata"]["BuildMethod"] != "rust-cargolambda" {
        return Some("is not built by cargo lambda".to_owned());
    }
    if properties["LoggingConfig"]["LogGroup"]["Ref"].is_null() {
        return Some("has no log group of its own, so its logs are kept for ever".to_owned());
    }
    let variables = properties["Environment"]["Variables"].as_object()?;
    let secrets = variables.iter().filter(|(name, _)| SECRET_ENDINGS.iter().any(|ending| name.ends_with(ending)));
    let mut open = secrets.filter(|(_, value)| !value.to_string().contains("{{resolve:secretsmanager:"));
    open.next().map(|(name, _)| format!("has {name} in clear text"))
}

/// Every text that starts as an ARN does and has not its six parts.
fn malformed_arns(value: &Value) -> Box<dyn Iterator<Item = &str> + '_> {
    match value {
        Value::String(text) if text.starts_with("arn:") && text.splitn(6, ':').count() < 6 => {
            Box::new(std::iter::once(text.as_str()))
        }
        Value::Array(items) => Box::new(items.iter().flat_map(malformed_arns)),
        Value::Object(fields) => Box::new(fields.values().flat_map(malformed_arns)),
        _ => Box::new(std::iter::empty()),
    }
}

/// A text, or a list of texts, as policies have them.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}
