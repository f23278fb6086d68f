//! Whether the server has met damaged pages in this database. It notices them when they are read, and counts.

use tokio_postgres::Client;

use super::Finding;

const FAILURES: &str = "
    select current_setting('data_checksums') = 'on', coalesce(checksum_failures, 0),
           coalesce(to_char(checksum_last_failure at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), '')
      from pg_stat_database
     where datname = current_database()";

/// What was counted; nothing is read for it.
pub(super) async fn examine(client: &Client) -> Finding {
    match failures(client).await {
        Ok((false, ..)) => Finding::note(
            "pages",
            "no_checksums",
            "the server keeps no checksums of its pages: damage would not be noticed",
            "stop the server once and run `pg_checksums --enable`",
        ),
        Ok((true, 0, _)) => Finding::fine("pages", "no damaged page was read"),
        Ok((true, count, last)) => Finding::trouble(
            "pages",
            "damaged_pages",
            format!("reading met damaged pages {count} times, last at {last}"),
            "stop writing (`cargo db maintenance on`), find out which they are (`cargo db recover assess`), and go on with \
             docs/runbook.md, \"Corruption\"",
        ),
        Err(error) => Finding::unknown("pages", &error),
    }
}

async fn failures(client: &Client) -> Result<(bool, i64, String), tokio_postgres::Error> {
    let row = client.query_typed_one(FAILURES, &[]).await?;
    Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
}
