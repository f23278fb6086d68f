//! The process of an instance: the real binary with the environment that Lambda would give it.

use std::{
    io,
    path::Path,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    net::TcpListener,
    process::{Child, Command},
    sync::{Mutex, mpsc},
    task::JoinHandle,
    time::timeout,
};

use super::{
    failure::Failure,
    function::Function,
    runtime_api::{self, Exchange, Invocation, Signal},
};

/// How long the last output of an ended process is waited for.
const LAST_OUTPUT: Duration = Duration::from_millis(200);

/// A running process with its Runtime API.
pub(super) struct Program {
    /// The process.
    pub(super) child: Child,
    /// Its process id.
    pub(super) pid: u32,
    /// When it was started.
    pub(super) started: Instant,
    /// Requests for it.
    pub(super) invocations: mpsc::Sender<Invocation>,
    /// What it tells.
    pub(super) signals: mpsc::UnboundedReceiver<Signal>,
    api: JoinHandle<()>,
    output: Vec<JoinHandle<Option<String>>>,
}

impl Drop for Program {
    fn drop(&mut self) {
        self.api.abort();
    }
}

impl Program {
    /// Opens a Runtime API of its own, so that requests to it tell the instance, and starts the binary.
    pub(super) async fn start(function: &Arc<Function>, number: u64) -> Result<Self, Failure> {
        let (invocations, to_hand_out) = mpsc::channel(1);
        let (signal_sender, signals) = mpsc::unbounded_channel();
        let open = async {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            let address = listener.local_addr()?;
            io::Result::Ok((listener, address))
        };
        let (listener, address) =
            open.await.map_err(|error| Failure::not_started(&format!("no port for the Runtime API: {error}")))?;
        let exchange = Exchange {
            invocations: Mutex::new(to_hand_out),
            signals: signal_sender,
            arn: function.arn(),
            timeout: function.timeout(),
        };
        let api = runtime_api::serve(listener, exchange);
        let mut command = Command::new(&function.program);
        command
            .env_clear()
            .envs(function.environment())
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_LOG_STREAM_NAME", format!("local/[$LATEST]{number}"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C reaches the whole group of the terminal; the bundle ends its instances itself.
            .process_group(0)
            .kill_on_drop(true);
        let started = Instant::now();
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                api.abort();
                return Err(not_started(&function.program, &error));
            }
        };
        let mut output = Vec::new();
        output.extend(child.stderr.take().map(|stream| tokio::spawn(copy_lines(stream, Arc::clone(function)))));
        output.extend(child.stdout.take().map(|stream| tokio::spawn(copy_lines(stream, Arc::clone(function)))));
        let pid = child.id().unwrap_or_default();
        Ok(Self { child, pid, started, invocations, signals, api, output })
    }

    /// The failure of a request during which the process ended, with what it wrote last.
    pub(super) async fn exited(&mut self, invocation: &str, status: io::Result<ExitStatus>) -> Failure {
        let status = match status {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        let mut last_line = None;
        for reader in self.output.drain(..) {
            if let Ok(Ok(Some(line))) = timeout(LAST_OUTPUT, reader).await {
                last_line.get_or_insert(line);
            }
        }
        Failure::exited(invocation, &status, last_line.as_deref())
    }
}

fn not_started(program: &Path, error: &io::Error) -> Failure {
    Failure::not_started(&format!("{} does not start: {error}", program.display()))
}

/// Writes what the process says into the function's log; ends with its last line.
async fn copy_lines(stream: impl AsyncRead + Unpin, function: Arc<Function>) -> Option<String> {
    let mut stream = BufReader::new(stream);
    let mut bytes = Vec::new();
    let mut last = None;
    loop {
        bytes.clear();
        match stream.read_until(b'\n', &mut bytes).await {
            Ok(0) | Err(_) => return last,
            Ok(_) => {
                let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
                last = Some(line.clone());
                function.log.write(line);
            }
        }
    }
}
