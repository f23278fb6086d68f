//! A function is killed at each point of a transaction, on each way that money takes. The client asks again under the same
//! key, and it is done once.

use std::time::Duration;

use serde_json::Value;
use tests::{Person, Point};

use crate::deed::{Deed, Said};
use crate::world::{World, with_world};

/// How long a function may take to the point at which it dies.
const LIMIT: Duration = Duration::from_secs(30);

/// Where a function dies.
#[derive(Clone, Copy, Debug)]
enum Death {
    /// In its first transaction, or after `skip` others.
    At { point: Point, skip: usize },
    /// When it has answered, before anybody hears it.
    BeforeReply,
}

/// Every death in a function's first transactions.
fn deaths(transactions: usize) -> Vec<Death> {
    let at = |skip| Point::ALL.into_iter().map(move |point| Death::At { point, skip });
    (0..transactions).flat_map(at).chain([Death::BeforeReply]).collect()
}

async fn dies(world: &World<'_>, deed: &Deed, death: Death) {
    let (bundle, wire) = world.place(deed.function);
    match death {
        Death::At { point, skip } => {
            let mut trap = wire.arm(point, skip, deed.effect);
            let kill = async {
                tokio::time::timeout(LIMIT, trap.reached()).await.unwrap();
                bundle.kill(deed.function);
                trap.cut();
            };
            let (answer, ()) = tokio::join!(deed.ask(world), kill);
            assert!(answer.status >= 500, "{death:?} {answer:?}");
        }
        Death::BeforeReply => {
            bundle.lose_next_answer(deed.function);
            let answer = deed.ask(world).await;
            assert!(answer.status >= 500, "{death:?} {answer:?}");
        }
    }
}

/// `make` makes a new deed for each death. It takes `transactions`, the last of which settles it.
async fn done_once_whatever_dies(transactions: usize, make: impl AsyncFn(&World<'_>, &Person, usize) -> Deed) {
    with_world(async |world| {
        let ada = world.stack.sign_up("ada").await;
        for (n, death) in deaths(transactions).into_iter().enumerate() {
            let deed = make(world, &ada, n).await;
            let expected = world.balance(&ada).await + deed.tokens;
            dies(world, &deed, death).await;
            let settled = match death {
                Death::At { point, skip } => point == Point::AfterCommit && skip + 1 == transactions,
                Death::BeforeReply => true,
            };
            assert_eq!(deed.times_done(world).await, i64::from(settled), "{death:?}: as the database knows it");
            let known = deed.ask_again_until_known(world).await;
            assert_eq!((known.said, deed.times_done(world).await), (Said::Done, 1), "{death:?}: asked again");
            let again = deed.ask(world).await;
            assert!(again.status < 500, "{death:?} {again:?}");
            assert_eq!(deed.times_done(world).await, 1, "{death:?}: and again");
            assert_eq!(world.balance(&ada).await, expected, "{death:?}");
        }
    })
    .await;
}

/// Done without anybody dying, as a beginning.
async fn done(world: &World<'_>, deed: &Deed) {
    assert_eq!(deed.ask_until_known(world).await.said, Said::Done);
}

async fn bought(world: &World<'_>, ada: &Person) -> Value {
    let (purchase, session) = Deed::purchase(ada, "starter");
    done(world, &purchase).await;
    session
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase() {
    done_once_whatever_dies(1, async |_, ada, _| Deed::purchase(ada, "starter").0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_of_a_purchase() {
    done_once_whatever_dies(1, async |world, ada, _| Deed::money_back(ada, &bought(world, ada).await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voucher() {
    done_once_whatever_dies(1, async |world, ada, n| {
        world.voucher(&format!("V{n}"), 20).await;
        // An attempt whose process died counts as made in vain, and nobody waits an hour between the deaths.
        world.sql("delete from rate_limits").await;
        Deed::voucher(ada, &format!("V{n}"), 20)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_of_an_administrator() {
    done_once_whatever_dies(1, async |world, ada, n| {
        Deed::grant(&world.admin, ada, &format!("grant-{n}"), 100 + i64::try_from(n).unwrap())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spend() {
    done_once_whatever_dies(1, async |_, ada, n| Deed::spend(ada, &format!("job-{n}"), 1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spend_that_is_given_back() {
    done_once_whatever_dies(1, async |world, ada, n| {
        let job = format!("job-{n}");
        done(world, &Deed::spend(ada, &job, 2)).await;
        Deed::give_back(ada, &job, 2)
    })
    .await;
}

/// One transaction writes down what will be asked of Stripe, the second what came of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_on_which_a_package_is_paid() {
    done_once_whatever_dies(2, async |world, _, n| {
        let person = world.customer(n).await;
        Deed::checkout(&person, &format!("page-{n}"), "pro")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_on_which_a_tier_is_subscribed_to() {
    done_once_whatever_dies(2, async |world, _, n| {
        let person = world.customer(n).await;
        Deed::upgrade(&person, &format!("tier-{n}"), "BASIC")
    })
    .await;
}

/// What is asked for here can fail: without a key the second time is a second spend.
#[tokio::test(flavor = "multi_thread")]
async fn a_spend_without_a_key_is_noticed() {
    with_world(async |world| {
        let ada = world.stack.sign_up("ada").await;
        let deed = Deed::careless_spend(&ada, "job", 1);
        dies(world, &deed, Death::At { point: Point::AfterCommit, skip: 0 }).await;
        assert_eq!(deed.times_done(world).await, 1);
        assert_eq!(deed.ask_again_until_known(world).await.said, Said::Done);
        assert_eq!(deed.times_done(world).await, 2);
    })
    .await;
}
