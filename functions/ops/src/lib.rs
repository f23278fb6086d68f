//! Health, the description of the API, and the system's own figures.

mod dashboard;
mod documentation;
mod health;
mod status;
pub mod system;

use axum::Router;
use axum::extract::FromRef;
use shared::monitoring::Monitor;
use shared::{App, Config, ConfigError, Database};

use crate::system::{alerts, backups, explain, figures, jobs, queries, samples};

/// What the handlers share.
#[derive(Clone, FromRef)]
pub struct Operations {
    app: App,
    watch: Watch,
    mode: MaintenanceMode,
}

/// Looks at the server, if there is a login for that.
#[derive(Clone)]
pub struct Watch(Option<Monitor>);

/// Whether `MAINTENANCE_MODE` is on.
#[derive(Clone, Copy)]
pub struct MaintenanceMode(bool);

/// `/api/health`, `/api/health/ready`, `/api/status`, `/api/openapi.json`, `/docs`, `/api/admin/system/*` and `/admin/dashboard`
///
/// # Errors
/// A variable is missing or malformed.
pub fn router(config: &Config) -> Result<Router, ConfigError> {
    // Whoever mends things works while writing is stopped for everybody else.
    let database = Database::new(config.database_source()?, config.clock.clone());
    let app = App { database, ..App::new(config)? };
    let mode = MaintenanceMode(config.maintenance_mode()?);
    Ok(routes().with_state(Operations { app, watch: Watch(Monitor::from_config(config)?), mode }))
}

shared::endpoints! {
    Operations:
    health::alive, health::ready, status::show, documentation::description, documentation::page, dashboard::page,
    figures::connections, figures::pool, figures::slow_statements, figures::sizes, figures::indexes, figures::bloat,
    figures::replication, figures::versions, queries::list, queries::cancel, explain::explain, alerts::list,
    backups::list, samples::list, jobs::show,
}
