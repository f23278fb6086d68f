//! The person that is acted on, and the administrator who acts, both locked.
//!
//! Whoever acts is locked as well and looked at again behind the lock. So of two administrators who remove each other at
//! once the second finds itself removed; whoever was the last to act is still an administrator, and one always remains.

use shared::caller::Identity;
use shared::{Admin, ApiError, Statement};
use tokio_postgres::Row;

use crate::role::Role;

/// Who acts on whom.
pub struct Pair {
    /// The role of whoever acts.
    pub actor: Role,
    /// The role of the person acted on.
    pub target: Role,
    /// Whether that is the same person.
    pub is_self: bool,
}

/// Locks both until the transaction ends, in one order everywhere.
pub fn locked(who: &Admin, user_id: &str) -> Statement {
    who.statement(LOCKED).bind(user_id)
}

const LOCKED: &str = "
select u.id, u.role::text as role, u.deleted_at is not null as deleted
  from users u
 where u.id = $4
    or u.id = (select c.user_id from caller($1, $2, $3) c)
 order by u.id
   for no key update of u";

/// Reads the answer to [`locked`].
///
/// # Errors
/// [`ApiError::NotFound`] when there is no such person, [`ApiError::Unauthorized`] and [`ApiError::AdminRequired`] when
/// whoever acts was deleted or demoted a moment ago.
pub fn pair(rows: &[Row], actor: &Identity, user_id: &str) -> Result<Pair, ApiError> {
    let role_of = |id: &str| -> Result<Option<Role>, ApiError> {
        for row in rows {
            if row.try_get::<_, &str>("id")? == id && !row.try_get::<_, bool>("deleted")? {
                return Ok(Role::parse(row.try_get("role")?));
            }
        }
        Ok(None)
    };
    let acting = role_of(&actor.user_id)?.ok_or(ApiError::Unauthorized)?;
    if acting == Role::User {
        return Err(ApiError::AdminRequired);
    }
    let target = role_of(user_id)?.ok_or(ApiError::NotFound { what: "User" })?;
    Ok(Pair { actor: acting, target, is_self: actor.user_id == user_id })
}
