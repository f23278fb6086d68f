//! Many clients want many things at once while things break. Each asks under the same key until it knows; then everything
//! that was acknowledged has to be there, once, and the books have to balance.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use local::connection::Connection;
use local::servers::Servers;
use local::stripe::PACKAGES;
use migrate::reconcile;
use serde_json::Value;
use tests::Person;

use crate::deed::{Deed, Known, Said};
use crate::plan::{CLIENTS, Kind, PEOPLE, Plan, Wish};
use crate::tally::{Table, Tally};
use crate::trouble::strike;
use crate::world::{World, with_own_world};

/// More than a well holds, so that nothing grows meanwhile and nobody runs out.
const BALANCE: i64 = 1_000;
const VOUCHER: i64 = 20;

/// How long it goes on.
enum Length {
    Rounds(usize),
    Minutes(u64),
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_under_load() {
    let seed = variable("CHAOS_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    let length = match (variable("CHAOS_ROUNDS"), variable("CHAOS_MINUTES")) {
        (_, Some(minutes)) => Length::Minutes(minutes),
        (Some(rounds), None) => Length::Rounds(usize::try_from(rounds).unwrap()),
        (None, None) => Length::Rounds(Kind::ALL.len()),
    };
    println!("Seed {seed}: `cargo dev chaos --seed {seed}` makes the same decisions again.");
    let started = Instant::now();
    let mut table = Table::default();
    with_own_world(async |servers, world| {
        for number in 0.. {
            let over = match length {
                Length::Rounds(rounds) => number >= rounds,
                Length::Minutes(minutes) => started.elapsed() >= Duration::from_secs(60 * minutes),
            };
            if over {
                break;
            }
            let plan = Plan::new(seed, number);
            let tally = round(servers, world, number, &plan).await;
            println!("Round {}, {}: {tally}", number + 1, plan.kind.name());
            table.add(plan.kind, &tally);
        }
    })
    .await;
    println!("\n{table}\nSeed {seed}, {} s", started.elapsed().as_secs());
    table.assert_sound();
}

/// One round, with people of its own.
async fn round(servers: &mut Servers, world: &World<'_>, number: usize, plan: &Plan) -> Tally {
    let people = crowd(world, number).await;
    let fulfilled = AtomicUsize::new(0);
    let until = async |count: usize| {
        while fulfilled.load(Ordering::Relaxed) < count {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let clients = plan.clients.iter().enumerate().map(|(client, wishes)| {
        let name = format!("R{number}C{client}");
        work(world, name, client, &people[client % PEOPLE], wishes, &fulfilled)
    });
    let trouble = async {
        let mut struck = 0;
        for fault in &plan.faults {
            until(fault.after).await;
            struck += usize::from(strike(servers, world, fault, async || until(plan.wishes()).await).await);
        }
        struck
    };
    let (known, faults) = tokio::join!(join_all(clients), trouble);
    count(world, &people, known.into_iter().flatten().collect(), faults).await
}

/// What one client learned of all it wanted.
async fn work(
    world: &World<'_>,
    name: String,
    client: usize,
    person: &Person,
    wishes: &[Wish],
    fulfilled: &AtomicUsize,
) -> Vec<(Deed, Known)> {
    let mut known: Vec<(Deed, Known)> = Vec::new();
    let mut sessions: Vec<Option<Value>> = Vec::new();
    for (number, wish) in wishes.iter().enumerate() {
        let (key, mut session) = (format!("{name}N{number}"), None);
        let deed = match *wish {
            Wish::Buy { package } => {
                let (deed, paid) = Deed::purchase(person, PACKAGES[package].id);
                session = Some(paid);
                deed
            }
            Wish::MoneyBack { wish } => Deed::money_back(person, sessions[wish].as_ref().unwrap()),
            Wish::Redeem => {
                world.voucher(&key, VOUCHER).await;
                Deed::voucher(person, &key, VOUCHER)
            }
            // The number tells it from the person's others.
            Wish::Grant => {
                Deed::grant(&world.admin, person, &key, i64::try_from(100 + client * wishes.len() + number).unwrap())
            }
            // Nor do the two clients of a person want the same.
            Wish::Page => Deed::checkout(person, &key, PACKAGES[client / PEOPLE].id),
            Wish::Spend { tokens } => Deed::spend(person, &key, tokens),
            Wish::GiveBack { wish, tokens } => Deed::give_back(person, &format!("{name}N{wish}"), tokens),
        };
        sessions.push(session);
        let answer = deed.ask_until_known(world).await;
        known.push((deed, answer));
        fulfilled.fetch_add(1, Ordering::Relaxed);
    }
    known
}

/// People of one round, with a wallet and a session.
async fn crowd(world: &World<'_>, round: usize) -> Vec<Person> {
    let person = |n: usize| {
        let id = format!("user_{round:016x}{n:016x}");
        Person { email: format!("{id}@example.com"), token: format!("crowd-{round}-{n}"), id }
    };
    let people: Vec<_> = (0..PEOPLE).map(person).collect();
    let mut sql = "begin;".to_owned();
    for Person { id, email, token } in &people {
        sql += &format!(
            "insert into users (id, email, created_at) values ('{id}', '{email}', now());
             insert into user_token_balances
                 (user_id, balance, last_regeneration, total_earned, transaction_count, created_at)
             values ('{id}', {BALANCE}, now(), {BALANCE}, 1, now());
             insert into token_transactions
                 (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
             values ('{id}', 1, 'txn_{id}', {BALANCE}, 'EARN_BONUS', 'import', 'import', {BALANCE}, now());
             insert into sessions (id, user_id, token_hash, created_at, expires_at)
             values ('ses_{id}', '{id}', sha256(convert_to('{token}', 'UTF8')), now(), now() + interval '1 day');"
        );
    }
    world.sql(&(sql + "commit")).await;
    people
}

/// Compares what the clients were told with what is in the books.
async fn count(world: &World<'_>, people: &[Person], known: Vec<(Deed, Known)>, faults: usize) -> Tally {
    let mut tally = Tally { faults, ..Tally::default() };
    for (deed, answer) in &known {
        let times = usize::try_from(deed.times_done(world).await).unwrap();
        let done = answer.said == Said::Done;
        tally.acknowledged += usize::from(done);
        tally.applied += usize::from(times > 0);
        tally.resolved += usize::from(answer.was_unknown && answer.said != Said::Unknown);
        tally.lost += usize::from(done && times == 0);
        // What was refused and done all the same is one too many as well.
        tally.doubled += times.saturating_sub(usize::from(done || answer.said == Said::Unknown));
        if !done {
            tally.surprises.push(format!("{deed:?}: {:?}", answer.said));
        }
    }
    for person in people {
        let told: i64 = known
            .iter()
            .filter(|(deed, answer)| deed.user_id == person.id && answer.said == Said::Done)
            .map(|(deed, _)| deed.tokens)
            .sum();
        tally.drift += world.balance(person).await.abs_diff(BALANCE + told);
    }
    let database = Connection::open(&world.stack.direct_url).await.unwrap();
    for check in reconcile::faults(&database).await.unwrap().iter().filter(|check| check.faults() > 0) {
        tally.drift += 1;
        tally.surprises.push(format!("{}: {:?}", check.says, check.first));
    }
    tally
}

#[expect(clippy::disallowed_methods, reason = "the test's own settings, given by `cargo dev chaos`")]
fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

const _: () = assert!(CLIENTS <= PEOPLE * PACKAGES.len(), "each of a person's clients wants another page");
