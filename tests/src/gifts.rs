//! What people are given for a test, quicker than they could come by it.

use crate::stack::{Person, Stack};

const API_KEY: &str = "sk_test_0123456789012345678901234567890123456789abc";

impl Stack {
    /// Gives `person` this balance and tier, last grown `minutes` ago, as an import would.
    pub async fn give_wallet(&self, person: &Person, balance: i64, tier: &str, minutes: i64) {
        let id = &person.id;
        self.sql(&format!(
            "delete from token_transactions where user_id = '{id}';
             update user_token_balances
                set balance = {balance}, tier = '{tier}', last_regeneration = now() - interval '{minutes} minutes',
                    total_earned = {balance}, transaction_count = ({balance} > 0)::int
              where user_id = '{id}';
             insert into token_transactions
                 (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
             select '{id}', 1, 'txn_import', {balance}, 'EARN_BONUS', 'import', 'import', {balance}, now() where {balance} > 0"
        ))
        .await;
    }

    /// Gives `person` an API key, and answers it. There is one such key in a stack.
    pub async fn give_key(&self, person: &Person) -> &'static str {
        self.sql(&format!(
            "insert into api_keys (id, user_id, name, key_hash, key_prefix, created_at)
             values ('key_1', '{}', 'a key', sha256('{API_KEY}'), 'sk_test_…9abc', now())",
            person.id
        ))
        .await;
        API_KEY
    }
}
