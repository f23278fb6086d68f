//! `GET /api/admin/analytics/users` and `GET /api/admin/dashboard`.

use local::stripe::{Package, event, paid_checkout};
use serde_json::json;
use tests::{STRIPE_SECRETS, with_stack};

use crate::admin_team::{look, person, text};

#[tokio::test(flavor = "multi_thread")]
async fn people_are_counted_by_utc_day() {
    with_stack(async |stack| {
        // The functions' clock stands at noon of today, so that midnight does not pass while the test runs.
        let today = "date_trunc('day', now() at time zone 'UTC')";
        let seconds =
            format!("select extract(epoch from {today} + interval '12 hours' - now() at time zone 'UTC')::bigint");
        let noon = text(stack, &format!("select ({today} + interval '12 hours')::text || '+00'")).await;
        stack.set_clock(stack.number(&seconds).await);
        let root = person(stack, "root", "ADMIN").await;
        stack
            .sql(&format!(
                "insert into users (id, created_at) values
                     ('today', timestamptz '{noon}'),
                     ('first', timestamptz '{noon}' - interval '29 days 12 hours'),
                     ('before', timestamptz '{noon}' - interval '29 days 12 hours 1 second'),
                     ('eight', timestamptz '{noon}' - interval '8 days'),
                     ('old', timestamptz '{noon}' - interval '400 days');
                 insert into users (id, created_at, deleted_at) values ('gone', timestamptz '{noon}', now());
                 insert into accounts (id, user_id, provider, provider_account_id, created_at) values
                     ('a1', 'today', 'github', '1', now()), ('a2', 'today', 'github', '2', now()),
                     ('a3', 'old', 'github', '3', now()), ('a4', 'old', 'google', '1', now());
                 update sessions set last_seen_at = null;
                 insert into sessions (id, user_id, token_hash, created_at, expires_at, last_seen_at) values
                     ('s1', 'today', sha256('1'), now(), now(), timestamptz '{noon}'),
                     ('s2', 'today', sha256('2'), now(), now(), timestamptz '{noon}' - interval '1 day'),
                     ('s3', 'old', sha256('3'), now(), now(), timestamptz '{noon}' - interval '8 days'),
                     ('s4', 'eight', sha256('4'), now(), now(), timestamptz '{noon}' - interval '31 days')"
            ))
            .await;
        let figures = look(stack, &root, "/api/admin/analytics/users").await.expect(200);
        let days = figures["dailyRegistrations"].as_array().unwrap();
        assert_eq!(days.len(), 30);
        let dates: Vec<_> = days.iter().map(|day| day["date"].as_str().unwrap()).collect();
        assert!(dates.is_sorted() && dates[0].len() == 10, "{dates:?}");
        let count = |index: usize| days[index]["count"].as_i64().unwrap();
        assert_eq!(count(0), 1, "the first second of the first day, and not the one before: {days:?}");
        assert_eq!(count(29), 2, "root and today: {days:?}");
        assert_eq!(days.iter().map(|day| day["count"].as_i64().unwrap()).sum::<i64>(), 4, "zero days, too: {days:?}");

        let expected = [("github", 2), ("credentials", 1), ("google", 1)];
        assert_eq!(
            figures["authProviders"],
            json!(expected.map(|(name, count)| json!({ "name": name, "count": count })))
        );
        assert_eq!(figures["activeUsers"], json!({ "last7Days": 1, "last30Days": 2 }));
        assert_eq!(figures["totalUsers"], 6);
        assert_eq!(figures["growth"], json!({ "last7Days": 2, "last30Days": 5 }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_adds_up_wallets_and_purchases() {
    with_stack(async |stack| {
        let root = person(stack, "root", "SUPER_ADMIN").await;
        person(stack, "admin", "ADMIN").await;
        let ada = stack.sign_up("ada").await;
        let checkout = paid_checkout(&ada.id, &ada.email, Package::find("pro").unwrap()).unwrap();
        let bought = event("checkout.session.completed", checkout).unwrap();
        stack.stripe(&bought, STRIPE_SECRETS[0]).await.expect(200);
        stack
            .sql(&format!(
                "insert into users (id, deleted_at, created_at) values ('gone', now(), now());
                 insert into token_transactions
                     (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
                 values ('{id}', 3, 'txn_3', -7, 'SPEND_ENHANCEMENT', 'image_enhancement', 'x', 153, now());
                 update user_token_balances
                    set balance = 153, total_spent = 7, transaction_count = 3 where user_id = '{id}'",
                id = ada.id
            ))
            .await;
        let shown = look(stack, &root, "/api/admin/dashboard").await.expect(200);
        assert_eq!((&shown["totalUsers"], &shown["adminCount"]), (&3.into(), &2.into()));
        assert_eq!((&shown["totalTokensPurchased"], &shown["totalTokensSpent"]), (&150.into(), &7.into()));
        assert!(shown["timestamp"].as_str().unwrap().ends_with('Z'));
        stack.sql("update stripe_payments set status = 'REFUNDED'").await;
        assert_eq!(look(stack, &root, "/api/admin/dashboard").await.expect(200)["totalTokensPurchased"], 0);
    })
    .await;
}

/// Each of them waits once for the database.
#[tokio::test(flavor = "multi_thread")]
async fn a_look_costs_one_round_trip() {
    with_stack(async |stack| {
        let root = person(stack, "root", "SUPER_ADMIN").await;
        let one = format!("/api/admin/users?userId={}", root.id);
        for path in [
            "/api/admin/users",
            &one,
            "/api/admin/analytics/users",
            "/api/admin/dashboard",
            "/api/admin/emails",
            "/api/admin/audit",
            "/api/admin/audit/check",
        ] {
            look(stack, &root, path).await.expect(200);
        }
        let metrics = stack.metrics("admin");
        assert_eq!(metrics.len(), 7, "{metrics:?}");
        for line in metrics {
            assert_eq!(line["RoundTrips"], 1, "{line}");
        }
    })
    .await;
}
