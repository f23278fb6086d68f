//! Roles, and what one may do to another.

use shared::ApiError;
use shared::fields::invalid;

/// The roles, the lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Everybody.
    User,
    /// Looks after people.
    Admin,
    /// Looks after administrators, too.
    SuperAdmin,
}

impl Role {
    /// The role of this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Role::User, Role::Admin, Role::SuperAdmin].into_iter().find(|role| role.as_str() == text)
    }

    /// Its name in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::User => "USER",
            Role::Admin => "ADMIN",
            Role::SuperAdmin => "SUPER_ADMIN",
        }
    }

    /// Administrators are no business of their peers.
    ///
    /// # Errors
    /// [`ApiError::NotAllowed`].
    pub fn require_above(self, target: Role) -> Result<(), ApiError> {
        match self == Role::SuperAdmin || target == Role::User {
            true => Ok(()),
            false => {
                Err(ApiError::NotAllowed { message: "Only a super administrator may do this to an administrator" })
            }
        }
    }

    /// Whether somebody of this role may make `target` a `new`; `None` when they are one.
    ///
    /// # Errors
    /// [`ApiError::InvalidField`] for one's own demotion, [`ApiError::NotAllowed`].
    pub fn may_change(self, target: Role, new: Role, is_self: bool) -> Result<Option<Change>, ApiError> {
        if target == new {
            return Ok(None);
        }
        if is_self && new < target {
            return Err(invalid("userId", "You cannot take a role from yourself"));
        }
        if new == Role::SuperAdmin && self != Role::SuperAdmin {
            return Err(ApiError::NotAllowed { message: "Only a super administrator may grant SUPER_ADMIN" });
        }
        self.require_above(target)?;
        Ok(Some(Change { old: target, new }))
    }
}

/// A change of role that is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Until now.
    pub old: Role,
    /// From now on.
    pub new: Role,
}

#[cfg(test)]
mod tests {
    use super::Role::{Admin, SuperAdmin, User};
    use super::*;

    #[test]
    fn who_may_make_whom_what() {
        for (actor, target, new, is_self, expected) in [
            (Admin, User, Admin, false, "changed"),
            (Admin, User, SuperAdmin, false, "not_allowed"),
            (Admin, Admin, User, false, "not_allowed"),
            (Admin, Admin, SuperAdmin, false, "not_allowed"),
            (Admin, SuperAdmin, User, false, "not_allowed"),
            (Admin, SuperAdmin, Admin, false, "not_allowed"),
            (Admin, Admin, Admin, false, "unchanged"),
            (Admin, SuperAdmin, SuperAdmin, false, "unchanged"),
            (Admin, Admin, User, true, "invalid_field"),
            (Admin, Admin, SuperAdmin, true, "not_allowed"),
            (Admin, Admin, Admin, true, "unchanged"),
            (SuperAdmin, User, Admin, false, "changed"),
            (SuperAdmin, User, SuperAdmin, false, "changed"),
            (SuperAdmin, Admin, User, false, "changed"),
            (SuperAdmin, Admin, SuperAdmin, false, "changed"),
            (SuperAdmin, SuperAdmin, User, false, "changed"),
            (SuperAdmin, SuperAdmin, Admin, false, "changed"),
            (SuperAdmin, SuperAdmin, User, true, "invalid_field"),
            (SuperAdmin, SuperAdmin, Admin, true, "invalid_field"),
        ] {
            let said = match actor.may_change(target, new, is_self) {
                Ok(Some(change)) => {
                    assert_eq!(change, Change { old: target, new });
                    "changed"
                }
                Ok(None) => "unchanged",
                Err(error) => error.code(),
            };
            assert_eq!(said, expected, "{actor:?} makes {target:?} {new:?}, themselves: {is_self}");
        }
    }

    #[test]
    fn a_role_has_one_name() {
        for role in [User, Admin, SuperAdmin] {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("admin"), None);
        assert_eq!(Role::parse(""), None);
    }
}
