//! Reads the SAM template into what the gateway and the runtime need. The template stays the only list of routes.

mod intrinsics;
mod node;
mod rules;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_yaml_ng::Value;

use self::{intrinsics::Intrinsics, node::Node};
use crate::error::{Doing, LocalError};

/// What Lambda takes when neither the function nor Globals says.
const DEFAULT_MEMORY_MB: u32 = 128;
const DEFAULT_TIMEOUT_SECONDS: u32 = 3;
/// What an HTTP API takes when the template has no DefaultRouteSettings.
const DEFAULT_THROTTLING: Throttling = Throttling { burst: 5_000, requests_per_second: 10_000 };

/// A SAM template, checked.
#[derive(Debug, Clone)]
pub struct Template {
    /// The functions in the template's order.
    pub functions: Vec<FunctionTemplate>,
    /// Which web pages may call the API; `None` when none may.
    pub cors: Option<Cors>,
    /// How many requests the API takes.
    pub throttling: Throttling,
}

/// One Lambda function.
#[derive(Debug, Clone)]
pub struct FunctionTemplate {
    /// The name of its binary, such as `tokens`.
    pub name: String,
    /// Its key below `Resources`, such as `TokensFunction`.
    pub logical_id: String,
    /// The folder with its code.
    pub folder: PathBuf,
    /// Its memory in MiB.
    pub memory_mb: u32,
    /// How long one invocation may take.
    pub timeout_seconds: u32,
    /// The most instances at once.
    pub reserved_concurrency: Option<u32>,
    /// The names of its environment variables.
    pub environment: BTreeSet<String>,
    /// Those of them that the template leaves empty, so that the function does without.
    pub empty_environment: BTreeSet<String>,
    /// The requests that reach it.
    pub routes: Vec<Route>,
    /// The schedules that invoke it.
    pub schedules: Vec<Schedule>,
}

/// A method and a path that lead to a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// In capitals; `ANY` for every method.
    pub method: String,
    /// The path with `{name}` for one segment and `{name+}` for the rest.
    pub path: String,
}

impl Route {
    /// The name of the route in events and logs, such as `ANY /api/tokens/{proxy+}`.
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// A time at which a function is invoked.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// The event's key below `Events`.
    pub name: String,
    /// `rate(…)`, `cron(…)` or `at(…)`.
    pub expression: String,
    /// What the function is handed.
    pub input: serde_json::Value,
}

/// The CORS settings of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    /// Origins that may call; `*` for all.
    pub origins: Vec<String>,
    /// Methods that they may use.
    pub methods: Vec<String>,
    /// Request headers that they may send.
    pub headers: Vec<String>,
    /// Answer headers that they may read.
    pub expose_headers: Vec<String>,
    /// Whether they may send cookies.
    pub credentials: bool,
    /// How long a browser remembers this.
    pub max_age_seconds: Option<u32>,
}

/// How many requests the API takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttling {
    /// How many may come at once.
    pub burst: u32,
    /// How many may come per second in the long run.
    pub requests_per_second: u32,
}

impl Template {
    /// Reads and checks the template at `path`. `parameters` replace the defaults of the template's parameters.
    pub fn read(path: &Path, parameters: &BTreeMap<String, String>) -> Result<Self, LocalError> {
        let text = fs::read_to_string(path).doing(|| format!("read the template {}", path.display()))?;
        let root = path.parent().unwrap_or(Path::new("."));
        Self::parse(&text, root, parameters).map_err(|error| LocalError::said(format!("{}: {error}", path.display())))
    }

    /// Checks the text of a template whose code folders are below `root`.
    pub fn parse(text: &str, root: &Path, parameters: &BTreeMap<String, String>) -> Result<Self, LocalError> {
        let raw: Value = serde_yaml_ng::from_str(text)
            .map_err(|error| LocalError::said(format!("not YAML: {error}. Correct the line that it names")))?;
        let resolved = Intrinsics::new(&raw, parameters)?.resolve(&raw)?;
        let document = Node::root(&resolved);
        let globals = document.get("Globals").and_then(|globals| globals.get("Function"));
        let mut functions = Vec::new();
        let mut api = None;
        for resource in document.required("Resources")?.entries()? {
            match resource.required("Type")?.text()? {
                "AWS::Serverless::Function" => functions.push(function(&resource, globals.as_ref(), root)?),
                "AWS::Serverless::HttpApi" if api.is_some() => {
                    return Err(resource.error("is a second HTTP API. The routes belong to one"));
                }
                "AWS::Serverless::HttpApi" => api = Some(resource),
                _ => {}
            }
        }
        let properties = api.as_ref().and_then(|api| api.get("Properties"));
        let template =
            Self { functions, cors: cors(properties.as_ref())?, throttling: throttling(properties.as_ref())? };
        rules::check(&template)?;
        Ok(template)
    }
}

fn function(resource: &Node<'_>, globals: Option<&Node<'_>>, root: &Path) -> Result<FunctionTemplate, LocalError> {
    let properties = resource.required("Properties")?;
    let setting = |name: &str| properties.get(name).or_else(|| globals.and_then(|globals| globals.get(name)));
    let code = setting("CodeUri").ok_or_else(|| properties.error("has no CodeUri. Name the function's folder"))?;
    let folder = root.join(code.text()?);
    if !folder.join("Cargo.toml").is_file() {
        return Err(code.error(format!("names {}, where no Cargo.toml is", folder.display())));
    }
    let binary = resource.get("Metadata").and_then(|it| it.get("BuildProperties")).and_then(|it| it.get("Binary"));
    let name = match binary {
        Some(binary) => binary.text()?.to_owned(),
        None => folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
    };
    let mut environment = BTreeSet::new();
    let mut empty_environment = BTreeSet::new();
    for place in globals.into_iter().chain([&properties]) {
        let variables = place.get("Environment").and_then(|it| it.get("Variables"));
        for variable in variables.map(|variables| variables.entries()).transpose()?.unwrap_or_default() {
            if variable.text().is_ok_and(str::is_empty) {
                empty_environment.insert(variable.name().to_owned());
            }
            environment.insert(variable.name().to_owned());
        }
    }
    let mut routes = Vec::new();
    let mut schedules = Vec::new();
    for event in properties.get("Events").map(|events| events.entries()).transpose()?.unwrap_or_default() {
        let settings = event.required("Properties")?;
        match event.required("Type")?.text()? {
            "HttpApi" => routes.push(rules::route(&settings)?),
            "Schedule" => schedules.push(rules::schedule(&event, &settings, "Schedule")?),
            "ScheduleV2" => schedules.push(rules::schedule(&event, &settings, "ScheduleExpression")?),
            other => return Err(event.error(format!("has the type {other}, which the local stack does not serve"))),
        }
    }
    Ok(FunctionTemplate {
        name,
        logical_id: resource.name().to_owned(),
        folder,
        memory_mb: setting("MemorySize").map_or(Ok(DEFAULT_MEMORY_MB), |it| it.whole_number())?,
        timeout_seconds: setting("Timeout").map_or(Ok(DEFAULT_TIMEOUT_SECONDS), |it| it.whole_number())?,
        reserved_concurrency: setting("ReservedConcurrentExecutions").map(|it| it.whole_number()).transpose()?,
        environment,
        empty_environment,
        routes,
        schedules,
    })
}

fn cors(api: Option<&Node<'_>>) -> Result<Option<Cors>, LocalError> {
    let Some(settings) = api.and_then(|api| api.get("CorsConfiguration")) else { return Ok(None) };
    let list = |name: &str| settings.get(name).map_or(Ok(Vec::new()), |it| it.texts());
    let cors = Cors {
        origins: list("AllowOrigins")?,
        methods: list("AllowMethods")?,
        headers: list("AllowHeaders")?,
        expose_headers: list("ExposeHeaders")?,
        credentials: settings.get("AllowCredentials").map_or(Ok(false), |it| it.boolean())?,
        max_age_seconds: settings.get("MaxAge").map(|it| it.whole_number()).transpose()?,
    };
    if cors.credentials && cors.origins.iter().any(|origin| origin == "*") {
        return Err(settings.error("allows credentials to every origin, which browsers refuse. Name the origins"));
    }
    Ok(Some(cors))
}

fn throttling(api: Option<&Node<'_>>) -> Result<Throttling, LocalError> {
    let Some(settings) = api.and_then(|api| api.get("DefaultRouteSettings")) else { return Ok(DEFAULT_THROTTLING) };
    let number = |name: &str, default| settings.get(name).map_or(Ok(default), |it| it.whole_number());
    Ok(Throttling {
        burst: number("ThrottlingBurstLimit", DEFAULT_THROTTLING.burst)?,
        requests_per_second: number("ThrottlingRateLimit", DEFAULT_THROTTLING.requests_per_second)?,
    })
}

#[cfg(test)]
mod tests;
