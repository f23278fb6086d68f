//! PostgreSQL URLs as the providers hand them out, with the parameters that the driver does not know.

use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use url::form_urlencoded;

use super::hosts;
use super::tls::TlsMode;

/// Gaps in what providers' pages show.
const PLACEHOLDERS: [&str; 4] = ["[YOUR-PASSWORD]", "[PASSWORD]", "[PROJECT-REF]", "[password]"];

/// Parameters for the pools, caches and drivers of others: there is one connection per instance, nothing is prepared, time-outs
/// are set on the role.
const WITHOUT_MEANING_HERE: [&str; 18] = [
    "connection_limit",
    "pool_timeout",
    "pool_mode",
    "socket_timeout",
    "statement_timeout",
    "statement_cache_size",
    "single_use_connections",
    "max_idle_connection_lifetime",
    "max_connection_lifetime",
    "sslnegotiation",
    "sslcompression",
    "sslsni",
    "gssencmode",
    "krbsrvname",
    "uselibpqcompat",
    "client_encoding",
    "supa",
    "workaround",
];

/// A parsed PostgreSQL URL. Its password is never printed.
#[derive(Clone, PartialEq)]
pub struct DatabaseUrl {
    pub(super) driver: tokio_postgres::Config,
    pub(super) tls: TlsMode,
    pub(super) pooled: bool,
    /// Whether it has `target_session_attrs`.
    pub(super) says_which_host: bool,
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
        if let Some(placeholder) = PLACEHOLDERS.iter().find(|placeholder| text.contains(**placeholder)) {
            return Err(format!(
                "still has {placeholder} where the provider's page leaves a gap: put the real value there"
            ));
        }
        if !text.starts_with("postgresql://") && !text.starts_with("postgres://") {
            return Err("must start with postgresql://".to_owned());
        }
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let mut mode = "prefer".to_owned();
        let mut roots = None;
        let mut pooled = false;
        let mut strict = false;
        let mut wanted = None;
        let mut for_driver = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "sslmode" => mode = value.into_owned(),
                // `system` is libpq's word for the system's own roots, which is what no file means here.
                "sslrootcert" => roots = Some(value.into_owned()).filter(|file| file != "system"),
                "pgbouncer" => pooled = value == "true",
                // What Node's drivers say instead of `sslmode`.
                "ssl" if value == "true" || value == "1" => mode = stronger(mode, "require"),
                "ssl" => {}
                "sslaccept" => strict = value == "strict",
                "target_session_attrs" => wanted = Some(hosts::wanted(&value)?),
                "schema" if value == "public" => {}
                "schema" => return Err(format!("has schema={value}: the tables live in the schema public")),
                "sslcert" | "sslkey" | "sslidentity" | "sslpassword" => {
                    return Err(format!(
                        "has {name}: certificates of clients are not supported; log in with a password"
                    ));
                }
                _ if WITHOUT_MEANING_HERE.contains(&name.as_ref()) => {}
                _ => {
                    for_driver.append_pair(&name, &value);
                }
            }
        }
        let tls = match mode.as_str() {
            "disable" | "allow" | "prefer" => TlsMode::Off,
            // Prisma's `strict` is what others call `verify-full`.
            "require" if strict => TlsMode::VerifyFull { roots },
            "require" | "no-verify" => TlsMode::Require { roots },
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
        // Of several hosts one is the primary, and after a failover it is another one.
        let several = driver.get_hosts().len() > 1;
        driver.target_session_attrs(wanted.unwrap_or(match several {
            true => TargetSessionAttrs::ReadWrite,
            false => TargetSessionAttrs::Any,
        }));
        Ok(DatabaseUrl { driver, tls, pooled, says_which_host: wanted.is_some() })
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

    /// The same server with the user and the password of `other`.
    pub fn with_login_of(mut self, other: &DatabaseUrl) -> Self {
        if let Some(user) = other.driver.get_user() {
            self.driver.user(user);
        }
        if let Some(password) = other.driver.get_password() {
            self.driver.password(password);
        }
        self
    }

    pub(super) fn driver_config(&self) -> tokio_postgres::Config {
        self.driver.clone()
    }

    pub(super) fn tls(&self) -> &TlsMode {
        &self.tls
    }
}

/// `mode`, unless that promises nothing.
fn stronger(mode: String, other: &str) -> String {
    if mode == "prefer" { other.to_owned() } else { mode }
}

#[cfg(test)]
mod tests;
