//! From flags to encryption: what is trusted, and who we are. Certificates are the machine's unless named.

use std::sync::Arc;

use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{self, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::stream::Encryption;
use crate::arguments::{Connection, Tls};
use crate::error::{Error, Result};

const HTTP_2: &[u8] = b"h2";

/// How the connection is encrypted, if it is.
pub fn encryption(connection: &Connection) -> Result<Option<Encryption>> {
    let flags = &connection.tls;
    let texts = [
        &connection.api_key,
        &flags.tls_cert_path,
        &flags.tls_cert_data,
        &flags.tls_key_path,
        &flags.tls_key_data,
        &flags.tls_ca_path,
        &flags.tls_ca_data,
        &flags.tls_server_name,
    ];
    // Any of these turns encryption on unless it is turned off by name.
    let implied = texts.iter().any(|text| is_set(text)) || flags.tls_disable_host_verification;
    if !flags.tls.unwrap_or(implied) {
        return Ok(None);
    }
    let mut config = config(flags)?;
    config.alpn_protocols = vec![HTTP_2.to_vec()];
    let server_name = flags.tls_server_name.clone().filter(|name| !name.is_empty());
    Ok(Some(Encryption { config: Arc::new(config), server_name }))
}

/// Encryption to whoever the machine trusts, for the codec server.
pub fn usual() -> Result<Encryption> {
    Ok(Encryption { config: Arc::new(config(&Tls::default())?), server_name: None })
}

fn config(flags: &Tls) -> Result<ClientConfig> {
    let failed = |error: rustls::Error| Error::new(format!("failed to set up TLS: {error}"));
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let builder = builder.map_err(failed)?;
    let builder = if flags.tls_disable_host_verification {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)))
    } else {
        builder.with_root_certificates(trusted(flags)?)
    };
    let certificate = pem("client cert", &flags.tls_cert_path, &flags.tls_cert_data)?;
    let key = pem("client key", &flags.tls_key_path, &flags.tls_key_data)?;
    match (certificate, key) {
        (None, None) => Ok(builder.with_no_client_auth()),
        (Some(certificate), Some(key)) => {
            let key =
                PrivateKeyDer::from_pem_slice(&key).map_err(|_| Error::new("invalid client key: no private key"))?;
            builder.with_client_auth_cert(certificates("client cert", &certificate)?, key).map_err(failed)
        }
        (Some(_), None) => Err(Error::new("if providing TLS client cert, must provide TLS client key")),
        (None, Some(_)) => Err(Error::new("if providing TLS client key, must provide TLS client cert")),
    }
}

fn trusted(flags: &Tls) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    match pem("server CA cert", &flags.tls_ca_path, &flags.tls_ca_data)? {
        Some(pem) => {
            for certificate in certificates("server CA cert", &pem)? {
                roots.add(certificate).map_err(|error| Error::new(format!("invalid server CA cert: {error}")))?;
            }
        }
        None => {
            // A machine may hold certificates that nobody can read; the others serve.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(roots)
}

fn certificates(what: &str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let found: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|error| Error::new(format!("invalid {what}: {error}")))?;
    if found.is_empty() { Err(Error::new(format!("invalid {what}: no certificate"))) } else { Ok(found) }
}

/// The contents of a file, or a text in its stead.
fn pem(what: &str, path: &Option<String>, data: &Option<String>) -> Result<Option<Vec<u8>>> {
    match (path.as_ref().filter(|path| !path.is_empty()), data.as_ref().filter(|data| !data.is_empty())) {
        (None, None) => Ok(None),
        (None, Some(data)) => Ok(Some(data.clone().into_bytes())),
        (Some(path), None) => {
            let read = std::fs::read(path);
            read.map(Some).map_err(|error| Error::new(format!("failed reading {what} {path:?}: {error}")))
        }
        (Some(_), Some(_)) => Err(Error::new(format!("cannot have {what} path with data"))),
    }
}

fn is_set(text: &Option<String>) -> bool {
    text.as_ref().is_some_and(|text| !text.is_empty())
}

/// Takes whatever certificate is shown: the user asked for that. Signatures still have to be right.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
