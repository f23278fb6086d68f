//! Template and routers: every endpoint is reached through the template, and every route leads to an endpoint.

use std::collections::{BTreeMap, BTreeSet};

use local::lambda::template::{FunctionTemplate, Route, Template};
use serde_json::Value;
use tests::project;
use utoipa::openapi::OpenApi;

/// Methods and paths of the functions' routers: (`GET`, `/api/health`).
type Endpoints = BTreeSet<(String, String)>;

fn routers() -> BTreeMap<&'static str, Endpoints> {
    BTreeMap::from([
        ("admin", endpoints(admin::description())),
        ("account", endpoints(account::description())),
        ("auth", endpoints(auth::description())),
        ("billing", endpoints(billing::description())),
        ("ops", endpoints(ops::description())),
        ("tokens", endpoints(tokens::description())),
        ("webhooks", endpoints(webhooks::description())),
    ])
}

fn endpoints(description: OpenApi) -> Endpoints {
    described(&serde_json::to_value(description).expect("JSON"))
}

fn described(description: &Value) -> Endpoints {
    let paths = description["paths"].as_object().into_iter().flatten();
    let each = paths.flat_map(|(path, item)| item.as_object().into_iter().flatten().map(move |entry| (path, entry.0)));
    each.map(|(path, method)| (method.to_uppercase(), path.clone())).collect()
}

/// Where template and routers disagree.
pub fn problems(template: &Template) -> Vec<String> {
    let routers = routers();
    let mut problems = Vec::new();
    let mut used = BTreeSet::new();
    for (name, endpoints) in &routers {
        for (method, path) in endpoints {
            match find(template, method, path) {
                Some((function, route)) if function.name == *name => {
                    used.insert(route.key());
                }
                Some((function, _)) => {
                    problems.push(format!("{method} {path} is {name}'s and leads to {}", function.name))
                }
                None => problems.push(format!("{method} {path} of {name} has no route")),
            }
        }
    }
    for function in &template.functions {
        let keys = function.routes.iter().map(Route::key);
        problems.extend(keys.filter(|key| !used.contains(key)).map(|key| format!("{key} leads to no endpoint")));
    }
    problems
}

/// The route that API Gateway takes: the most specific one.
fn find<'a>(template: &'a Template, method: &str, path: &str) -> Option<(&'a FunctionTemplate, &'a Route)> {
    let routes =
        template.functions.iter().flat_map(|function| function.routes.iter().map(move |route| (function, route)));
    let takes = |route: &Route| (route.method == method || route.method == "ANY") && leads(&route.path, path);
    routes.filter(|(_, route)| takes(route)).min_by_key(|(_, route)| {
        let looseness = route.path.split('/').map(|segment| match segment.starts_with('{') {
            true => 1 + u8::from(segment.ends_with("+}")),
            false => 0,
        });
        (looseness.collect::<Vec<_>>(), route.method == "ANY")
    })
}

fn leads(route: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    for part in route.split('/') {
        let segment =
            segments.next().filter(|segment| *segment == part || part.starts_with('{') && !segment.is_empty());
        if segment.is_none() || part.ends_with("+}") {
            return segment.is_some();
        }
    }
    segments.next().is_none()
}

#[test]
fn the_served_description_has_the_endpoints_of_the_routers() {
    let text = std::fs::read_to_string(project().join("functions/ops/openapi.json")).expect("the description");
    let served = described(&serde_json::from_str(&text).expect("JSON"));
    let own: Endpoints = routers().into_values().flatten().collect();
    assert_eq!(served, own, "run the test of the checked-in description, which writes it");
}

#[test]
fn a_route_takes_what_api_gateway_gives_it() {
    for (route, path, taken) in [
        ("/api/health", "/api/health", true),
        ("/api/health", "/api/health/ready", false),
        ("/api/health/ready", "/api/health", false),
        ("/api/tokens/{proxy+}", "/api/tokens/balance", true),
        ("/api/tokens/{proxy+}", "/api/tokens/a/b", true),
        ("/api/tokens/{proxy+}", "/api/tokens", false),
        ("/api/jobs/{id}", "/api/jobs/{id}", true),
        ("/api/jobs/{id}", "/api/jobs/{id}/cancel", false),
    ] {
        assert_eq!(leads(route, path), taken, "{route} {path}");
    }
}
