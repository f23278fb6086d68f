//! How many queries were slow lately, from counters that only ever grow: today's less those of five minutes ago.
//!
//! The server counts runs and their time, not slow runs. A statement whose runs of the last minutes took longer than a
//! second on average counts with all of them. One that is quick as a rule and slow at times is seen by the functions'
//! metric `SlowQueries`, which counts each.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use shared::alerts::Sample;
use shared::monitoring::StatementCount;
use shared::{Database, DatabaseError, Statement};

/// What is slow.
pub(super) const MILLISECONDS: i64 = 1_000;
const SLOW: f64 = 1_000.0;
/// How far back it is counted.
const WINDOW: SignedDuration = SignedDuration::from_mins(5);

const CALLS: &str = "statement.calls";
const TIME: &str = "statement.milliseconds";

/// What was written down of a statement before.
#[derive(Clone, Debug, Default, PartialEq)]
struct Known {
    /// Runs and their time when the window began; absent if it had not been slow by then.
    base: Option<(f64, f64)>,
    /// Whether what is known now was written down already.
    is_current: bool,
}

/// How many runs were slow since the window began, and what has to be kept for the next time.
pub(super) async fn since_last(
    database: &Database,
    counts: Vec<StatementCount>,
    now: Timestamp,
) -> Result<(f64, Vec<Sample>), DatabaseError> {
    let [rows] = database.read([Statement::new(SINCE).bind(now - WINDOW * 2).bind(now)]).await?;
    let since: Option<Timestamp> = rows.first().map_or(Ok(None), |row| row.try_get("since"))?;
    let Some(since) = since else {
        // Nobody has looked for a while: what was slow meanwhile nobody knows any more.
        return Ok((0.0, counts.iter().flat_map(kept).collect()));
    };
    let begin = since.max(now - WINDOW);
    let [rows] = database.read([Statement::new(KNOWN).bind(begin).bind(now)]).await?;
    let mut known = BTreeMap::new();
    for row in &rows {
        let base: Option<(f64, f64)> =
            row.try_get::<_, Option<f64>>("base_calls")?.zip(row.try_get::<_, Option<f64>>("base_milliseconds")?);
        let last: f64 = row.try_get("last_calls")?;
        let is_fresh: bool = row.try_get("is_fresh")?;
        known.insert(row.try_get::<_, String>("label")?, (base, last, is_fresh));
    }
    let known = |count: &StatementCount| match known.get(&count.query_id) {
        None => Known::default(),
        Some((base, last, is_fresh)) => {
            Known { base: *base, is_current: *is_fresh && (last - count.calls).abs() < 0.5 }
        }
    };
    let slow = counts.iter().map(|count| slow_runs(count, known(count).base)).sum();
    Ok((slow, counts.iter().filter(|count| !known(count).is_current).flat_map(kept).collect()))
}

/// Runs since `base`, if they were slow on average. Counters that have become less were reset.
fn slow_runs(count: &StatementCount, base: Option<(f64, f64)>) -> f64 {
    let (calls, milliseconds) = match base {
        Some((calls, milliseconds)) if calls <= count.calls => {
            (count.calls - calls, count.total_milliseconds - milliseconds)
        }
        _ => (count.calls, count.total_milliseconds),
    };
    if calls > 0.0 && milliseconds / calls > SLOW { calls } else { 0.0 }
}

fn kept(count: &StatementCount) -> [Sample; 2] {
    let label = &count.query_id;
    [
        Sample { metric: CALLS, label: label.clone(), value: count.calls },
        Sample { metric: TIME, label: label.clone(), value: count.total_milliseconds },
    ]
}

/// $1 from when, $2 now: since when somebody has looked without a long gap.
const SINCE: &str = "
select min(created_at) as since
  from metric_samples
 where metric = 'queries.slow'
   and label = ''
   and created_at > $1
   and created_at < $2";

/// $1 the window's begin, $2 now. What has not changed is written down twice a day all the same, so that a day suffices.
const KNOWN: &str = "
select label,
       (array_agg(value order by created_at desc)
           filter (where metric = 'statement.calls' and created_at <= $1))[1] as base_calls,
       (array_agg(value order by created_at desc)
           filter (where metric = 'statement.milliseconds' and created_at <= $1))[1] as base_milliseconds,
       (array_agg(value order by created_at desc) filter (where metric = 'statement.calls'))[1] as last_calls,
       max(created_at) > $2 - interval '12 hours' as is_fresh
  from metric_samples
 where metric in ('statement.calls', 'statement.milliseconds')
   and created_at > $2 - interval '1 day'
   and created_at < $2
 group by label
having count(*) filter (where metric = 'statement.calls') > 0";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_41_only_runs_of_the_window_count_and_only_slow_ones() {
        let count = |calls: f64, seconds: f64| StatementCount {
            query_id: "1".to_owned(),
            calls,
            total_milliseconds: seconds * 1_000.0,
        };
        for (now, base, slow) in [
            (count(11.0, 12.1), None, 11.0),
            (count(10.0, 11.0), None, 10.0),
            (count(11.0, 11.0), None, 0.0),
            (count(111.0, 22.1), Some((100.0, 10_000.0)), 11.0),
            (count(111.0, 10.1), Some((100.0, 10_000.0)), 0.0),
            (count(100.0, 100.5), Some((100.0, 100_500.0)), 0.0),
            (count(3.0, 6.0), Some((100.0, 100_000.0)), 3.0),
        ] {
            assert!((slow_runs(&now, base) - slow).abs() < 1e-9, "{now:?} {base:?}");
        }
    }
}
