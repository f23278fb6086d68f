//! A commit that stands in the network while the function gives up waiting, tells the client that nobody knows, and the
//! client asks again: then it arrives all the same.

use futures_util::future::join_all;
use shared::limits;
use tests::Point;
use tokio::sync::Mutex;

use crate::deed::{Deed, Said};
use crate::trouble::HELD_UP;
use crate::world::{World, with_world};

const _: () = assert!(HELD_UP.as_millis() > limits::DATABASE_WAIT.as_millis());

/// One trap at a time can be set; when a transaction stands in it, the next one can.
async fn held_up(world: &World<'_>, deed: &Deed, setting: &Mutex<()>) {
    let guard = setting.lock().await;
    let (_, wire) = world.place(deed.function);
    let mut trap = wire.arm(Point::BeforeCommit, 0, deed.effect);
    let client = async {
        let first = deed.ask(world).await;
        assert!(first.status >= 500, "{first:?}");
        deed.ask_again_until_known(world).await
    };
    let network = async {
        trap.reached().await;
        drop(guard);
        tokio::time::sleep(HELD_UP).await;
        trap.go_on();
    };
    let (known, ()) = tokio::join!(client, network);
    assert_eq!((known.said, deed.times_done(world).await), (Said::Done, 1), "{deed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_arrives_late_is_not_a_second_one() {
    with_world(async |world| {
        let mut people = Vec::new();
        for n in 0..7 {
            people.push(world.stack.sign_up(&format!("person-{n}")).await);
        }
        let (bought, session) = Deed::purchase(&people[1], "starter");
        for deed in [bought, Deed::spend(&people[5], "job-5", 2)] {
            assert_eq!(deed.ask_until_known(world).await.said, Said::Done);
        }
        world.voucher("LATE", 20).await;
        let deeds = [
            Deed::purchase(&people[0], "pro").0,
            Deed::money_back(&people[1], &session),
            Deed::voucher(&people[2], "LATE", 20),
            Deed::grant(&world.admin, &people[3], "late", 30),
            Deed::spend(&people[4], "job-4", 2),
            Deed::give_back(&people[5], "job-5", 2),
            Deed::checkout(&people[6], "page", "pro"),
        ];
        let setting = Mutex::new(());
        // Fewer at once than the pool has connections.
        for some in deeds.chunks(3) {
            join_all(some.iter().map(|deed| held_up(world, deed, &setting))).await;
        }
    })
    .await;
}
