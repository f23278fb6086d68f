//! Rows that were deleted by mistake, brought back from a database that was restored beside the present one.
//!
//! A deleted row takes with it what belongs to it (`on delete cascade`), so those rows come back, too: parents first, and
//! only those that belong to missing rows. A reference that the deletion emptied (`on delete set null`) stays empty.

use std::collections::BTreeSet;

use serde_json::json;
use shared::ids::new_id;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::damage;
use crate::error::{BackupError, is_corruption};
use crate::report::{Missing, RecoverReport};
use crate::session::{self, quoted};
use crate::settings::Settings;

/// How many keys a report names.
const KEYS_NAMED: usize = 5;

/// Columns of a table in their order, generated ones last; and its primary key.
const COLUMNS: &str = "
    select a.attname::text, format_type(a.atttypid, a.atttypmod), a.attgenerated <> '',
           coalesce(a.attnum = any(k.conkey), false)
      from pg_attribute a
      left join pg_constraint k on k.conrelid = a.attrelid and k.contype = 'p'
     where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
     order by a.attnum";

/// Who refers to a table: the child, its columns and the table's, in pairs.
const CHILDREN: &str = "
    select child.relname::text,
           array(select a.attname::text from unnest(f.conkey) with ordinality as k (number, place)
                   join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.number order by k.place),
           array(select a.attname::text from unnest(f.confkey) with ordinality as k (number, place)
                   join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.number order by k.place)
      from pg_constraint f
      join pg_class child on child.oid = f.conrelid
     where f.contype = 'f' and f.confrelid = to_regclass($1) and f.conparentid = 0
     order by 1, 2";

/// The bucket and the columns of a table whose objects are queued when a row goes: the arguments of its triggers.
const OBJECTS: &str = "
    select arguments[1], arguments[place]
      from pg_trigger t
      join pg_proc p on p.oid = t.tgfoid and p.proname = 'queue_object_deletions',
           lateral string_to_array(encode(t.tgargs, 'escape'), '\\000') as arguments,
           lateral generate_series(2, t.tgnargs) as place
     where t.tgrelid = to_regclass($1) and not t.tgisinternal";

const AUDIT: &str = "
    insert into audit_logs (id, actor_id, action, target_type, target_id, metadata, created_at)
    values ($1, 'command-line', 'DATA_RECOVER', 'table', $2, $3, $4)";

/// A table as both databases have it.
struct Table {
    name: String,
    columns: Vec<Column>,
    children: Vec<Reference>,
}

#[derive(PartialEq)]
struct Column {
    name: String,
    kind: String,
    generated: bool,
    in_key: bool,
}

struct Reference {
    child: String,
    columns: Vec<String>,
    parents: Vec<String>,
}

/// Which rows of `table`, and of what belongs to them, the database `from` has and the present one has not.
///
/// # Errors
/// There is no such table or database, or the two differ in shape.
pub async fn diff(table: &str, from: &str, settings: &Settings) -> Result<RecoverReport, BackupError> {
    let Both { present, restored, place } = sessions(from, settings).await?;
    present.batch_execute("begin isolation level repeatable read read only").await?;
    let tables = missing_rows(&present, &restored, table).await?;
    let tables = tables.into_iter().map(|(_, missing)| missing).collect();
    Ok(RecoverReport { from: place, tables })
}

/// Inserts those rows, all or none. What is there is not changed, so a second time finds nothing.
///
/// # Errors
/// As [`diff`]; or a row no longer fits, such as one whose parent is gone.
pub async fn merge(table: &str, from: &str, settings: &Settings) -> Result<RecoverReport, BackupError> {
    let Both { present, restored, place } = sessions(from, settings).await?;
    present.batch_execute("begin").await?;
    let mut tables = Vec::new();
    let mut inserted = 0;
    for (table, mut missing) in missing_rows(&present, &restored, table).await? {
        if missing.missing > 0 {
            (missing.inserted, missing.objects_kept) = insert(&present, &restored, &table).await?;
            inserted += missing.inserted;
        }
        tables.push(missing);
    }
    if inserted > 0 && crate::snapshot::exists(&present, "audit_logs").await? {
        let now = settings.clock.now();
        let rows: serde_json::Map<_, _> =
            tables.iter().map(|missing| (missing.table.clone(), missing.inserted.into())).collect();
        let metadata = json!({"from": place, "rows": rows});
        let id = new_id("aud", now);
        present
            .execute_typed(
                AUDIT,
                &[(&id, Type::TEXT), (&table, Type::TEXT), (&metadata, Type::JSONB), (&now, Type::TIMESTAMPTZ)],
            )
            .await?;
    }
    present.batch_execute("commit").await?;
    Ok(RecoverReport { from: place, tables })
}

/// The database that lacks rows, the one that has them, and what to call that one.
struct Both {
    present: Client,
    restored: Client,
    place: String,
}

async fn sessions(from: &str, settings: &Settings) -> Result<Both, BackupError> {
    let other = settings.recover_url.as_ref().unwrap_or(&settings.url).clone().with_database(from);
    if settings.url.place() == other.place() {
        return Err(BackupError::Recovery(format!("{from} is the present database: name the restored one")));
    }
    let place = settings.recover_url.as_ref().map_or_else(|| from.to_owned(), |_| other.place());
    let (present, _) = session::connect(&settings.url).await?;
    let (restored, _) = session::connect(&other).await?;
    damage::prepare(&restored).await?;
    Ok(Both { present, restored, place })
}

/// Walks from the table to what refers to it, and leaves the missing rows of each in a temporary table of the restored
/// database, called `missing_<table>`.
async fn missing_rows(present: &Client, restored: &Client, table: &str) -> Result<Vec<(Table, Missing)>, BackupError> {
    let mut found = Vec::new();
    for (name, parents) in in_order(present, restored, table).await? {
        let table = described(present, restored, &name).await?;
        let missing = missing_of(present, restored, &table, &parents).await?;
        found.push((table, missing));
    }
    Ok(found)
}

/// The tables that have to be looked at, each after those that it refers to, with its references to them.
async fn in_order(
    present: &Client,
    restored: &Client,
    first: &str,
) -> Result<Vec<(String, Vec<(String, Reference)>)>, BackupError> {
    let mut tables = vec![described(present, restored, first).await?];
    let mut known = BTreeSet::from([first.to_owned()]);
    let mut next = 0;
    while next < tables.len() {
        let children: Vec<String> = tables[next].children.iter().map(|reference| reference.child.clone()).collect();
        for child in children {
            if known.insert(child.clone()) {
                tables.push(described(present, restored, &child).await?);
            }
        }
        next += 1;
    }
    let mut waiting = tables;
    let mut order: Vec<(String, Vec<(String, Reference)>)> = Vec::new();
    let mut references: Vec<(String, Reference)> = Vec::new();
    while !waiting.is_empty() {
        let refers = |child: &Table, parents: &[Table]| {
            parents.iter().any(|parent| {
                parent.name != child.name && parent.children.iter().any(|reference| reference.child == child.name)
            })
        };
        // Tables that refer to each other in a circle can only be tried as they come.
        let free = waiting.iter().position(|table| !refers(table, &waiting)).unwrap_or(0);
        let table = waiting.remove(free);
        let (own, rest): (Vec<_>, Vec<_>) = references.into_iter().partition(|(_, own)| own.child == table.name);
        references = rest;
        order.push((table.name.clone(), own));
        let onward = table.children.into_iter().filter(|reference| reference.child != table.name);
        references.extend(onward.map(|reference| (table.name.clone(), reference)));
    }
    Ok(order)
}

async fn described(present: &Client, restored: &Client, name: &str) -> Result<Table, BackupError> {
    let columns = columns(present, name).await?;
    if columns.is_empty() {
        return Err(BackupError::Recovery(format!("there is no table {name}")));
    }
    if columns != self::columns(restored, name).await? {
        let remedy = "bring the restored one to the same migration first (cargo db deploy)";
        return Err(BackupError::Recovery(format!("{name} has other columns in the restored database: {remedy}")));
    }
    if !columns.iter().any(|column| column.in_key) {
        return Err(BackupError::Recovery(format!("{name} has no primary key, so nobody can tell what is missing")));
    }
    let rows = present.query_typed(CHILDREN, &[(&quoted(name), Type::TEXT)]).await?;
    let reference = |row: &tokio_postgres::Row| {
        Ok(Reference { child: row.try_get(0)?, columns: row.try_get(1)?, parents: row.try_get(2)? })
    };
    let children = rows.iter().map(reference).collect::<Result<_, tokio_postgres::Error>>()?;
    Ok(Table { name: name.to_owned(), columns, children })
}

async fn columns(client: &Client, name: &str) -> Result<Vec<Column>, BackupError> {
    let rows = client.query_typed(COLUMNS, &[(&quoted(name), Type::TEXT)]).await?;
    let column = |row: &tokio_postgres::Row| {
        Ok(Column { name: row.try_get(0)?, kind: row.try_get(1)?, generated: row.try_get(2)?, in_key: row.try_get(3)? })
    };
    Ok(rows.iter().map(column).collect::<Result<_, tokio_postgres::Error>>()?)
}

impl Table {
    fn key(&self) -> Vec<String> {
        self.columns.iter().filter(|column| column.in_key).map(|column| quoted(&column.name)).collect()
    }

    /// The text of a whole row `t` in which only the key is filled: it can be read back without a type of its own.
    fn key_alone(&self) -> String {
        let column = |column: &Column| match column.in_key {
            true => format!("t.{}", quoted(&column.name)),
            false => "null".to_owned(),
        };
        format!("row({})::text", self.columns.iter().map(column).collect::<Vec<_>>().join(", "))
    }

    fn scratch(&self) -> String {
        quoted(&format!("missing_{}", self.name))
    }
}

/// What is missing of a table; where it is damaged, of what can be read of it.
async fn missing_of(
    present: &Client,
    restored: &Client,
    table: &Table,
    parents: &[(String, Reference)],
) -> Result<Missing, BackupError> {
    match missing_in(&quoted(&table.name), present, restored, table, parents).await {
        Err(BackupError::Database(error)) if is_corruption(&error) => {}
        outcome => return outcome,
    }
    let (copy, damage) = damage::copy(restored, &table.name).await?;
    let missing = missing_in(&copy, present, restored, table, parents).await?;
    Ok(Missing { damaged_pages: damage.damaged, ..missing })
}

/// Rows pass between the databases as PostgreSQL writes whole rows as text, which gives them back exactly.
async fn missing_in(
    source: &str,
    present: &Client,
    restored: &Client,
    table: &Table,
    parents: &[(String, Reference)],
) -> Result<Missing, BackupError> {
    let name = quoted(&table.name);
    let belongs = parents.iter().map(|(parent, reference)| {
        let pairs = reference.columns.iter().zip(&reference.parents);
        let same: Vec<_> = pairs.map(|(own, theirs)| format!("p.{} = t.{}", quoted(theirs), quoted(own))).collect();
        format!("exists (select from {} p where {})", quoted(&format!("missing_{parent}")), same.join(" and "))
    });
    let belongs = belongs.collect::<Vec<_>>().join(" or ");
    let filter = if belongs.is_empty() { "true".to_owned() } else { belongs };
    let key = table.key_alone();
    let all = format!("select array_agg({key}) from {source} t where {filter}");
    let keys: Option<Vec<String>> = restored.query_typed_one(&all, &[]).await?.try_get(0)?;
    let same: Vec<_> = table.key().iter().map(|column| format!("t.{column} = (k.key).{column}")).collect();
    let absent = format!(
        "select k.text from (select text, text::{name} as key from unnest($1::text[]) as text) k
          where not exists (select from {name} t where {})",
        same.join(" and ")
    );
    let rows = present.query_typed(&absent, &[(&keys.unwrap_or_default(), Type::TEXT_ARRAY)]).await?;
    let missing: Vec<String> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    let keep =
        format!("create temporary table {} as select t.* from {source} t where {key} = any($1)", table.scratch());
    restored.execute_typed(&keep, &[(&missing, Type::TEXT_ARRAY)]).await?;
    Ok(Missing {
        table: table.name.clone(),
        missing: i64::try_from(missing.len()).unwrap_or(i64::MAX),
        inserted: 0,
        objects_kept: 0,
        damaged_pages: 0,
        keys: missing.iter().take(KEYS_NAMED).map(|key| key.trim_matches(['(', ')', ',']).to_owned()).collect(),
    })
}

/// One statement for the table: rows may refer to each other. What comes back keeps its objects, which its deletion has
/// queued to be deleted. Answers how many rows came back and how many objects stay.
async fn insert(present: &Client, restored: &Client, table: &Table) -> Result<(u64, i64), BackupError> {
    let name = quoted(&table.name);
    let whole = format!("select array_agg(row(t.*)::text) from {} t", table.scratch());
    let rows: Option<Vec<String>> = restored.query_typed_one(&whole, &[]).await?.try_get(0)?;
    let written: Vec<_> =
        table.columns.iter().filter(|column| !column.generated).map(|column| quoted(&column.name)).collect();
    let values: Vec<_> = written.iter().map(|column| format!("(r.whole).{column}")).collect();
    let kept = match objects(present, &name).await? {
        owned if owned.is_empty() => "select where false".to_owned(),
        owned => format!("delete from object_deletions d using back b where {} returning 1", owned.join(" or ")),
    };
    let sql = format!(
        "with back as (insert into {name} ({}) overriding system value
                       select {} from (select text::{name} as whole from unnest($1::text[]) as text) r
                       on conflict do nothing
                       returning *),
              kept as ({kept})
         select (select count(*) from back), (select count(*) from kept)",
        written.join(", "),
        values.join(", ")
    );
    let row = present.query_typed_one(&sql, &[(&rows.unwrap_or_default(), Type::TEXT_ARRAY)]).await?;
    let (inserted, kept): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    Ok((u64::try_from(inserted).unwrap_or(0), kept))
}

/// What of a queue entry `d` says that it is an object of the row `b`. No key is ever used twice.
async fn objects(present: &Client, table: &str) -> Result<Vec<String>, BackupError> {
    let rows = present.query_typed(OBJECTS, &[(&table, Type::TEXT)]).await?;
    let owned = |row: &tokio_postgres::Row| {
        let (bucket, column): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        Ok(format!("d.bucket = '{bucket}' and d.object_key = b.{}", quoted(&column)))
    };
    Ok(rows.iter().map(owned).collect::<Result<_, tokio_postgres::Error>>()?)
}
