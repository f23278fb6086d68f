//! The template's schedules and the table of jobs say the same.

use std::collections::{BTreeMap, BTreeSet};

use local::lambda::template::{FunctionTemplate, Template};
use scheduled::jobs::JOBS;
use serde_json::json;
use tests::project;

fn function() -> FunctionTemplate {
    named("scheduled")
}

fn named(name: &str) -> FunctionTemplate {
    let template = Template::read(&project().join("template.yaml"), &BTreeMap::new()).expect("the template");
    template.functions.into_iter().find(|function| function.name == name).expect("the function")
}

fn schedules(name: &str) -> Vec<(String, String)> {
    let schedules = named(name).schedules.into_iter();
    schedules.map(|schedule| (schedule.expression, schedule.input.to_string())).collect()
}

#[test]
fn each_job_has_its_schedule_and_each_schedule_its_job() {
    let schedules = function().schedules.into_iter().map(|schedule| (schedule.input.to_string(), schedule.expression));
    let jobs = JOBS.iter().map(|job| (json!({ "job": job.name }).to_string(), job.schedule.to_owned()));
    assert_eq!(schedules.collect::<BTreeSet<_>>(), jobs.collect::<BTreeSet<_>>());
    assert_eq!(function().schedules.len(), JOBS.len(), "a schedule twice");
}

/// Lambda kills none of them; and one by the minute has ended before the next begins.
#[test]
fn each_job_ends_before_its_time_does() {
    let most = u64::from(function().timeout_seconds);
    for job in JOBS {
        let seconds = job.budget.as_secs() + 30;
        assert!(seconds < most, "{} may take {seconds} s of {most}", job.name);
        assert!(job.schedule != "cron(* * * * ? *)" || job.budget.as_secs() < 60, "{}", job.name);
    }
}

/// A run of 14 minutes, and the table that it is at, end before Lambda does and before the next one begins.
#[test]
fn ops_44_the_vacuum_begins_on_sunday_at_three_and_goes_on() {
    let vacuum = r#"{"action":"vacuum"}"#.to_owned();
    assert!(schedules("migrate").contains(&("cron(0/15 3-5 ? * SUN *)".to_owned(), vacuum)));
    assert_eq!(named("migrate").timeout_seconds, 900);
    for (_, input) in schedules("migrate") {
        let event = serde_json::from_str(&input).expect("JSON");
        migrate::Action::from_event(event).expect("an action");
    }
}

#[test]
fn ops_18_ops_45_backups_and_their_proof_and_the_report_have_their_times() {
    let expected = [
        ("cron(0 2 * * ? *)", r#"{"kind":"daily"}"#),
        ("cron(0 5 1 * ? *)", r#"{"action":"verify"}"#),
        ("cron(0 5 1 * ? *)", r#"{"action":"report"}"#),
    ];
    let expected: BTreeSet<_> = expected.into_iter().map(|(at, input)| (at.to_owned(), input.to_owned())).collect();
    assert_eq!(schedules("backup").into_iter().collect::<BTreeSet<_>>(), expected);
}
