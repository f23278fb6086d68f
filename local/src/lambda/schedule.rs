//! The clock in EventBridge's place: invokes functions when the template's schedules say so, in UTC.

use std::{sync::Arc, time::Duration};

use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use hyper::body::Bytes;
use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};
use tokio::task::JoinHandle;

use super::{clock, function::Function};

/// A sleeping machine wakes up late; the wall clock is looked at this often.
const LOOK: Duration = Duration::from_secs(20);

/// When a schedule is due.
#[derive(Debug, Clone)]
pub enum Times {
    /// `rate(5 minutes)`
    Every(SignedDuration),
    /// `cron(0 3 * * ? *)`
    Cron(Box<Cron>),
    /// `at(2030-01-01T00:00:00)`
    Once(Timestamp),
}

impl Times {
    /// Reads an expression as EventBridge writes it.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, inside) = text.strip_suffix(')')?.split_once('(')?;
        match kind {
            "rate" => rate(inside).map(Times::Every),
            "cron" => cron(inside).map(|cron| Times::Cron(Box::new(cron))),
            "at" => {
                let time: civil::DateTime = inside.parse().ok()?;
                Some(Times::Once(time.to_zoned(TimeZone::UTC).ok()?.timestamp()))
            }
            _ => None,
        }
    }

    /// The first time after `moment`.
    pub fn after(&self, moment: Timestamp) -> Option<Timestamp> {
        match self {
            Times::Every(pause) => moment.checked_add(*pause).ok(),
            Times::Cron(cron) => {
                let next = cron.find_next_occurrence(&moment.to_zoned(TimeZone::UTC), false).ok()?;
                Some(next.timestamp())
            }
            Times::Once(time) => Some(*time).filter(|time| *time > moment),
        }
    }
}

fn rate(text: &str) -> Option<SignedDuration> {
    let (count, unit) = text.split_once(' ')?;
    let count: u32 = count.parse().ok().filter(|count| *count > 0)?;
    let seconds = match (count, unit) {
        (1, "minute") | (2.., "minutes") => 60,
        (1, "hour") | (2.., "hours") => 60 * 60,
        (1, "day") | (2.., "days") => 24 * 60 * 60,
        _ => return None,
    };
    Some(SignedDuration::from_secs(i64::from(count) * seconds))
}

/// Six fields: minutes, hours, days of the month, months, days of the week from Sunday = 1 on, years.
fn cron(text: &str) -> Option<Cron> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let one_kind_of_day = fields.len() == 6 && (fields[2] == "?") != (fields[4] == "?");
    let parser = CronParser::builder().seconds(Seconds::Required).year(Year::Required);
    let parser = parser.alternative_weekdays(true).sloppy_ranges(true).build();
    parser.parse(&format!("0 {text}")).ok().filter(|_| one_kind_of_day)
}

/// The running clock. Dropped, it stops; what it has begun goes on.
#[derive(Debug)]
pub struct Schedules {
    task: JoinHandle<()>,
    count: usize,
}

impl Schedules {
    /// Runs the schedules of these functions.
    pub(super) fn start(functions: impl Iterator<Item = Arc<Function>>) -> Self {
        let mut entries = Vec::new();
        for function in functions {
            for schedule in &function.template.schedules {
                if let Some(times) = Times::parse(&schedule.expression) {
                    let input = Bytes::from(schedule.input.to_string());
                    let due = times.after(now());
                    entries.push(Entry { function: Arc::clone(&function), input, times, due });
                }
            }
        }
        Schedules { count: entries.len(), task: tokio::spawn(run(entries)) }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }
}

impl Drop for Schedules {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Entry {
    function: Arc<Function>,
    input: Bytes,
    times: Times,
    due: Option<Timestamp>,
}

async fn run(mut entries: Vec<Entry>) {
    while let Some(next) = entries.iter().filter_map(|entry| entry.due).min() {
        let wait = Duration::try_from(next.duration_since(now())).unwrap_or_default();
        tokio::time::sleep(wait.min(LOOK)).await;
        let moment = now();
        for entry in entries.iter_mut().filter(|entry| entry.due.is_some_and(|due| due <= moment)) {
            let (function, input) = (Arc::clone(&entry.function), entry.input.clone());
            // A failure is in the function's log; nobody waits for it here.
            tokio::spawn(async move { function.invoke(input).await });
            entry.due = entry.times.after(moment);
        }
    }
}

fn now() -> Timestamp {
    let milliseconds = i64::try_from(clock::epoch_milliseconds()).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(expression: &str, moment: &str) -> String {
        let times = Times::parse(expression).unwrap_or_else(|| panic!("{expression}"));
        times.after(moment.parse().unwrap()).map_or_else(|| "never".to_owned(), |time| time.to_string())
    }

    #[test]
    fn schedules_are_due_when_eventbridge_says() {
        // The examples of AWS's reference, and those of the template.
        for (expression, moment, due) in [
            ("cron(* * * * ? *)", "2026-11-22T23:59:30Z", "2026-11-23T00:00:00Z"),
            ("cron(0 10 * * ? *)", "2026-11-22T10:00:00Z", "2026-11-23T10:00:00Z"),
            ("cron(15 12 * * ? *)", "2026-11-22T12:14:59Z", "2026-11-22T12:15:00Z"),
            // From Monday to Friday; 2026-11-20 is a Friday.
            ("cron(0 18 ? * MON-FRI *)", "2026-11-20T18:00:00Z", "2026-11-23T18:00:00Z"),
            ("cron(0 18 ? * 2-6 *)", "2026-11-20T18:00:00Z", "2026-11-23T18:00:00Z"),
            ("cron(0 3 ? * SUN *)", "2026-11-20T18:00:00Z", "2026-11-22T03:00:00Z"),
            ("cron(0 3 ? * 1 *)", "2026-11-20T18:00:00Z", "2026-11-22T03:00:00Z"),
            ("cron(0 8 1 * ? *)", "2026-11-22T00:00:00Z", "2026-12-01T08:00:00Z"),
            ("cron(0/15 * * * ? *)", "2026-11-22T10:46:00Z", "2026-11-22T11:00:00Z"),
            ("cron(3/15 * * * ? *)", "2026-11-22T10:46:00Z", "2026-11-22T10:48:00Z"),
            ("cron(0/5 8-17 ? * MON-FRI *)", "2026-11-20T17:55:00Z", "2026-11-23T08:00:00Z"),
            ("cron(0 0 L * ? *)", "2028-02-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("cron(0 10 * * ? 2027)", "2026-11-22T10:00:00Z", "2027-01-01T10:00:00Z"),
            ("cron(0 10 * * ? 2025)", "2026-11-22T10:00:00Z", "never"),
            ("rate(5 minutes)", "2026-11-22T10:00:00Z", "2026-11-22T10:05:00Z"),
            ("rate(1 day)", "2026-11-22T10:00:00Z", "2026-11-23T10:00:00Z"),
            ("at(2026-11-22T13:00:00)", "2026-11-22T10:00:00Z", "2026-11-22T13:00:00Z"),
            ("at(2026-11-22T13:00:00)", "2026-11-22T13:00:00Z", "never"),
        ] {
            assert_eq!(after(expression, moment), due, "{expression} after {moment}");
        }
    }

    #[test]
    fn what_eventbridge_refuses_is_none() {
        for faulty in [
            "rate(5 minute)",
            "rate(1 minutes)",
            "rate(0 minutes)",
            "cron(0 3 * * *)",
            "cron(0 3 * * * *)",
            "cron(0 3 ? * ? *)",
            "cron(61 3 * * ? *)",
            "at(tomorrow)",
            "every day",
            "rate(5",
        ] {
            assert!(Times::parse(faulty).is_none(), "{faulty}");
        }
    }
}
