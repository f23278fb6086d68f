//! Several hosts in one URL: a primary and its replicas, any of which may be the primary tomorrow.

use tokio_postgres::Config;
use tokio_postgres::config::TargetSessionAttrs;

use super::url::DatabaseUrl;

/// What `target_session_attrs` asks for, in libpq's words.
///
/// # Errors
/// Another word.
pub(super) fn wanted(word: &str) -> Result<TargetSessionAttrs, String> {
    match word {
        // Of two that will do, the first is taken.
        "any" | "prefer-standby" => Ok(TargetSessionAttrs::Any),
        "read-write" | "primary" => Ok(TargetSessionAttrs::ReadWrite),
        "read-only" | "standby" => Ok(TargetSessionAttrs::ReadOnly),
        other => Err(format!(
            "has target_session_attrs={other}: use any, read-write, read-only, primary, standby or prefer-standby"
        )),
    }
}

impl DatabaseUrl {
    /// One URL for each host, in their order.
    pub fn each_host(&self) -> Vec<DatabaseUrl> {
        let count = self.driver.get_hosts().len();
        (0..count).map(|index| DatabaseUrl { driver: alone(&self.driver, index), ..self.clone() }).collect()
    }

    /// For reading: any of several hosts will do, unless the URL says which.
    pub fn for_reading(mut self) -> Self {
        if !self.says_which_host {
            self.driver.target_session_attrs(TargetSessionAttrs::Any);
        }
        self
    }

    /// Whatever this host is: primary or replica.
    pub fn whichever(mut self) -> Self {
        self.driver.target_session_attrs(TargetSessionAttrs::Any);
        self
    }
}

/// The driver's settings with one of their hosts.
fn alone(all: &Config, index: usize) -> Config {
    let mut one = Config::new();
    match all.get_hosts().get(index) {
        Some(tokio_postgres::config::Host::Tcp(name)) => drop(one.host(name)),
        #[cfg(unix)]
        Some(tokio_postgres::config::Host::Unix(path)) => drop(one.host_path(path)),
        None => {}
    }
    // Addresses and ports belong to hosts by their order; a single port belongs to all.
    all.get_hostaddrs().get(index).map(|address| one.hostaddr(*address));
    let ports = all.get_ports();
    ports.get(index).or(ports.first()).map(|port| one.port(*port));
    all.get_user().map(|user| one.user(user));
    all.get_password().map(|password| one.password(password));
    all.get_dbname().map(|name| one.dbname(name));
    all.get_options().map(|options| one.options(options));
    all.get_application_name().map(|name| one.application_name(name));
    all.get_connect_timeout().map(|limit| one.connect_timeout(*limit));
    all.get_tcp_user_timeout().map(|limit| one.tcp_user_timeout(*limit));
    all.get_keepalives_interval().map(|interval| one.keepalives_interval(interval));
    all.get_keepalives_retries().map(|retries| one.keepalives_retries(retries));
    one.keepalives(all.get_keepalives())
        .keepalives_idle(all.get_keepalives_idle())
        .ssl_mode(all.get_ssl_mode())
        .ssl_negotiation(all.get_ssl_negotiation())
        .channel_binding(all.get_channel_binding())
        .target_session_attrs(all.get_target_session_attrs());
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> DatabaseUrl {
        DatabaseUrl::parse(text).unwrap()
    }

    #[test]
    fn ops_49_of_several_hosts_the_one_is_meant_that_takes_writes() {
        let url = "postgresql://u:p%40ss@a.example:6001,b.example:6002/spike?sslmode=require&application_name=x";
        let hosts = parsed(url).each_host();
        let places: Vec<_> = hosts.iter().map(DatabaseUrl::place).collect();
        assert_eq!(places, ["a.example:6001/spike", "b.example:6002/spike"]);
        for host in &hosts {
            assert_eq!(host.driver.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
            assert_eq!(host.driver.get_password(), Some(&b"p@ss"[..]));
            assert_eq!((host.driver.get_user(), host.driver.get_application_name()), (Some("u"), Some("x")));
            assert!(host.requires_tls());
        }
        // What one URL says is what one of its hosts says.
        let alone = parsed(&url.replace("a.example:6001,", "").replace('?', "?target_session_attrs=primary&"));
        assert!(hosts[1].driver == alone.driver);
    }

    #[test]
    fn ops_47_for_reading_any_host_will_do_unless_the_url_says_which() {
        let attributes = |text: &str| parsed(text).for_reading().driver.get_target_session_attrs();
        assert_eq!(attributes("postgresql://u:p@a,b/d"), TargetSessionAttrs::Any);
        assert_eq!(attributes("postgresql://u:p@a,b/d?target_session_attrs=standby"), TargetSessionAttrs::ReadOnly);
        assert_eq!(attributes("postgresql://u:p@a,b/d?target_session_attrs=prefer-standby"), TargetSessionAttrs::Any);
        let said = DatabaseUrl::parse("postgresql://u:hunter2@a,b/d?target_session_attrs=master").unwrap_err();
        assert!(said.contains("standby") && !said.contains("hunter2"), "{said}");
    }
}
