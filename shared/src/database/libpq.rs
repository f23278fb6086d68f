//! A URL for PostgreSQL's own programs. They take it from variables: on a command line everybody on the machine could
//! read the password, and they stop at parameters that the providers put into URLs.

use tokio_postgres::config::{Host, TargetSessionAttrs};

use super::tls::TlsMode;
use super::url::DatabaseUrl;

impl DatabaseUrl {
    /// The database's name.
    pub fn database(&self) -> Option<String> {
        self.driver_config().get_dbname().map(str::to_owned)
    }

    /// The variables that `pg_dump` and its kin read (`PGHOST` …).
    pub fn libpq_variables(&self) -> Vec<(&'static str, String)> {
        let driver = self.driver_config();
        let hosts: Vec<String> = driver
            .get_hosts()
            .iter()
            .map(|host| match host {
                Host::Tcp(name) => name.clone(),
                #[cfg(unix)]
                Host::Unix(path) => path.display().to_string(),
            })
            .collect();
        let ports: Vec<String> = driver.get_ports().iter().map(u16::to_string).collect();
        let mut variables = vec![("PGHOST", hosts.join(","))];
        let mut add = |name, value: Option<String>| variables.extend(value.map(|value| (name, value)));
        add("PGPORT", Some(ports.join(",")).filter(|ports| !ports.is_empty()));
        add("PGUSER", driver.get_user().map(str::to_owned));
        add("PGPASSWORD", driver.get_password().map(|password| String::from_utf8_lossy(password).into_owned()));
        add("PGDATABASE", driver.get_dbname().map(str::to_owned));
        let wanted = match driver.get_target_session_attrs() {
            TargetSessionAttrs::ReadWrite => Some("read-write"),
            TargetSessionAttrs::ReadOnly => Some("read-only"),
            _ => None,
        };
        add("PGTARGETSESSIONATTRS", wanted.map(str::to_owned));
        add("PGOPTIONS", driver.get_options().map(str::to_owned));
        let (mode, roots) = match self.tls() {
            TlsMode::Off => ("disable", None),
            TlsMode::Require { roots } => ("require", roots.clone()),
            TlsMode::VerifyAuthority { roots } => ("verify-ca", roots.clone()),
            // libpq's own word for what no file means here; known to it since 16.
            TlsMode::VerifyFull { roots } => {
                ("verify-full", Some(roots.clone().unwrap_or_else(|| "system".to_owned())))
            }
        };
        add("PGSSLMODE", Some(mode.to_owned()));
        add("PGSSLROOTCERT", roots);
        variables
    }
}

#[cfg(test)]
mod tests {
    use super::DatabaseUrl;

    #[test]
    fn what_libpq_would_stop_at_is_left_out() {
        let url = "postgresql://u:p%40ss@db.example:6432/spike?sslmode=verify-full&schema=public&connection_limit=1";
        let variables = DatabaseUrl::parse(url).unwrap().libpq_variables();
        let expected = [
            ("PGHOST", "db.example"),
            ("PGPORT", "6432"),
            ("PGUSER", "u"),
            ("PGPASSWORD", "p@ss"),
            ("PGDATABASE", "spike"),
            ("PGSSLMODE", "verify-full"),
            ("PGSSLROOTCERT", "system"),
        ];
        assert_eq!(variables, expected.map(|(name, value)| (name, value.to_owned())));
    }
}
