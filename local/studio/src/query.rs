//! What of a table is asked for, as the address says it.

use url::form_urlencoded;

use crate::Problem;
use crate::catalogue::Table;

/// Rows on a page.
pub const PAGE: usize = 50;

/// A condition on a column.
pub struct Filter {
    /// The column.
    pub column: String,
    /// How it is compared.
    pub way: Way,
    /// What with.
    pub value: String,
}

/// How a column is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It is this.
    Is,
    /// It contains this, in upper or lower case.
    Contains,
    /// It is this or more.
    From,
    /// It is this or less.
    Until,
    /// It is null.
    Empty,
    /// It is not null.
    Filled,
}

impl Way {
    /// All of them, as the address and the form name them.
    pub const ALL: [(Way, &str, &str); 6] = [
        (Way::Contains, "has", "contains"),
        (Way::Is, "is", "is"),
        (Way::From, "from", "is at least"),
        (Way::Until, "until", "is at most"),
        (Way::Empty, "empty", "is empty"),
        (Way::Filled, "filled", "is not empty"),
    ];

    /// What the address says.
    pub fn word(self) -> &'static str {
        Way::ALL.iter().find(|(way, _, _)| *way == self).map_or("is", |(_, word, _)| word)
    }
}

/// What of a table is asked for.
#[derive(Default)]
pub struct Query {
    /// All of them hold.
    pub filters: Vec<Filter>,
    /// The column to sort by.
    pub sort: Option<String>,
    /// Whether the largest comes first.
    pub descending: bool,
    /// From 0.
    pub page: usize,
    /// Whether all rows are counted.
    pub count: bool,
}

impl Query {
    /// Reads the address: `is.<column>=<value>` and its like, `sort`, `order`, `page`, `count`, and the fields of the form.
    ///
    /// # Errors
    /// It names what the table does not have, or what is secret.
    pub fn parse(text: &str, table: &Table) -> Result<Self, Problem> {
        let mut query = Query::default();
        let (mut column, mut way, mut value) = (None, Way::Contains, String::new());
        let named = |word: &str| Way::ALL.iter().find(|(_, name, _)| *name == word).map(|(way, _, _)| *way);
        for (name, given) in form_urlencoded::parse(text.as_bytes()) {
            match name.as_ref() {
                "sort" if !given.is_empty() => query.sort = Some(table.column(&given)?.name.clone()),
                "order" => query.descending = given == "down",
                "page" => query.page = given.parse().unwrap_or(0),
                "count" => query.count = given == "all",
                "column" if !given.is_empty() => column = Some(table.column(&given)?.name.clone()),
                "way" => way = named(&given).unwrap_or(Way::Contains),
                "value" => value = given.into_owned(),
                other => {
                    let Some((word, name)) = other.split_once('.') else { continue };
                    let Some(way) = named(word) else { continue };
                    let column = table.column(name)?.name.clone();
                    query.filters.push(Filter { column, way, value: given.into_owned() });
                }
            }
        }
        if let Some(column) = column {
            query.filters.push(Filter { column, way, value });
        }
        Ok(query)
    }

    /// The address of the same, with `page`.
    pub fn at_page(&self, table: &str, page: usize) -> String {
        self.address(table, self.sort.as_deref(), self.descending, page, None)
    }

    /// The address of the same sorted by `column`; by the same once more, the other way round.
    pub fn sorted_by(&self, table: &str, column: &str) -> String {
        let descending = self.sort.as_deref() == Some(column) && !self.descending;
        self.address(table, Some(column), descending, 0, None)
    }

    /// The address of the same without the filter at `index`.
    pub fn without(&self, table: &str, index: &usize) -> String {
        self.address(table, self.sort.as_deref(), self.descending, 0, Some(*index))
    }

    fn address(
        &self,
        table: &str,
        sort: Option<&str>,
        descending: bool,
        page: usize,
        without: Option<usize>,
    ) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (_, filter) in self.filters.iter().enumerate().filter(|(index, _)| Some(*index) != without) {
            out.append_pair(&format!("{}.{}", filter.way.word(), filter.column), &filter.value);
        }
        if let Some(sort) = sort {
            out.append_pair("sort", sort);
        }
        if descending {
            out.append_pair("order", "down");
        }
        if page > 0 {
            out.append_pair("page", &page.to_string());
        }
        path(table, "", &out.finish())
    }
}

/// The address of a table's rows, or of what is below it, with a query.
pub fn path(table: &str, below: &str, query: &str) -> String {
    let name: String = form_urlencoded::byte_serialize(table.as_bytes()).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("/{}{below}{mark}{query}", name.replace('+', "%20"))
}

/// The address of the rows of `table` in which `columns` are `values`; `None` when one of them is null.
pub fn rows_where<'a>(
    table: &str,
    below: &str,
    columns: impl Iterator<Item = &'a str>,
    values: impl Iterator<Item = Option<&'a str>>,
) -> Option<String> {
    let mut out = form_urlencoded::Serializer::new(String::new());
    for (column, value) in columns.zip(values) {
        out.append_pair(&format!("is.{column}"), value?);
    }
    Some(path(table, below, &out.finish()))
}
