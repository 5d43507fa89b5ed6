//! Serves gRPC on a listening socket: one task for each connection.

use std::io;
use std::time::Duration;

use abide_frontend::Grpc;
use abide_http2::Options;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tracing::{debug, warn};

use crate::node::Stopping;

/// How a connection is kept.
const OPTIONS: Options =
    Options { keepalive_interval: Duration::from_secs(60), keepalive_timeout: Duration::from_secs(10) };
/// After a connection could not be taken (the process has too many files open), none is tried for this long.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until the node stops, and then until what is being answered is answered.
pub(crate) async fn serve(socket: TcpListener, grpc: Grpc, stopping: Stopping) {
    let mut connections = JoinSet::new();
    let stopped = stopping.clone().stopped();
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            () = &mut stopped => break,
            accepted = socket.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, grpc.clone(), stopping.clone().stopped()));
                }
                Err(cause) => {
                    warn!(%cause, "a connection could not be taken");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(socket);
    while connections.join_next().await.is_some() {}
}

async fn connection(stream: TcpStream, grpc: Grpc, stop: impl Future<Output = ()>) {
    // Small answers must not wait for each other's acknowledgement.
    drop(stream.set_nodelay(true));
    match abide_http2::serve(stream, grpc, OPTIONS, stop).await {
        Ok(()) => {}
        Err(cause) if cause.kind() == io::ErrorKind::InvalidData => warn!(%cause, "a connection was refused"),
        Err(cause) => debug!(%cause, "a connection broke"),
    }
}
