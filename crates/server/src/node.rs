//! A node: started, serving, stopped. Stopping is prompt: polls end with nothing, what is being answered is answered
//! within a second, and the store is closed behind it.

use std::net::SocketAddr;
use std::time::Duration;

use abide_http::{Front, Router};
use abide_web::{Port, Site};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{info, warn};

use crate::SERVER_VERSION;
use crate::config::Config;
use crate::error::Error;
use crate::seams::Seams;
use crate::services::Services;
use crate::{grpc, listen};

/// How long calls that are being answered may still take when the node stops.
const DRAIN: Duration = Duration::from_secs(1);

/// A node that serves.
pub struct Node {
    addresses: Addresses,
    services: Services,
    serving: JoinSet<()>,
    stop: watch::Sender<Stage>,
}

/// Where a node serves what; the first address of each is the one to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// gRPC.
    pub grpc: Vec<SocketAddr>,
    /// The API as HTTP; none if it is not served.
    pub http: Vec<SocketAddr>,
    /// The port for people; none if there is none.
    pub ui: Vec<SocketAddr>,
}

/// The sockets of a node.
struct Sockets {
    grpc: Vec<TcpListener>,
    http: Vec<TcpListener>,
    ui: Vec<TcpListener>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Serving,
    Failed,
    Stopping,
}

/// Tells when the node stops.
#[derive(Clone)]
pub(crate) struct Stopping(watch::Receiver<Stage>);

impl Stopping {
    /// Returns when it stops, or is gone.
    pub(crate) async fn stopped(mut self) {
        drop(self.0.wait_for(|stage| *stage == Stage::Stopping).await);
    }
}

impl Node {
    /// Binds, opens the store, starts the roles, serves. When it returns, clients are answered.
    pub async fn start(config: Config) -> Result<Self, Error> {
        // The ports come first: a second server must not even look at the first one's data.
        let sockets = Sockets::bind(&config).await?;
        let addresses = sockets.addresses();
        let services = Services::start(&config, Seams::open(&config).await?).await?;
        let (stop, stage) = watch::channel(Stage::Serving);
        let mut serving = JoinSet::new();
        for socket in sockets.grpc {
            serving.spawn(grpc::serve(socket, services.grpc(), Stopping(stage.clone())));
        }
        let ports = [
            (sockets.http, http_port(&config, &services)),
            (sockets.ui, ui_port(&config, &services, &addresses, &stage)),
        ];
        for (sockets, router) in ports {
            let Some(router) = router else { continue };
            for socket in sockets {
                serving.spawn(serve_http(socket, router.clone(), Stopping(stage.clone()), stop.clone()));
            }
        }
        serving.spawn(watch_store(services.watch_store(), Stopping(stop.subscribe())));
        info!(?addresses, data = ?config.data, "serving");
        Ok(Self { addresses, services, serving, stop })
    }

    /// Where gRPC is served; the first one is the one to show.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses.grpc
    }

    /// Where everything is served.
    pub fn all_addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Returns when the node serves no more although nobody stopped it.
    pub async fn failed(&self) {
        let mut stage = self.stop.subscribe();
        // The sender is ours, so the channel cannot close before the stage is reached.
        drop(stage.wait_for(|stage| *stage == Stage::Failed).await);
    }

    /// Ends waiting polls, lets what is being answered finish, and closes the store.
    pub async fn stop(mut self) {
        info!("stopping");
        self.services.leave().await;
        self.stop.send_replace(Stage::Stopping);
        let drained = async { while self.serving.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN, drained).await.is_err() {
            warn!("calls were still being answered when the server stopped");
        }
        self.serving.shutdown().await;
        self.services.close().await;
        info!("stopped");
    }
}

async fn watch_store(watch: impl Future<Output = ()>, stopping: Stopping) {
    tokio::select! {
        () = watch => {}
        () = stopping.stopped() => {}
    }
}

impl Sockets {
    async fn bind(config: &Config) -> Result<Self, Error> {
        let grpc = listen::bind(&config.listen, "--port").await?;
        let http = match &config.http {
            Some(http) => listen::bind(&http.listen, "--http-port").await?,
            None => Vec::new(),
        };
        let ui = match &config.ui {
            Some(ui) => listen::bind(&ui.listen, "--ui-port").await?,
            None => Vec::new(),
        };
        Ok(Self { grpc, http, ui })
    }

    fn addresses(&self) -> Addresses {
        let of = |sockets: &[TcpListener]| sockets.iter().filter_map(|socket| socket.local_addr().ok()).collect();
        Addresses { grpc: of(&self.grpc), http: of(&self.http), ui: of(&self.ui) }
    }
}

fn http_port(config: &Config, services: &Services) -> Option<Router> {
    let http = config.http.as_ref()?;
    let front = Front {
        routes: services.routes(),
        settings: services.settings(),
        origins: http.origins.clone(),
        version: SERVER_VERSION,
    };
    Some(abide_http::front(front))
}

fn ui_port(
    config: &Config,
    services: &Services,
    addresses: &Addresses,
    stage: &watch::Receiver<Stage>,
) -> Option<Router> {
    let ui = config.ui.as_ref()?;
    let stopping = Stopping(stage.clone());
    let shown = |addresses: &[SocketAddr]| addresses.first().map(SocketAddr::to_string);
    let (inside, queues) = (services.inside(config), services.task_queues());
    let site = Site {
        routes: services.routes(),
        changes: services.changes(),
        public_path: ui.public_path.clone(),
        codec_endpoint: ui.codec_endpoint.clone(),
        switches: ui.switches.clone(),
        grpc_address: shown(&addresses.grpc).unwrap_or_default(),
        http_address: shown(&addresses.http),
        version: env!("CARGO_PKG_VERSION"),
        stopping: Box::new(move || Box::pin(stopping.clone().stopped())),
        inside: Box::new(move || inside.sections()),
        queues: Box::new(move |namespace| queues.names(namespace)),
    };
    Some(abide_web::port(Port { site, files: ui.assets.clone(), disable_news_fetch: ui.disable_news_fetch }))
}

async fn serve_http(socket: TcpListener, router: Router, stopping: Stopping, failed: watch::Sender<Stage>) {
    if let Err(cause) = abide_http::serve(socket, router, stopping.stopped()).await {
        tracing::error!(cause = crate::error::sentence(&cause), "serving ended");
        failed.send_if_modified(|stage| {
            *stage == Stage::Serving && std::mem::replace(stage, Stage::Failed) == Stage::Serving
        });
    }
}
