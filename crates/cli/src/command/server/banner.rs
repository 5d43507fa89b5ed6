//! What a started server says: where it is, where its data is, what to try next. Only what is really served.

use std::net::SocketAddr;

use abide_server::config::Data;

/// Which server was started.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `server start`.
    Production,
    /// `server start-dev`.
    Development,
}

/// The text. The labels' column is that of the reference, for scripts that read it.
pub fn render(kind: Kind, addresses: &[SocketAddr], data: &Data) -> String {
    let address = addresses.first().map(|address| shown(*address)).unwrap_or_default();
    let data = match data {
        Data::Memory => "in memory, lost when the server ends (--db-filename FILE keeps it)".to_owned(),
        Data::File(path) => path.display().to_string(),
    };
    let title = match kind {
        Kind::Production => "server",
        Kind::Development => "development server",
    };
    let connect = if address == "localhost:7233" { String::new() } else { format!("--address {address} ") };
    format!(
        "abide {} {title}\n\n\
         {:<21}{address}\n\
         {:<21}{data}\n\n\
         Point any Temporal SDK at {address}, or try:\n  \
         abide workflow start {connect}--type Hello --task-queue hello --workflow-id hello-1\n  \
         abide workflow show {connect}--workflow-id hello-1\n",
        env!("CARGO_PKG_VERSION"),
        "gRPC:",
        "Data:",
    )
}

fn shown(address: SocketAddr) -> String {
    if address.ip().is_loopback() { format!("localhost:{}", address.port()) } else { address.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_says_where_the_server_is_and_what_to_try() {
        let here = ["127.0.0.1:7233".parse().expect("an address")];
        insta::assert_snapshot!(render(Kind::Development, &here, &Data::Memory));
        let there = ["0.0.0.0:9000".parse().expect("an address")];
        insta::assert_snapshot!(render(Kind::Production, &there, &Data::File("/var/lib/abide.db".into())));
    }
}
