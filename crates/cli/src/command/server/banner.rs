//! What a started server says: where it is, where its data is, what to try next. Only what is really served.

use std::net::SocketAddr;

use abide_server::Addresses;
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
pub fn render(kind: Kind, addresses: &Addresses, data: &Data) -> String {
    let address = addresses.grpc.first().map(|address| shown(*address)).unwrap_or_default();
    let data = match data {
        Data::Memory => "in memory, lost when the server ends (--db-filename FILE keeps it)".to_owned(),
        Data::File(path) => path.display().to_string(),
    };
    let title = match kind {
        Kind::Production => "server",
        Kind::Development => "development server",
    };
    let connect = if address == "localhost:7233" { String::new() } else { format!("--address {address} ") };
    let line = |label: &str, text: String| format!("{label:<21}{text}\n");
    let http = addresses.http.first().map(|address| line("HTTP:", shown(*address)));
    let ui = addresses.ui.first().map(|address| line("UI:", format!("http://{}", shown(*address))));
    format!(
        "abide {} {title}\n\n\
         {:<21}{address}\n\
         {http}{ui}\
         {:<21}{data}\n\n\
         Point any Temporal SDK at {address}, or try:\n  \
         abide workflow start {connect}--type Hello --task-queue hello --workflow-id hello-1\n  \
         abide workflow show {connect}--workflow-id hello-1\n",
        env!("CARGO_PKG_VERSION"),
        "gRPC:",
        "Data:",
        http = http.unwrap_or_default(),
        ui = ui.unwrap_or_default(),
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
        let at = |address: &str| vec![address.parse().expect("an address")];
        let here = Addresses { grpc: at("127.0.0.1:7233"), http: at("127.0.0.1:7243"), ui: at("127.0.0.1:8233") };
        insta::assert_snapshot!(render(Kind::Development, &here, &Data::Memory));
        let there = Addresses { grpc: at("0.0.0.0:9000"), ..Addresses::default() };
        insta::assert_snapshot!(render(Kind::Production, &there, &Data::File("/var/lib/abide.db".into())));
    }
}
