//! The functions as Lambda runs them, behind an API gateway as AWS runs it, on one machine.
//!
//! The template says which functions there are and which requests reach them. The binaries are the deployed ones: they ask
//! a Lambda Runtime API for requests and get the events that API Gateway would make.

mod answer;
mod body;
mod clock;
mod cors;
mod event;
mod failure;
mod function;
mod gateway;
mod id;
mod instance;
mod invoke_api;
mod log;
mod path;
mod program;
mod refusal;
mod routes;
mod runtime_api;
mod schedule;
pub mod template;
mod throttle;

use std::{
    collections::BTreeMap,
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use hyper::body::Bytes;
use nix::sys::signal::Signal;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

pub use self::schedule::Schedules;
use self::{
    cors::Cors, function::Function, gateway::Gateway, log::Log, routes::Routes, template::Template, throttle::Throttle,
};
use crate::error::LocalError;

/// Where the template says a deployed function finds its root certificates. There is no such folder here, so the variables
/// are left out unless the settings have them.
const DEPLOYED_PATHS: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// What a bundle is made of.
#[derive(Debug, Clone)]
pub struct BundleSettings {
    /// The SAM template: functions, routes, limits.
    pub template: PathBuf,
    /// The folder with one binary per function, such as `target/debug`.
    pub binaries: PathBuf,
    /// Values for the variables that the template names. A function sees only the ones that it names. A template parameter
    /// takes its value from here, too: `FrontEndOrigins` from `FRONT_END_ORIGINS`.
    pub environment: BTreeMap<String, String>,
    /// Variables that every function gets besides, such as a clock that tests set.
    pub extra_environment: BTreeMap<String, String>,
    /// Where the gateway listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder for one log file per function and one for the gateway; `None` keeps the last lines in memory only.
    pub logs: Option<PathBuf>,
    /// The most instances of one function, even where its reserved concurrency is higher.
    pub instances_per_function: usize,
}

/// The running functions and their gateway. Dropping it ends every process, too, but does not wait for that.
#[derive(Debug)]
pub struct Bundle {
    address: SocketAddr,
    gateway: Arc<Gateway>,
    server: JoinHandle<()>,
    // Instances live until this is gone.
    closing: watch::Sender<()>,
}

impl Drop for Bundle {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Bundle {
    /// Reads the template, checks that every function has its binary and its variables, and opens the gateway.
    /// No function starts before its first request.
    pub async fn start(settings: BundleSettings) -> Result<Self, LocalError> {
        let parameters = settings.environment.iter().map(|(name, value)| (parameter(name), value.clone())).collect();
        let template = Template::read(&settings.template, &parameters)?;
        let (closing, closed) = watch::channel(());
        let mut functions = BTreeMap::new();
        for function in template.functions {
            let program = settings.binaries.join(&function.name);
            if !program.is_file() {
                let name = &function.name;
                return Err(LocalError::said(format!(
                    "The function {name} has no binary at {}. Build it: cargo build -p {name}",
                    program.display()
                )));
            }
            let variables = variables(&settings, &function)?;
            let log = Log::open(settings.logs.as_deref(), &function.name)?;
            let name = function.name.clone();
            let most = settings.instances_per_function;
            functions.insert(name, Function::new(function, program, variables, most, log, closed.clone()));
        }
        let (listener, address) = listen(settings.listen).await?;
        let gateway = Arc::new(Gateway {
            routes: Routes::new(&functions.values().cloned().collect::<Vec<_>>()),
            functions,
            cors: template.cors.as_ref().map(Cors::new),
            throttle: Throttle::new(template.throttling),
            access_log: Log::open(settings.logs.as_deref(), "gateway")?,
        });
        let server = gateway::serve(listener, Arc::clone(&gateway));
        Ok(Self { address, gateway, server, closing })
    }

    /// The gateway's address, such as `http://127.0.0.1:8080`.
    pub fn url(&self) -> String {
        let ip = self.address.ip();
        let ip = if ip.is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { ip };
        format!("http://{}", SocketAddr::new(ip, self.address.port()))
    }

    /// Invokes a function with an event and waits for its answer. The error of a failure has Lambda's errorType and
    /// errorMessage.
    pub async fn invoke(&self, function: &str, payload: serde_json::Value) -> Result<serde_json::Value, LocalError> {
        let Some(found) = self.gateway.functions.get(function) else {
            return Err(LocalError::said(format!("The template has no function {function}")));
        };
        match found.invoke(Bytes::from(payload.to_string())).await {
            Ok(answer) => Ok(serde_json::from_slice(&answer)?),
            Err(failure) => Err(LocalError::said(format!("The function {function} failed: {failure}"))),
        }
    }

    /// Invokes functions by the template's schedules, until the answer is dropped.
    pub fn run_schedules(&self) -> Schedules {
        Schedules::start(self.gateway.functions.values().cloned())
    }

    /// Stops every process of the function where it stands (SIGSTOP), as Lambda does between requests.
    pub fn freeze(&self, function: &str) {
        self.signal(function, Signal::SIGSTOP);
    }

    /// Lets the processes of the function go on (SIGCONT).
    pub fn thaw(&self, function: &str) {
        self.signal(function, Signal::SIGCONT);
    }

    /// Kills every process of the function (SIGKILL). Its next request starts another.
    pub fn kill(&self, function: &str) {
        if let Some(function) = self.gateway.functions.get(function) {
            function.kill();
        }
    }

    /// Kills (SIGKILL) the process of the function that answers next, after it has answered and before anybody hears it.
    pub fn lose_next_answer(&self, function: &str) {
        if let Some(function) = self.gateway.functions.get(function) {
            function.lose_next_answer();
        }
    }

    /// The process ids of the function's instances.
    pub fn pids(&self, function: &str) -> Vec<u32> {
        self.gateway.functions.get(function).map(|function| function.pids()).unwrap_or_default()
    }

    /// How long each start of the function took, from the start of the process to its first question for a request.
    pub fn init_times(&self, function: &str) -> Vec<Duration> {
        self.gateway.functions.get(function).map(|function| function.init_times()).unwrap_or_default()
    }

    /// The last lines that the function wrote, and what the runtime notes about it; of `gateway` one line per request.
    pub fn log_lines(&self, function: &str) -> Vec<String> {
        match self.gateway.functions.get(function) {
            Some(function) => function.log.lines(),
            None if function == "gateway" => self.gateway.access_log.lines(),
            None => Vec::new(),
        }
    }

    /// Closes the gateway and ends every process.
    pub async fn stop(mut self) {
        self.server.abort();
        // The only sender goes, and every instance sees it.
        self.closing = watch::channel(()).0;
        for function in self.gateway.functions.values() {
            function.wait_for_the_end().await;
        }
    }

    fn signal(&self, function: &str, signal: Signal) {
        if let Some(function) = self.gateway.functions.get(function) {
            function.signal(signal);
        }
    }
}

/// `FRONT_END_ORIGINS` names the parameter `FrontEndOrigins`.
fn parameter(variable: &str) -> String {
    let capitalized = variable.split('_').map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        format!("{}{}", first.to_ascii_uppercase(), rest.to_ascii_lowercase())
    });
    capitalized.collect()
}

fn variables(
    settings: &BundleSettings,
    function: &template::FunctionTemplate,
) -> Result<BTreeMap<String, String>, LocalError> {
    let mut variables = BTreeMap::new();
    for name in &function.environment {
        match settings.environment.get(name) {
            Some(value) => {
                variables.insert(name.clone(), value.clone());
            }
            None if function.empty_environment.contains(name) => {}
            None if DEPLOYED_PATHS.contains(&name.as_str()) || settings.extra_environment.contains_key(name) => {}
            None => {
                return Err(LocalError::said(format!(
                    "The template gives the function {} the variable {name}, which has no value here. Add {name} to .env.local",
                    function.name
                )));
            }
        }
    }
    variables.extend(settings.extra_environment.clone());
    Ok(variables)
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), LocalError> {
    let open = async {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        std::io::Result::Ok((listener, address))
    };
    open.await.map_err(|error| {
        let port = address.port();
        let problem = match error.kind() {
            ErrorKind::AddrInUse => {
                format!(
                    "Port {port} is in use by another program. Stop that program or choose another port with --port"
                )
            }
            ErrorKind::PermissionDenied => {
                format!("Port {port} may not be opened by this user. Choose one above 1023 with --port")
            }
            _ => format!("The gateway can't listen on {address}: {error}. Choose another port with --port"),
        };
        LocalError::said(problem)
    })
}
