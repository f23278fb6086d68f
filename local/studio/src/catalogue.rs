//! What there is: tables, their columns, and what leads from one to another.

use tokio_postgres::Row;

use crate::Problem;
use crate::look::{Look, Question};

/// A table in the list.
pub struct Listed {
    /// Its name.
    pub name: String,
    /// What its comment says.
    pub comment: String,
    /// About how many rows; `None` when nobody has counted.
    pub estimate: Option<i64>,
    /// With indexes and partitions, for people.
    pub size: String,
    /// Whether this role may read it.
    pub readable: bool,
}

/// A table, to be looked into.
pub struct Table {
    /// Its name.
    pub name: String,
    /// What its comment says.
    pub comment: String,
    /// In their order.
    pub columns: Vec<Column>,
    /// To rows of other tables.
    pub out: Vec<Link>,
    /// From rows of other tables.
    pub into: Vec<Link>,
}

/// A column.
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// What its comment says.
    pub comment: String,
    /// Whether it is part of the primary key.
    pub key: bool,
    /// Whether its values are never asked for.
    pub hidden: bool,
}

/// A foreign key, seen from one side.
pub struct Link {
    /// The columns on this side.
    pub own: Vec<String>,
    /// The table on the other side.
    pub table: String,
    /// Its columns.
    pub other: Vec<String>,
}

const TABLES: &str = "
    select c.relname::text,
           coalesce(obj_description(c.oid, 'pg_class'), ''),
           (select case when sum(p.reltuples) < 0 then null else sum(greatest(p.reltuples, 0))::bigint end
              from pg_class p
             where p.oid in (select relid from pg_partition_tree(c.oid) where isleaf)
                or (c.relkind <> 'p' and p.oid = c.oid)),
           (select pg_size_pretty(sum(pg_total_relation_size(p.oid)))
              from pg_class p
             where p.oid in (select relid from pg_partition_tree(c.oid) where isleaf)
                or (c.relkind <> 'p' and p.oid = c.oid)),
           has_table_privilege(c.oid, 'select') or has_any_column_privilege(c.oid, 'select')
      from pg_class c
     where c.relnamespace = 'public'::regnamespace
       and c.relkind in ('r', 'p', 'v', 'm')
       and not c.relispartition
     order by c.relname";

/// What is secret says so in its comment; the names are for columns that nobody has described.
const COLUMNS: &str = "
    select a.attname::text,
           format_type(a.atttypid, a.atttypmod),
           coalesce(col_description(c.oid, a.attnum), ''),
           exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary and a.attnum = any (i.indkey)),
           coalesce(col_description(c.oid, a.attnum), '') ~* '^secret\\M'
               or a.attname ~ '(^|_)(password|passwd|secret|secrets|hash|salt|nonce|ciphertext|encrypted|sealed|verifier)(_|$)'
               or a.attname ~ '(^|_)(access|refresh|id|session|oauth|bearer|csrf)_token(_|$)'
               or a.attname in ('token', 'api_key', 'private_key')
               or not has_column_privilege(c.oid, a.attnum, 'select'),
           coalesce(obj_description(c.oid, 'pg_class'), '')
      from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace = 'public'::regnamespace
       and c.relkind in ('r', 'p', 'v', 'm')
       and c.relname = $1
     order by a.attnum";

/// The foreign keys of a table and those to it, without those that partitions repeat.
const LINKS: &str = "
    select k.conrelid = c.oid,
           array(select a.attname::text
                   from unnest(k.conkey) with ordinality u (number, position)
                   join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number
                  order by u.position),
           (select r.relname::text from pg_class r where r.oid = k.conrelid),
           array(select a.attname::text
                   from unnest(k.confkey) with ordinality u (number, position)
                   join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number
                  order by u.position),
           (select r.relname::text from pg_class r where r.oid = k.confrelid),
           k.confrelid = c.oid
      from pg_class c
      join pg_constraint k on k.contype = 'f' and k.conparentid = 0 and (k.conrelid = c.oid or k.confrelid = c.oid)
     where c.relnamespace = 'public'::regnamespace
       and c.relname = $1
     order by k.conname";

/// Every table that is not part of another.
///
/// # Errors
/// The database's.
pub async fn tables(look: &Look) -> Result<Vec<Listed>, Problem> {
    let [rows] = look.ask([Question { sql: TABLES.to_owned(), values: Vec::new() }]).await?;
    let listed = rows.iter().map(|row| Listed {
        name: row.get(0),
        comment: row.get(1),
        estimate: row.get(2),
        size: row.get::<_, Option<String>>(3).unwrap_or_default(),
        readable: row.get(4),
    });
    Ok(listed.collect())
}

/// The table of this name.
///
/// # Errors
/// There is none, or the database's.
pub async fn table(look: &Look, name: &str) -> Result<Table, Problem> {
    let about = |sql: &str| Question { sql: sql.to_owned(), values: vec![name.to_owned()] };
    let [columns, links] = look.ask([about(COLUMNS), about(LINKS)]).await?;
    let Some(first) = columns.first() else { return Err(Problem::Missing(format!("table {name}"))) };
    let side = |own: usize, other: usize| {
        move |row: &Row| Link { own: row.get(own), table: row.get(other + 1), other: row.get(other) }
    };
    Ok(Table {
        name: name.to_owned(),
        comment: first.get(5),
        columns: columns
            .iter()
            .map(|row| Column {
                name: row.get(0),
                kind: row.get(1),
                comment: row.get(2),
                key: row.get(3),
                hidden: row.get(4),
            })
            .collect(),
        out: links.iter().filter(|row| row.get(0)).map(side(1, 3)).collect(),
        into: links.iter().filter(|row| row.get(5)).map(side(3, 1)).collect(),
    })
}

impl Table {
    /// The column of this name, when its values may be asked for.
    ///
    /// # Errors
    /// There is none, or it is secret.
    pub fn column(&self, name: &str) -> Result<&Column, Problem> {
        let found = self.columns.iter().find(|column| column.name == name && !column.hidden);
        found.ok_or_else(|| Problem::Missing(format!("column {name} to look at in {}", self.name)))
    }

    /// The columns of the primary key.
    pub fn key(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.key)
    }

    /// Whether a row can be named.
    pub fn has_key(&self) -> bool {
        self.key().next().is_some() && self.key().all(|column| !column.hidden)
    }
}
