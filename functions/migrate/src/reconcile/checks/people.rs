//! People and their wallets, and what administrators did.

use crate::reconcile::check::{Check, Weight};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "one_wallet_each",
        says: "A person has one wallet at most, and a wallet has a person",
        of: "user_token_balances",
        sql: "select user_id, count(*) || ' wallets'
                from user_token_balances group by user_id having count(*) > 1
              union all
              select b.user_id, 'nobody''s wallet'
                from user_token_balances b
               where not exists (select from users u where u.id = b.user_id)",
        weight: Weight::Fault,
    },
    Check {
        name: "everybody_has_a_wallet",
        says: "People without a wallet, who get one at their first visit",
        of: "users",
        sql: "select u.id, 'no wallet'
                from users u
               where u.deleted_at is null
                 and not exists (select from user_token_balances b where b.user_id = u.id)",
        weight: Weight::Note,
    },
    Check {
        name: "audit_is_whole",
        says: "No entry of the audit record was changed, removed or slipped in",
        of: "audit_logs",
        sql: "select actor_id || ' entry ' || entry_number, fault from audit_faults()",
        weight: Weight::Fault,
    },
];
