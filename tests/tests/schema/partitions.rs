//! Tables that are cut by month: months are there when they are needed, and old ones go.

use tests::with_stack;

use crate::{connection_as, failure, texts};

/// An entry of a table that is cut by month.
fn entry(moment: &str) -> String {
    format!(
        "insert into error_logs (created_at, id, environment, message)
         values ({moment}, 'e' || gen_random_uuid(), 'BACKEND', 'm')"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insert_finds_its_month_from_the_last_one_to_three_ahead() {
    with_stack(async |stack| {
        let missing = "
            select p.table_name || ' ' || ahead
              from partition_policies p, generate_series(-1, 3) ahead
             where to_regclass(p.table_name || to_char(date_trunc('month', now() at time zone 'UTC')
                                                       + make_interval(months => ahead), '\"_\"YYYY\"_\"MM')) is null";
        assert_eq!(texts(&stack.database, missing).await, [""; 0]);
        assert!(stack.number("select count(*) from partition_policies").await >= 5);
        let all = "
            select c.relname::text
              from pg_class c
             where c.relkind = 'p' and not exists (select from partition_policies where table_name = c.relname)";
        assert_eq!(texts(&stack.database, all).await, [""; 0]);

        let app = connection_as(stack, "spike_app").await;
        let middle = "date_trunc('month', now() at time zone 'UTC') at time zone 'UTC' + interval '14 days'";
        for months in [0, -1, 3] {
            assert_eq!(
                failure(&app, &entry(&format!("{middle} + interval '{months} months'"))).await,
                None,
                "{months}"
            );
        }
        for months in [-2, 4] {
            let refused = failure(&app, &entry(&format!("{middle} + interval '{months} months'"))).await;
            assert_eq!(refused.as_deref(), Some("23514"), "{months}");
        }
        let found = "select count(distinct tableoid) from error_logs";
        assert_eq!(stack.number(found).await, 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_functions_keep_months_without_a_right_to_make_tables() {
    with_stack(async |stack| {
        let app = connection_as(stack, "spike_app").await;
        let run = "select partition_name || ' ' || action from maintain_partitions(now()) order by 1";
        assert_eq!(texts(&app, run).await, [""; 0]);

        let month = |ahead: i32| {
            format!(
                "to_char(now() at time zone 'UTC' + make_interval(months => {ahead}), '\"error_logs_\"YYYY\"_\"MM')"
            )
        };
        let name = texts(&stack.database, &format!("select {}", month(3))).await.remove(0);
        stack.sql(&format!("drop table {name}")).await;
        let make = "select make_month_partition('error_logs', (now() - interval '5 months')::date)";
        stack.sql(&format!("set role spike_owner; {make}; reset role")).await;
        let old =
            texts(&stack.database, "select to_char((now() - interval '5 months')::date, '\"error_logs_\"YYYY\"_\"MM')");
        let mut expected = vec![format!("{} dropped", old.await.remove(0)), format!("{name} made")];
        expected.sort();
        assert_eq!(texts(&app, run).await, expected);
        assert_eq!(texts(&app, run).await, [""; 0]);
        // Also the new month belongs to the owner, and is as closed as the others.
        let owner = format!("select relowner::regrole::text from pg_class where relname = '{name}'");
        assert_eq!(texts(&stack.database, &owner).await, ["spike_owner"]);
        assert_eq!(failure(&app, &format!("select from {name}")).await.as_deref(), Some("42501"));

        let before = stack.number("select count(*) from pg_inherits").await;
        for wrong in ["now() + interval '41 days'", "now() - interval '41 days'", "'1970-01-01'", "'2100-01-01'"] {
            let refused = failure(&app, &format!("select maintain_partitions({wrong})")).await;
            assert_eq!(refused.as_deref(), Some("22023"), "{wrong}");
        }
        assert_eq!(stack.number("select count(*) from pg_inherits").await, before);
        for sql in [
            "create table mine ()",
            "select make_month_partition('error_logs', current_date)",
            "select partition_by_month('users', 'created_at', 1)",
            "update partition_policies set keep_months = 1",
        ] {
            assert_eq!(failure(&app, sql).await.as_deref(), Some("42501"), "{sql}");
        }
    })
    .await;
}
