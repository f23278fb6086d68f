//! Readings become states, changes and letters to send, in one transaction.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_postgres::Row;

use super::rule::Reading;
use super::state::{CALM_EVALUATIONS, State, decide};
use crate::clock::iso;
use crate::database::{Database, DatabaseError, Statement};
use crate::ids::new_id;

/// How somebody is told. What CloudWatch tells by SNS needs no row: it looks at the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// A POST to `ALERT_WEBHOOK_URL`.
    Webhook,
}

impl Channel {
    fn as_str(self) -> &'static str {
        match self {
            Channel::Webhook => "WEBHOOK",
        }
    }
}

/// A rule whose state has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// `alr_…`
    pub id: String,
    /// Which rule.
    pub rule: &'static str,
    /// How it stood.
    pub from: State,
    /// How it stands.
    pub to: State,
}

/// What a recording has come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    /// Rules whose state has changed.
    pub changes: Vec<Change>,
    /// Of the rules that were recorded, those that fire now.
    pub firing: Vec<&'static str>,
}

/// A figure at a time, for charts and comparisons.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// What was measured, such as `connections.used`.
    pub metric: &'static str,
    /// What it was measured of; empty: of the whole.
    pub label: String,
    /// The figure.
    pub value: f64,
}

/// Writes down `readings` and `samples`, and for every change of a state an event and a letter for each of `channels`.
///
/// # Errors
/// The database's; then nothing was written.
pub async fn record(
    database: &Database,
    readings: &[Reading],
    samples: &[Sample],
    channels: &[Channel],
    now: Timestamp,
) -> Result<Recorded, DatabaseError> {
    let known: Vec<Value> =
        readings.iter().map(|one| json!({ "rule": one.rule.name, "threshold": one.threshold })).collect();
    let known = Value::Array(known);
    let ensure = Statement::new(ENSURE).bind(known.clone()).bind(now);
    let (transaction, [_, rows]) = database.begin([ensure, Statement::new(LOCK).bind(known)]).await?;
    let before = rows.iter().map(standing).collect::<Result<BTreeMap<_, _>, _>>()?;

    let (mut states, mut events, mut letters) = (Vec::new(), Vec::new(), Vec::new());
    let mut recorded = Recorded::default();
    for reading in readings {
        let name = reading.rule.name;
        // One that a newer build has put into a state of its own is left to it.
        let Some((from, calm)) = before.get(name).copied() else { continue };
        let calm = if reading.is_final { CALM_EVALUATIONS } else { calm };
        let decision = decide(from, calm, reading.value, reading.threshold);
        states.push(json!({
            "rule": name, "state": decision.state.as_str(), "calm": decision.calm_evaluations, "value": reading.value,
            "threshold": reading.threshold, "changed": decision.state != from,
        }));
        if decision.state != from {
            let change = Change { id: new_id("alr", now), rule: name, from, to: decision.state };
            events.push(event(&change, reading));
            letters.extend(channels.iter().map(|channel| letter(&change, reading, *channel, now)));
            recorded.changes.push(change);
        }
        if decision.state == State::Firing {
            recorded.firing.push(name);
        }
    }
    let samples: Vec<Value> = samples
        .iter()
        .filter(|sample| sample.value.is_finite())
        .map(|sample| json!({ "metric": sample.metric, "label": sample.label, "value": sample.value }))
        .collect();
    transaction
        .commit([
            Statement::new(STATES).bind(Value::Array(states)).bind(now),
            Statement::new(EVENTS).bind(Value::Array(events)).bind(now),
            Statement::new(LETTERS).bind(Value::Array(letters)).bind(now),
            Statement::new(SAMPLES).bind(Value::Array(samples)).bind(now),
        ])
        .await?;
    Ok(recorded)
}

fn standing(row: &Row) -> Result<(String, (State, i32)), DatabaseError> {
    let state = State::parse(row.try_get("state")?).ok_or(DatabaseError::Protocol("a state that nobody knows"))?;
    Ok((row.try_get("rule")?, (state, row.try_get("calm_evaluations")?)))
}

fn event(change: &Change, reading: &Reading) -> Value {
    json!({
        "rule": change.rule, "id": change.id, "from": change.from.as_str(), "to": change.to.as_str(),
        "value": reading.value, "threshold": reading.threshold,
    })
}

/// What the receiver gets. `id` stays the same however often it is sent.
fn letter(change: &Change, reading: &Reading, channel: Channel, now: Timestamp) -> Value {
    let id = new_id("alo", now);
    let Change { rule, from, to, .. } = change;
    let (value, unit) = (reading.value.unwrap_or_default(), reading.rule.unit);
    let verb = if *to == State::Firing { "is above" } else { "is no longer above" };
    let text = format!(
        "{}: {rule} {verb} {} {unit} ({value:.1} {unit}). {}.",
        to.as_str(),
        reading.threshold,
        reading.rule.about
    );
    json!({
        "id": id, "rule": rule, "event_id": change.id, "channel": channel.as_str(),
        "payload": {
            "id": id, "rule": rule, "from": from.as_str(), "to": to.as_str(), "value": reading.value,
            "threshold": reading.threshold, "unit": unit, "at": iso(now), "text": text,
        },
    })
}

const ENSURE: &str = "
insert into alert_states (rule, since, threshold, evaluated_at)
select r.rule, $2, r.threshold, $2
  from jsonb_to_recordset($1) as r (rule text, threshold float8)
 order by r.rule
on conflict (rule) do nothing";

/// In the order of their names, so that two who evaluate at once don't wait for each other.
const LOCK: &str = "
select rule, state::text as state, calm_evaluations
  from alert_states
 where rule = any (array(select r.rule from jsonb_to_recordset($1) as r (rule text)))
 order by rule
   for update";

const STATES: &str = "
update alert_states s
   set state = n.state,
       since = case when n.changed then $2 else s.since end,
       calm_evaluations = n.calm,
       value = n.value,
       threshold = n.threshold,
       evaluated_at = greatest($2, s.since)
  from jsonb_to_recordset($1) as n (rule text, state text, calm int, value float8, threshold float8, changed boolean)
 where s.rule = n.rule";

const EVENTS: &str = "
insert into alert_events (rule, id, from_state, to_state, value, threshold, created_at)
select e.rule, e.id, e.\"from\", e.\"to\", e.value, e.threshold, $2
  from jsonb_to_recordset($1) as e (rule text, id text, \"from\" text, \"to\" text, value float8, threshold float8)";

const LETTERS: &str = "
insert into alert_outbox (id, rule, event_id, channel, payload, next_attempt_at, created_at)
select l.id, l.rule, l.event_id, l.channel, l.payload, $2, $2
  from jsonb_to_recordset($1) as l (id text, rule text, event_id text, channel text, payload jsonb)";

/// Two evaluations at the same moment have measured the same.
const SAMPLES: &str = "
insert into metric_samples (metric, label, created_at, value)
select s.metric, s.label, $2, s.value
  from jsonb_to_recordset($1) as s (metric text, label text, value float8)
on conflict do nothing";
