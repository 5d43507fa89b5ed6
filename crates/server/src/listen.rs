//! Binding: from a name and a port to listening sockets.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;

use crate::config::Listen;
use crate::error::Error;

/// Binds every address that the name stands for. `localhost` is 127.0.0.1, and ::1 where there is one: clients try
/// either first. All sockets share the port, also when any free one was asked for. `flag` is what names another port.
pub async fn bind(listen: &Listen, flag: &'static str) -> Result<Vec<TcpListener>, Error> {
    let failed = |cause: io::Error| match cause.kind() {
        io::ErrorKind::AddrInUse => Error::PortInUse { port: listen.port, host: listen.host.clone(), flag },
        _ => Error::Listen { host: listen.host.clone(), port: listen.port, cause },
    };
    if !listen.host.eq_ignore_ascii_case("localhost") {
        let first = resolve(listen).await.map_err(failed)?;
        return Ok(vec![TcpListener::bind(first).await.map_err(failed)?]);
    }
    let first = TcpListener::bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), listen.port)).await;
    let first = first.map_err(failed)?;
    let port = first.local_addr().map_err(failed)?.port();
    match TcpListener::bind(SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), port)).await {
        Ok(second) => Ok(vec![first, second]),
        // A port that somebody else has on ::1 is taken: half of the clients would reach them instead of us. When the
        // port is ours to choose, or the machine has no ::1, the first socket is enough.
        Err(cause) if cause.kind() == io::ErrorKind::AddrInUse && listen.port != 0 => Err(failed(cause)),
        Err(_) => Ok(vec![first]),
    }
}

async fn resolve(listen: &Listen) -> io::Result<SocketAddr> {
    let mut addresses = tokio::net::lookup_host((listen.host.trim_matches(['[', ']']), listen.port)).await?;
    addresses.next().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(port: u16) -> Listen {
        Listen { host: "localhost".into(), port }
    }

    #[tokio::test]
    async fn all_sockets_of_localhost_share_a_port() {
        let sockets = bind(&local(0), "--port").await.expect("a free port");
        let ports: Vec<u16> = sockets.iter().map(|socket| socket.local_addr().expect("bound").port()).collect();
        assert!(ports.iter().all(|port| *port == ports[0]), "{ports:?}");
    }

    #[tokio::test]
    async fn a_port_in_use_is_named() {
        let sockets = bind(&local(0), "--port").await.expect("a free port");
        let port = sockets[0].local_addr().expect("bound").port();
        let refused = bind(&local(port), "--port").await.expect_err("in use");
        let text = refused.to_string();
        assert_eq!(
            text,
            format!("port {port} on localhost is already in use; stop the server there or choose another --port")
        );
    }

    #[tokio::test]
    async fn a_name_without_an_address_is_refused() {
        let nowhere = Listen { host: "no such host".into(), port: 0 };
        assert!(matches!(bind(&nowhere, "--port").await, Err(Error::Listen { .. })));
    }
}
