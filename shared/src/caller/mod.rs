//! Who is calling. A handler names it by the type of its first argument; whether it is true, the database says, in the
//! exchange that does the work, so that it costs no round trip of its own.

mod agent;
mod credential;
mod door;
mod extract;
mod origin;
mod seen;
mod stranger;

use std::marker::PhantomData;

use jiff::Timestamp;
use tokio_postgres::Row;

pub use self::agent::Agent;
pub use self::credential::{SECURE_SESSION_COOKIE, SESSION_COOKIE, SessionToken, cookie};
pub use self::door::Door;
pub use self::stranger::Anyone;

use self::credential::Credential;
use crate::audit;
use crate::database::{DatabaseError, Statement, Transaction};
use crate::error::ApiError;
use crate::function::App;
use crate::session_cookie::Claims;

/// A person with a session: the cookie of a browser, or the bearer token of a phone.
pub type SignedIn = Caller<BySession>;
/// A person with a session, or a program with an API key of theirs.
pub type ApiKeyOrSession = Caller<ByKeyOrSession>;
/// An administrator with a session. Works through [`Caller::read`], [`Caller::write`] and [`Caller::begin`].
pub type Admin = Caller<ByAdmin>;
/// A super administrator with a session.
pub type SuperAdmin = Caller<BySuperAdmin>;

/// What a caller presented, not yet checked; every method that reaches the database checks it together with the work.
pub struct Caller<By> {
    app: App,
    credential: Credential,
    cookie: Option<Claims>,
    stranger: Anyone,
    by: PhantomData<By>,
}

/// Which callers an endpoint takes.
pub trait Accepts: Send + Sync {
    /// Whether an API key will do.
    const API_KEYS: bool = false;
    /// The lowest role.
    const ROLE: &'static str = "USER";
}

/// An endpoint that takes any person, whatever their role.
pub trait AnyRole: Accepts {}

/// Sessions only.
pub struct BySession;
/// Sessions and API keys.
pub struct ByKeyOrSession;
/// Sessions of administrators.
pub struct ByAdmin;
/// Sessions of super administrators.
pub struct BySuperAdmin;

impl Accepts for BySession {}
impl AnyRole for BySession {}
impl Accepts for ByKeyOrSession {
    const API_KEYS: bool = true;
}
impl AnyRole for ByKeyOrSession {}
impl Accepts for ByAdmin {
    const ROLE: &'static str = "ADMIN";
}
impl Accepts for BySuperAdmin {
    const ROLE: &'static str = "SUPER_ADMIN";
}

/// The person behind a credential.
#[derive(Clone, Debug)]
pub struct Identity {
    /// `user_…`
    pub user_id: String,
    /// USER, ADMIN or SUPER_ADMIN, as it is now.
    pub role: String,
    /// Lower case; absent for some OAuth accounts.
    pub email: Option<String>,
    /// What they call themselves.
    pub name: Option<String>,
    /// Address of a portrait.
    pub image: Option<String>,
    /// The session's id; absent for an API key.
    pub session_id: Option<String>,
    /// When the session ends; absent for an API key.
    pub expires_at: Option<Timestamp>,
}

impl<By> Caller<By> {
    /// A statement that may read `from caller($1, $2, $3)`; further parameters start at `$4`.
    pub fn statement(&self, sql: &'static str) -> Statement {
        Statement::new(sql).bind(self.credential.kind).bind(self.credential.hash).bind(self.stranger.now)
    }

    /// The statement that writes down what the caller did, for the transaction that does it.
    pub fn audit(&self, entry: audit::Entry) -> Statement {
        audit::written(self.statement(audit::WRITE), entry, &self.stranger)
    }

    /// When the request arrived.
    pub fn now(&self) -> Timestamp {
        self.stranger.now
    }

    /// What the session cookie says that the browser holds, if it is one of ours.
    pub fn cookie(&self) -> Option<&Claims> {
        self.cookie.as_ref()
    }

    /// What is known of whoever sent the request.
    pub fn stranger(&self) -> &Anyone {
        &self.stranger
    }
}

impl<By: AnyRole> Caller<By> {
    /// Runs a statement made by [`Caller::statement`] that left-joins its work to `caller(…)`, so that no row means
    /// nobody is calling. May run twice if the connection breaks.
    ///
    /// # Errors
    /// [`ApiError::Unauthorized`], [`ApiError::InvalidApiKey`], [`ApiError::ApiKeyRevoked`], or the database's.
    pub async fn rows(&self, statement: Statement) -> Result<Vec<Row>, ApiError> {
        let rows = match seen::due(&self.credential, self.stranger.now) {
            Some(touch) => {
                let [rows, _] = self.app.database.read([statement, touch]).await?;
                rows
            }
            None => {
                let [rows] = self.app.database.read([statement]).await?;
                rows
            }
        };
        if rows.is_empty() {
            // Asked again only to say why.
            self.identify().await?;
            return Err(ApiError::Unauthorized);
        }
        Ok(rows)
    }

    /// Who it is, for a handler whose only question that is.
    ///
    /// # Errors
    /// As [`Caller::rows`].
    pub async fn person(&self) -> Result<Identity, ApiError> {
        identity(&self.rows(self.statement(PERSON)).await?)
    }
}

const PERSON: &str = "select user_id, role, email, name, image, session_id, expires_at from caller($1, $2, $3)";

impl<By: Accepts> Caller<By> {
    /// Who it is, or why it is nobody.
    ///
    /// # Errors
    /// As [`Caller::read`].
    pub async fn identify(&self) -> Result<Identity, ApiError> {
        let [rows] = self.app.database.read([self.required()]).await.map_err(|error| self.refused(error))?;
        identity(&rows)
    }

    /// Checks the caller and then runs `statements`, in one exchange and one read-only transaction.
    ///
    /// # Errors
    /// [`ApiError::Unauthorized`], [`ApiError::InvalidApiKey`], [`ApiError::ApiKeyRevoked`],
    /// [`ApiError::AdminRequired`] when the role is too low, or the database's.
    pub async fn read<const N: usize>(
        &self,
        statements: [Statement; N],
    ) -> Result<(Identity, [Vec<Row>; N]), ApiError> {
        let checked = Checked::<N>::new(self.required(), statements);
        let rows = self.app.database.read_in_order(checked.0).await.map_err(|error| self.refused(error))?;
        Checked::<N>::split(rows)
    }

    /// As [`Caller::read`], for figures over many people: `statements` are answered by the read replica if there is one.
    /// Who is calling the primary says, meanwhile: who was locked out a moment ago must not get in by a replica that lags.
    ///
    /// # Errors
    /// As [`Caller::read`].
    pub async fn report<const N: usize>(
        &self,
        statements: [Statement; N],
    ) -> Result<(Identity, [Vec<Row>; N]), ApiError> {
        if !self.app.database.has_replica() {
            return self.read(statements).await;
        }
        let (identity, rows) = tokio::join!(self.identify(), self.app.database.report(statements));
        Ok((identity?, rows?))
    }

    /// Checks the caller and then runs `statements`, in one exchange and one transaction: all happen, or none.
    ///
    /// # Errors
    /// As [`Caller::read`], and [`ApiError::OutcomeUnknown`] when the connection broke after the commit was sent.
    pub async fn write<const N: usize>(
        &self,
        statements: [Statement; N],
    ) -> Result<(Identity, [Vec<Row>; N]), ApiError> {
        let checked = Checked::<N>::new(self.required(), statements);
        let rows = self.app.database.write_all(checked.0).await.map_err(|error| self.refused(error))?;
        Checked::<N>::split(rows)
    }

    /// As [`Caller::write`], for a number of statements that the case decides.
    ///
    /// # Errors
    /// As [`Caller::write`].
    pub async fn write_all(&self, statements: Vec<Statement>) -> Result<(Identity, Vec<Vec<Row>>), ApiError> {
        let all = std::iter::once(self.required()).chain(statements).collect();
        let mut rows = self.app.database.write_all(all).await.map_err(|error| self.refused(error))?.into_iter();
        Ok((identity(&rows.next().unwrap_or_default())?, rows.collect()))
    }

    /// Opens a transaction, checks the caller in it and runs `statements`, in one exchange.
    ///
    /// # Errors
    /// As [`Caller::read`].
    pub async fn begin<const N: usize>(
        &self,
        statements: [Statement; N],
    ) -> Result<(Transaction, Identity, [Vec<Row>; N]), ApiError> {
        let checked = Checked::<N>::new(self.required(), statements);
        let (transaction, rows) = self.app.database.begin_all(checked.0).await.map_err(|error| self.refused(error))?;
        let (identity, rows) = Checked::<N>::split(rows)?;
        Ok((transaction, identity, rows))
    }

    /// Who presented a key is told about the key.
    fn refused(&self, error: DatabaseError) -> ApiError {
        match ApiError::from(error) {
            ApiError::Unauthorized if self.credential.kind == "api_key" => ApiError::InvalidApiKey,
            other => other,
        }
    }

    fn required(&self) -> Statement {
        self.statement(REQUIRE).bind(By::ROLE)
    }
}

const REQUIRE: &str =
    "select user_id, role, email, name, image, session_id, expires_at from require_caller($1, $2, $3, $4)";

/// The check of the caller in front of `N` statements.
struct Checked<const N: usize>(Vec<Statement>);

impl<const N: usize> Checked<N> {
    fn new(required: Statement, statements: [Statement; N]) -> Self {
        Checked(std::iter::once(required).chain(statements).collect())
    }

    fn split(rows: Vec<Vec<Row>>) -> Result<(Identity, [Vec<Row>; N]), ApiError> {
        let mut rows = rows.into_iter();
        let identity = identity(&rows.next().unwrap_or_default())?;
        let rest: Vec<Vec<Row>> = rows.collect();
        Ok((identity, crate::database::sized(rest)?))
    }
}

fn identity(rows: &[Row]) -> Result<Identity, ApiError> {
    Identity::of(rows.first().ok_or(ApiError::Unauthorized)?)
}

impl Identity {
    /// The person in a row with the columns of `caller(…)`.
    ///
    /// # Errors
    /// A column is missing.
    pub fn of(row: &Row) -> Result<Self, ApiError> {
        Ok(Identity {
            user_id: row.try_get("user_id")?,
            role: row.try_get("role")?,
            email: row.try_get("email")?,
            name: row.try_get("name")?,
            image: row.try_get("image")?,
            session_id: row.try_get("session_id")?,
            expires_at: row.try_get("expires_at")?,
        })
    }
}
