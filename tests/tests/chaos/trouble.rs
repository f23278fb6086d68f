//! The faults themselves.

use std::time::Duration;

use local::connection::Connection;
use local::servers::Servers;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tests::{Point, Trap};

use crate::deed::MOVEMENT;
use crate::plan::{Fault, How};
use crate::world::{FUNCTIONS, World};

/// Longer than the server lets a transaction idle.
const FROZEN: Duration = Duration::from_millis(3_500);
/// Longer than a function waits for the database, shorter than the server lets a transaction idle.
pub const HELD_UP: Duration = Duration::from_millis(2_700);
const BACKENDS: &str = "from pg_stat_activity where usename = 'spike_app' and datname = current_database()";

/// Does what the fault says, and answers whether it came to that before everybody had what they wanted.
pub async fn strike(servers: &mut Servers, world: &World<'_>, fault: &Fault, over: impl AsyncFn()) -> bool {
    match fault.how {
        How::KillAt { till, point, skip } => {
            let Some(trap) = caught(world, till, point, skip, over).await else { return false };
            match till {
                true => world.till.kill("till"),
                // All of them: one has the transaction.
                false => FUNCTIONS.iter().for_each(|function| world.stack.bundle.kill(function)),
            }
            trap.cut();
            true
        }
        How::CutAt { till, point, skip } => {
            let Some(trap) = caught(world, till, point, skip, over).await else { return false };
            trap.cut();
            true
        }
        How::HoldUp { till, skip } => {
            let Some(trap) = caught(world, till, Point::BeforeCommit, skip, over).await else { return false };
            tokio::time::sleep(HELD_UP).await;
            trap.go_on();
            true
        }
        How::Freeze { point } => {
            let Some(trap) = caught(world, true, point, 0, over).await else { return false };
            world.till.freeze("till");
            tokio::time::sleep(FROZEN).await;
            world.till.thaw("till");
            trap.go_on();
            true
        }
        How::KillAll => {
            FUNCTIONS.iter().chain(&["till"]).for_each(|function| world.place(function).0.kill(function));
            true
        }
        How::LoseAnswer { function } => {
            world.place(function).0.lose_next_answer(function);
            true
        }
        How::KillPooler { away_milliseconds } => {
            servers.pgbouncer.kill9().await.unwrap();
            tokio::time::sleep(Duration::from_millis(away_milliseconds)).await;
            servers.pgbouncer.restart().await.unwrap();
            true
        }
        How::TerminateBackends { every_second } => {
            let some = if every_second { "and pid % 2 = 0" } else { "" };
            world.number(&format!("select count(pg_terminate_backend(pid)) {BACKENDS} {some}")).await > 0
        }
        How::KillBackend { victim } => {
            let which = format!("{victim} % nullif((select count(*) {BACKENDS}), 0)");
            let one = format!("select pid {BACKENDS} order by pid offset {which} limit 1");
            let victim = world.number(&format!("select coalesce(({one}), 0)::bigint")).await;
            let bystander = Connection::open(&world.stack.direct_url).await.unwrap();
            killed(victim) && all_died_with_it(&bystander).await
        }
    }
}

/// PostgreSQL ends every connection when one of its processes is killed: none can tell what that one did to shared memory.
async fn all_died_with_it(bystander: &Connection) -> bool {
    let gone = async {
        while bystander.simple_query("select 1").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.is_ok()
}

async fn caught(world: &World<'_>, till: bool, point: Point, skip: usize, over: impl AsyncFn()) -> Option<Trap> {
    let (_, wire) = world.place(if till { "till" } else { "tokens" });
    let mut trap = wire.arm(point, skip, MOVEMENT);
    let reached = tokio::select! {
        () = trap.reached() => true,
        () = over() => false,
    };
    reached.then_some(trap)
}

/// Whether there was such a process.
fn killed(process: i64) -> bool {
    process > 0 && i32::try_from(process).is_ok_and(|pid| kill(Pid::from_raw(pid), Signal::SIGKILL).is_ok())
}
