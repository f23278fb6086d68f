//! When a session or key was last used: written down beside the work, and not more often than anybody asks.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::credential::Credential;
use crate::database::Statement;
use crate::limits;

/// Who this instance has lately written down, so that a busy caller costs no second statement.
static WRITTEN: Mutex<Option<HashMap<[u8; 32], Timestamp>>> = Mutex::new(None);

/// The statement that writes down that the caller was seen now, when that is due.
pub(super) fn due(credential: &Credential, now: Timestamp) -> Option<Statement> {
    let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    let written = written.get_or_insert_default();
    let recently = |last: &Timestamp| now.duration_since(*last).unsigned_abs() < limits::SEEN_EVERY;
    if written.get(&credential.hash).is_some_and(recently) {
        return None;
    }
    if written.len() >= limits::SEEN_REMEMBERED {
        written.clear();
    }
    written.insert(credential.hash, now);
    let sql = if credential.kind == "api_key" { SEEN_KEY } else { SEEN_SESSION };
    let before = now - SignedDuration::try_from(limits::SEEN_EVERY).unwrap_or_default();
    Some(Statement::new(sql).bind(credential.hash).bind(now).bind(before))
}

const SEEN_SESSION: &str = "
update sessions
   set last_seen_at = $2
 where token_hash = $1
   and revoked_at is null
   and (last_seen_at is null or last_seen_at < $3)";

const SEEN_KEY: &str = "
update api_keys
   set last_used_at = $2
 where key_hash = $1
   and is_active
   and (last_used_at is null or last_used_at < $3)";
