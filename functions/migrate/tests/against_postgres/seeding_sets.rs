//! The real seeds on the real schema: again and again, in any order, and what they hold.

use std::collections::BTreeMap;

use migrate::{Action, MigrateError, Report, SeedReport, Seeding};
use shared::Environment;

use crate::support::{TestDatabase, with_database, with_name};

pub const SETS: [&str; 6] = ["main", "vouchers", "merch", "box-tiers", "enhanced", "e2e"];
const NOW: &str = "2026-01-01T00:00:00Z";

/// The name that `url` ends with.
pub fn name(database: &TestDatabase) -> String {
    let url = database.url.split('?').next().unwrap();
    url.rsplit('/').next().unwrap().to_owned()
}

/// Runs seeds by their names, as an event would.
pub async fn seed(database: &TestDatabase, sets: &str, check: bool) -> SeedReport {
    seed_from(Environment::Test, database, sets, check).await.unwrap()
}

/// As [`seed`], with `ENVIRONMENT` saying something else.
pub async fn seed_from(
    environment: Environment,
    database: &TestDatabase,
    sets: &str,
    check: bool,
) -> Result<SeedReport, MigrateError> {
    let (target, now) = (Some(name(database)), Some(NOW.to_owned()));
    let seeding = Seeding { name: sets.to_owned(), target, now, check, users: Vec::new() };
    let action = if sets == "cleanup-e2e" { Action::CleanupE2e(seeding) } else { Action::Seed(seeding) };
    let mut settings = database.settings();
    settings.environment = environment;
    match migrate::run(action, &settings).await? {
        Report::Seed(report) | Report::CleanupE2e(report) => Ok(report),
        other => panic!("{other:?}"),
    }
}

/// Copies a database for the time of `test`.
async fn with_copy(database: &TestDatabase, test: impl AsyncFnOnce(&TestDatabase)) {
    let copy = format!("{}_copy", name(database));
    let admin = TestDatabase { url: with_name(&database.url, "postgres") }.client().await;
    admin.batch_execute(&format!("create database {copy} template {}", name(database))).await.unwrap();
    test(&TestDatabase { url: with_name(&database.url, &copy) }).await;
    admin.batch_execute(&format!("drop database {copy} with (force)")).await.unwrap();
}

/// Every row of every table, but for the runner's own.
pub async fn contents(database: &TestDatabase, row: &str) -> BTreeMap<String, String> {
    let client = database.client().await;
    let tables = "select relname::text from pg_class
                   where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
                     and relname not like 'schema\\_migration%'";
    let tables: Vec<String> = client.query_typed(tables, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert!(tables.len() > 80, "{}", tables.len());
    let parts = tables.iter().map(|table| {
        format!(
            "select '{table}', coalesce(string_agg(({row})::text, e'\\n' order by ({row})::text), '') from {table} t"
        )
    });
    let sql = parts.collect::<Vec<_>>().join(" union all ");
    client.query_typed(&sql, &[]).await.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// Sums that must agree, whoever seeded what; the names of those that don't.
pub async fn faults(database: &TestDatabase) -> String {
    let sql = "
        select string_agg(name, ', ') from (
            select 'balance' as name from user_token_balances b
             where balance <> (select coalesce(sum(amount), 0) from token_transactions t where t.user_id = b.user_id)
                or transaction_count <> (select count(*) from token_transactions t where t.user_id = b.user_id)
            union all
            select 'carried' from (
                select amount, balance_after, entry_number,
                       lag(balance_after, 1, 0::bigint) over (partition by user_id order by entry_number) as before,
                       row_number() over (partition by user_id order by entry_number) as place
                  from token_transactions) t
             where balance_after <> before + amount or entry_number <> place
            union all
            select 'voucher' from vouchers v
             where current_uses <> (select count(*) from voucher_redemptions r where r.voucher_id = v.id)
            union all
            select 'subtotal' from merch_orders o
             where subtotal_minor <> (select sum(total_price_minor) from merch_order_items i where i.order_id = o.id)
            union all
            select 'total' from merch_orders where total_minor <> subtotal_minor + shipping_minor
            union all
            select 'catalogue price'
              from merch_order_items i
              join merch_products p on p.id = i.product_id
              left join merch_variants v on v.id = i.variant_id
             where i.unit_price_minor <> p.retail_price_minor + coalesce(v.price_delta_minor, 0)) as fault";
    database.text(sql).await
}

#[tokio::test]
async fn ops_68_each_seed_twice_is_once_and_their_order_does_not_matter() {
    with_database(async |database| {
        database.deploy(&migrate::embedded().unwrap()).await.unwrap();
        let mut first: Option<BTreeMap<String, String>> = None;
        for turn in [0, 1, 4] {
            let mut order = SETS;
            order.rotate_left(turn);
            if turn % 2 == 1 {
                order.reverse();
            }
            with_copy(&database, async |copy| {
                for set in order {
                    seed(copy, set, false).await;
                }
                let once = contents(copy, "t").await;
                for set in order.iter().filter(|set| **set != "main") {
                    let again = seed(copy, set, false).await;
                    assert!(again.seeds[0].changes.is_empty(), "{order:?}: {:?}", again.seeds);
                }
                assert_eq!(contents(copy, "t").await, once, "{order:?}");
                // Makes the workspaces of those who came after its first run.
                seed(copy, "main", false).await;
                let all = contents(copy, "t").await;
                assert!(seed(copy, "main", false).await.seeds[0].changes.is_empty());
                assert_eq!(contents(copy, "t").await, all, "{order:?}");
                assert_eq!(faults(copy).await, "", "{order:?}");
                let free_of_clocks = "to_jsonb(t) - 'updated_at' - 'scramble'";
                let made = contents(copy, free_of_clocks).await;
                assert_eq!(*first.get_or_insert_with(|| made.clone()), made, "{order:?}");
            })
            .await;
        }
        let made = first.unwrap();
        for (table, rows) in [
            ("merch_orders", 3),
            ("vouchers", 6),
            ("merch_products", 8),
            ("box_tiers", 3),
            ("requirements", 5),
            ("users", 4),
        ] {
            assert_eq!(made[table].lines().count(), rows, "{table}: {}", made[table]);
        }
    })
    .await;
}

#[tokio::test]
async fn ops_68_a_check_tells_what_the_seed_then_does_and_changes_nothing() {
    with_database(async |database| {
        database.deploy(&migrate::embedded().unwrap()).await.unwrap();
        for set in SETS.into_iter().chain(["cleanup-e2e"]) {
            let before = contents(&database, "t").await;
            let told = seed(&database, set, true).await;
            assert!(told.check && !told.seeds[0].changes.is_empty(), "{told:?}");
            assert_eq!(contents(&database, "t").await, before, "{set}");
            let done = seed(&database, set, false).await;
            assert_eq!(told.seeds[0].changes, done.seeds[0].changes, "{set}");
            assert_ne!(contents(&database, "t").await, before, "{set}");
        }
        // Of two in one session each has its own figures.
        let both = seed(&database, "e2e,vouchers", true).await;
        assert!(!both.seeds[0].changes.is_empty() && both.seeds[1].changes.is_empty(), "{both:?}");
    })
    .await;
}

#[tokio::test]
async fn ops_68_the_shop_has_its_products_at_their_prices() {
    with_database(async |database| {
        database.deploy(&migrate::embedded().unwrap()).await.unwrap();
        seed(&database, "merch,box-tiers,vouchers", false).await;
        let counts = "select format('%s/%s/%s', (select count(*) from merch_categories),
                             (select count(*) from merch_products), (select count(*) from merch_variants))";
        assert_eq!(database.text(counts).await, "4/8/10");
        let prices = "select string_agg(format('%s %s %s', id, base_price_minor, retail_price_minor), ', ' order by id)
                        from merch_products where currency = 'gbp' and provider = 'PRODIGI' and min_dpi = 150";
        assert_eq!(
            database.text(prices).await,
            "canvas-framed 3299 7999, canvas-stretched 1899 4999, cushion-square 1499 3499, hoodie-premium 2899 6499, \
             mug-ceramic 599 1699, print-matte 699 1999, print-premium-lustre 899 2499, tshirt-classic 1299 2999"
        );
        let deltas = "select string_agg(format('%s %s', id, price_delta_minor), ', ' order by id) from merch_variants
                       where price_delta_minor > 0";
        assert_eq!(
            database.text(deltas).await,
            "canvas-stretched-16x20 1500, canvas-stretched-24x36 4000, print-premium-lustre-a2 2500, \
             print-premium-lustre-a3 1200, tshirt-classic-xl 200"
        );
        let tiers = "select string_agg(format('%s %s/%s/%s %s', name, cpu, ram_mb, storage_gb, price_per_hour), ', '
                                       order by sort_order) from box_tiers";
        let expected = "Standard 2/4096/20 10, Pro 4/8192/40 20, Ultra 8/16384/80 40";
        assert_eq!(database.text(tiers).await, expected);
        let vouchers = "select string_agg(format('%s %s %s', code, value, max_uses), ', ' order by code) from vouchers";
        assert_eq!(database.text(vouchers).await, "BETA25 25 500, LAUNCH100 100 1000, WELCOME50 50 ");
        // What somebody decided since stays.
        let client = database.client().await;
        client
            .batch_execute("update merch_products set retail_price_minor = 5999 where id = 'canvas-framed'")
            .await
            .unwrap();
        seed(&database, "merch", false).await;
        let price = "select retail_price_minor::text from merch_products where id = 'canvas-framed'";
        assert_eq!(database.text(price).await, "5999");
    })
    .await;
}
