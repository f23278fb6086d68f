//! The end of a voucher.

use serde_json::json;
use shared::audit::Entry;
use shared::{Admin, ApiError, Statement};

/// Deletes it. The row stays, with its code and who redeemed it; of two deletions at once the second finds nothing.
pub(super) async fn delete(who: &Admin, id: &str) -> Result<(), ApiError> {
    let delete = Statement::new(DELETE).bind(id).bind(who.now());
    let (transaction, _, [deleted]) = who.begin([delete]).await?;
    let Some(row) = deleted.first() else {
        transaction.rollback().await;
        return Err(ApiError::NotFound { what: "Voucher" });
    };
    let metadata = json!({ "code": row.try_get::<_, &str>("code")?, "uses": row.try_get::<_, i64>("current_uses")? });
    let entry = Entry { action: "VOUCHER_DELETE", target_type: "voucher", target_id: id.to_owned(), metadata };
    transaction.commit([who.audit(entry)]).await?;
    Ok(())
}

const DELETE: &str = "
update vouchers
   set deleted_at = $2
 where id = $1
   and deleted_at is null
returning code, current_uses";
