//! What was done to whom by whom, written in the transaction that does it. The database chains the entries of an actor, and
//! the functions can only add to them.

use serde_json::Value;

use crate::caller::Anyone;
use crate::database::Statement;
use crate::ids::new_id;
use crate::secret::sha256;

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

/// The statement that writes down that a stranger's sign-in failed: to whose account, if the address is anybody's. Without
/// the e-mail and the password, which may be one that was mistyped.
pub fn failed_sign_in(stranger: &Anyone, user_id: Option<&str>) -> Statement {
    Statement::new(FAILED_SIGN_IN)
        .bind(new_id("aud", stranger.now))
        .bind(anonymous(&stranger.network()))
        .bind(user_id)
        .bind(stranger.source_ip.as_deref())
        .bind(stranger.user_agent.as_deref())
        .bind(stranger.now)
}

/// The actor in whose chain strangers from `network` are. Never the person's own: it was not proved to be them. An actor's
/// entries are written one after another, so a single one for all would make everybody wait who mistyped a password while
/// others are guessing; and one per network would keep addresses for ever.
fn anonymous(network: &str) -> String {
    let [chain, ..] = sha256(network);
    format!("anonymous-{chain:02x}")
}

/// As much work for an address that nobody has: how long it takes tells nothing.
const FAILED_SIGN_IN: &str = "
insert into audit_logs (id, actor_id, action, target_type, target_id, ip_address, user_agent, created_at)
values ($1, $2, 'LOGIN_FAILED', 'user', $3::text, $4, $5, $6)";

/// A caller whose session has ended meanwhile makes the whole transaction fail: nothing is done without its entry.
pub(crate) const WRITE: &str = "
insert into audit_logs
    (id, actor_id, actor_role, action, target_type, target_id, metadata, ip_address, user_agent, session_id, created_at)
select $4, c.user_id, c.role, $5, $6, $7, $8, $9, $10, c.session_id, $3
  from require_caller($1, $2, $3, 'USER') c";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_one_chain_of_few_that_does_not_name_it() {
        assert_eq!(anonymous("203.0.113.9"), anonymous("203.0.113.9"));
        let chains: std::collections::BTreeSet<_> = (0..9_999).map(|n| anonymous(&format!("net {n}"))).collect();
        assert_eq!(chains.len(), 256);
        assert!(chains.iter().all(|chain| chain.len() == "anonymous-00".len()));
    }
}
