//! Warm requests: how long a function takes from getting a request to having answered it, against `pgbench`.

use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use super::{
    Table,
    bundles::{Bundles, WEBHOOK_SECRET},
    percentile, pgbench,
    requests::{Endpoint, endpoints},
    sorted, statements,
};
use crate::{LocalError, error::Doing};

/// Requests and `pgbench` take turns in this many blocks, so that a slow moment of the machine falls on both.
const BLOCKS: usize = 5;
/// Until caches, plans and connections are warm.
const WARM_UP: usize = 100;
/// By what the number of requests is divided where a password is hashed.
const FEWER: usize = 20;

/// How an endpoint answers. Milliseconds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Warm {
    endpoint: &'static str,
    /// Exchanges with the database that the function waited for.
    round_trips: u64,
    /// Inside the function, from the event to the answer.
    inside_p50: f64,
    inside_p99: f64,
    /// From handing the event to the process to having its answer: with reading the event and writing the answer.
    whole_p50: f64,
    whole_p99: f64,
    /// `pgbench` with the same statements.
    pgbench_p50: Option<f64>,
    pgbench_p99: Option<f64>,
    /// `inside_p50` against `pgbench_p50`. The Runtime API is Lambda's: `GET /api/health` shows what ours costs.
    ratio: Option<f64>,
}

/// Measures every endpoint.
pub(super) async fn measure(bundles: &Bundles, requests: usize) -> Result<Vec<Warm>, LocalError> {
    let mut measured = Vec::new();
    for endpoint in endpoints(&bundles.person, WEBHOOK_SECRET)? {
        measured.push(of_endpoint(bundles, &endpoint, requests).await?);
    }
    Ok(measured)
}

async fn of_endpoint(bundles: &Bundles, endpoint: &Endpoint<'_>, requests: usize) -> Result<Warm, LocalError> {
    let requests = if endpoint.hashes { requests / FEWER } else { requests };
    for _ in 0..WARM_UP.min(requests) {
        send(bundles, endpoint).await?;
    }
    let log = |()| {
        statements::during(&bundles.database, &bundles.postgres_log, async { send(bundles, endpoint).await.map(drop) })
    };
    let sent = statements::with_changing(log(()).await?, &log(()).await?);
    let compared = endpoint.repeatable && !sent.is_empty();
    let folder =
        bundles.postgres_log.parent().ok_or_else(|| LocalError::said("The log is in no folder."))?.join("pgbench");
    std::fs::create_dir_all(&folder).doing(|| format!("make {}", folder.display()))?;

    let (mut whole, mut inside, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    let mut round_trips = 0;
    for _ in 0..BLOCKS {
        for _ in 0..requests / BLOCKS {
            whole.push(send(bundles, endpoint).await?);
        }
        let told = metrics(bundles, endpoint.function, requests / BLOCKS);
        inside.extend(told.iter().filter_map(|line| line["Duration"].as_f64()));
        round_trips = told.iter().filter_map(|line| line["RoundTrips"].as_u64()).max().unwrap_or(round_trips);
        if compared {
            let count = requests / BLOCKS;
            alone.extend(pgbench::latencies(&bundles.tools, &bundles.pooled_url, &sent, count, &folder).await?);
        }
    }
    let (whole, inside, alone) = (sorted(whole), sorted(inside), sorted(alone));
    let alone_p50 = compared.then(|| percentile(&alone, 0.5));
    Ok(Warm {
        endpoint: endpoint.name,
        round_trips,
        inside_p50: percentile(&inside, 0.5),
        inside_p99: percentile(&inside, 0.99),
        whole_p50: percentile(&whole, 0.5),
        whole_p99: percentile(&whole, 0.99),
        pgbench_p50: alone_p50,
        pgbench_p99: compared.then(|| percentile(&alone, 0.99)),
        ratio: alone_p50.map(|alone| percentile(&inside, 0.5) / alone),
    })
}

/// Sends one request; answers its milliseconds.
async fn send(bundles: &Bundles, endpoint: &Endpoint<'_>) -> Result<f64, LocalError> {
    let event = (endpoint.event)()?;
    let began = Instant::now();
    let answer = bundles.of(endpoint.function).invoke(endpoint.function, event).await?;
    let milliseconds = began.elapsed().as_secs_f64() * 1_000.0;
    match answer["statusCode"].as_u64() {
        Some(200..=299) => Ok(milliseconds),
        _ => Err(LocalError::said(format!("{} answered {answer}", endpoint.name))),
    }
}

/// The function's own metrics of its last `count` requests.
fn metrics(bundles: &Bundles, function: &str, count: usize) -> Vec<Value> {
    let lines = bundles.of(function).log_lines(function);
    let metrics = lines.iter().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    metrics.filter(|line| line.get("_aws").is_some()).take(count).collect()
}

/// The table of warm requests.
pub(super) fn table(measured: &[Warm]) -> Table {
    let mut table = Table::new(
        "Warm requests, milliseconds (inside the function; whole with the Runtime API; × is inside against pgbench, p50)",
        &["endpoint", "trips", "inside p50", "p99", "whole p50", "p99", "pgbench p50", "p99", "×"],
    );
    let figure = |value: f64| format!("{value:.2}");
    let maybe = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), figure);
    for warm in measured {
        table.row(vec![
            warm.endpoint.to_owned(),
            warm.round_trips.to_string(),
            figure(warm.inside_p50),
            figure(warm.inside_p99),
            figure(warm.whole_p50),
            figure(warm.whole_p99),
            maybe(warm.pgbench_p50),
            maybe(warm.pgbench_p99),
            maybe(warm.ratio),
        ]);
    }
    table
}
