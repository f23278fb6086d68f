//! `docs/schema.svg`: every table with its columns, grouped by the migration that made it. Foreign keys within a group are
//! lines; those into another are named beside the column, as most of them go to `users`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use tests::{Given, NodeScript, Stack, project, with_stack};

/// A table's columns in their order; months of a table are left out.
const COLUMNS: &str = "
select c.relname::text as table_name,
       a.attname::text as column_name,
       format_type(a.atttypid, a.atttypmod) as type,
       a.attnotnull as required,
       exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary and a.attnum = any(i.indkey)) as key,
       (select f.confrelid::regclass::text
          from pg_constraint f
         where f.conrelid = c.oid and f.contype = 'f' and a.attnum = any(f.conkey)
         order by array_length(f.conkey, 1), f.conname
         limit 1) as refers_to
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
 where c.relnamespace = 'public'::regnamespace
   and c.relkind in ('r', 'p')
   and not c.relispartition
 order by c.relname, a.attnum";

struct Column {
    name: String,
    kind: String,
    required: bool,
    key: bool,
    refers_to: Option<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checked_in_picture_shows_every_table() {
    with_stack(async |stack| {
        let tables = tables(stack).await;
        let mut script = NodeScript::start(&Given::get(), "schema_picture.mjs", &[]);
        let areas: Vec<Value> = areas(&tables)
            .iter()
            .map(|(title, names)| json!({ "title": title, "graph": graph(&tables, names) }))
            .collect();
        let made = script.ask(&json!({ "areas": areas })).await;
        let made = made["svg"].as_str().unwrap();
        for name in tables.keys() {
            assert!(made.contains(&format!(">{name}</text>")), "{name} is not in the picture");
        }
        let file = project().join("docs/schema.svg");
        if std::fs::read_to_string(&file).unwrap_or_default() != made {
            std::fs::write(&file, made).unwrap();
            panic!("docs/schema.svg was out of date and has been drawn anew: look at it and commit it");
        }
    })
    .await;
}

async fn tables(stack: &Stack) -> BTreeMap<String, Vec<Column>> {
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for row in stack.database.query_typed(COLUMNS, &[]).await.unwrap() {
        tables.entry(row.get("table_name")).or_default().push(Column {
            name: row.get("column_name"),
            kind: row.get("type"),
            required: row.get("required"),
            key: row.get("key"),
            refers_to: row.get("refers_to"),
        });
    }
    tables
}

/// The tables by the file that made them, in the order of the files; `schema_migrations` is the migrations' own.
fn areas(tables: &BTreeMap<String, Vec<Column>>) -> Vec<(String, Vec<String>)> {
    let mut files: Vec<_> =
        std::fs::read_dir(project().join("migrations")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut areas = Vec::new();
    let mut placed = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "sql")) {
        let Some((_, title)) = file.file_stem().and_then(|name| name.to_str()).and_then(|name| name.split_once("__"))
        else {
            continue;
        };
        let text = std::fs::read_to_string(file).unwrap();
        let makes = |name: &&String| {
            ["create table", "create unlogged table"].iter().any(|verb| text.contains(&format!("{verb} {name} (")))
        };
        let names: Vec<String> = tables.keys().filter(makes).cloned().collect();
        placed.extend(names.clone());
        if !names.is_empty() {
            let mut title = title.replace('_', " ");
            title[..1].make_ascii_uppercase();
            areas.push((title, names));
        }
    }
    let own: Vec<String> = tables.keys().filter(|name| !placed.contains(name)).cloned().collect();
    areas.push(("Migrations".to_owned(), own));
    areas
}

fn graph(tables: &BTreeMap<String, Vec<Column>>, names: &[String]) -> String {
    let mut graph = "digraph { graph [rankdir=LR nodesep=0.25 ranksep=0.6 pad=0.1 bgcolor=transparent] \
                     node [shape=plain fontname=Helvetica fontsize=11] edge [arrowsize=0.6]\n"
        .to_owned();
    for name in names {
        let mut rows = String::new();
        for (index, column) in tables[name].iter().enumerate() {
            let shown = if column.key { format!("<b>{}</b>", column.name) } else { column.name.clone() };
            let optional = if column.required { "" } else { "?" };
            let mut kind = format!("{}{optional}", short(&column.kind));
            if let Some(other) = &column.refers_to {
                if names.contains(other) {
                    let _ = writeln!(graph, "\"{name}\":p{index}:e -> \"{other}\":head:w");
                } else {
                    kind = format!("{kind} → {other}");
                }
            }
            let _ = write!(
                rows,
                "<tr><td align=\"left\" port=\"p{index}\">{shown}   <font color=\"#666666\">{kind}</font></td></tr>"
            );
        }
        let head = format!("<tr><td align=\"left\" bgcolor=\"#eeeeee\" port=\"head\"><b>{name}</b></td></tr>");
        let table = "border=\"1\" cellborder=\"0\" cellspacing=\"0\" cellpadding=\"3\"";
        let _ = writeln!(graph, "\"{name}\" [label=<<table {table}>{head}{rows}</table>>]");
    }
    graph + "}\n"
}

fn short(kind: &str) -> String {
    kind.replace("timestamp with time zone", "timestamptz").replace("character varying", "varchar")
}
