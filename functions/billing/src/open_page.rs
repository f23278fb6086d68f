//! Pages that were made for somebody a moment ago: they get the same again.

use shared::ApiError;
use shared::stripe::{Done, Operation};
use tokio_postgres::Row;

/// A page that was made for the same person a moment ago.
pub struct OpenPage {
    /// How it was asked for.
    pub operation: Operation,
    /// Absent while the answer is not there.
    pub done: Option<Done>,
}

/// $4 from when on. One that came before the last change of the person's subscription may be the one that was paid.
pub const OPEN_PAGES: &str = "
select o.id, o.kind::text, o.item, o.amount_minor, o.currency::text, o.created_at, o.status::text, o.stripe_object_id, o.url
  from caller($1, $2, $3) c
  join stripe_operations o on o.user_id = c.user_id
 where o.kind in ('CHECKOUT_PLAN', 'CHECKOUT_TIER') and o.status in ('DONE', 'PENDING') and o.created_at > $4
   and not exists (select from subscriptions s where s.user_id = c.user_id and s.updated_at >= o.created_at)
 order by o.created_at desc
 limit 5";

impl OpenPage {
    /// The page in a row of [`OPEN_PAGES`].
    ///
    /// # Errors
    /// A column is missing.
    pub fn of(row: &Row) -> Result<Self, ApiError> {
        let done = match row.try_get::<_, &str>("status")? {
            "DONE" => Some(Done { session_id: row.try_get("stripe_object_id")?, url: row.try_get("url")? }),
            _ => None,
        };
        Ok(OpenPage { operation: Operation::of(row)?, done })
    }
}
