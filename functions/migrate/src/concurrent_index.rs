//! `create index concurrently`, made safe to run again.
//!
//! A build that is killed leaves an *invalid* index: it costs every write and answers no query. `if not exists` takes it
//! for a finished one and skips it, so the runner looks for itself.

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::MigrateError;
use crate::lexer::Token;
use crate::statements::Statement;

/// The name and table of a `create [unique] index concurrently [if not exists] NAME on [only] TABLE …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConcurrentIndex {
    name: String,
    /// Quoted, and qualified where the statement does it.
    table: String,
}

/// What the database has under the index's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing, or the table isn't there yet.
    Missing,
    /// The finished index.
    Valid,
    /// What a killed or failed build left, with its qualified name.
    Invalid(String),
    /// Something else that has the name.
    Taken,
}

const LOOK_UP: &str = "
    select format('%I.%I', n.nspname, c.relname),
           coalesce(i.indrelid = t.oid, false),
           coalesce(i.indisvalid and i.indisready, false)
      from pg_class t
      join pg_class c on c.relnamespace = t.relnamespace and c.relname = $2
      join pg_namespace n on n.oid = c.relnamespace
      left join pg_index i on i.indexrelid = c.oid
     where t.oid = to_regclass($1)";

impl ConcurrentIndex {
    /// The index that a statement builds, if that is what it does. Without a name it couldn't be found again.
    pub(crate) fn of(statement: &Statement) -> Option<Self> {
        let mut tokens = statement.tokens.iter().peekable();
        let mut skip = |keywords: &[&str]| {
            let all = keywords.iter().zip(tokens.clone()).filter(|(keyword, token)| token.is(keyword)).count()
                == keywords.len();
            if all {
                tokens.nth(keywords.len() - 1);
            }
            all
        };
        if !skip(&["create"]) {
            return None;
        }
        skip(&["unique"]);
        if !skip(&["index", "concurrently"]) {
            return None;
        }
        skip(&["if", "not", "exists"]);
        let name = identifier(tokens.next()?).filter(|name| *name != "on")?.to_owned();
        if !tokens.next()?.is("on") {
            return None;
        }
        if tokens.peek()?.is("only") {
            tokens.next();
        }
        let mut table = quoted(identifier(tokens.next()?)?);
        if tokens.peek() == Some(&&Token::Symbol('.')) {
            tokens.next();
            table = format!("{table}.{}", quoted(identifier(tokens.next()?)?));
        }
        Some(Self { name, table })
    }

    /// Looks the index up.
    pub(crate) async fn find(&self, client: &Client) -> Result<Found, tokio_postgres::Error> {
        // An index always lies in the schema of its table.
        let parameters: &[(&(dyn tokio_postgres::types::ToSql + Sync), Type)] =
            &[(&self.table, Type::TEXT), (&self.name, Type::TEXT)];
        let Some(row) = client.query_typed(LOOK_UP, parameters).await?.into_iter().next() else {
            return Ok(Found::Missing);
        };
        Ok(match (row.try_get(1)?, row.try_get(2)?) {
            (false, _) => Found::Taken,
            (true, true) => Found::Valid,
            (true, false) => Found::Invalid(row.try_get(0)?),
        })
    }

    /// Clears the way for the statement. Says whether it has to run.
    pub(crate) async fn prepare(&self, client: &Client, file: &str) -> Result<bool, MigrateError> {
        match self.find(client).await? {
            Found::Missing => Ok(true),
            Found::Valid => {
                tracing::info!("{file}: index {} is there and valid, skipped", self.name);
                Ok(false)
            }
            Found::Invalid(index) => {
                tracing::info!("{file}: index {index} is invalid, left by a build that was stopped; it is rebuilt");
                client.batch_execute(&drop_sql(&index)).await?;
                Ok(true)
            }
            Found::Taken => Err(MigrateError::NameTaken {
                file: file.to_owned(),
                name: self.name.clone(),
                table: self.table.clone(),
            }),
        }
    }

    /// Removes what a failed build left behind, so far as the database still answers.
    pub(crate) async fn clean_up(&self, client: &Client) {
        if let Ok(Found::Invalid(index)) = self.find(client).await
            && let Err(error) = client.batch_execute(&drop_sql(&index)).await
        {
            tracing::warn!("the invalid index {index} could not be dropped ({error}); the next run does it");
        }
    }
}

/// The statement that removes an index while others work on the table.
pub(crate) fn drop_sql(index: &str) -> String {
    format!("drop index concurrently if exists {index}")
}

fn identifier(token: &Token) -> Option<&str> {
    match token {
        Token::Word(name) | Token::Quoted(name) => Some(name),
        Token::Constant | Token::Symbol(_) => None,
    }
}

fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::ConcurrentIndex;
    use crate::statements::split;

    fn index(sql: &str) -> Option<(String, String)> {
        ConcurrentIndex::of(&split(sql).unwrap().remove(0)).map(|index| (index.name, index.table))
    }

    #[test]
    fn name_and_table_are_found() {
        let expected = |name: &str, table: &str| Some((name.to_owned(), table.to_owned()));
        assert_eq!(index("create index concurrently a on b (c)"), expected("a", "\"b\""));
        assert_eq!(
            index("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"A\"\"x\" ON ONLY S.\"B\" using btree (c)"),
            expected("A\"x", "\"s\".\"B\"")
        );
    }

    #[test]
    fn other_statements_build_no_index_concurrently() {
        for sql in [
            "create index a on b (c)",
            "create index concurrently on b (c)",
            "create table a ()",
            "create",
            "drop index concurrently a",
        ] {
            assert_eq!(index(sql), None, "{sql}");
        }
    }
}
