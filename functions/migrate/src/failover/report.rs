//! What `failover-check` reports.

use serde::Serialize;

use super::host::{Host, Role, Server};
use super::judge::{self, Problem, Readiness};
use crate::report::table;

/// Every server, what is wrong, and whether the primary may die now.
#[derive(Debug, Clone, Serialize)]
pub struct FailoverReport {
    /// The verdict.
    pub verdict: Readiness,
    /// What is not as it should be, the worst first.
    pub problems: Vec<Problem>,
    /// The servers, in DIRECT_URL's order.
    pub hosts: Vec<Host>,
}

impl FailoverReport {
    pub(super) fn of(mut hosts: Vec<Host>) -> Self {
        judge::compare(&mut hosts);
        let problems = judge::problems(&hosts);
        Self { verdict: judge::readiness(&problems), problems, hosts }
    }

    /// Whether a replica could take over and nothing would be lost.
    pub fn is_ready(&self) -> bool {
        self.verdict == Readiness::Ready
    }

    pub(crate) fn to_text(&self) -> String {
        let mut text = table(["SERVER", "ROLE", "TIMELINE", "LSN", "BEHIND"], self.hosts.iter().map(line)) + "\n";
        for (host, server) in self.hosts.iter().filter_map(|host| Some((&host.host, host.server.as_ref()?))) {
            for follower in &server.followers {
                text += &format!(
                    "{host} is followed by {}: {}, {}, {} bytes and {:.1} s behind\n",
                    follower.name, follower.state, follower.synchronous, follower.behind_bytes, follower.behind_seconds
                );
            }
            for slot in &server.slots {
                let reader = if slot.active { "in use" } else { "idle" };
                text += &format!("{host} has the slot {}: {reader}, {} bytes kept\n", slot.name, slot.retained_bytes);
            }
        }
        for server in
            self.hosts.iter().filter(|host| host.role == Role::Primary).filter_map(|host| host.server.as_ref())
        {
            let names = match server.synchronous_standby_names.as_str() {
                "" => "no replica",
                names => names,
            };
            text += &format!("Commits wait for {names} (synchronous_commit {})\n", server.synchronous_commit);
        }
        for problem in &self.problems {
            text += &format!("{}: {}.\n  What to do: {}.\n", problem.problem, problem.says, problem.remedy);
        }
        text + match self.verdict {
            Readiness::Ready => "Verdict: ready. A replica has every commit that anybody was told of.",
            Readiness::LosesData => {
                "Verdict: loses_data. A replica could take over; the last moments of work would be lost."
            }
            Readiness::NotReady => "Verdict: not_ready.",
        }
    }
}

fn line(host: &Host) -> [String; 5] {
    let role = match host.role {
        Role::Primary => "primary",
        Role::Replica => "replica",
        Role::Unreachable => "unreachable",
    };
    let of = |show: fn(&Server) -> String| host.server.as_ref().map(show).unwrap_or_default();
    [
        host.host.clone(),
        role.to_owned(),
        of(|server| server.timeline.to_string()),
        of(|server| server.lsn.clone().unwrap_or_default()),
        of(|server| match (server.behind_bytes, server.behind_seconds) {
            (Some(bytes), Some(seconds)) => format!("{bytes} bytes, {seconds:.1} s"),
            (Some(bytes), None) => format!("{bytes} bytes"),
            (None, _) => String::new(),
        }),
    ]
}
