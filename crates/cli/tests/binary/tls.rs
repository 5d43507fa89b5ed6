//! Encrypted connections: what is trusted, by which name, and who we are.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::{Server, failed, run, succeeded};

/// Certificates of one authority.
struct Certificates {
    authority: String,
    client: (String, String),
    config: ServerConfig,
}

fn certificates() -> Certificates {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
    let signed = |name: &str| {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        (params.signed_by(&key, &authority).expect("a certificate"), key)
    };
    let (server, server_key) = signed("abide.test");
    let (client, client_key) = signed("client.test");
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).expect("a root");
    let provider = Arc::new(ring::default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let clients = clients.allow_unauthenticated().build().expect("a verifier");
    let chain: Vec<CertificateDer<'static>> = vec![server.der().clone()];
    let key = PrivateKeyDer::try_from(server_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let mut config = config.with_client_cert_verifier(clients).with_single_cert(chain, key).expect("a configuration");
    config.alpn_protocols = vec![b"h2".to_vec()];
    Certificates { authority: authority.pem(), client: (client.pem(), client_key.serialize_pem()), config }
}

/// An encrypted door before a server; whether it wants to know who comes.
fn door(server: &Server, config: ServerConfig, known_only: bool) -> SocketAddr {
    let to = format!("127.0.0.1:{}", server.port());
    let (told, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            told.send(listener.local_addr().expect("an address")).expect("somebody waits");
            let acceptor = TlsAcceptor::from(Arc::new(config));
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, to) = (acceptor.clone(), to.clone());
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    if known_only && stream.get_ref().1.peer_certificates().is_none() {
                        return;
                    }
                    let Ok(mut inner) = TcpStream::connect(to).await else { return };
                    drop(tokio::io::copy_bidirectional(&mut stream, &mut inner).await);
                });
            }
        });
    });
    address.recv().expect("the door is open")
}

#[test]
fn a_server_is_reached_through_encryption_when_its_certificate_is_trusted() {
    let server = Server::development(&[]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file can be written");
        path.display().to_string()
    };
    let made = certificates();
    let (authority, certificate, key) =
        (write("ca.pem", &made.authority), write("c.pem", &made.client.0), write("k.pem", &made.client.1));
    let open = door(&server, made.config.clone(), false).to_string();
    let closed = door(&server, made.config, true).to_string();
    let health =
        |address: &str, more: &[&str]| run(&[&["operator", "cluster", "health", "--address", address], more].concat());
    let trusted = ["--tls-ca-path", &authority, "--tls-server-name", "abide.test"];
    assert_eq!(succeeded(&health(&open, &trusted)), "SERVING\n");
    let data = ["--tls-ca-data", &made.authority, "--tls-server-name=abide.test", "--api-key", "secret"];
    assert_eq!(succeeded(&health(&open, &data)), "SERVING\n");
    assert_eq!(succeeded(&health(&open, &["--tls", "--tls-disable-host-verification"])), "SERVING\n");
    for unknown in [&["--tls"][..], &["--tls-ca-path", &authority], &["--tls-ca-path", &authority, "--tls=false"]] {
        assert!(failed(&health(&open, unknown)).starts_with("Error: "), "{unknown:?}");
    }
    // One door lets in only who shows a certificate.
    failed(&health(&closed, &trusted));
    let me = [&trusted[..], &["--tls-cert-path", &certificate, "--tls-key-path", &key]].concat();
    assert_eq!(succeeded(&health(&closed, &me)), "SERVING\n");
}
