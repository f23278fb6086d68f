//! PostgreSQL URLs as the providers hand them out, with the parameters that the driver does not know.

use tokio_postgres::config::SslMode;
use url::form_urlencoded;

use super::tls::TlsMode;

/// A parsed PostgreSQL URL. Its password is never printed.
#[derive(Clone)]
pub struct DatabaseUrl {
    driver: tokio_postgres::Config,
    tls: TlsMode,
    pooled: bool,
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseUrl").field("at", &self.place()).field("tls", &self.tls).finish()
    }
}

impl DatabaseUrl {
    /// Reads `postgresql://user:password@host:port/database?parameters`, several hosts separated by commas.
    ///
    /// # Errors
    /// What is wrong and what to do, without the URL itself.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if !text.starts_with("postgresql://") && !text.starts_with("postgres://") {
            return Err("must start with postgresql://".to_owned());
        }
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let mut mode = "prefer".to_owned();
        let mut roots = None;
        let mut pooled = false;
        let mut for_driver = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "sslmode" => mode = value.into_owned(),
                // `system` is libpq's word for the system's own roots, which is what no file means here.
                "sslrootcert" => roots = Some(value.into_owned()).filter(|file| file != "system"),
                "pgbouncer" => pooled = value == "true",
                "schema" if value == "public" => {}
                "schema" => return Err(format!("has schema={value}: the tables live in the schema public")),
                // Prisma's pool and the pooler's own limits: one connection per instance, time-outs on the role.
                "connection_limit" | "pool_timeout" | "statement_timeout" | "sslnegotiation" | "gssencmode" => {}
                _ => {
                    for_driver.append_pair(&name, &value);
                }
            }
        }
        let tls = match mode.as_str() {
            "disable" | "allow" | "prefer" => TlsMode::Off,
            "require" => TlsMode::Require { roots },
            "verify-ca" => TlsMode::VerifyAuthority { roots },
            "verify-full" => TlsMode::VerifyFull { roots },
            other => return Err(format!("has sslmode={other}: use disable, require, verify-ca or verify-full")),
        };
        // Spaces arrive as `+` from the serializer; the driver wants `%20`.
        let driver_query = for_driver.finish().replace('+', "%20");
        let mut driver: tokio_postgres::Config =
            format!("{base}?{driver_query}").parse().map_err(|error: tokio_postgres::Error| {
                format!("cannot be read: {}; write postgresql://user:password@host:5432/database and percent-encode special characters", super::error::chain(&error))
            })?;
        if driver.get_hosts().is_empty() {
            return Err("names no host: write postgresql://user:password@host:5432/database".to_owned());
        }
        driver.ssl_mode(if tls == TlsMode::Off { SslMode::Disable } else { SslMode::Require });
        Ok(DatabaseUrl { driver, tls, pooled })
    }

    /// Whether every connection is encrypted.
    pub fn requires_tls(&self) -> bool {
        self.tls != TlsMode::Off
    }

    /// Whether the URL itself says that it leads to a pooler (`pgbouncer=true`).
    pub fn says_pooled(&self) -> bool {
        self.pooled
    }

    /// Host, port and database, for messages.
    pub fn place(&self) -> String {
        let hosts: Vec<String> = self
            .driver
            .get_hosts()
            .iter()
            .map(|host| match host {
                tokio_postgres::config::Host::Tcp(name) => name.clone(),
                #[cfg(unix)]
                tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
            })
            .collect();
        let ports: Vec<String> = self.driver.get_ports().iter().map(u16::to_string).collect();
        let port = if ports.is_empty() { "5432".to_owned() } else { ports.join(",") };
        format!("{}:{port}/{}", hosts.join(","), self.driver.get_dbname().unwrap_or("?"))
    }

    /// Adds a start-up option such as `-c name=value`; only a direct connection passes it on.
    pub fn with_startup_option(mut self, option: &str) -> Self {
        let options = match self.driver.get_options() {
            Some(options) => format!("{options} {option}"),
            None => option.to_owned(),
        };
        self.driver.options(options);
        self
    }

    /// The same server and credentials with another database.
    pub fn with_database(mut self, name: &str) -> Self {
        self.driver.dbname(name);
        self
    }

    pub(super) fn driver_config(&self) -> tokio_postgres::Config {
        self.driver.clone()
    }

    pub(super) fn tls(&self) -> &TlsMode {
        &self.tls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_that_providers_hand_out_are_understood() {
        for (url, tls, place) in [
            (
                "postgresql://postgres:password@localhost:5432/spike_land?schema=public",
                false,
                "localhost:5432/spike_land",
            ),
            (
                "postgresql://postgres:pw@db.ref.supabase.co:5432/postgres?pgbouncer=true",
                false,
                "db.ref.supabase.co:5432/postgres",
            ),
            (
                "postgresql://u:p@ep-x-pooler.eu.aws.neon.tech/neondb?sslmode=require&channel_binding=require",
                true,
                "ep-x-pooler.eu.aws.neon.tech:5432/neondb",
            ),
            (
                "postgres://u:p%40ss@monorail.proxy.rlwy.net:1234/railway?connection_limit=1&pool_timeout=0",
                false,
                "monorail.proxy.rlwy.net:1234/railway",
            ),
            (
                "postgresql://u:p@x.rds.amazonaws.com/db?sslmode=verify-full&sslrootcert=/ca.pem",
                true,
                "x.rds.amazonaws.com:5432/db",
            ),
            (
                "postgresql://u:p@a:5432,b:5433/db?target_session_attrs=read-write&application_name=my+app",
                false,
                "a,b:5432,5433/db",
            ),
        ] {
            let parsed = DatabaseUrl::parse(url).unwrap();
            assert_eq!((parsed.requires_tls(), parsed.place().as_str()), (tls, place), "{url}");
        }
        assert!(DatabaseUrl::parse("postgresql://u:p@h/d?pgbouncer=true").unwrap().says_pooled());
    }

    #[test]
    fn what_cannot_be_meant_is_refused_without_repeating_the_password() {
        for bad in [
            "",
            "localhost/spike",
            "mysql://u:hunter2@h/d",
            "postgresql://u:hunter2@h:port/d",
            "postgresql:///d?user=u",
            "postgresql://u:hunter2@h/d?schema=other",
            "postgresql://u:hunter2@h/d?sslmode=maybe",
            "postgresql://u:hunter2@h/d?surprise=1",
        ] {
            let said = DatabaseUrl::parse(bad).unwrap_err();
            assert!(!said.contains("hunter2"), "{said}");
        }
        assert!(!format!("{:?}", DatabaseUrl::parse("postgresql://u:hunter2@h/d").unwrap()).contains("hunter2"));
    }
}
