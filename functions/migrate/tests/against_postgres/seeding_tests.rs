//! What the end-to-end tests of the front end are given, and how it is taken away again.

use shared::secret::{hex, sha256};

use crate::seeding_sets::{contents, faults, seed};
use crate::support::with_database;

/// What the clean-up leaves nothing of.
const EMPTIED: [&str; 14] = [
    "merch_shipments",
    "merch_order_items",
    "merch_orders",
    "merch_order_events",
    "album_images",
    "albums",
    "image_enhancement_jobs",
    "enhanced_images",
    "api_keys",
    "voucher_redemptions",
    "vouchers",
    "featured_gallery_items",
    "mcp_generation_jobs",
    "object_deletions",
];

/// What tests leave behind: work that was paid for, a voucher that was redeemed, and a payment.
const TRACES: &str = "
    begin;
    insert into token_transactions
        (user_id, entry_number, id, amount, type, source, source_id, event_key, balance_after, created_at)
    select user_id, transaction_count + 1, 'tx1', -5, 'SPEND_MCP_GENERATION', 'mcp_generation', 'g', 'mcp:g', balance - 5, now()
      from user_token_balances where user_id = 'test-user-id'
    union all
    select user_id, transaction_count + 2, 'tx2', -10, 'SPEND_BOX_CREATION', 'box_creation', 'b', 'box:b', balance - 15, now()
      from user_token_balances where user_id = 'test-user-id'
    union all
    select user_id, transaction_count + 3, 'tx3', 100, 'EARN_BONUS', 'voucher_redemption', 'e2e-voucher-active', 'voucher:e2e',
           balance + 85, now()
      from user_token_balances where user_id = 'test-user-id'
    union all
    select user_id, transaction_count + 4, 'tx4', 50, 'EARN_PURCHASE', 'stripe', 'cs_1', 'cs_1', balance + 135, now()
      from user_token_balances where user_id = 'test-user-id';
    update user_token_balances
       set balance = balance + 135, total_earned = total_earned + 150, total_spent = total_spent + 15,
           transaction_count = transaction_count + 4
     where user_id = 'test-user-id';
    insert into voucher_redemptions (user_id, voucher_id, id, tokens_granted, redeemed_at)
    values ('test-user-id', 'e2e-voucher-active', 'r1', 100, now());
    update vouchers set current_uses = 1 where id = 'e2e-voucher-active';
    insert into mcp_generation_jobs (id, user_id, type, tier, tokens_cost, charge_key, prompt, next_attempt_at, created_at)
    values ('g', 'test-user-id', 'GENERATE', 'TIER_2K', 5, 'mcp:g', 'x', now(), now());
    insert into box_tiers (id, name, cpu, ram_mb, storage_gb, price_per_hour, created_at) values ('bt', 'T', 1, 1, 1, 10, now());
    insert into boxes (id, user_id, name, tier_id, paid_hours, billed_until, created_at)
    values ('b', 'test-user-id', 'B', 'bt', 1, now(), now());
    insert into box_actions (id, user_id, box_id, action, tokens_cost, charge_key, status, completed_at, created_at)
    values ('ba', 'test-user-id', 'b', 'CREATE', 10, 'box:b', 'COMPLETED', now(), now());
    commit";

#[tokio::test]
async fn ops_68_the_clean_up_leaves_what_the_seed_finds_again() {
    with_database(async |database| {
        database.deploy(&migrate::embedded().unwrap()).await.unwrap();
        seed(&database, "e2e", false).await;
        let seeded = contents(&database, "to_jsonb(t) - 'updated_at' - 'scramble'").await;
        assert!(seeded["merch_orders"].contains("SL-E2E-002") && seeded["vouchers"].contains("E2E-BONUS-20"));
        let balance = "select string_agg(user_id || ' ' || balance, ', ' order by user_id) from user_token_balances";
        assert!(database.text(balance).await.contains("test-user-id 100"));
        database.client().await.batch_execute(TRACES).await.unwrap();

        seed(&database, "cleanup-e2e", false).await;
        let left = contents(&database, "t").await;
        for table in EMPTIED {
            assert!(!left[table].contains("e2e-"), "{table}: {}", left[table]);
        }
        assert_eq!(database.text("select count(*)::text from users where id not like 'anonymous%'").await, "3");
        assert_eq!(database.text(balance).await, "admin-user-id 10, e2e-second-user-id 10, test-user-id 100");
        assert_eq!(database.text("select count(*)::text from feedback").await, "5");
        // The payment is no test's to take away.
        assert_eq!(
            database.text("select string_agg(source, ',') from token_transactions where id = 'tx4'").await,
            "stripe"
        );
        assert_eq!(faults(&database).await, "");
        assert!(seed(&database, "cleanup-e2e", false).await.seeds[0].changes.iter().all(|change| change.inserted < 4));
        assert_eq!(faults(&database).await, "");

        seed(&database, "e2e", false).await;
        assert_eq!(faults(&database).await, "");
        let again = contents(&database, "to_jsonb(t) - 'updated_at' - 'scramble'").await;
        for table in EMPTIED {
            assert_eq!(again[table], seeded[table], "{table}");
        }
    })
    .await;
}

#[tokio::test]
async fn ops_68_the_known_key_is_stored_as_its_digest() {
    with_database(async |database| {
        database.deploy(&migrate::embedded().unwrap()).await.unwrap();
        seed(&database, "e2e", false).await;
        let key = "select encode(key_hash, 'hex') || ' ' || key_prefix from api_keys where id = 'e2e-api-key-1'";
        assert_eq!(database.text(key).await, format!("{} e2e-test", hex(&sha256("e2e-test-api-key-12345"))));
    })
    .await;
}
