//! One look at the database: a connection of its own, read-only and bounded in time.

use futures_util::future::try_join_all;
use shared::database::{DatabaseUrl, open};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use crate::Problem;

/// Whatever the role may do otherwise. A look may be slow on a large table, but it ends, and waits for nobody.
const OPTIONS: &str = "-c default_transaction_read_only=on -c statement_timeout=5000 -c lock_timeout=1000 \
    -c idle_in_transaction_session_timeout=5000 -c search_path=public -c application_name=studio -c timezone=UTC";

/// The role for those who only read, where there is one and it is allowed.
const ROLE: &str = "
    select true
      from pg_roles
     where rolname = 'spike_readonly'
       and pg_has_role(current_user, oid, 'member')";

/// An open connection.
pub struct Look {
    client: Client,
}

/// SQL and the texts for its parameters.
pub struct Question {
    /// Made of our own words and of names of the catalogue.
    pub sql: String,
    /// `$1` and on, each as text.
    pub values: Vec<String>,
}

impl Look {
    /// Connects.
    ///
    /// # Errors
    /// The database is not to be reached, or a pooler answers, which takes no options.
    pub async fn at(url: &DatabaseUrl) -> Result<Self, Problem> {
        let place = url.place();
        let client = open(&url.clone().with_startup_option(OPTIONS))
            .await
            .map_err(|error| Problem::Setup(format!("No connection to {place}: {error}")))?;
        let look = Look { client };
        let sql = "select current_setting('default_transaction_read_only')".to_owned();
        let [read_only] = look.ask([Question { sql, values: Vec::new() }]).await?;
        if read_only.first().is_none_or(|row| row.get::<_, &str>(0) != "on") {
            return Err(Problem::Setup(format!("{place} is a pooler: name the database itself (DIRECT_URL).")));
        }
        let [role] = look.ask([Question { sql: ROLE.to_owned(), values: Vec::new() }]).await?;
        if !role.is_empty() {
            look.client.batch_execute("set role spike_readonly").await.map_err(refused)?;
        }
        Ok(look)
    }

    /// Asks several questions in one exchange.
    ///
    /// # Errors
    /// The database's, such as that it takes too long.
    pub async fn ask<const N: usize>(&self, questions: [Question; N]) -> Result<[Vec<Row>; N], Problem> {
        let asked = questions.iter().map(async |question| {
            let values: Vec<(&(dyn ToSql + Sync), Type)> =
                question.values.iter().map(|value| (value as &(dyn ToSql + Sync), Type::TEXT)).collect();
            self.client.query_typed(&question.sql, &values).await
        });
        let rows = try_join_all(asked).await.map_err(refused)?;
        rows.try_into().map_err(|_| Problem::Database("another number of answers".to_owned()))
    }
}

fn refused(error: tokio_postgres::Error) -> Problem {
    Problem::Database(match error.as_db_error() {
        Some(said) => format!("{} ({})", said.message(), said.code().code()),
        None => error.to_string(),
    })
}
