//! `reconcile`: proves in SQL that balances, ledger, payments, vouchers and referrals agree, all in one snapshot.

mod check;
mod checks;
mod fix;
mod metric;
mod report;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio_postgres::Client;

pub use self::check::{Check, Checked, Offender, Weight};
pub use self::checks::checks;
pub use self::fix::{Change, Fixed};
pub(crate) use self::metric::write as write_metric;
pub use self::report::ReconcileReport;
use crate::error::MigrateError;
use crate::history::{self, compare, milliseconds, pending};
use crate::migration::Migration;
use crate::settings::Settings;
use crate::{deployment, transaction};

/// After so long somebody who watches wants to see that it goes on.
const PATIENCE: Duration = Duration::from_secs(2);

/// One picture of everything, while money goes on moving. Compiling the queries would take longer than they do.
const SNAPSHOT: &str = "
    begin isolation level repeatable read, read only;
    set local work_mem = '64MB';
    set local jit = off;
    set local lock_timeout = 0";

/// Checks everything; with `fix` recomputes totals whose entries are sound and checks again.
///
/// # Errors
/// The database is not migrated to what this build knows, or can't be read. Faults are no error.
pub async fn reconcile(
    client: &Client,
    migrations: &[Migration],
    fix: bool,
    settings: &Settings,
) -> Result<ReconcileReport, MigrateError> {
    let started = Instant::now();
    let waiting = pending(&compare(migrations, history::read(client).await?))?.len();
    if waiting > 0 {
        return Err(MigrateError::NotMigrated { pending: waiting });
    }
    let mut checked = in_snapshot(client).await?;
    let mut fixed = Vec::new();
    if fix {
        deployment::check(client, settings.environment).await?;
        if checked.iter().any(|check| check.faults() > 0) {
            fixed = fix::totals(client, settings.table_lock_wait).await?;
            // Also when nothing was: another run may have repaired it meanwhile.
            checked = in_snapshot(client).await?;
        }
    }
    let faults = checked.iter().map(Checked::faults).sum();
    Ok(ReconcileReport { faults, duration_ms: milliseconds(started.elapsed()), checks: checked, fixed })
}

async fn in_snapshot(client: &Client) -> Result<Vec<Checked>, MigrateError> {
    client.batch_execute(SNAPSHOT).await?;
    let outcome = faults(client).await;
    transaction::finish(client, "reconcile", outcome).await
}

/// Makes every check in the transaction that is open, which has to be one snapshot for the checks to agree.
///
/// # Errors
/// A check could not be made.
pub async fn faults(client: &Client) -> Result<Vec<Checked>, MigrateError> {
    let started = Instant::now();
    let mut counts = BTreeMap::new();
    let mut checked = Vec::new();
    for check in checks() {
        if started.elapsed() > PATIENCE {
            tracing::info!("{} s: checking {}", started.elapsed().as_secs(), check.name);
        }
        let rows = match counts.get(check.of) {
            Some(rows) => *rows,
            None => check::count(client, check).await?,
        };
        counts.insert(check.of, rows);
        checked.push(check::make(client, check, rows).await?);
    }
    Ok(checked)
}
