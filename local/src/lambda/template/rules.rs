//! What neither CloudFormation nor SAM checks before a deployment fails or a request is lost.

use std::collections::BTreeMap;

use super::{FunctionTemplate, Route, Schedule, Template, node::Node};
use crate::{error::LocalError, lambda::schedule::Times};

/// An HTTP API gives up after 30 s; the function has to answer before.
const LONGEST_ROUTED_SECONDS: u32 = 29;
/// Lambda's own limit.
const LONGEST_SECONDS: u32 = 900;
const METHODS: [&str; 8] = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// Reads the route of an `HttpApi` event.
pub(super) fn route(settings: &Node<'_>) -> Result<Route, LocalError> {
    let method = settings.required("Method")?;
    let route =
        Route { method: method.text()?.to_ascii_uppercase(), path: settings.required("Path")?.text()?.to_owned() };
    if !METHODS.contains(&route.method.as_str()) {
        return Err(method.error(format!("is {}. It is one of {}", route.method, METHODS.join(", "))));
    }
    let Some(segments) = route.path.strip_prefix('/') else {
        return Err(settings.error(format!("has the path `{}`. A path starts with /", route.path)));
    };
    let count = segments.split('/').count();
    for (index, segment) in segments.split('/').enumerate() {
        let braces = segment.matches(['{', '}']).count();
        let variable = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let well_formed = match variable {
            Some(name) => braces == 2 && (!name.ends_with('+') || index + 1 == count),
            None => braces == 0,
        };
        if !well_formed {
            let problem = "A variable is a whole segment, and only the last one takes the rest: /api/{name}/{rest+}";
            return Err(settings.error(format!("has the path `{}`. {problem}", route.path)));
        }
    }
    if settings.get("ApiId").is_none() {
        return Err(settings.error("has no ApiId, so SAM would make a second API for it. Write `ApiId: !Ref Api`"));
    }
    Ok(route)
}

/// Reads a schedule, whose expression has this name.
pub(super) fn schedule(event: &Node<'_>, settings: &Node<'_>, name: &str) -> Result<Schedule, LocalError> {
    let expression = settings.required(name)?;
    let text = expression.text()?;
    if Times::parse(text).is_none() {
        let remedy = "Write rate(5 minutes), or cron with six fields of which one of the days is ?: cron(0 3 * * ? *)";
        return Err(expression.error(format!("is `{text}`, which is no schedule. {remedy}")));
    }
    let Some(input) = settings.get("Input") else {
        return Err(settings.error("has no Input. Say what the function is to do, as JSON"));
    };
    let json = serde_json::from_str(input.text()?).map_err(|error| input.error(format!("is no JSON: {error}")))?;
    Ok(Schedule { name: event.name().to_owned(), expression: text.to_owned(), input: json })
}

/// Checks what only the whole template shows.
pub(super) fn check(template: &Template) -> Result<(), LocalError> {
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for function in &template.functions {
        let id = function.logical_id.as_str();
        check_function(function)?;
        if let Some(other) = names.insert(&function.name, id) {
            let problem = format!("Resources.{other} and Resources.{id} are both the binary `{}`", function.name);
            return Err(LocalError::said(problem));
        }
        for route in &function.routes {
            if let Some(other) = owners.insert(shape(route), id) {
                let problem = format!("Resources.{other} and Resources.{id} both have the route {}", route.key());
                return Err(LocalError::said(problem));
            }
        }
    }
    Ok(())
}

fn check_function(function: &FunctionTemplate) -> Result<(), LocalError> {
    let timeout = format!("Resources.{}.Properties.Timeout", function.logical_id);
    if function.timeout_seconds == 0 || function.timeout_seconds > LONGEST_SECONDS {
        return Err(LocalError::said(format!("{timeout} should be from 1 to {LONGEST_SECONDS} seconds")));
    }
    if !function.routes.is_empty() && function.timeout_seconds > LONGEST_ROUTED_SECONDS {
        let seconds = function.timeout_seconds;
        return Err(LocalError::said(format!(
            "{timeout} is {seconds} s, but the gateway gives up after 30 s. A function with a route has at most \
             {LONGEST_ROUTED_SECONDS} s"
        )));
    }
    if function.reserved_concurrency == Some(0) {
        let place = format!("Resources.{}.Properties.ReservedConcurrentExecutions", function.logical_id);
        return Err(LocalError::said(format!("{place} is 0, which switches the function off")));
    }
    Ok(())
}

/// Routes that differ only in the names of their variables are the same route.
fn shape(route: &Route) -> String {
    let segments = route.path.split('/').map(|segment| match segment {
        greedy if greedy.ends_with("+}") => "{+}",
        variable if variable.starts_with('{') => "{}",
        fixed => fixed,
    });
    format!("{} {}", route.method, segments.collect::<Vec<_>>().join("/"))
}
