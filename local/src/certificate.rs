//! A certificate for a server on this machine, and the authority that a client has to trust for it.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

use crate::LocalError;

/// A server's certificate with its key, and the authority's certificate. All are PEM text.
pub struct Certificate {
    /// The server's certificate, for `localhost` and 127.0.0.1.
    pub server_pem: String,
    /// The server's private key.
    pub key_pem: String,
    /// The authority that signed it. Its key is thrown away.
    pub authority_pem: String,
}

impl Certificate {
    /// Makes a fresh authority and a certificate signed by it.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn for_this_machine() -> Result<Self, LocalError> {
        make().map_err(|error| LocalError::said(format!("A certificate could not be made: {error}")))
    }
}

fn make() -> Result<Certificate, rcgen::Error> {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "Local stack authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority_key = KeyPair::generate()?;
    let authority_pem = authority.self_signed(&authority_key)?.pem();

    let mut server = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    server.distinguished_name.push(DnType::CommonName, "localhost");
    server.use_authority_key_identifier_extension = true;
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let server_key = KeyPair::generate()?;
    let server_pem = server.signed_by(&server_key, &Issuer::new(authority, authority_key))?.pem();
    Ok(Certificate { server_pem, key_pem: server_key.serialize_pem(), authority_pem })
}
