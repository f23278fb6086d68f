//! TLS to the database, built only when the URL asks for it: parsing certificates is most of a cold start.

use std::sync::OnceLock;

use native_tls::{Certificate, TlsConnector};
use postgres_native_tls::MakeTlsConnector;

/// How a connection is encrypted and whose certificate is accepted, as libpq's `sslmode` says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// `disable`, and `prefer` or `allow`, which promise nothing.
    Off,
    /// `require`: encrypted; the certificate is checked only when `sslrootcert` is given.
    Require {
        /// `sslrootcert`.
        roots: Option<String>,
    },
    /// `verify-ca`: signed by a trusted authority.
    VerifyAuthority {
        /// `sslrootcert`; the system's roots without it.
        roots: Option<String>,
    },
    /// `verify-full`: signed by a trusted authority for this host.
    VerifyFull {
        /// `sslrootcert`; the system's roots without it.
        roots: Option<String>,
    },
}

/// The connector for `mode`, or `None` without TLS. Kept for the next connection.
///
/// # Errors
/// The certificates could not be read.
pub(super) fn connector(mode: &TlsMode) -> Result<Option<MakeTlsConnector>, String> {
    static BUILT: OnceLock<(TlsMode, MakeTlsConnector)> = OnceLock::new();
    if *mode == TlsMode::Off {
        return Ok(None);
    }
    if let Some((built_for, connector)) = BUILT.get()
        && built_for == mode
    {
        return Ok(Some(connector.clone()));
    }
    let connector = build(mode)?;
    let _ = BUILT.set((mode.clone(), connector.clone()));
    Ok(Some(connector))
}

fn build(mode: &TlsMode) -> Result<MakeTlsConnector, String> {
    let mut builder = TlsConnector::builder();
    let roots = match mode {
        TlsMode::Off => None,
        TlsMode::Require { roots } => {
            builder.danger_accept_invalid_certs(roots.is_none()).danger_accept_invalid_hostnames(true);
            roots.as_deref()
        }
        TlsMode::VerifyAuthority { roots } => {
            builder.danger_accept_invalid_hostnames(true);
            roots.as_deref()
        }
        TlsMode::VerifyFull { roots } => roots.as_deref(),
    };
    if let Some(file) = roots {
        let unreadable = |error: &dyn std::fmt::Display| {
            format!("sslrootcert {file} cannot be used: {error}; it must be a PEM file of certificates")
        };
        let pem = std::fs::read(file).map_err(|error| unreadable(&error))?;
        let certificates = Certificate::stack_from_pem(&pem).map_err(|error| unreadable(&error))?;
        builder.disable_built_in_roots(true);
        for certificate in certificates {
            builder.add_root_certificate(certificate);
        }
    }
    let connector = builder.build().map_err(|error| format!("TLS cannot be set up: {error}"))?;
    Ok(MakeTlsConnector::new(connector))
}
