//! A change of a voucher's terms. What it is worth never changes: somebody may have been promised it.

use jiff::Timestamp;
use serde_json::json;
use shared::audit::Entry;
use shared::clock::iso;
use shared::fields::invalid;
use shared::{Admin, ApiError, Statement};
use tokio_postgres::Row;

use super::{Terms, Voucher, VoucherChange, fields};

/// Changes what the body names. A voucher that is so already is left alone, and nothing is written down.
pub(super) async fn change(who: &Admin, body: &VoucherChange) -> Result<Voucher, ApiError> {
    let id = fields::id(body.id.as_deref())?;
    let wanted = Wanted {
        status: fields::status(body.status.as_deref())?,
        max_uses: body.max_uses.as_ref().map(fields::max_uses).transpose()?,
        expires_at: body.expires_at.as_ref().map(|end| fields::expires_at(end, who.now())).transpose()?,
    };
    let (transaction, _, [locked]) = who.begin([Statement::new(LOCKED).bind(id)]).await?;
    let checked = Found::of(&locked).and_then(|found| Ok((wanted.applied(&found, who.now())?, found)));
    let (new, found) = match checked {
        Ok(checked) => checked,
        Err(refusal) => {
            transaction.rollback().await;
            return Err(refusal);
        }
    };
    if new == found.terms {
        transaction.rollback().await;
        return Ok(found.with(new));
    }
    let update = Statement::new(UPDATE).bind(id).bind(new.status.as_str()).bind(new.max_uses).bind(new.expires_at);
    let entry = Entry {
        action: "VOUCHER_UPDATE",
        target_type: "voucher",
        target_id: id.to_owned(),
        metadata: json!({ "code": found.code, "old": found.terms.written(), "new": new.written() }),
    };
    transaction.commit([update, who.audit(entry)]).await?;
    Ok(found.with(new))
}

/// Locked, so that nobody redeems it between the look at its uses and the change.
const LOCKED: &str = "
select id, code, type::text as type, value, max_uses, current_uses, expires_at, status::text as status
  from vouchers
 where id = $1
   and deleted_at is null
   for no key update";

const UPDATE: &str = "update vouchers set status = $2, max_uses = $3, expires_at = $4 where id = $1";

/// What is asked for; an absent field is left as it is.
struct Wanted {
    status: &'static str,
    max_uses: Option<Option<i64>>,
    expires_at: Option<Option<Timestamp>>,
}

impl Wanted {
    fn applied(&self, found: &Found, now: Timestamp) -> Result<Terms, ApiError> {
        let max_uses = self.max_uses.unwrap_or(found.terms.max_uses);
        let expires_at = self.expires_at.unwrap_or(found.terms.expires_at);
        if max_uses.is_some_and(|most| most < found.current_uses) {
            return Err(invalid("maxUses", "maxUses is below the uses that this voucher has had"));
        }
        // Switched on it would be refused to everybody all the same.
        if self.status == "ACTIVE" && max_uses == Some(found.current_uses) {
            return Err(invalid("status", "This voucher is used up: raise maxUses to make it active again"));
        }
        if self.status == "ACTIVE" && expires_at.is_some_and(|end| end <= now) {
            return Err(invalid("status", "This voucher has expired: give a new expiresAt to make it active again"));
        }
        Ok(Terms { status: self.status.to_owned(), max_uses, expires_at })
    }
}

/// The voucher as it is.
struct Found {
    id: String,
    code: String,
    kind: String,
    value: i64,
    current_uses: i64,
    terms: Terms,
}

impl Found {
    fn of(rows: &[Row]) -> Result<Self, ApiError> {
        let row = rows.first().ok_or(ApiError::NotFound { what: "Voucher" })?;
        Ok(Found {
            id: row.try_get("id")?,
            code: row.try_get("code")?,
            kind: row.try_get("type")?,
            value: row.try_get("value")?,
            current_uses: row.try_get("current_uses")?,
            terms: Terms {
                status: row.try_get("status")?,
                max_uses: row.try_get("max_uses")?,
                expires_at: row.try_get("expires_at")?,
            },
        })
    }

    fn with(self, terms: Terms) -> Voucher {
        let Terms { status, max_uses, expires_at } = terms;
        let Found { id, code, kind: r#type, value, .. } = self;
        Voucher { id, code, r#type, value, max_uses, expires_at: expires_at.map(iso), status }
    }
}
