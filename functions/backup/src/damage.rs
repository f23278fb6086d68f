//! Damaged pages: which there are, and how to read what is beside them. Each page is read by itself, so nothing has to be
//! switched off that protects the rest, and the server is asked for no special right.

use serde::Serialize;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::{BackupError, is_corruption};
use crate::report::AssessReport;
use crate::session::{self, quoted};
use crate::settings::Settings;

/// An index that is damaged, too, must not stand in the way.
const PAST_INDEXES: &str = "set enable_indexscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off";

/// What holds rows: partitions, not their parents.
const TABLES: &str = "
    select c.relname::text
      from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relpersistence <> 't'
     order by 1";

const PAGES: &str = "
    create temporary table damaged_pages (part regclass, page bigint, says text)";

/// `{source}`, or its partitions, page by page into `{copy}`. A block takes no parameters.
const COPY: &str = "
do $damage$
declare
    part regclass;
begin
    for part in
        select '{source}'::regclass where not exists (select from pg_partition_tree('{source}'))
        union all
        select relid from pg_partition_tree('{source}') where isleaf
    loop
        for page in 0 .. pg_relation_size(part) / current_setting('block_size')::int - 1 loop
            begin
                execute format('insert into {copy} select t.* from only %s t where t.ctid >= %L::tid and t.ctid < %L::tid',
                               part, format('(%s,0)', page), format('(%s,0)', page + 1));
            exception
                when others then
                    insert into damaged_pages values (part, page, sqlerrm);
            end;
        end loop;
    end loop;
end
$damage$";

const FOUND: &str = "
    select (select coalesce(sum(pg_relation_size(part)), 0)::bigint / current_setting('block_size')::int
              from (select to_regclass($1) as part
                     union
                    select relid from pg_partition_tree(to_regclass($1)) where isleaf) as parts),
           (select count(*) from damaged_pages),
           (select count(*) from {copy}),
           coalesce((select says from damaged_pages order by part, page limit 1), '')";

/// A table with pages that can't be read.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DamagedTable {
    /// Its name.
    pub table: String,
    /// How many pages it has.
    pub pages: i64,
    /// How many of them can't be read.
    pub damaged: i64,
    /// How many rows the others hold.
    pub readable_rows: i64,
    /// What the server says of the first.
    pub says: String,
}

/// Reads every row of the database.
///
/// # Errors
/// The server's, but for damage: that is what is reported.
pub async fn assess(settings: &Settings) -> Result<AssessReport, BackupError> {
    let (client, _) = session::connect(&settings.url).await?;
    prepare(&client).await?;
    let mut report = AssessReport { database: settings.url.place(), sound: 0, damaged: Vec::new() };
    for row in client.query_typed(TABLES, &[]).await? {
        let table: String = row.try_get(0)?;
        if is_whole(&client, &table).await? {
            report.sound += 1;
            continue;
        }
        let (copy, damage) = copy(&client, &table).await?;
        client.batch_execute(&format!("drop table {copy}")).await?;
        report.damaged.push(damage);
    }
    Ok(report)
}

/// Makes a session that may meet damage.
pub(crate) async fn prepare(client: &Client) -> Result<(), BackupError> {
    Ok(client.batch_execute(PAST_INDEXES).await?)
}

/// Whether every row of a table can be read; as text, so that values which lie elsewhere are read, too.
async fn is_whole(client: &Client, table: &str) -> Result<bool, BackupError> {
    let all = format!("select count(md5(t::text)) from {} as t", quoted(table));
    match client.query_typed_one(&all, &[]).await {
        Ok(_) => Ok(true),
        Err(error) if is_corruption(&error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Copies what can be read of a table to a temporary one. Answers its name, quoted, and what is missing in it.
///
/// # Errors
/// The server's, but for damage.
pub(crate) async fn copy(client: &Client, table: &str) -> Result<(String, DamagedTable), BackupError> {
    let (name, copy) = (quoted(table), quoted(&format!("readable_{table}")));
    client.batch_execute("drop table if exists damaged_pages").await?;
    client.batch_execute(PAGES).await?;
    client.batch_execute(&format!("create temporary table {copy} as select * from {name} with no data")).await?;
    let escaped = |name: &str| name.replace('\'', "''");
    client.batch_execute(&COPY.replace("{source}", &escaped(&name)).replace("{copy}", &escaped(&copy))).await?;
    let found = FOUND.replace("{copy}", &copy);
    let row = client.query_typed_one(&found, &[(&name, Type::TEXT)]).await?;
    let (pages, damaged, readable_rows, says) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    Ok((copy, DamagedTable { table: table.to_owned(), pages, damaged, readable_rows, says }))
}
