//! `setRole`: in force with the person's next request, because roles are read with each.

use serde::Serialize;
use serde_json::{Value, json};
use shared::audit::Entry;
use shared::fields::invalid;
use shared::{Admin, ApiError, Statement};
use utoipa::ToSchema;

use super::target;
use crate::role::Role;

/// The role that a person has now.
#[derive(Serialize, ToSchema)]
pub struct RoleSet {
    success: bool,
    /// USER, ADMIN or SUPER_ADMIN.
    role: &'static str,
}

/// Gives a person the role that `value` names. A person who has it already is left alone, and nothing is written down.
pub(super) async fn set(who: &Admin, user_id: &str, value: &Value) -> Result<RoleSet, ApiError> {
    let new = value.as_str().and_then(Role::parse).ok_or_else(|| invalid("value", "Invalid role"))?;
    let (transaction, actor, [locked]) = who.begin([target::locked(who, user_id)]).await?;
    let change =
        target::pair(&locked, &actor, user_id).and_then(|pair| pair.actor.may_change(pair.target, new, pair.is_self));
    let done = RoleSet { success: true, role: new.as_str() };
    let change = match change {
        Ok(Some(change)) => change,
        Ok(None) => {
            transaction.rollback().await;
            return Ok(done);
        }
        Err(refusal) => {
            transaction.rollback().await;
            return Err(refusal);
        }
    };
    let entry = Entry {
        action: "ROLE_CHANGE",
        target_type: "user",
        target_id: user_id.to_owned(),
        metadata: json!({ "oldRole": change.old.as_str(), "newRole": change.new.as_str() }),
    };
    let set = Statement::new("update users set role = $2 where id = $1").bind(user_id).bind(new.as_str());
    transaction.commit([set, who.audit(entry)]).await?;
    Ok(done)
}
