//! A function and its instances: started when a request finds none idle, kept warm, replaced when they end.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    path::PathBuf,
    process::ExitStatus,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use hyper::body::Bytes;
use nix::{
    sys::signal::{self, Signal},
    unistd::Pid,
};
use serde_json::json;
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};

use super::{
    clock,
    failure::Failure,
    id,
    instance::{Instance, Job},
    log::Log,
    template::FunctionTemplate,
};

/// After a failed start the next one waits this long, doubled with each further failure.
const FIRST_BACK_OFF: Duration = Duration::from_millis(100);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(2);
const ACCOUNT: &str = "123456789012";

/// A function of the template.
#[derive(Debug)]
pub(super) struct Function {
    /// Its settings.
    pub(super) template: FunctionTemplate,
    /// Its binary.
    pub(super) program: PathBuf,
    /// What its instances write.
    pub(super) log: Log,
    variables: BTreeMap<String, String>,
    most_instances: usize,
    closing: watch::Receiver<()>,
    /// How many answers from now on are lost, each with its process.
    answers_to_lose: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    instances: BTreeMap<u64, Handle>,
    /// Instances that wait for a request, the last used at the end. As on Lambda it gets the next one.
    idle: Vec<u64>,
    /// Requests that wait for an instance.
    waiting: VecDeque<Job>,
    started: u64,
    failed_starts: u32,
    init_times: Vec<Duration>,
}

/// An instance, seen from outside.
#[derive(Debug)]
struct Handle {
    jobs: mpsc::Sender<Job>,
    pid: Arc<AtomicU32>,
    task: JoinHandle<()>,
}

impl Function {
    /// A function without instances. It works until the sender behind `closing` is gone.
    pub(super) fn new(
        template: FunctionTemplate,
        program: PathBuf,
        variables: BTreeMap<String, String>,
        most_instances: usize,
        log: Log,
        closing: watch::Receiver<()>,
    ) -> Arc<Self> {
        let reserved = template.reserved_concurrency.map_or(usize::MAX, |count| count as usize);
        Arc::new(Self {
            template,
            program,
            log,
            variables,
            most_instances: most_instances.min(reserved).max(1),
            closing,
            answers_to_lose: AtomicU32::new(0),
            state: Mutex::default(),
        })
    }

    /// Invokes the function with an event. The function goes on with it when the caller stops waiting.
    pub(super) async fn invoke(self: &Arc<Self>, payload: Bytes) -> Result<Bytes, Failure> {
        let (reply, answer) = oneshot::channel();
        let trace = id::trace(clock::epoch_milliseconds());
        self.dispatch(Job { id: id::invocation(), payload, trace, reply });
        answer.await.unwrap_or_else(|_| Err(Failure::stopping()))
    }

    /// Gives a request to an idle instance, else to a new one, else lets it wait.
    pub(super) fn dispatch(self: &Arc<Self>, mut job: Job) {
        let mut state = self.state();
        while let Some(number) = state.idle.pop() {
            let Some(handle) = state.instances.get(&number) else { continue };
            match handle.jobs.try_send(job) {
                Ok(()) => return,
                // Its process has just ended.
                Err(mpsc::error::TrySendError::Full(back) | mpsc::error::TrySendError::Closed(back)) => job = back,
            }
        }
        if self.closing.has_changed().is_err() {
            let _ = job.reply.send(Err(Failure::stopping()));
        } else if state.instances.len() < self.most_instances {
            self.start_instance(&mut state, job);
        } else {
            state.waiting.push_back(job);
        }
    }

    fn start_instance(self: &Arc<Self>, state: &mut State, job: Job) {
        let back_off = match state.failed_starts {
            0 => Duration::ZERO,
            failures => (FIRST_BACK_OFF * 2u32.saturating_pow(failures - 1)).min(LONGEST_BACK_OFF),
        };
        state.started += 1;
        let number = state.started;
        let (jobs, receiver) = mpsc::channel(1);
        // A new channel has room for one.
        let _ = jobs.try_send(job);
        let pid = Arc::new(AtomicU32::new(0));
        let instance = Instance {
            number,
            function: Arc::clone(self),
            jobs: receiver,
            pid: Arc::clone(&pid),
            closing: self.closing.clone(),
        };
        let task = tokio::spawn(instance.run(back_off));
        state.instances.insert(number, Handle { jobs, pid, task });
    }

    /// An instance is done with its request and takes the next one.
    pub(super) fn release(&self, number: u64) {
        let mut state = self.state();
        while let Some(job) = state.waiting.pop_front() {
            if job.reply.is_closed() {
                continue;
            }
            let Some(handle) = state.instances.get(&number) else {
                state.waiting.push_front(job);
                return;
            };
            match handle.jobs.try_send(job) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(job) | mpsc::error::TrySendError::Closed(job)) => {
                    state.waiting.push_front(job);
                }
            }
            return;
        }
        if state.instances.contains_key(&number) {
            state.idle.push(number);
        }
    }

    /// An instance has ended; a request that waits gets a new one.
    pub(super) fn forget(self: &Arc<Self>, number: u64) {
        let mut state = self.state();
        state.instances.remove(&number);
        state.idle.retain(|idle| *idle != number);
        if self.closing.has_changed().is_err() {
            state.waiting.clear();
        }
        while let Some(job) = state.waiting.pop_front() {
            if !job.reply.is_closed() {
                self.start_instance(&mut state, job);
                return;
            }
        }
    }

    /// An instance asked for its first request.
    pub(super) fn started(&self, number: u64, pid: u32, init: Duration) {
        let mut state = self.state();
        state.failed_starts = 0;
        state.init_times.push(init);
        drop(state);
        let milliseconds = init.as_secs_f64() * 1000.0;
        let record = json!({"instance": number, "pid": pid, "initMilliseconds": milliseconds});
        self.log.write(json!({"type": "platform.initReport", "record": record}).to_string());
    }

    /// An instance ended before it asked for a request.
    pub(super) fn start_failed(&self) {
        self.state().failed_starts += 1;
    }

    /// The process of an instance ended while it had nothing to do.
    pub(super) fn ended(&self, number: u64, status: io::Result<ExitStatus>) {
        let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        let record = json!({"instance": number, "status": status});
        self.log.write(json!({"type": "platform.exit", "record": record}).to_string());
    }

    /// Writes a failure into the log, as Lambda does.
    pub(super) fn log_failure(&self, failure: &Failure) {
        self.log.write(json!({"type": "platform.failure", "record": failure}).to_string());
    }

    /// How long one invocation may take.
    pub(super) fn timeout(&self) -> Duration {
        Duration::from_secs(self.template.timeout_seconds.into())
    }

    /// The function's name on AWS.
    pub(super) fn arn(&self) -> String {
        let region = self.variables.get("AWS_REGION").map_or("us-east-1", String::as_str);
        format!("arn:aws:lambda:{region}:{ACCOUNT}:function:{}", self.template.name)
    }

    /// The whole environment of an instance, but for what differs from one to the next.
    pub(super) fn environment(&self) -> BTreeMap<&str, String> {
        let name = &self.template.name;
        let mut environment = BTreeMap::from([
            ("AWS_LAMBDA_FUNCTION_NAME", name.clone()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", self.template.memory_mb.to_string()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/spike-land/local/{name}")),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
            ("_HANDLER", "bootstrap".to_owned()),
            ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin".to_owned()),
            ("TZ", "UTC".to_owned()),
        ]);
        environment.extend(self.variables.iter().map(|(name, value)| (name.as_str(), value.clone())));
        environment
    }

    /// The process ids of the instances.
    pub(super) fn pids(&self) -> Vec<u32> {
        let pids = self.state().instances.values().map(|handle| handle.pid.load(Ordering::Relaxed)).collect::<Vec<_>>();
        pids.into_iter().filter(|pid| *pid != 0).collect()
    }

    /// How long each start took, from the process's start to its first question for a request.
    pub(super) fn init_times(&self) -> Vec<Duration> {
        self.state().init_times.clone()
    }

    /// Sends a signal to every process.
    pub(super) fn signal(&self, signal: Signal) {
        for pid in self.pids() {
            if let Ok(pid) = i32::try_from(pid) {
                // A process that has just ended needs no signal.
                let _ = signal::kill(Pid::from_raw(pid), signal);
            }
        }
    }

    /// Kills every process; no further request goes to one of them.
    pub(super) fn kill(&self) {
        self.state().idle.clear();
        self.signal(Signal::SIGKILL);
    }

    /// The next answer is lost on its way out, and its process with it.
    pub(super) fn lose_next_answer(&self) {
        self.answers_to_lose.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the answer that has just come is one of those.
    pub(super) fn loses_answer(&self) -> bool {
        self.answers_to_lose.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// Waits until no process is left, after the sender behind `closing` is gone.
    pub(super) async fn wait_for_the_end(&self) {
        let handles = std::mem::take(&mut self.state().instances);
        for handle in handles.into_values() {
            let _ = handle.task.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
