//! `plan`: what would run, what it locks and what is dangerous, without doing any of it.

use migrate::{PlanReport, PlannedStatement};

use crate::support::{Folder, TestDatabase, migrations, said, with_database};

const TABLES: &str = "create table a (id int primary key, b text, c int);
    create index a_c_idx on a (c);
    create table other (id int primary key);
    create table parts (id int, at date) partition by range (at);
    create table parts_2026_01 partition of parts for values from ('2026-01-01') to ('2026-02-01');
    create table loose (id int, at date);
    create domain short as text;
    create function f() returns trigger language plpgsql as 'begin return new; end';
    create trigger a_t before update on a for each row execute function f();
    insert into a select i, 'x', i from generate_series(1, 3) as i;
    insert into parts select 1, '2026-01-02' from generate_series(1, 5)";

/// Noted before, as a table that a transaction drops is already gone for its own queries.
const NOTE: &str = "create table noted as
    select oid, relname from pg_class
     where relname in ('a', 'other', 'parts', 'parts_2026_01', 'loose', 'a_c_idx') and relkind <> 'c'";

/// The locks that PostgreSQL itself holds on these tables in the transaction that is open.
const HELD: &str = "
    select n.relname::text || ': '
           || lower(regexp_replace(regexp_replace(l.mode, 'Lock$', ''), '(?<=[a-z])(?=[A-Z])', ' ', 'g'))
      from pg_locks l
      join noted n on n.oid = l.relation
     where l.pid = pg_backend_pid()
       and l.mode in ('RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',
                      'AccessExclusiveLock')";

async fn plan(database: &TestDatabase, sql: &[&str]) -> PlanReport {
    let settings = database.settings();
    let client = database.session(&settings).await;
    migrate::plan(&client, &migrations(sql), &settings).await.unwrap()
}

async fn planned(database: &TestDatabase, sql: &str) -> Vec<PlannedStatement> {
    plan(database, &[TABLES, sql]).await.migrations.remove(0).statements
}

#[tokio::test]
async fn ops_14_the_locks_of_the_plan_are_the_ones_that_postgresql_takes() {
    with_database(async |database| {
        database.deploy(&migrations(&[TABLES])).await.unwrap();
        let client = database.client().await;
        client.batch_execute(NOTE).await.unwrap();
        for sql in [
            "create index on a (b)",
            "create table refers (a_id int references a (id), o int references other)",
            "create table parts_2026_02 partition of parts for values from ('2026-02-01') to ('2026-03-01')",
            "alter table a add column d int",
            "alter table a add column d int references other",
            "alter table a add constraint x check (c > 0) not valid",
            "alter table a add constraint x foreign key (c) references other (id) not valid",
            "alter table a alter column b set statistics 10",
            "alter table a alter column b set (n_distinct = 5)",
            "alter table a set (fillfactor = 90)",
            "alter table a disable trigger a_t",
            "alter table a rename b to bb",
            "alter table a alter b set not null, alter c type bigint",
            "alter table parts attach partition loose for values from ('2026-05-01') to ('2026-06-01')",
            "alter table parts detach partition parts_2026_01",
            "create trigger t before insert on a for each row execute function f()",
            "drop trigger a_t on a",
            "create policy p on a using (true)",
            "comment on column a.b is 'x'",
            "comment on table a is 'x'",
            "drop table a",
            "drop index a_c_idx",
            "truncate a, other",
            "insert into a values (9)",
            "update a set c = 1 where id = 1",
            "with gone as (delete from a returning id) insert into other select id from gone",
            "analyze a",
            "lock table a",
            "grant select on a to pg_monitor",
        ] {
            client.batch_execute(&format!("begin; {sql}")).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
            let rows = client.query_typed(HELD, &[]).await.unwrap();
            client.batch_execute("rollback").await.unwrap();
            let held: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
            let planned = planned(&database, sql).await;
            for lock in &planned[0].locks {
                let line = format!("{}: {}", lock.table, lock.lock.as_str());
                assert!(held.contains(&line), "{sql}: planned {line}, held {held:?}");
            }
            // A table that is fully locked has its indexes and partitions locked with it: those go without saying.
            for line in held.iter().filter(|line| line.starts_with("a:") || line.starts_with("other:")) {
                let table = line.split(':').next().unwrap();
                assert!(planned[0].locks.iter().any(|lock| lock.table == table), "{sql}: {line} is not planned");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn ops_14_warnings_depend_on_the_rows_that_are_there() {
    with_database(async |database| {
        database.deploy(&migrations(&[TABLES])).await.unwrap();
        let client = database.client().await;
        client.batch_execute("analyze a; analyze parts").await.unwrap();
        let warns = async |sql: &str| {
            planned(&database, sql).await.iter().flat_map(|one| one.warnings.clone()).collect::<Vec<_>>()
        };
        assert_eq!(planned(&database, "alter table a add d int").await[0].locks[0].rows, Some(3));
        assert_eq!(planned(&database, "alter table parts add d int").await[0].locks[0].rows, Some(5));
        assert!(warns("alter table a add d int not null").await[0].contains("fails where the table has rows"));
        assert!(warns("alter table other add d int not null").await.is_empty());
        assert!(
            warns("create table fresh (); alter table fresh add d int not null; create index on fresh (d)")
                .await
                .is_empty()
        );
        assert!(warns("alter table a alter c type bigint").await[0].contains("written anew"));
        assert!(warns("create index on a (b)").await.is_empty(), "three rows are indexed at once");
        let many = "insert into a select i, 'x', i from generate_series(10, 120000) as i; analyze a";
        client.batch_execute(many).await.unwrap();
        let said = warns("create index on a (b)").await;
        assert!(said.len() == 1 && said[0].contains("concurrently"), "{said:?}");
        assert!(warns("update a set b = 'y'").await[0].contains("every row is locked"));
    })
    .await;
}

#[tokio::test]
async fn ops_14_the_plan_has_sql_a_table_of_locks_and_no_side_effect() {
    with_database(async |database| {
        let first = TABLES;
        let second = "alter table a add d int not null;\ndo $$ begin perform 1; end $$;\ncreate table fresh (b int)";
        let folder = Folder::new(&[first, second]);
        database.deploy(&migrations(&[first])).await.unwrap();
        database.client().await.batch_execute("analyze a; alter table other add extra int").await.unwrap();
        let output = database.command(&folder.0, &["plan"]).output().unwrap();
        let text = said(&output);
        for part in [
            "-- statement 1, line 1\nalter table a add d int not null;",
            "-- STATEMENT  LOCK                     STOPS             TABLE  ROWS\n\
             -- V0002:1    access exclusive         reads and writes  a      3\n\
             -- V0002:2    not known: it runs code\n",
            "-- Warning, V0002 statement 1: a: fails where the table has rows",
            "-- Warning, changed by hand since the last migration: column other.extra was added",
            "-- 1 migration pending; nothing was changed.",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        let objects = "select count(*)::text from pg_class where relname = 'fresh'";
        assert_eq!(database.text(objects).await, "0");
        assert_eq!(database.versions().await, "1");
    })
    .await;
}
