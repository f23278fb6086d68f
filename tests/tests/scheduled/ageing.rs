//! The audit trail ages without a hole; months come and go.

use tests::{Stack, with_stack};
use tokio::time::Instant;

use crate::{done, five_at_once, sum};

/// Entries of one actor, so many and so old.
async fn entries(stack: &Stack, actor: &str, count: u32, age: &str) {
    stack
        .sql(&format!(
            "insert into audit_logs
                 (id, actor_id, actor_role, action, target_type, target_id, metadata, ip_address, user_agent, created_at)
             select 'aud_' || gen_random_uuid(), '{actor}', 'ADMIN', 'ROLE_CHANGE', 'user', 'user_' || n,
                    jsonb_build_object('n', n), '192.0.2.1', 'a browser', now() - interval '{age}'
               from generate_series(1, {count}) n"
        ))
        .await;
}

/// Everything that the entries say, in order; wherever they are.
async fn content(stack: &Stack, actor: &str) -> Vec<String> {
    let query = format!(
        "select (to_jsonb(e) - 'archived')::text from audit_entries e where actor_id = '{actor}' order by entry_number"
    );
    let rows = stack.database.query_typed(&query, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Entries in the trail and in its archive; the chains have to be sound.
async fn places(stack: &Stack) -> (i64, i64) {
    assert_eq!(stack.number("select count(*) from audit_faults()").await, 0);
    let archived = stack.number("select count(*) from archived_audit_logs").await;
    (stack.number("select count(*) from audit_logs").await, archived)
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_63_an_entry_is_archived_as_it_is_and_goes_after_two_years() {
    with_stack(async |stack| {
        for age in ["729 days 23 hours 30 minutes", "366 days", "89 days 23 hours 30 minutes", "1 day"] {
            entries(stack, "root", 1, age).await;
        }
        entries(stack, "other", 1, "800 days").await;
        let whole = content(stack, "root").await;
        assert_eq!(whole.len(), 4);

        let counts = async || {
            let result = done(stack, "audit.archive").await;
            assert_eq!(result["clean"], true, "{result}");
            (result["archived"].as_i64().unwrap(), result["deleted"].as_i64().unwrap())
        };
        assert_eq!(counts().await, (3, 1));
        assert_eq!(content(stack, "root").await, whole, "the same, in another place");
        assert_eq!(content(stack, "other").await, [""; 0], "both at once, if it is old enough");
        assert_eq!(places(stack).await, (2, 2));
        assert_eq!(counts().await, (0, 0));

        stack.set_clock(3_600);
        assert_eq!(counts().await, (1, 1));
        assert_eq!(content(stack, "root").await, whole[1..], "the newer ones stay as they were");
        assert_eq!(places(stack).await, (1, 2));

        // The chain goes on, also that of whom nothing is left.
        entries(stack, "root", 1, "1 minute").await;
        entries(stack, "other", 1, "1 minute").await;
        assert_eq!(places(stack).await, (3, 2));
        assert_eq!(counts().await, (0, 0));

        // A change in the archive shows, too.
        stack.sql("update archived_audit_logs set target_id = 'user_9'").await;
        assert_eq!(stack.number("select count(*) from audit_faults() where fault = 'changed'").await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_63_five_thousand_entries_age_in_batches() {
    with_stack(async |stack| {
        entries(stack, "root", 2_500, "731 days").await;
        entries(stack, "root", 2_500, "91 days").await;
        let began = Instant::now();
        let worked = five_at_once(stack, "audit.archive").await;
        println!("5,000 entries archived and 2,500 of them deleted in {:?}", began.elapsed());
        assert_eq!((sum(&worked, "archived"), sum(&worked, "deleted")), (5_000, 2_500));
        assert_eq!(places(stack).await, (0, 2_500));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_46_months_are_made_ahead_and_dropped_after_their_time() {
    with_stack(async |stack| {
        let nothing = serde_json::json!({ "made": 0, "dropped": 0 });
        assert_eq!(done(stack, "partitions.maintain").await, nothing);
        stack
            .sql(
                "do $$ begin
                     execute (select 'drop table ' || table_name || to_char(
                                         now() at time zone 'UTC' + make_interval(months => months_ahead), '_YYYY_MM')
                                from partition_policies where table_name = 'error_logs');
                 end $$;
                 set role spike_owner;
                 select make_month_partition('error_logs', (now() - interval '5 months')::date);
                 reset role",
            )
            .await;
        let changed = done(stack, "partitions.maintain").await;
        assert_eq!(changed, serde_json::json!({ "made": 1, "dropped": 1 }));
        assert_eq!(done(stack, "partitions.maintain").await, nothing);
        // A month later, one more is needed of each table.
        stack.set_clock(32 * 86_400);
        let later = done(stack, "partitions.maintain").await;
        assert!(
            later["made"].as_i64() >= Some(stack.number("select count(*) from partition_policies").await),
            "{later}"
        );
    })
    .await;
}
