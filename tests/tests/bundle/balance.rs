//! `GET /api/tokens/balance`: what grows, what does not, and what it costs.

use std::net::SocketAddr;

use futures_util::future::join_all;
use tests::{Given, Proxy, with_stack, with_stack_behind};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_person_has_ten_tokens_in_a_free_well() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let stack = &*stack;
        let reads = join_all((0..20).map(|_| stack.balance(&ada))).await;
        for read in reads {
            assert_eq!(
                (&read["balance"], &read["tier"], &read["maxBalance"]),
                (&10.into(), &"FREE".into(), &10.into())
            );
            assert_eq!((&read["tokensAddedThisRequest"], &read["timeUntilNextRegenMs"]), (&0.into(), &0.into()));
            assert_eq!(
                read["stats"],
                serde_json::json!({
                    "totalSpent": 0, "totalEarned": 10, "totalRefunded": 0, "transactionCount": 1,
                })
            );
        }
        assert_eq!(stack.number("select count(*) from user_token_balances").await, 1);
        assert_eq!(stack.number("select count(*) from token_transactions").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_first_reads_of_an_imported_person_open_one_wallet() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.sql("delete from token_transactions; delete from user_token_balances").await;
        let stack = &*stack;
        let reads = join_all((0..20).map(|_| stack.balance(&ada))).await;
        assert!(reads.iter().all(|read| read["balance"] == 10), "{reads:?}");
        assert_eq!(stack.number("select count(*) from user_token_balances").await, 1);
        assert_eq!(stack.number("select count(*) from token_transactions").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_grow_by_whole_intervals() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.give_wallet(&ada, 0, "FREE", 47).await;
        let clock = "select (extract(epoch from last_regeneration) * 1000)::bigint from user_token_balances";
        let before = stack.number(clock).await;
        let stack = &*stack;
        let reads = join_all((0..20).map(|_| stack.balance(&ada))).await;
        assert!(reads.iter().all(|read| read["balance"] == 3), "{reads:?}");
        let added: i64 = reads.iter().filter_map(|read| read["tokensAddedThisRequest"].as_i64()).sum();
        assert_eq!(added, 3, "twenty readers at once grow them once");
        assert_eq!(stack.number(clock).await - before, 45 * 60 * 1000);
        let wait = reads[0]["timeUntilNextRegenMs"].as_i64().unwrap();
        assert!((12 * 60_000..=13 * 60_000).contains(&wait), "{wait}");
        assert_eq!(reads[0]["stats"]["transactionCount"], 1);
        let grown = "select count(*) from token_transactions where type = 'EARN_REGENERATION' and amount = 3";
        assert_eq!(stack.number(grown).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_well_fills_up_to_its_capacity_and_bought_tokens_stay() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        for (balance, tier, minutes, expected) in [
            (45, "STANDARD", 61, 49),
            (49, "STANDARD", 600, 50),
            (120, "STANDARD", 600, 120),
            (0, "FREE", 151, 10),
            (0, "FREE", 14, 0),
            (0, "PREMIUM", 25 * 60 + 1, 100),
            (10, "FREE", 100_000, 10),
        ] {
            stack.give_wallet(&ada, balance, tier, minutes).await;
            let read = stack.balance(&ada).await;
            assert_eq!(read["balance"], expected, "{balance} {tier} {minutes}");
            assert_eq!(read["tokensAddedThisRequest"], expected - balance);
            assert_eq!(stack.balance(&ada).await["balance"], expected, "a second look adds nothing");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_well_that_was_full_starts_to_grow_at_the_spend() {
    use shared::ledger::{Movement, Outcome, outcome, post};
    use shared::{Clock, Database, Tokens};

    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.give_wallet(&ada, 10, "FREE", 600).await;
        let clock = Clock::default();
        let database = Database::new(shared::database::DatabaseUrl::parse(&stack.pooled_url).unwrap(), clock.clone());
        let spend = |amount: i64, key: &str| {
            let movement = Movement {
                user_id: &ada.id,
                amount: Tokens(-amount),
                kind: "SPEND_ENHANCEMENT",
                source: "image_enhancement",
                source_id: Some("job_1"),
                event_key: key.to_owned(),
                metadata: None,
            };
            post(movement, clock.now())
        };
        let [rows] = database.write([spend(4, "job:1")]).await.unwrap();
        assert_eq!(outcome(&rows).unwrap(), Outcome::Posted(Tokens(6)));
        let [rows] = database.write([spend(4, "job:1")]).await.unwrap();
        assert_eq!(outcome(&rows).unwrap(), Outcome::AlreadyPosted);
        let [rows] = database.write([spend(7, "job:2")]).await.unwrap();
        assert_eq!(outcome(&rows).unwrap(), Outcome::Insufficient(Tokens(6)));

        let read = stack.balance(&ada).await;
        assert_eq!(
            (&read["balance"], &read["stats"]["totalSpent"]),
            (&6.into(), &4.into()),
            "ten hours at the cap grow nothing"
        );
        stack.set_clock(16 * 60);
        assert_eq!(stack.balance(&ada).await["balance"], 7);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spends_at_once_never_overdraw() {
    use shared::ledger::{Movement, Outcome, outcome, post};
    use shared::{Clock, Database, Tokens};

    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.give_wallet(&ada, 50, "FREE", 0).await;
        let url = shared::database::DatabaseUrl::parse(&stack.pooled_url).unwrap();
        let spends = (0..20).map(|n| {
            let (url, user_id) = (url.clone(), ada.id.clone());
            async move {
                let movement = Movement {
                    user_id: &user_id,
                    amount: Tokens(-5),
                    kind: "SPEND_ENHANCEMENT",
                    source: "image_enhancement",
                    source_id: None,
                    event_key: format!("job:{n}"),
                    metadata: None,
                };
                let clock = Clock::default();
                let [rows] = Database::new(url, clock.clone()).write([post(movement, clock.now())]).await.unwrap();
                outcome(&rows).unwrap()
            }
        });
        let outcomes = join_all(spends).await;
        assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Posted(_))).count(), 10, "{outcomes:?}");
        assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Insufficient(_))).count(), 10);
        assert_eq!(stack.number("select balance from user_token_balances").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_waits_once_for_the_database_however_long_the_history() {
    // The address after the @ of postgres://user:password@host:port
    let pooled = Given::get().pooled;
    let (login, address) = pooled.rsplit_once('@').unwrap();
    let proxy = Proxy::start(address.parse::<SocketAddr>().unwrap()).await.unwrap();
    with_stack_behind(&format!("{login}@{}", proxy.address()), async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.balance(&ada).await;
        stack.get("/api/tokens/history", Some(&ada.token)).await.expect(200);
        stack.get("/api/auth/session", Some(&ada.token)).await.expect(200);
        let mut cost = Vec::new();
        for entries in [0, 20_000] {
            stack
                .sql(&format!(
                    "insert into token_transactions
                         (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
                     select '{id}', 1 + n, 'txn_' || n, 1, 'EARN_BONUS', 'import', 'import:' || n, 10 + n, now()
                       from generate_series(1, {entries}) n;
                     update user_token_balances
                        set balance = balance + {entries}, total_earned = total_earned + {entries},
                            transaction_count = transaction_count + {entries}
                      where user_id = '{id}'; analyze",
                    id = ada.id
                ))
                .await;
            for path in ["/api/tokens/balance", "/api/tokens/history?page=3&limit=20", "/api/auth/session"] {
                proxy.take_turns();
                stack.get(path, Some(&ada.token)).await.expect(200);
                cost.push((path, proxy.take_turns()));
            }
        }
        assert!(cost.iter().all(|(_, turns)| *turns == 1), "{cost:?}");
        // The function's own count, in its metrics, is the same as the one taken from outside.
        let told = stack.metrics("tokens");
        let last = told.iter().rfind(|line| line["Route"] == "GET /api/tokens/balance").unwrap();
        assert_eq!(last["RoundTrips"], 1);
    })
    .await;
}
