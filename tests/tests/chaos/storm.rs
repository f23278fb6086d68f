//! Two hundred times the same request at the same moment is one request.

use futures_util::future::join_all;

use crate::deed::{Deed, Said};
use crate::world::{World, with_world};

const AT_ONCE: usize = 200;

async fn done_once(world: &World<'_>, deed: &Deed) {
    let answers = join_all((0..AT_ONCE).map(|_| deed.ask(world))).await;
    let done = answers.iter().filter(|answer| answer.status < 300).count();
    assert!(done > 0, "{:?}", answers.first());
    for answer in answers.iter().filter(|answer| answer.status >= 300) {
        // A full pool says so, another one with the key as well: both are to try again.
        let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
        assert!(["request_under_way", "wallet_busy", "unavailable"].contains(&code.as_str()), "{answer:?}");
    }
    assert_eq!(deed.times_done(world).await, 1);
    assert_eq!(deed.ask_again_until_known(world).await.said, Said::Done);
    assert_eq!(deed.times_done(world).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_two_hundred_times_at_once_is_one_effect() {
    with_world(async |world| {
        let ada = world.stack.sign_up("ada").await;
        let deeds = [
            Deed::purchase(&ada, "pro").0,
            Deed::spend(&ada, "job", 3),
            Deed::give_back(&ada, "job", 3),
            Deed::grant(&world.admin, &ada, "gift", 70),
            Deed::checkout(&ada, "page", "power"),
        ];
        for deed in &deeds {
            done_once(world, deed).await;
        }
        assert_eq!(world.balance(&ada).await, 10 + 150 - 3 + 3 + 70);
    })
    .await;
}
