//! `GET /api/admin/analytics/tokens`.

use local::stripe::{Package, event, paid_checkout};
use serde_json::{Value, json};
use tests::{STRIPE_SECRETS, with_stack};

use crate::admin_team::{look, person, text};

const PATH: &str = "/api/admin/analytics/tokens";

fn by_type(figures: &Value) -> Vec<(&str, i64)> {
    let types = figures["tokensByType"].as_array().unwrap().iter();
    types.map(|one| (one["type"].as_str().unwrap(), one["total"].as_i64().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_counted_by_type_and_utc_day() {
    with_stack(async |stack| {
        let today = "date_trunc('day', now() at time zone 'UTC')";
        let noon = text(stack, &format!("select ({today} + interval '12 hours')::text || '+00'")).await;
        let seconds =
            format!("select extract(epoch from {today} + interval '12 hours' - now() at time zone 'UTC')::bigint");
        let root = person(stack, "root", "ADMIN").await;
        let ada = stack.sign_up("ada").await;
        for package in ["pro", "starter", "starter"] {
            let checkout = paid_checkout(&ada.id, &ada.email, Package::find(package).unwrap()).unwrap();
            let bought = event("checkout.session.completed", checkout).unwrap();
            stack.stripe(&bought, STRIPE_SECRETS[0]).await.expect(200);
        }
        // ada: 10 + 150 + 10 + 10 = 180 at entry 4
        stack.set_clock(stack.number(&seconds).await);
        stack
            .sql(&format!(
                "update token_transactions set created_at = timestamptz '{noon}';
                 insert into token_transactions
                     (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at) values
                     ('{id}', 5, 't5', -7, 'SPEND_ENHANCEMENT', 'x', 'e5', 173, timestamptz '{noon}'),
                     ('{id}', 6, 't6', -3, 'SPEND_MCP_GENERATION', 'x', 'e6', 170, timestamptz '{noon}'),
                     ('{id}', 7, 't7', 4, 'EARN_REGENERATION', 'x', 'e7', 174, timestamptz '{noon}' - interval '29 days 12 hours'),
                     ('{id}', 8, 't8', 1, 'EARN_REGENERATION', 'x', 'e8', 175, timestamptz '{noon}' - interval '29 days 12 hours 1 second'),
                     ('{id}', 9, 't9', -5, 'EARN_ADMIN_ADJUSTMENT', 'x', 'e9', 170, timestamptz '{noon}');
                 update user_token_balances
                    set balance = 170, total_earned = 185, total_spent = 10, total_adjusted = -5, transaction_count = 9
                  where user_id = '{id}'",
                id = ada.id
            ))
            .await;
        let figures = look(stack, &root, PATH).await.expect(200);
        assert_eq!(stack.metrics("admin").last().unwrap()["RoundTrips"], 1);
        assert_eq!(
            by_type(&figures),
            [
                ("EARN_ADMIN_ADJUSTMENT", -5),
                ("EARN_BONUS", 20),
                ("EARN_PURCHASE", 170),
                ("EARN_REGENERATION", 5),
                ("SPEND_ENHANCEMENT", -7),
                ("SPEND_MCP_GENERATION", -3),
            ]
        );
        let days = figures["dailyTokens"].as_array().unwrap();
        let dates: Vec<_> = days.iter().map(|day| day["date"].as_str().unwrap()).collect();
        assert!(dates.len() == 30 && dates.is_sorted() && noon.starts_with(dates[29]), "{dates:?} {noon}");
        assert_eq!((&days[29]["purchased"], &days[29]["spent"]), (&190.into(), &10.into()));
        assert_eq!((&days[0]["purchased"], &days[0]["spent"]), (&4.into(), &0.into()), "and not the second before");
        assert!(days[1..29].iter().all(|day| day["purchased"] == 0 && day["spent"] == 0), "{days:?}");
        assert_eq!(figures["regenerationCount"], 2);
        assert_eq!(figures["circulation"], json!({ "total": 180, "average": 90 }));
        assert_eq!(figures["revenue"], json!({ "total": 2_499 + 2 * 299, "currency": "gbp" }));
        let sold = |name: &str, tokens: i64, sales: i64| json!({ "name": name, "tokens": tokens, "sales": sales });
        let sales = [sold("Starter Pack", 10, 2), sold("Basic Pack", 50, 0), sold("Pro Pack", 150, 1), sold("Power Pack", 500, 0)];
        assert_eq!(figures["packageSales"], json!(sales));
        look(stack, &ada, PATH).await.expect_error(403, "admin_required");
    })
    .await;
}

/// A ledger of a million entries is passed over once, by several workers where there are processors for them, and within
/// the time that a statement may take.
#[tokio::test(flavor = "multi_thread")]
async fn a_million_entries_are_counted_in_one_pass() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        stack
            .sql(
                "insert into users (id, created_at) select 'u' || n, now() from generate_series(1, 1000) n;
                 set session_replication_role = replica;
                 insert into user_token_balances
                     (user_id, balance, last_regeneration, total_earned, transaction_count, created_at)
                 select 'u' || n, 1000, now(), 1000, 1000, now() from generate_series(1, 1000) n;
                 insert into token_transactions
                     (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
                 select 'u' || u, n, 't', 1, 'EARN_REGENERATION', 'x', n, n, now() - interval '1 hour' * (1000 - n)
                   from generate_series(1, 1000) u, generate_series(1, 1000) n;
                 set session_replication_role = origin",
            )
            .await;
        stack.sql("vacuum analyze token_transactions").await;
        let figures = look(stack, &root, PATH).await.expect(200);
        assert_eq!(figures["regenerationCount"], 1_000_000);
        assert_eq!(
            figures["circulation"]["total"],
            1_000_000
                + stack.number("select sum(balance)::bigint from user_token_balances where user_id !~ '^u[0-9]'").await
        );
        let days = figures["dailyTokens"].as_array().unwrap();
        assert_eq!(days[15]["purchased"], 24_000, "{days:?}");
        let told = stack.metrics("admin");
        println!("a million entries: {} ms", told.last().unwrap()["Duration"]);
    })
    .await;
}
