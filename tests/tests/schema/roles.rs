//! Who may do what: the functions, the owner, reports, and the watch.

use local::connection::Connection;
use tests::with_stack;

use crate::{connection_as, failure, texts};

const DENIED: Option<&str> = Some("42501");

#[tokio::test(flavor = "multi_thread")]
async fn ops_57_the_functions_write_rows_and_nothing_else() {
    with_stack(async |stack| {
        let app = connection_as(stack, "spike_app").await;
        for sql in [
            "create table mine (a int)",
            "create index mine on users (name)",
            "alter table users add column extra text",
            "drop table users",
            "truncate users cascade",
            "truncate audit_logs",
            "delete from audit_logs",
            "update audit_logs set action = action",
            "delete from archived_audit_logs",
            "update archived_audit_logs set action = action",
            "update audit_retention_policies set retention_days = 1",
            "insert into ddl_log (command, acting_role) values ('x', 'x')",
            "delete from ddl_log",
            "update deployment set environment = 'development'",
            "delete from schema_migrations",
            "select settle_ownership()",
            "set role spike_owner",
            "create role mine",
        ] {
            assert_eq!(failure(&app, sql).await.as_deref(), DENIED, "{sql}");
        }
        assert_eq!(failure(&app, "select count(*) from users").await, None);
        let more = "
            select c.relname || ' ' || privilege
              from pg_class c, unnest(array['truncate', 'references', 'trigger']) privilege
             where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v')
               and has_table_privilege('spike_app', c.oid, privilege)";
        assert_eq!(texts(&stack.database, more).await, [""; 0]);
        // Of what it can call with the owner's rights it was given each by name.
        let definers = "
            select p.proname::text from pg_proc p
             where p.pronamespace = 'public'::regnamespace and p.prosecdef and p.prorettype <> 'event_trigger'::regtype
               and p.prorettype <> 'trigger'::regtype and has_function_privilege('public', p.oid, 'execute')";
        assert_eq!(texts(&stack.database, definers).await, [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_57_the_owner_owns_everything_and_signs_in_nowhere() {
    with_stack(async |stack| {
        let login = "select count(*) from pg_roles where rolname = 'spike_owner' and not rolcanlogin and not rolsuper";
        assert_eq!(stack.number(login).await, 1);
        let others = "
            select c.relname || ' ' || c.relowner::regrole
              from pg_class c
             where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S')
               and c.relowner <> 'spike_owner'::regrole and c.relname not like 'schema\\_migration%'
               and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')";
        assert_eq!(texts(&stack.database, others).await, [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_59_reports_read_everything_but_secrets() {
    with_stack(async |stack| {
        stack.sign_up("ada").await;
        let reader = connection_as(stack, "spike_readonly").await;
        let report = "select count(*) from users u join token_transactions t on t.user_id = u.id where u.email like 'ada%'";
        assert_eq!(reader.query_typed(report, &[]).await.unwrap()[0].get::<_, i64>(0), 1);
        for sql in [
            "select password_hash from users",
            "select * from users",
            "select key_hash from api_keys",
            "insert into users (id, email, created_at) values ('x', 'x@example.com', now())",
            "update users set name = 'x'",
            "delete from users",
            "create table mine ()",
        ] {
            assert_eq!(failure(&reader, sql).await.as_deref(), DENIED, "{sql}");
        }

        let columns = |secret: &str| {
            format!(
                "select format('select %I from %I limit 0', a.attname, c.relname)
                   from pg_class c
                   join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') and not c.relispartition
                    and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
                    and {secret} coalesce(col_description(c.oid, a.attnum) like 'secret:%', false)"
            )
        };
        let secrets = texts(&stack.database, &columns("")).await;
        assert!(secrets.len() >= 13, "{secrets:?}");
        for sql in secrets {
            assert_eq!(failure(&reader, &sql).await.as_deref(), DENIED, "{sql}");
        }
        let open = texts(&stack.database, &columns("not")).await;
        assert!(open.len() > 500, "{}", open.len());
        assert_eq!(failure(&reader, &open.join("; ")).await, None);
        // What looks like a secret says so.
        let unsaid = "
            select c.relname || '.' || a.attname
              from pg_class c
              join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
             where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
               and a.attname ~ '(password_hash|token_hash|key_hash|access_token|refresh_token|code_verifier)$'
               and coalesce(col_description(c.oid, a.attnum), '') not like 'secret:%'";
        assert_eq!(texts(&stack.database, unsaid).await, [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_watch_sees_figures_and_no_row() {
    with_stack(async |stack| {
        let watch = connection_as(stack, "spike_monitor").await;
        for sql in [
            "select numbackends, xact_commit from pg_stat_database",
            "select relname, n_live_tup from pg_stat_user_tables",
            "select pg_database_size(current_database())",
        ] {
            assert_eq!(failure(&watch, sql).await, None, "{sql}");
        }
        // Also what others are running, which is hidden from who is no member of pg_monitor.
        let hidden = "select count(*) from pg_stat_activity where query = '<insufficient privilege>'";
        assert_eq!(watch.query_typed(hidden, &[]).await.unwrap()[0].get::<_, i64>(0), 0);
        let readable = "
            select c.relname::text
              from pg_class c
             where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
               and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
               and has_any_column_privilege('spike_monitor', c.oid, 'select, insert, update')";
        assert_eq!(texts(&stack.database, readable).await, [""; 0]);
        assert_eq!(failure(&watch, "select id from users").await.as_deref(), DENIED);
    })
    .await;
}

/// Signs in, as only then the settings of the role count.
#[tokio::test(flavor = "multi_thread")]
async fn ops_59_who_reads_has_a_session_that_cannot_write_or_linger() {
    with_stack(async |stack| {
        for (role, [statement, lock, idle]) in
            [("spike_readonly", ["30s", "1s", "1min"]), ("spike_monitor", ["5s", "1s", "5s"])]
        {
            stack.sql(&format!("alter role {role} password 'only-of-this-server'")).await;
            let (_, place) = stack.direct_url.split_once('@').unwrap();
            let url = format!("postgresql://{role}:only-of-this-server@{place}");
            let session = Connection::open(&url).await.unwrap();
            for (setting, value) in [
                ("default_transaction_read_only", "on"),
                ("statement_timeout", statement),
                ("lock_timeout", lock),
                ("idle_in_transaction_session_timeout", idle),
            ] {
                assert_eq!(
                    texts(&session, &format!("select current_setting('{setting}')")).await,
                    [value],
                    "{role} {setting}"
                );
            }
            let write = failure(&session, "create temporary table mine (a int)").await;
            assert_eq!(write.as_deref(), Some("25006"), "{role}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_60_changes_of_the_schema_are_written_down() {
    with_stack(async |stack| {
        let before = stack.number("select count(*) from ddl_log").await;
        stack.sql("set role spike_owner; create table noted (a int); alter table noted add column b int").await;
        stack.sql("drop table noted; reset role").await;
        let said = "
            select string_agg(format('%s %s by %s for %s', command, object_identity, login_role, acting_role), ', '
                              order by executed_at)
              from (select * from ddl_log order by executed_at desc limit 3) newest
             where executed_at > now() - interval '1 minute'";
        let login = texts(&stack.database, "select session_user::text").await.remove(0);
        let entry = |command: &str| format!("{command} public.noted by {login} for spike_owner");
        let expected = [entry("CREATE TABLE"), entry("ALTER TABLE"), entry("DROP TABLE")].join(", ");
        assert_eq!(texts(&stack.database, said).await, [expected]);
        assert_eq!(stack.number("select count(*) from ddl_log").await, before + 3);
    })
    .await;
}
