//! The indexes that lookups of the front end count on.

use tests::with_stack;

/// Table, first columns, whether it must be unique.
const INDEXES: [(&str, &str, bool); 9] = [
    ("users", "email", true),
    ("apps", "user_id", false),
    ("apps", "forked_from", false),
    ("apps", "status", false),
    ("apps", "domain", true),
    ("requirements", "app_id", false),
    ("requirements", "status", false),
    ("requirements", "priority", false),
    ("accounts", "provider, provider_account_id", true),
];

#[tokio::test(flavor = "multi_thread")]
async fn ops_17_the_documented_indexes_exist() {
    with_stack(async |stack| {
        for (table, columns, unique) in INDEXES {
            // A unique one ends with these columns; of others they are the beginning.
            let (kind, end) = if unique { ("create unique index", ")") } else { ("create%index", "%") };
            let query = format!(
                "select count(*) from pg_indexes
                  where schemaname = 'public' and tablename = '{table}'
                    and indexdef ilike '{kind}% using btree ({columns}{end}'"
            );
            assert!(stack.number(&query).await >= 1, "{table} ({columns})");
        }
    })
    .await;
}
