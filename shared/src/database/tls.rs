//! TLS to the database, built only when the URL asks for it: OpenSSL's start and the certificates take longer than all else
//! of a cold start.

use std::sync::{Arc, OnceLock};

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

/// The connector of a [`TlsMode`], built once.
pub(super) struct Tls {
    mode: TlsMode,
    connector: OnceLock<Result<MakeTlsConnector, String>>,
}

impl Tls {
    /// Builds nothing yet.
    pub(super) fn new(mode: TlsMode) -> Self {
        Tls { mode, connector: OnceLock::new() }
    }

    /// Starts building on a thread of its own, beside the rest of a cold start. A first connection waits for its end.
    pub(super) fn prepared(mode: TlsMode) -> Arc<Self> {
        let tls = Arc::new(Tls::new(mode));
        if tls.mode != TlsMode::Off {
            let building = Arc::clone(&tls);
            // Without a thread the first connection builds it.
            let _ = std::thread::Builder::new().spawn(move || building.connector().map(drop));
        }
        tls
    }

    /// The connector, or `None` without TLS.
    ///
    /// # Errors
    /// The certificates could not be read.
    pub(super) fn connector(&self) -> Result<Option<MakeTlsConnector>, String> {
        match self.mode {
            TlsMode::Off => Ok(None),
            _ => self.connector.get_or_init(|| build(&self.mode)).clone().map(Some),
        }
    }
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
        // Without one every server would be refused, and nobody could tell why.
        if certificates.is_empty() {
            return Err(unreadable(&"it holds no certificate"));
        }
        builder.disable_built_in_roots(true);
        for certificate in certificates {
            builder.add_root_certificate(certificate);
        }
    }
    let connector = builder.build().map_err(|error| format!("TLS cannot be set up: {error}"))?;
    Ok(MakeTlsConnector::new(connector))
}
