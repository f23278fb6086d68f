//! The pages.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use shared::database::DatabaseUrl;
use tokio_postgres::Row;

use crate::Problem;
use crate::catalogue::{self, Column, Link, Listed, Table};
use crate::look::Look;
use crate::query::{PAGE, Query, Way, path, rows_where};
use crate::rows::{self, LISTED_CHARACTERS, SHOWN_CHARACTERS};

/// Longer values are folded.
const FOLDED_CHARACTERS: usize = 400;

#[derive(Template)]
#[template(path = "tables.html")]
struct Tables {
    place: String,
    tables: Vec<Listed>,
}

#[derive(Template)]
#[template(path = "rows.html")]
struct Rows {
    place: String,
    table: Table,
    query: Query,
    heads: Vec<Head>,
    rows: Vec<Vec<Cell>>,
    count: Option<i64>,
    previous: Option<String>,
    next: Option<String>,
    counted: String,
}

#[derive(Template)]
#[template(path = "row.html")]
struct OneRow {
    place: String,
    table: Table,
    cells: Vec<Cell>,
    referrers: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Refused {
    place: String,
    problem: String,
}

struct Head {
    name: String,
    title: String,
    sort: Option<String>,
    arrow: &'static str,
}

#[derive(Default)]
struct Cell {
    name: String,
    kind: String,
    comment: String,
    text: Option<String>,
    more: bool,
    folded: bool,
    hidden: bool,
    link: Option<String>,
}

/// The list of tables.
pub async fn tables(State(url): State<Arc<DatabaseUrl>>) -> Response {
    let listed = async { catalogue::tables(&Look::at(&url).await?).await };
    page(&url, listed.await.map(|tables| Tables { place: url.place(), tables }))
}

/// The rows of a table.
pub async fn rows(
    State(url): State<Arc<DatabaseUrl>>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    page(&url, listed(&url, &name, &query.unwrap_or_default()).await)
}

/// One row of a table.
pub async fn row(State(url): State<Arc<DatabaseUrl>>, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    page(&url, shown(&url, &name, &query.unwrap_or_default()).await)
}

async fn listed(url: &DatabaseUrl, name: &str, query: &str) -> Result<Rows, Problem> {
    let look = Look::at(url).await?;
    let table = catalogue::table(&look, name).await?;
    let address = query;
    let query = Query::parse(query, &table)?;
    let (mut found, count) = match query.count {
        true => {
            let [found, count] = look.ask([rows::page(&table, &query), rows::count(&table, &query)]).await?;
            (found, count.first().map(|row| row.get(0)))
        }
        false => {
            let [found] = look.ask([rows::page(&table, &query)]).await?;
            (found, None)
        }
    };
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let heads = table.columns.iter().map(|column| head(column, &table, &query)).collect();
    let rows = found.iter().map(|row| cells(&table, row, LISTED_CHARACTERS, true)).collect();
    let without_count: Vec<&str> =
        address.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("count=")).collect();
    Ok(Rows {
        place: url.place(),
        heads,
        rows,
        count,
        previous: (query.page > 0).then(|| query.at_page(&table.name, query.page - 1)),
        next: more.then(|| query.at_page(&table.name, query.page + 1)),
        counted: path(&table.name, "", &[without_count.as_slice(), &["count=all"]].concat().join("&")),
        table,
        query,
    })
}

async fn shown(url: &DatabaseUrl, name: &str, query: &str) -> Result<OneRow, Problem> {
    let look = Look::at(url).await?;
    let table = catalogue::table(&look, name).await?;
    let query = Query::parse(query, &table)?;
    let [found] = look.ask([rows::one(&table, &query)]).await?;
    let row = found.first().ok_or_else(|| Problem::Missing(format!("such row in {name}")))?;
    let referrers = table.into.iter().filter_map(|link| {
        let text = format!("{} ({})", link.table, link.other.join(", "));
        Some((text, across(&table, link, row, "")?))
    });
    let referrers = referrers.collect();
    let cells = cells(&table, row, SHOWN_CHARACTERS, false);
    Ok(OneRow { place: url.place(), cells, referrers, table })
}

fn head(column: &Column, table: &Table, query: &Query) -> Head {
    let sorted = query.sort.as_deref() == Some(&column.name);
    Head {
        name: column.name.clone(),
        title: format!("{} {}", column.kind, column.comment),
        sort: (!column.hidden).then(|| query.sorted_by(&table.name, &column.name)),
        arrow: match (sorted, query.descending) {
            (false, _) => "",
            (true, false) => " ↑",
            (true, true) => " ↓",
        },
    }
}

fn cells(table: &Table, row: &Row, characters: usize, listed: bool) -> Vec<Cell> {
    let cell = |(index, column): (usize, &Column)| {
        let text: Option<String> = row.get(index);
        let more = text.as_ref().is_some_and(|text| text.chars().count() > characters);
        let text = text.map(|text| text.chars().take(characters).collect::<String>());
        let folded = !listed && text.as_ref().is_some_and(|text| text.chars().count() > FOLDED_CHARACTERS);
        let out = table.out.iter().find(|link| link.own.first() == Some(&column.name));
        // In a list the key leads to the row; elsewhere a foreign key leads to where it points.
        let own = (listed && column.key && table.has_key()).then(|| {
            let names: Vec<&str> = table.key().map(|column| column.name.as_str()).collect();
            let values = names.iter().map(|name| value(table, row, name));
            rows_where(&table.name, "/row", names.iter().copied(), values)
        });
        Cell {
            name: column.name.clone(),
            kind: column.kind.clone(),
            comment: column.comment.clone(),
            hidden: column.hidden,
            link: own.flatten().or_else(|| across(table, out?, row, "/row")),
            text,
            more,
            folded,
        }
    };
    table.columns.iter().enumerate().map(cell).collect()
}

/// The address at the other side of a foreign key; `None` when a value is missing or was cut off.
fn across(table: &Table, link: &Link, row: &Row, below: &str) -> Option<String> {
    let values = link.own.iter().map(|name| value(table, row, name));
    rows_where(&link.table, below, link.other.iter().map(String::as_str), values)
}

fn value<'r>(table: &Table, row: &'r Row, name: &str) -> Option<&'r str> {
    let index = table.columns.iter().position(|column| column.name == name)?;
    row.get::<_, Option<&str>>(index).filter(|text| text.chars().count() <= LISTED_CHARACTERS)
}

fn page(url: &DatabaseUrl, made: Result<impl Template, Problem>) -> Response {
    let status = match &made {
        Ok(_) => StatusCode::OK,
        Err(Problem::Missing(_)) => StatusCode::NOT_FOUND,
        Err(_) => StatusCode::BAD_GATEWAY,
    };
    let text = made.map_or_else(
        |problem| Refused { place: url.place(), problem: problem.to_string() }.render(),
        |page| page.render(),
    );
    match text {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
