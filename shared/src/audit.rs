//! What was done to whom by whom, written in the transaction that does it. The database chains the entries of an actor, and
//! the functions can only add to them.

use serde_json::Value;

use crate::caller::Anyone;
use crate::database::Statement;
use crate::ids::new_id;

/// An entry; who acted is the caller that writes it, see [`crate::Caller::audit`].
pub struct Entry {
    /// Such as `ROLE_CHANGE`; the database knows the list.
    pub action: &'static str,
    /// What kind of thing was acted on, such as `user`.
    pub target_type: &'static str,
    /// Its id.
    pub target_id: String,
    /// Before and after; no secrets, no e-mail addresses.
    pub metadata: Value,
}

pub(crate) fn written(statement: Statement, entry: Entry, stranger: &Anyone) -> Statement {
    statement
        .bind(new_id("aud", stranger.now))
        .bind(entry.action)
        .bind(entry.target_type)
        .bind(entry.target_id)
        .bind(entry.metadata)
        .bind(stranger.source_ip.as_deref())
        .bind(stranger.user_agent.as_deref())
}

/// A caller whose session has ended meanwhile makes the whole transaction fail: nothing is done without its entry.
pub(crate) const WRITE: &str = "
insert into audit_logs
    (id, actor_id, actor_role, action, target_type, target_id, metadata, ip_address, user_agent, session_id, created_at)
select $4, c.user_id, c.role, $5, $6, $7, $8, $9, $10, c.session_id, $3
  from require_caller($1, $2, $3, 'USER') c";
