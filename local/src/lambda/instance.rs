//! One instance of a function: a process and the requests that it works on, one at a time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use hyper::body::Bytes;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{sleep, timeout},
};

use super::{
    failure::Failure,
    function::Function,
    program::Program,
    runtime_api::{Invocation, Signal},
};

/// Lambda's limit from the start of a process to its first question for a request.
const INIT_LIMIT: Duration = Duration::from_secs(10);
/// How long an answer that was sent just before the process ended may take to arrive.
const LAST_WORDS: Duration = Duration::from_millis(50);

/// A request and who waits for its answer.
#[derive(Debug)]
pub(super) struct Job {
    /// The request, to be handed to a process.
    pub(super) id: String,
    /// The event.
    pub(super) payload: Bytes,
    /// X-Ray's header.
    pub(super) trace: String,
    /// Where the answer goes.
    pub(super) reply: oneshot::Sender<Outcome>,
}

/// An instance, seen by its own task.
pub(super) struct Instance {
    /// Tells it from the function's other instances.
    pub(super) number: u64,
    /// Whose instance it is.
    pub(super) function: Arc<Function>,
    /// Its requests.
    pub(super) jobs: mpsc::Receiver<Job>,
    /// Its process id, 0 before the process runs.
    pub(super) pid: Arc<AtomicU32>,
    /// Ends when the bundle stops.
    pub(super) closing: watch::Receiver<()>,
}

/// How the work on one request ended.
enum Worked {
    /// With this outcome, and the process is ready for the next request.
    Ready(Outcome),
    /// With this outcome, and the process is gone or has to go.
    Over(Outcome),
    /// The process was gone before it took the request, so another may take it.
    NotTaken,
}

type Outcome = Result<Bytes, Failure>;

impl Instance {
    /// Starts the process after `delay` and works until it ends or the bundle stops.
    pub(super) async fn run(mut self, delay: Duration) {
        let mut closing = self.closing.clone();
        let mut program = None;
        let left_over = tokio::select! {
            biased;
            _ = closing.changed() => None,
            left_over = self.live(&mut program, delay) => left_over,
        };
        if let Some(program) = &mut program {
            // Until the process is gone, its instance counts. It may have ended already.
            let _ = program.child.kill().await;
        }
        self.pid.store(0, Ordering::Relaxed);
        self.function.forget(self.number);
        self.jobs.close();
        if let Some(job) = left_over {
            self.function.dispatch(job);
        }
        while let Ok(job) = self.jobs.try_recv() {
            self.function.dispatch(job);
        }
    }

    /// The request that the process did not take any more, if there is one.
    async fn live(&mut self, running: &mut Option<Program>, delay: Duration) -> Option<Job> {
        if !delay.is_zero() {
            sleep(delay).await;
        }
        let program = match Program::start(&self.function, self.number).await {
            Ok(program) => running.insert(program),
            Err(failure) => {
                self.function.start_failed();
                let job = self.jobs.recv().await?;
                self.reply(job, Err(failure));
                return None;
            }
        };
        self.pid.store(program.pid, Ordering::Relaxed);
        let mut ready = false;
        loop {
            let job = tokio::select! {
                job = self.jobs.recv() => job?,
                status = program.child.wait() => {
                    self.function.ended(self.number, status);
                    return None;
                }
            };
            // A process that was killed a moment ago must not get a request: nobody could tell whether it worked on it.
            if let Ok(Some(status)) = program.child.try_wait()
                && ready
            {
                self.function.ended(self.number, Ok(status));
                return Some(job);
            }
            match self.work(program, &job, &mut ready).await {
                Worked::Ready(outcome) => {
                    // First, so that who gets the answer finds this instance idle.
                    self.function.release(self.number);
                    self.reply(job, outcome);
                }
                Worked::Over(outcome) => {
                    self.reply(job, outcome);
                    return None;
                }
                Worked::NotTaken => return Some(job),
            }
        }
    }

    fn reply(&self, job: Job, outcome: Outcome) {
        if let Err(failure) = &outcome {
            self.function.log_failure(failure);
        }
        // Nobody may wait any more.
        let _ = job.reply.send(outcome);
    }

    async fn work(&self, program: &mut Program, job: &Job, ready: &mut bool) -> Worked {
        let invocation = Invocation { id: job.id.clone(), payload: job.payload.clone(), trace: job.trace.clone() };
        if program.invocations.try_send(invocation).is_err() {
            return Worked::NotTaken;
        }
        match self.taken(program, &job.id, *ready).await {
            Taken::At(asked) => {
                if !*ready {
                    self.function.started(self.number, program.pid, asked.duration_since(program.started));
                }
                *ready = true;
                self.answer(program, &job.id).await
            }
            Taken::Never(failure) if *ready => Worked::Over(Err(failure)),
            Taken::Never(failure) => {
                self.function.start_failed();
                Worked::Over(Err(failure))
            }
            Taken::Gone => Worked::NotTaken,
        }
    }

    /// Waits until the process takes the request.
    async fn taken(&self, program: &mut Program, id: &str, ready: bool) -> Taken {
        // A warm process may be frozen, or still busy with something of its own.
        let limit = sleep(if ready { self.function.timeout() } else { INIT_LIMIT });
        tokio::pin!(limit);
        loop {
            tokio::select! {
                biased;
                signal = program.signals.recv() => match signal {
                    Some(Signal::Taken(asked)) => return Taken::At(asked),
                    Some(Signal::InitFailed(body)) => return Taken::Never(Failure::reported(&body)),
                    // An answer to a request that was given up.
                    Some(_) => {}
                    None => return Taken::Gone,
                },
                status = program.child.wait() => {
                    return if ready { Taken::Gone } else { Taken::Never(program.exited(id, status).await) };
                }
                () = &mut limit => {
                    let seconds = self.function.template.timeout_seconds;
                    return Taken::Never(match ready {
                        true => Failure::timed_out(id, seconds),
                        false => Failure::never_ready(id, INIT_LIMIT.as_secs()),
                    });
                }
            }
        }
    }

    /// Waits for the answer to the request that the process took.
    async fn answer(&self, program: &mut Program, id: &str) -> Worked {
        let limit = sleep(self.function.timeout());
        tokio::pin!(limit);
        tokio::select! {
            biased;
            outcome = outcome(&mut program.signals, id) => match self.function.loses_answer() {
                true => {
                    // It may have ended already.
                    let _ = program.child.start_kill();
                    let status = program.child.wait().await;
                    Worked::Over(Err(program.exited(id, status).await))
                }
                false => Worked::Ready(outcome),
            },
            status = program.child.wait() => match timeout(LAST_WORDS, outcome(&mut program.signals, id)).await {
                Ok(outcome) => Worked::Over(outcome),
                Err(_) => Worked::Over(Err(program.exited(id, status).await)),
            },
            () = &mut limit => Worked::Over(Err(Failure::timed_out(id, self.function.template.timeout_seconds))),
        }
    }
}

/// Whether a process took a request.
enum Taken {
    /// It did, after it had asked for one at this moment.
    At(Instant),
    /// It can't be expected to.
    Never(Failure),
    /// It ended before.
    Gone,
}

async fn outcome(signals: &mut mpsc::UnboundedReceiver<Signal>, id: &str) -> Outcome {
    loop {
        match signals.recv().await {
            Some(Signal::Answered(answered, body)) if answered == id => return Ok(body),
            Some(Signal::Failed(failed, body)) if failed == id => return Err(Failure::reported(&body)),
            Some(Signal::TooLarge(large)) if large == id => return Err(Failure::answer_too_large()),
            Some(_) => {}
            None => return Err(Failure::stopping()),
        }
    }
}
