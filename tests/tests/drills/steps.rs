//! The steps of a drill, timed and printed, and what it had to reach.

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::json;

/// A disaster, and what we promise about it.
pub struct Scenario {
    /// As `cargo dev drill` is told.
    pub name: &'static str,
    /// The longest that the service may be away or wrong.
    pub rto: Duration,
    /// How much of the latest work may be lost.
    pub rpo: Duration,
}

/// A disaster that has struck: time runs.
pub struct Drill {
    scenario: &'static Scenario,
    began: Instant,
    number: u32,
}

/// What it cost.
pub struct Loss {
    /// Changes that somebody had been told were done.
    pub acknowledged: u64,
    /// Those of them that are gone.
    pub lost: u64,
    /// From the newest change that is kept to the disaster; nothing when none is lost.
    pub time: Duration,
}

impl Drill {
    /// Time starts now, when the disaster is noticed.
    pub fn begin(scenario: &'static Scenario) -> Self {
        print(&format!("\nDrill: {}", scenario.name));
        Drill { scenario, began: Instant::now(), number: 0 }
    }

    /// Does the next step, as an operator would, and prints how long it took.
    pub async fn step<T>(&mut self, what: &str, work: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let done = work.await;
        self.number += 1;
        let (took, all) = (began.elapsed().as_secs_f64(), self.began.elapsed().as_secs_f64());
        print(&format!("{:>2}. {what:<76} {took:>6.1} s {all:>7.1} s", self.number));
        done
    }

    /// The service works again. Fails when that took too long or cost too much.
    pub fn end(self, loss: &Loss) {
        let took = self.began.elapsed();
        let Scenario { name, rto, rpo } = self.scenario;
        let met = took <= *rto && loss.time <= *rpo && (loss.lost == 0 || *rpo > Duration::ZERO);
        print(&format!(
            "    took {:.1} s of {} s; lost {} of {} acknowledged changes, the last {:.1} s of {} s: {}",
            took.as_secs_f64(),
            rto.as_secs(),
            loss.lost,
            loss.acknowledged,
            loss.time.as_secs_f64(),
            rpo.as_secs(),
            if met { "met" } else { "MISSED" },
        ));
        self.report(took, loss, met);
        assert!(met, "the drill {name} did not reach what we promise");
    }

    /// For the table of `cargo dev drill`.
    fn report(&self, took: Duration, loss: &Loss, met: bool) {
        #[expect(clippy::disallowed_methods, reason = "tests have no configuration")]
        let Ok(file) = std::env::var("DRILL_RESULTS") else { return };
        let line = json!({
            "scenario": self.scenario.name,
            "rtoSeconds": self.scenario.rto.as_secs(),
            "tookSeconds": took.as_secs_f64(),
            "rpoSeconds": self.scenario.rpo.as_secs(),
            "acknowledged": loss.acknowledged,
            "lost": loss.lost,
            "lostSeconds": loss.time.as_secs_f64(),
            "met": met,
        });
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
        writeln!(file, "{line}").unwrap();
    }
}

fn print(line: &str) {
    #[expect(clippy::print_stdout, reason = "a drill is there to be watched")]
    {
        println!("{line}");
    }
}
