use super::*;
use crate::failover::host::Slot;

fn follower(state: &str, synchronous: &str, behind_seconds: f64) -> Follower {
    let (state, synchronous) = (state.to_owned(), synchronous.to_owned());
    Follower { name: "b".to_owned(), state, synchronous, behind_bytes: 10, behind_seconds }
}

fn server(timeline: i32, lsn: &str) -> Server {
    let (cluster, lsn, synchronous_commit) = ("1".to_owned(), Some(lsn.to_owned()), "on".to_owned());
    Server { cluster, timeline, lsn, synchronous_commit, ..Server::default() }
}

fn host(host: &str, role: Role, server: Server) -> Host {
    Host { host: host.to_owned(), role, says: None, server: Some(server) }
}

fn primary(names: &str, followers: Vec<Follower>) -> Host {
    let synchronous_standby_names = names.to_owned();
    host("a:1", Role::Primary, Server { synchronous_standby_names, followers, ..server(1, "0/3000100") })
}

fn replica() -> Host {
    host("b:1", Role::Replica, Server { streaming: true, name: Some("b".to_owned()), ..server(1, "0/3000000") })
}

fn seen(hosts: &[Host]) -> (Readiness, Vec<&'static str>) {
    let problems = problems(hosts);
    (readiness(&problems), problems.iter().map(|problem| problem.problem).collect())
}

#[test]
fn ops_50_each_way_of_not_being_ready_has_a_name() {
    use Readiness::{LosesData, NotReady, Ready};
    let sync = |seconds| follower("streaming", "sync", seconds);
    let careless = |commit: &str, places: &[&str]| {
        let mut host = primary("b", vec![sync(0.0)]);
        let server = host.server.as_mut().unwrap();
        server.synchronous_commit = commit.to_owned();
        server.careless = places.iter().map(|place| (*place).to_owned()).collect();
        host
    };
    let away = Host::unreachable("b:1".to_owned(), "refused".to_owned());
    let idle = Slot { name: "c".to_owned(), active: false, lost: false, retained_bytes: 7 };
    let mut keeping = primary("b", vec![sync(0.0)]);
    keeping.server.as_mut().unwrap().slots.push(idle);
    for (hosts, readiness, problems) in [
        (vec![primary("b", vec![sync(30.0)]), replica()], Ready, vec![]),
        (vec![primary("ANY 1 (b, c)", vec![follower("streaming", "quorum", 0.0)]), replica()], Ready, vec![]),
        (vec![primary("b", vec![sync(30.5)]), replica()], NotReady, vec!["lagging"]),
        // Another one will do.
        (vec![primary("b", vec![sync(31.0), sync(1.0)]), replica()], Ready, vec![]),
        (vec![primary("", vec![follower("streaming", "async", 0.0)]), replica()], LosesData, vec!["asynchronous"]),
        (vec![careless("local", &[]), replica()], LosesData, vec!["asynchronous"]),
        (vec![careless("on", &["role spike_app"]), replica()], LosesData, vec!["careless"]),
        (vec![primary("b", vec![]), away.clone()], NotReady, vec!["no_replica", "commits_wait", "unreachable"]),
        (
            vec![primary("", vec![follower("catchup", "async", 0.0)])],
            NotReady,
            vec!["no_replica", "asynchronous", "replicas_not_named"],
        ),
        (vec![keeping, replica()], Ready, vec!["idle_slot"]),
        (
            vec![away.clone(), host("b:1", Role::Replica, server(1, "0/3000000"))],
            NotReady,
            vec!["no_primary", "unreachable"],
        ),
        // It is not dead: the replica hears it.
        (vec![away.clone(), replica()], NotReady, vec!["primary_not_seen", "unreachable"]),
        (vec![away.clone(), away], NotReady, vec!["nobody_answers", "unreachable", "unreachable"]),
    ] {
        assert_eq!(seen(&hosts), (readiness, problems), "{hosts:#?}");
    }
}

#[test]
fn ops_50_of_two_primaries_the_newer_timeline_was_promoted() {
    let old = primary("", vec![]);
    let remedy =
        |timeline| problems(&[old.clone(), host("b:1", Role::Primary, server(timeline, "0/5000000"))])[0].clone();
    assert_eq!((remedy(2).problem, remedy(2).readiness), ("split_brain", Readiness::NotReady));
    assert!(remedy(2).remedy.starts_with("b:1 is on the newer timeline"), "{:?}", remedy(2));
    assert!(remedy(2).says.contains("a:1 (timeline 1), b:1 (timeline 2)"), "{:?}", remedy(2));
    assert!(remedy(1).remedy.starts_with("none was promoted"), "{:?}", remedy(1));
}

#[test]
fn ops_50_without_a_primary_the_replica_that_has_received_the_most_is_to_be_promoted() {
    let behind = host("b:1", Role::Replica, server(1, "0/3000100"));
    let received = Some("0/A000000".to_owned());
    let ahead = host("c:1", Role::Replica, Server { received, ..server(1, "0/3000000") });
    let found = problems(&[behind, ahead]);
    assert!(found[0].says.contains("c:1 has received the most, up to 0/A000000"), "{found:?}");
    assert!(found[0].remedy.contains("pg_promote"), "{found:?}");
}

#[test]
fn ops_50_a_server_of_another_cluster_is_no_replica() {
    let mut stranger = replica();
    stranger.server.as_mut().unwrap().cluster = "2".to_owned();
    let sync = follower("streaming", "sync", 0.0);
    assert_eq!(seen(&[primary("b", vec![sync]), stranger]), (Readiness::NotReady, vec!["other_cluster"]));
}

#[test]
fn ops_50_how_far_a_replica_is_behind_is_the_primarys_word_or_the_difference() {
    let behind = |hosts: &mut [Host]| {
        compare(hosts);
        let replica = hosts[1].server.as_ref().unwrap();
        (replica.behind_bytes, replica.behind_seconds)
    };
    let lost = host("b:1", Role::Replica, Server { last_change_seconds_ago: Some(90.0), ..server(1, "0/3000000") });
    assert_eq!(behind(&mut [primary("b", vec![follower("streaming", "sync", 2.0)]), replica()]), (Some(10), Some(2.0)));
    assert_eq!(behind(&mut [primary("b", vec![]), lost.clone()]), (Some(256), Some(90.0)));
    assert_eq!(behind(&mut [host("a:1", Role::Primary, server(1, "0/3000000")), lost.clone()]), (Some(0), Some(0.0)));
    assert_eq!(behind(&mut [lost.clone(), lost]), (None, None));
}

#[test]
fn ops_50_a_replica_of_a_replica_does_not_keep_the_primary_alive() {
    let followers = vec![follower("streaming", "async", 0.0)];
    let first = host("c:1", Role::Replica, Server { followers, ..server(1, "0/3000100") });
    assert_eq!(seen(&[first, replica()]), (Readiness::NotReady, vec!["no_primary"]));
}
