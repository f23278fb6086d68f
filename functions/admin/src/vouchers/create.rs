//! A new voucher.

use serde_json::json;
use shared::audit::Entry;
use shared::clock::iso;
use shared::ids::new_id;
use shared::{Admin, ApiError, Statement};

use super::{NewVoucher, Terms, Voucher, fields};

pub(super) async fn create(who: &Admin, body: &NewVoucher) -> Result<Voucher, ApiError> {
    let code = fields::code(body.code.as_deref())?;
    let kind = fields::kind(body.r#type.as_deref())?;
    let value = fields::value(&body.value, kind)?;
    let terms = Terms {
        status: "ACTIVE".to_owned(),
        max_uses: fields::max_uses(&body.max_uses)?,
        expires_at: fields::expires_at(&body.expires_at, who.now())?,
    };
    let id = new_id("vch", who.now());
    let insert = Statement::new(INSERT)
        .bind(id.as_str())
        .bind(code.as_str())
        .bind(kind)
        .bind(value)
        .bind(terms.max_uses)
        .bind(terms.expires_at)
        .bind(who.now());
    let entry = Entry {
        action: "VOUCHER_CREATE",
        target_type: "voucher",
        target_id: id.clone(),
        metadata: json!({ "code": code.as_str(), "type": kind, "value": value, "terms": terms.written() }),
    };
    who.write([insert, who.audit(entry)]).await?;
    Ok(Voucher {
        id,
        code: code.as_str().to_owned(),
        r#type: kind.to_owned(),
        value,
        max_uses: terms.max_uses,
        expires_at: terms.expires_at.map(iso),
        status: terms.status,
    })
}

/// A code that was ever given is refused by its constraint.
const INSERT: &str = "
insert into vouchers (id, code, type, value, max_uses, expires_at, created_at)
values ($1, $2, $3, $4, $5, $6, $7)";
