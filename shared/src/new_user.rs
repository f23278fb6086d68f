//! Making a person: the row, the wallet and what else belongs to everybody, in one transaction. Only sign-up, a first
//! sign-in through a provider and an administrator do it.

use jiff::Timestamp;

use crate::database::{Database, Statement};
use crate::error::ApiError;
use crate::fields;
use crate::ids::{self, Email};
use crate::ledger;
use crate::secret::{Secret, hmac_sha256};

/// How often one address can be signed up again after its account was deleted.
const GENERATIONS: u32 = 20;

/// Who is to be made.
pub struct NewUser<'a> {
    /// What the id is derived from, and where mail goes. Absent for people of a provider that told none.
    pub email: Option<&'a Email>,
    /// What the id is derived from without an e-mail: `provider:account id`.
    pub provider_account: Option<&'a str>,
    /// What they call themselves.
    pub name: Option<&'a str>,
    /// Address of a portrait.
    pub image: Option<&'a str>,
    /// In PHC form.
    pub password_hash: Option<&'a str>,
    /// Whether somebody trustworthy says that the address is theirs.
    pub email_verified: bool,
}

/// An attempt to make the person under one id. The id may belong to somebody of the same address who was deleted: then
/// [`Attempt::after`] gives the next one.
#[derive(Debug)]
pub struct Attempt {
    /// `user_…`
    pub id: String,
    generation: u32,
}

impl Attempt {
    /// The id that the person gets unless an account of theirs was deleted before.
    ///
    /// # Errors
    /// There is neither an e-mail nor a provider's account to derive it from.
    pub fn first(user: &NewUser<'_>, salt: &Secret) -> Result<Self, ApiError> {
        let missing = || fields::invalid("email", "Email is required");
        Ok(Attempt { id: ids::derived_user_id(user.subject().ok_or_else(missing)?, salt), generation: 0 })
    }

    /// Whether an account of the same address was deleted before.
    pub fn came_back(&self) -> bool {
        self.generation > 0
    }

    /// The statements that make the person, for a transaction that may have more.
    pub fn statements(&self, user: &NewUser<'_>, salt: &Secret, now: Timestamp) -> Vec<Statement> {
        let create = Statement::new(CREATE)
            .bind(self.id.as_str())
            .bind(user.email.map(Email::as_str))
            .bind(user.name)
            .bind(user.image)
            .bind(user.password_hash)
            .bind(user.email_verified.then_some(now))
            .bind(ids::referral_code())
            .bind(now);
        vec![require_salt(salt), create, ledger::open(&self.id, now)]
    }

    /// The next attempt when this one failed because the id belongs to a person who was deleted.
    ///
    /// # Errors
    /// [`ApiError::EmailTaken`] when somebody has it, and any other reason why the attempt failed.
    pub async fn after(
        self,
        failed: ApiError,
        user: &NewUser<'_>,
        salt: &Secret,
        database: &Database,
    ) -> Result<Self, ApiError> {
        let ApiError::UserIdTaken = failed else { return Err(failed) };
        let generation = self.generation + 1;
        let subject = user.subject().filter(|_| generation < GENERATIONS).ok_or(ApiError::EmailTaken)?;
        if !was_deleted(database, &self.id).await? {
            return Err(ApiError::EmailTaken);
        }
        // No address has a space.
        Ok(Attempt { id: ids::derived_user_id(&format!("{subject} {generation}"), salt), generation })
    }
}

impl NewUser<'_> {
    fn subject(&self) -> Option<&str> {
        self.email.map(Email::as_str).or(self.provider_account)
    }
}

/// Refuses to go on when user ids in the database were made with another salt.
pub fn require_salt(salt: &Secret) -> Statement {
    Statement::new("select require_user_id_salt($1)").bind(salt_fingerprint(salt))
}

/// What the database remembers of the salt: enough to know it again, of no use to find it.
pub fn salt_fingerprint(salt: &Secret) -> [u8; 32] {
    hmac_sha256(salt, &[b"fingerprint of the user id salt"])
}

/// Of several first sign-ups at once one takes the claim; the others wait for its row and find it taken.
const CREATE: &str = "
with claim as (
    update deployment
       set first_admin_at = $8
     where first_admin_at is null
    returning one_row
)
insert into users (id, email, name, image, password_hash, email_verified, referral_code, role, created_at)
values ($1, $2, $3, $4, $5, $6, $7, case when exists (select from claim) then 'ADMIN' else 'USER' end, $8)";

async fn was_deleted(database: &Database, id: &str) -> Result<bool, ApiError> {
    let [rows] = database.read([Statement::new(WAS_DELETED).bind(id)]).await?;
    rows.first().map_or(Ok(false), |row| Ok(row.try_get("deleted")?))
}

const WAS_DELETED: &str = "select deleted_at is not null as deleted from users where id = $1";
