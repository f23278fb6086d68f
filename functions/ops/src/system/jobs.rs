//! `GET /api/admin/system/health`: how the enhancement of images is getting on.

use std::collections::BTreeMap;

use axum::Json;
use serde::Serialize;
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::{Admin, ApiError, DatabaseError, Statement};
use tokio_postgres::Row;
use utoipa::ToSchema;

/// How the enhancement of images is getting on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemHealth {
    /// Jobs that were ordered in each of the last 24 hours, the oldest first; hours without any are left out.
    hourly_jobs: Vec<HourOfJobs>,
    /// Of the last seven days.
    avg_processing_time: Vec<TierTime>,
    /// Of the last seven days.
    tier_stats: Vec<TierStats>,
    /// Jobs that wait or are worked at.
    queue_depth: i64,
    /// Of the last seven days, by state.
    jobs_by_status: BTreeMap<String, i64>,
    /// The newest first; at most 10.
    recent_failures: Vec<FailedJob>,
    /// When this was counted, ISO 8601.
    timestamp: String,
}

#[derive(Serialize, ToSchema)]
struct HourOfJobs {
    /// Its begin, ISO 8601.
    hour: String,
    count: i64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TierTime {
    tier: String,
    avg_seconds: f64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TierStats {
    tier: String,
    total: i64,
    failed: i64,
    /// In percent.
    failure_rate: f64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FailedJob {
    id: String,
    tier: String,
    error: Option<String>,
    /// ISO 8601.
    created_at: String,
}

/// How the enhancement of images is getting on. A question that fails is an error, not an empty list.
#[utoipa::path(
    get, path = "/api/admin/system/health", tag = "system", security(("session" = [])),
    responses((status = 200, body = SystemHealth), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)),
)]
pub async fn show(who: Admin) -> Result<Json<SystemHealth>, ApiError> {
    let at = |sql| Statement::new(sql).bind(who.now());
    let statements = [at(HOURLY), at(TIERS), Statement::new(QUEUE), at(BY_STATUS), Statement::new(FAILURES)];
    let (_, [hourly, tiers, queue, by_status, failures]) = who.read(statements).await?;
    let queue = queue.first().ok_or(DatabaseError::Protocol("an aggregate answered no row"))?;
    let mut health = SystemHealth {
        hourly_jobs: hourly.iter().map(hour).collect::<Result<_, _>>()?,
        avg_processing_time: Vec::new(),
        tier_stats: Vec::new(),
        queue_depth: queue.try_get("depth")?,
        jobs_by_status: BTreeMap::new(),
        recent_failures: failures.iter().map(failure).collect::<Result<_, _>>()?,
        timestamp: iso(who.now()),
    };
    for row in &tiers {
        let tier: String = row.try_get("tier")?;
        if let Some(avg_seconds) = row.try_get("avg_seconds")? {
            health.avg_processing_time.push(TierTime { tier: tier.clone(), avg_seconds });
        }
        let (total, failed) = (row.try_get("total")?, row.try_get("failed")?);
        health.tier_stats.push(TierStats { tier, total, failed, failure_rate: row.try_get("failure_rate")? });
    }
    for row in &by_status {
        health.jobs_by_status.insert(row.try_get("status")?, row.try_get("count")?);
    }
    Ok(Json(health))
}

fn hour(row: &Row) -> Result<HourOfJobs, ApiError> {
    Ok(HourOfJobs { hour: iso(row.try_get("hour")?), count: row.try_get("count")? })
}

fn failure(row: &Row) -> Result<FailedJob, ApiError> {
    Ok(FailedJob {
        id: row.try_get("id")?,
        tier: row.try_get("tier")?,
        error: row.try_get("error_message")?,
        created_at: iso(row.try_get("created_at")?),
    })
}

const HOURLY: &str = "
select date_trunc('hour', created_at) as hour, count(*) as count
  from image_enhancement_jobs
 where created_at > $1 - interval '24 hours'
 group by 1
 order by 1";

const TIERS: &str = "
select tier::text as tier,
       avg(extract(epoch from processing_completed_at - processing_started_at))
           filter (where status = 'COMPLETED')::float8 as avg_seconds,
       count(*) as total,
       count(*) filter (where status in ('FAILED', 'REFUNDED')) as failed,
       count(*) filter (where status in ('FAILED', 'REFUNDED')) * 100.0::float8 / count(*) as failure_rate
  from image_enhancement_jobs
 where created_at > $1 - interval '7 days'
 group by 1
 order by 1";

const QUEUE: &str = "select count(*) as depth from image_enhancement_jobs where status in ('PENDING', 'PROCESSING')";

const BY_STATUS: &str = "
select status::text as status, count(*) as count
  from image_enhancement_jobs
 where created_at > $1 - interval '7 days'
 group by 1";

const FAILURES: &str = "
select id, tier::text as tier, error_message, created_at
  from image_enhancement_jobs
 where status in ('FAILED', 'REFUNDED')
 order by created_at desc, id desc
 limit 10";
