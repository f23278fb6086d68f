//! What the servers add up to: whether a replica could take over now, what that would cost, and what to do.

use serde::Serialize;

use super::host::{Follower, Host, Role, Server};

/// Behind by more, a replica is of no use in an emergency: it takes over only when it has caught up.
const LAG_LIMIT_SECONDS: f64 = 30.0;
/// Values of `synchronous_commit` that wait for no replica.
const CARELESS: [&str; 2] = ["off", "local"];
/// States of a replica that a commit waits for.
const CONFIRMING: [&str; 2] = ["sync", "quorum"];

/// Whether the primary may die now. The worst problem decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    /// A replica has everything that anybody was told of.
    Ready,
    /// A replica could take over, without the last moments of work.
    LosesData,
    /// Nobody could take over, or somebody must now, or two have.
    NotReady,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// What it makes of the whole; `ready` for what only deserves a look.
    pub readiness: Readiness,
    /// A stable name, for programs.
    pub problem: &'static str,
    /// What was seen.
    pub says: String,
    /// What to do.
    pub remedy: String,
}

/// The worst of them.
pub(super) fn readiness(problems: &[Problem]) -> Readiness {
    problems.iter().map(|problem| problem.readiness).max().unwrap_or(Readiness::Ready)
}

/// Fills in how far replicas are behind, which they alone do not know.
pub(super) fn compare(hosts: &mut [Host]) {
    let Some(primary) = hosts.iter().find(|host| host.role == Role::Primary).and_then(|host| host.server.clone())
    else {
        return;
    };
    for replica in hosts.iter_mut().filter(|host| host.role == Role::Replica).filter_map(|host| host.server.as_mut()) {
        let seen = primary.followers.iter().find(|follower| Some(&follower.name) == replica.name.as_ref());
        let (bytes, seconds) = match seen {
            Some(follower) => (follower.behind_bytes, Some(follower.behind_seconds)),
            None => {
                let bytes = primary.position().saturating_sub(replica.position());
                let seconds = if bytes == 0 { Some(0.0) } else { replica.last_change_seconds_ago };
                (i64::try_from(bytes).unwrap_or(i64::MAX), seconds)
            }
        };
        (replica.behind_bytes, replica.behind_seconds) = (Some(bytes), seconds);
    }
}

/// Everything that is wrong, the worst first.
pub(super) fn problems(hosts: &[Host]) -> Vec<Problem> {
    let of = |role| hosts.iter().filter(move |host| host.role == role);
    let primaries: Vec<_> = of(Role::Primary).filter_map(with_server).collect();
    let replicas: Vec<_> = of(Role::Replica).filter_map(with_server).collect();
    let mut found: Vec<_> = of(Role::Unreachable).map(unreachable).collect();
    found.extend(strangers(&primaries, &replicas));
    match primaries[..] {
        [] => found.push(nobody_writes(&replicas)),
        [(name, primary)] => {
            found.extend(followed(name, primary));
            found.extend(waits(primary));
            found.extend(replicas.iter().filter(|(_, replica)| !replica.streaming).map(|one| astray(one, primary)));
            if replicas.is_empty() && !primary.followers.is_empty() {
                found.push(note(
                    "replicas_not_named",
                    "DIRECT_URL names none of the replicas".to_owned(),
                    "name every server in it, separated by commas, so that they can be asked when the primary is gone"
                        .to_owned(),
                ));
            }
        }
        _ => found.push(two_write(&primaries)),
    }
    found.extend(primaries.iter().chain(&replicas).flat_map(|(name, server)| slots(name, server)));
    found.sort_by_key(|problem| std::cmp::Reverse(problem.readiness));
    found
}

fn with_server(host: &Host) -> Option<(&str, &Server)> {
    host.server.as_ref().map(|server| (host.host.as_str(), server))
}

fn unreachable(host: &Host) -> Problem {
    let says = format!("{} does not answer: {}", host.host, host.says.as_deref().unwrap_or_default());
    note(
        "unreachable",
        says,
        "look whether it runs; a former primary must come back as a replica only (docs/runbook.md)".to_owned(),
    )
}

/// The primary is gone, or only out of sight.
fn nobody_writes(replicas: &[(&str, &Server)]) -> Problem {
    // One that follows another replica hears of no primary.
    let known = |follower: &Follower, replica: &Server| Some(&follower.name) == replica.name.as_ref();
    let cascades =
        |replica: &Server| replicas.iter().flat_map(|(_, one)| &one.followers).any(|one| known(one, replica));
    if let Some((name, _)) = replicas.iter().find(|(_, replica)| replica.streaming && !cascades(replica)) {
        return not_ready(
            "primary_not_seen",
            format!("no server that answers takes writes, and yet {name} receives the log of one that does"),
            "promote nobody: name the primary in DIRECT_URL, or mend the network from here to it; if it died without a word, \
             the replica notices within a minute"
                .to_owned(),
        );
    }
    match replicas.iter().max_by_key(|(_, replica)| replica.reach()) {
        None => not_ready(
            "nobody_answers",
            "no server answers".to_owned(),
            "check the network from here; if they are lost, restore the newest backup on another one (`cargo db restore`)".to_owned(),
        ),
        Some((name, replica)) => not_ready(
            "no_primary",
            format!("no server takes writes; {name} has received the most, up to {}", farthest(replica)),
            format!(
                "make sure that the old primary is dead and stays dead, then on {name}: \
                 alter system set synchronous_standby_names = ''; select pg_reload_conf(); select pg_promote()"
            ),
        ),
    }
}

/// Split brain.
fn two_write(primaries: &[(&str, &Server)]) -> Problem {
    let list: Vec<_> =
        primaries.iter().map(|(name, server)| format!("{name} (timeline {})", server.timeline)).collect();
    let newest = primaries.iter().map(|(_, server)| server.timeline).max();
    let on_newest: Vec<_> = primaries.iter().filter(|(_, server)| Some(server.timeline) == newest).collect();
    let remedy = match on_newest[..] {
        [(name, _)] => format!(
            "{name} is on the newer timeline, so it was promoted: stop every other one at once, then let it come back as a \
             replica (pg_rewind)"
        ),
        _ => "none was promoted after the other: stop the one that the functions do not use, and compare the rows before it is rewound"
            .to_owned(),
    };
    not_ready("split_brain", format!("more than one server takes writes: {}", list.join(", ")), remedy)
}

/// A server of another cluster can take over nothing.
fn strangers(primaries: &[(&str, &Server)], replicas: &[(&str, &Server)]) -> Option<Problem> {
    let (first_name, first) = primaries.iter().chain(replicas).next()?;
    let (name, _) = primaries.iter().chain(replicas).find(|(_, server)| server.cluster != first.cluster)?;
    let says = format!("{name} is no copy of {first_name}: their system identifiers differ");
    Some(not_ready(
        "other_cluster",
        says,
        "correct the hosts in DIRECT_URL, or make the replica anew (pg_basebackup)".to_owned(),
    ))
}

/// Whether somebody follows the primary closely.
fn followed(name: &str, primary: &Server) -> Option<Problem> {
    let streams = |one: &&Follower| one.state == "streaming";
    let best = primary.followers.iter().filter(streams).map(|one| one.behind_seconds).min_by(f64::total_cmp);
    match best {
        None => Some(not_ready(
            "no_replica",
            format!("nobody streams from {name}"),
            "start the replica and look at its log; without one: pg_basebackup -R -X stream -C -S NAME".to_owned(),
        )),
        Some(seconds) if seconds > LAG_LIMIT_SECONDS => Some(not_ready(
            "lagging",
            format!("the best replica is {seconds:.0} s behind"),
            "look for a long query or a paused replay on it, and for its disk and network".to_owned(),
        )),
        Some(_) => None,
    }
}

/// Whether commits wait until a replica has them.
fn waits(primary: &Server) -> Vec<Problem> {
    let mut found = Vec::new();
    let named = !primary.synchronous_standby_names.trim().is_empty();
    let confirmed = primary.followers.iter().any(|one| CONFIRMING.contains(&one.synchronous.as_str()));
    if !named || CARELESS.contains(&primary.synchronous_commit.as_str()) {
        let which = if named { "synchronous_commit" } else { "synchronous_standby_names" };
        let value = if named { "on" } else { "to a replica's name" };
        found.push(Problem {
            readiness: Readiness::LosesData,
            problem: "asynchronous",
            says: "commits wait for no replica: the last moments of work would be lost".to_owned(),
            remedy: format!("set {which} {value} (alter system, then select pg_reload_conf())"),
        });
    } else if !confirmed {
        found.push(not_ready(
            "commits_wait",
            format!("commits wait for {}, and none of them streams", primary.synchronous_standby_names),
            "start that replica; until then: alter system set synchronous_standby_names = ''; select pg_reload_conf()"
                .to_owned(),
        ));
    }
    found.extend(primary.careless.iter().map(|one| Problem {
        readiness: Readiness::LosesData,
        problem: "careless",
        says: format!("commits of the {one} wait for no replica"),
        remedy: format!("alter {one} reset synchronous_commit"),
    }));
    found
}

/// A replica that follows nobody.
fn astray((name, replica): &(&str, &Server), primary: &Server) -> Problem {
    let (its, timeline) = (replica.timeline, primary.timeline);
    let says = format!("{name} does not stream: it is on timeline {its}, the primary on {timeline}");
    note(
        "not_streaming",
        says,
        "look at its log; if it can't follow, rewind it (pg_rewind) or make it anew (pg_basebackup)".to_owned(),
    )
}

fn slots(name: &str, server: &Server) -> Vec<Problem> {
    let idle = server.slots.iter().filter(|slot| !slot.active);
    idle.map(|slot| {
        let (what, remedy) = match slot.lost {
            true => ("has lost what its replica needs", "make the replica anew (pg_basebackup)".to_owned()),
            false => (
                "keeps the log for nobody, until the disk is full",
                format!("start its replica, or select pg_drop_replication_slot('{}')", slot.name),
            ),
        };
        note("idle_slot", format!("the slot {} of {name} {what}", slot.name), remedy)
    })
    .collect()
}

fn farthest(replica: &Server) -> String {
    let ends = [replica.received.as_deref(), replica.lsn.as_deref()];
    let last =
        ends.into_iter().flatten().max_by_key(|end| end.parse::<tokio_postgres::types::PgLsn>().map_or(0, u64::from));
    last.unwrap_or("?").to_owned()
}

fn not_ready(problem: &'static str, says: String, remedy: String) -> Problem {
    Problem { readiness: Readiness::NotReady, problem, says, remedy }
}

fn note(problem: &'static str, says: String, remedy: String) -> Problem {
    Problem { readiness: Readiness::Ready, problem, says, remedy }
}

#[cfg(test)]
mod tests;
