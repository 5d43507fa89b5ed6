//! A listening socket, served until it is told to stop.

use std::io;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

/// Serves until `stopping` is over; then what is being answered is answered, and idle connections are closed.
///
/// # Errors
/// When the socket is no good any more.
pub async fn serve(
    socket: TcpListener,
    router: Router,
    stopping: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    // Small answers must not wait for each other's acknowledgement.
    let socket = socket.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(socket, router).with_graceful_shutdown(stopping).await
}
