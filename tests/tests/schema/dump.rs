//! `migrations/schema.sql`: what all migrations together make, to be read in one piece.

use local::command;
use local::connection::Connection;
use local::tools::Toolbox;
use tests::{Stack, project, with_stack};

/// What pg_dump says besides the schema: where it stands, its own version, keys for psql, settings of its session.
const NOISE: [&str; 6] = ["--", "\\restrict", "\\unrestrict", "SET ", "SELECT pg_catalog.set_config", "ALTER DEFAULT"];
/// Months of a table come and go.
const MONTHS: &str = "*_[0-9][0-9][0-9][0-9]_[0-9][0-9]";

/// The text is compared where the same major version wrote it, as others word it otherwise; that it makes the same
/// schema, everywhere.
#[tokio::test(flavor = "multi_thread")]
async fn the_checked_in_schema_is_what_the_migrations_make() {
    with_stack(async |stack| {
        let (made, major) = dump(stack).await;
        let file = project().join("migrations/schema.sql");
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        let same_major = kept.lines().next() == made.lines().next();
        if (same_major || kept.is_empty()) && kept != made {
            std::fs::write(&file, &made).unwrap();
            panic!("migrations/schema.sql was out of date and has been rewritten: read the difference and commit it");
        }

        let server = stack.direct_url.rsplit_once('/').unwrap().0;
        let admin = Connection::open(&format!("{server}/postgres")).await.unwrap();
        let copy = format!("schema_copy_{}", std::process::id());
        admin.batch_execute(&format!("create database {copy}")).await.unwrap();
        let loading = Connection::open(&format!("{server}/{copy}")).await.unwrap();
        // As pg_dump itself would: a function may come before what it reads.
        loading.batch_execute("set check_function_bodies = off").await.unwrap();
        loading.batch_execute(&kept).await.unwrap();
        let loaded = Connection::open(&format!("{server}/{copy}")).await.unwrap();
        let (ours, theirs) = (objects(&stack.database).await, objects(&loaded).await);
        admin.batch_execute(&format!("drop database {copy} with (force)")).await.unwrap();
        assert!(ours.len() > 200, "{}", ours.len());
        let differences: Vec<_> = ours
            .iter()
            .filter(|one| !theirs.contains(one))
            .chain(theirs.iter().filter(|one| !ours.contains(one)))
            .collect();
        assert!(differences.is_empty(), "PostgreSQL {major}: {differences:#?}");
    })
    .await;
}

async fn dump(stack: &Stack) -> (String, u32) {
    let tools = Toolbox::new(None).unwrap().postgres(None).await.unwrap();
    let arguments = [
        "--schema-only",
        "--no-owner",
        "--exclude-table",
        MONTHS,
        "--exclude-table",
        "schema_migration*",
        &stack.direct_url,
    ];
    let output = command::run_as(tools.program("pg_dump"), &arguments, &tools.environment(), None).await.unwrap();
    let mut text =
        format!("-- Made from the migrations by their test (pg_dump {}); nothing reads it but people.\n", tools.major);
    let mut blank = false;
    for line in output.lines().filter(|line| !NOISE.iter().any(|noise| line.starts_with(noise))) {
        if line.is_empty() {
            blank = true;
            continue;
        }
        if std::mem::take(&mut blank) {
            text.push('\n');
        }
        text.push_str(line);
        text.push('\n');
    }
    (text, tools.major)
}

/// Tables' columns, constraints, indexes, functions and triggers, one line each. Conditions without their parentheses: reading them
/// again leaves some out.
async fn objects(database: &Connection) -> Vec<String> {
    let query = "
        select format('column %s.%s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                      pg_get_expr(d.adbin, d.adrelid))
          from pg_class c
          join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') and not c.relispartition
           and c.relname not like 'schema\\_migration%'
        union all
        select format('constraint %s %s', c.conname, translate(pg_get_constraintdef(c.oid), '()', ''))
          from pg_constraint c
          left join pg_class t on t.oid = c.conrelid
         where c.connamespace = 'public'::regnamespace and not coalesce(t.relispartition, false)
           and coalesce(t.relname, '') not like 'schema\\_migration%'
        union all
        select format('index %s', translate(i.indexdef, '()', ''))
          from pg_indexes i
          join pg_class t on t.relname = i.tablename and t.relnamespace = 'public'::regnamespace
         where i.schemaname = 'public' and not t.relispartition and i.tablename not like 'schema\\_migration%'
        union all
        select format('function %s', pg_get_functiondef(p.oid))
          from pg_proc p
         where p.pronamespace = 'public'::regnamespace and p.prokind = 'f'
           and not exists (select from pg_depend e where e.objid = p.oid and e.deptype = 'e')
        union all
        select format('trigger %s', translate(pg_get_triggerdef(t.oid), '()', ''))
          from pg_trigger t
          join pg_class c on c.oid = t.tgrelid
         where not t.tgisinternal and c.relnamespace = 'public'::regnamespace and not c.relispartition
         order by 1";
    database.query_typed(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}
