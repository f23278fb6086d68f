//! Cold starts: from the start of the process to its first question for a request, and on to its first answer.

use std::{collections::BTreeMap, fs, time::Duration};

use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{
    Table,
    bundles::{Bundles, HELLO, WEBHOOK_SECRET},
    percentile,
    requests::{event, purchase},
    sorted,
};
use crate::{LocalError, lambda::Bundle};

/// How a function starts. Milliseconds, medians.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Start {
    /// From the start of the process to its first question for a request.
    ready: f64,
    /// From the start of the process to its first answer.
    answered: f64,
    /// How many times the bare function's `ready` that is.
    ready_ratio: f64,
    /// How many times the bare function's `answered` that is.
    answered_ratio: f64,
    /// `ready` with TLS to the database.
    ready_tls: f64,
    /// `answered` with TLS to the database.
    answered_tls: f64,
    /// The most memory that the process had resident, in MiB, once it has served the warm requests, too.
    peak_mib: f64,
}

/// Milliseconds of each start.
#[derive(Default)]
struct Times {
    ready: Vec<f64>,
    answered: Vec<f64>,
}

impl Times {
    fn medians(&self) -> (f64, f64) {
        (percentile(&sorted(self.ready.clone()), 0.5), percentile(&sorted(self.answered.clone()), 0.5))
    }
}

/// Starts each function `rounds` times, taking turns, so that a slow moment of the machine falls on all of them.
pub(super) async fn measure(
    bundles: &mut Bundles,
    names: &[String],
    rounds: usize,
) -> Result<BTreeMap<String, Start>, LocalError> {
    let mut plain: BTreeMap<&str, Times> = BTreeMap::new();
    let mut tls: BTreeMap<&str, Times> = BTreeMap::new();
    for _ in 0..rounds {
        start(&bundles.hello, HELLO, first_event(bundles, HELLO)?, plain.entry(HELLO).or_default()).await?;
        for name in names {
            start(&bundles.plain, name, first_event(bundles, name)?, plain.entry(name).or_default()).await?;
            start(&bundles.tls, name, first_event(bundles, name)?, tls.entry(name).or_default()).await?;
        }
    }
    let of =
        |times: &BTreeMap<&str, Times>, name: &str| times.get(name).map(Times::medians).unwrap_or((f64::NAN, f64::NAN));
    let (hello_ready, hello_answered) = of(&plain, HELLO);
    let figures = |name: &str| {
        let ((ready, answered), (ready_tls, answered_tls)) = (of(&plain, name), of(&tls, name));
        Start {
            ready,
            answered,
            ready_ratio: ready / hello_ready,
            answered_ratio: answered / hello_answered,
            ready_tls,
            answered_tls,
            peak_mib: f64::NAN,
        }
    };
    Ok(plain.keys().map(|name| ((*name).to_owned(), figures(name))).collect())
}

/// One cold start.
async fn start(bundle: &Bundle, name: &str, event: Value, times: &mut Times) -> Result<(), LocalError> {
    bundle.kill(name);
    while !bundle.pids(name).is_empty() {
        sleep(Duration::from_millis(2)).await;
    }
    // Let the machine settle: the end of the last process is not part of the next one's start.
    sleep(Duration::from_millis(20)).await;
    let began = Instant::now();
    let answer = bundle.invoke(name, event).await?;
    times.answered.push(began.elapsed().as_secs_f64() * 1_000.0);
    times.ready.extend(bundle.init_times(name).last().map(|ready| ready.as_secs_f64() * 1_000.0));
    match answer["statusCode"].as_u64() {
        Some(200) | None => Ok(()),
        Some(status) => Err(LocalError::said(format!("{name} answered {status} to its first request: {answer}"))),
    }
}

/// What a cold function is asked: its commonest work.
fn first_event(bundles: &Bundles, name: &str) -> Result<Value, LocalError> {
    let bearer = json!({ "authorization": format!("Bearer {}", bundles.person.token) });
    Ok(match name {
        "account" => event("GET", "/api/settings/preferences", bearer, None),
        "admin" => event("GET", "/api/admin/dashboard", bearer, None),
        "billing" => event("GET", "/api/stripe/subscription", bearer, None),
        "tokens" => event("GET", "/api/tokens/balance", bearer, None),
        "auth" => event("GET", "/api/auth/session", bearer, None),
        "webhooks" => purchase(&bundles.person, WEBHOOK_SECRET)?,
        "scheduled" => json!({ "job": "purge.rate-limits" }),
        "migrate" => json!({ "action": "status" }),
        _ => event("GET", "/api/health", json!({}), None),
    })
}

/// Reads how much memory each process has had at most. To be called last: a cold start has not hashed a password yet.
pub(super) fn read_peaks(bundles: &Bundles, starts: &mut BTreeMap<String, Start>) {
    for (name, start) in starts {
        start.peak_mib = peak_mib(bundles.of(name), name);
    }
}

/// The most memory that the process had resident.
fn peak_mib(bundle: &Bundle, name: &str) -> f64 {
    let status = |pid: u32| fs::read_to_string(format!("/proc/{pid}/status")).ok();
    let kib = |text: String| {
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.to_owned();
        line.trim().trim_end_matches(" kB").parse::<f64>().ok()
    };
    bundle.pids(name).into_iter().filter_map(status).filter_map(kib).fold(f64::NAN, f64::max) / 1_024.0
}

/// The table of cold starts.
pub(super) fn table(starts: &BTreeMap<String, Start>, sizes: &BTreeMap<String, u64>) -> Table {
    let mut table = Table::new(
        "Cold start, milliseconds (medians; × is against hello, a function without a database)",
        &[
            "function",
            "asks",
            "×",
            "answers",
            "×",
            "TLS: asks",
            "more",
            "TLS: answers",
            "more",
            "peak MiB",
            "binary MB",
        ],
    );
    let figure = |value: f64| if value.is_nan() { "–".to_owned() } else { format!("{value:.1}") };
    let ratio = |value: f64| format!("{value:.2}");
    #[expect(clippy::cast_precision_loss, reason = "megabytes with one decimal")]
    let megabytes = |bytes: &u64| format!("{:.1}", *bytes as f64 / 1e6);
    for (name, start) in starts {
        table.row(vec![
            name.clone(),
            figure(start.ready),
            ratio(start.ready_ratio),
            figure(start.answered),
            ratio(start.answered_ratio),
            figure(start.ready_tls),
            figure(start.ready_tls - start.ready),
            figure(start.answered_tls),
            figure(start.answered_tls - start.answered),
            figure(start.peak_mib),
            sizes.get(name).map_or_else(|| "–".to_owned(), megabytes),
        ]);
    }
    table
}
