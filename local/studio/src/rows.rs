//! The SQL that reads rows: names of the catalogue, quoted, and values as parameters.

use crate::catalogue::{Column, Table};
use crate::look::Question;
use crate::query::{Filter, PAGE, Query, Way};

/// What of a value is read for a list; one more shows that there is more.
pub const LISTED_CHARACTERS: usize = 120;
/// What of a value is read for its row.
pub const SHOWN_CHARACTERS: usize = 20_000;

/// The rows of a page, and one more if there is another page.
pub fn page(table: &Table, query: &Query) -> Question {
    let mut values = Vec::new();
    let condition = condition(table, &query.filters, &mut values);
    let sort = query.sort.iter().map(|column| quoted(column));
    let down = if query.descending { " desc nulls last" } else { "" };
    let key = table.key().map(|column| quoted(&column.name));
    let order: Vec<String> = sort.chain(key).map(|column| format!("{column}{down}")).collect();
    let order = if order.is_empty() { String::new() } else { format!(" order by {}", order.join(", ")) };
    let sql = format!(
        "select {} from {}{condition}{order} limit {} offset {}",
        values_of(table, LISTED_CHARACTERS),
        quoted(&table.name),
        PAGE + 1,
        query.page.saturating_mul(PAGE),
    );
    Question { sql, values }
}

/// How many rows there are.
pub fn count(table: &Table, query: &Query) -> Question {
    let mut values = Vec::new();
    let condition = condition(table, &query.filters, &mut values);
    Question { sql: format!("select count(*) from {}{condition}", quoted(&table.name)), values }
}

/// The row that the filters name.
pub fn one(table: &Table, query: &Query) -> Question {
    let mut values = Vec::new();
    let condition = condition(table, &query.filters, &mut values);
    let sql = format!("select {} from {}{condition} limit 1", values_of(table, SHOWN_CHARACTERS), quoted(&table.name));
    Question { sql, values }
}

/// Each column as text, cut off; what is secret is not read.
fn values_of(table: &Table, characters: usize) -> String {
    let value = |column: &Column| match column.hidden {
        true => "null::text".to_owned(),
        false => format!("left({}::text, {})", quoted(&column.name), characters + 1),
    };
    let all: Vec<String> = table.columns.iter().map(value).collect();
    all.join(", ")
}

fn condition(table: &Table, filters: &[Filter], values: &mut Vec<String>) -> String {
    let mut all = Vec::new();
    for filter in filters {
        let Ok(column) = table.column(&filter.column) else { continue };
        let name = quoted(&column.name);
        let mut parameter = |value: String| {
            values.push(value);
            format!("${}", values.len())
        };
        // As the column's own type, so that an index helps.
        let mut typed = || format!("{}::{}", parameter(filter.value.clone()), column.kind);
        all.push(match filter.way {
            Way::Is => format!("{name} = {}", typed()),
            Way::From => format!("{name} >= {}", typed()),
            Way::Until => format!("{name} <= {}", typed()),
            Way::Empty => format!("{name} is null"),
            Way::Filled => format!("{name} is not null"),
            Way::Contains => format!("strpos(lower({name}::text), lower({})) > 0", parameter(filter.value.clone())),
        });
    }
    if all.is_empty() { String::new() } else { format!(" where {}", all.join(" and ")) }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
