//! A node: started, serving, stopped. Stopping is prompt: polls end with nothing, what is being answered is answered
//! within a second, and the store is closed behind it.

use std::net::SocketAddr;
use std::time::Duration;

use abide_cluster::{Error as ClusterError, Matching};
use abide_engine::namespace::{Register, Update};
use abide_model::NamespaceId;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tracing::{info, warn};
use uuid::Uuid;

use crate::config::{Config, NamespaceSettings};
use crate::error::Error;
use crate::roles::Roles;
use crate::{dynamic, listen};

/// How long calls that are being answered may still take when the node stops.
const DRAIN: Duration = Duration::from_secs(1);
/// A silent connection is asked whether it still lives after this.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(60);
/// ... and is closed when it has not answered within this.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// What load balancers ask the health service about.
const WORKFLOW_SERVICE: &str = "temporal.api.workflowservice.v1.WorkflowService";

/// A node that serves.
pub struct Node {
    addresses: Vec<SocketAddr>,
    roles: Roles,
    health: HealthReporter,
    serving: JoinSet<()>,
    stop: watch::Sender<Stage>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Serving,
    Failed,
    Stopping,
}

impl Node {
    /// Binds, opens the store, starts the roles, serves. When it returns, clients are answered.
    pub async fn start(config: Config) -> Result<Self, Error> {
        let settings = dynamic::settings(&config.dynamic_config);
        // The port comes first: a second server must not even look at the first one's data.
        let sockets = listen::bind(&config.listen).await?;
        let addresses = sockets.iter().filter_map(|socket| socket.local_addr().ok()).collect();
        let roles = Roles::start(&config, settings).await?;
        if let Err(error) = set_up_namespaces(&roles, &config).await {
            roles.stop().await;
            return Err(error);
        }
        let router = abide_frontend::router(roles.frontend()).await;
        let router = router.map_err(|cause| Error::Role(crate::error::sentence(&cause)))?;
        let (stop, stage) = watch::channel(Stage::Serving);
        let mut serving = JoinSet::new();
        for socket in sockets {
            serving.spawn(serve(socket, router.routes.clone(), stage.clone(), stop.clone()));
        }
        info!(?addresses, data = ?config.data, "serving");
        Ok(Self { addresses, roles, health: router.health, serving, stop })
    }

    /// Where gRPC is served; the first one is the one to show.
    pub fn addresses(&self) -> &[SocketAddr] {
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
        self.health.set_service_status(WORKFLOW_SERVICE, ServingStatus::NotServing).await;
        self.roles.matching.close();
        self.stop.send_replace(Stage::Stopping);
        let drained = async { while self.serving.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN, drained).await.is_err() {
            warn!("calls were still being answered when the server stopped");
        }
        self.serving.shutdown().await;
        self.roles.stop().await;
        info!("stopped");
    }
}

async fn serve(socket: TcpListener, routes: Routes, mut stage: watch::Receiver<Stage>, failed: watch::Sender<Stage>) {
    let stopping = async move { drop(stage.wait_for(|stage| *stage == Stage::Stopping).await) };
    let mut server = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .http2_adaptive_window(Some(true));
    let served = server.add_routes(routes).serve_with_incoming_shutdown(incoming(socket), stopping).await;
    if let Err(cause) = served {
        tracing::error!(cause = crate::error::sentence(&cause), "serving ended");
        failed.send_if_modified(|stage| {
            *stage == Stage::Serving && std::mem::replace(stage, Stage::Failed) == Stage::Serving
        });
    }
}

// Small answers must not wait for each other's acknowledgement.
fn incoming(socket: TcpListener) -> impl tokio_stream::Stream<Item = std::io::Result<tokio::net::TcpStream>> {
    use tokio_stream::StreamExt;
    TcpListenerStream::new(socket).map(|accepted| accepted.inspect(|stream| drop(stream.set_nodelay(true))))
}

async fn set_up_namespaces(roles: &Roles, config: &Config) -> Result<(), Error> {
    for settings in &config.namespaces {
        let failed = |cause: ClusterError| Error::Namespace { name: settings.name.clone(), cause: words_of(cause) };
        set_up_namespace(roles, config, settings).await.map_err(failed)?;
    }
    Ok(())
}

// A namespace that is there keeps its retention: somebody may have changed it.
async fn set_up_namespace(roles: &Roles, config: &Config, settings: &NamespaceSettings) -> Result<(), ClusterError> {
    let search_attributes = config.search_attributes.iter().map(|(name, kind)| (name.clone(), *kind as i32)).collect();
    match roles.namespaces.by_name(&settings.name) {
        Ok(_) => {
            let update = Update { search_attributes, ..Update::default() };
            roles.namespaces.update(settings.name.clone(), update).await?;
        }
        Err(ClusterError::NamespaceNotFound(_)) => {
            let register = Register {
                id: Some(NamespaceId(Uuid::now_v7())),
                name: settings.name.clone(),
                retention: settings.retention,
                search_attributes,
                ..Register::default()
            };
            roles.namespaces.register(register).await?;
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

fn words_of(error: ClusterError) -> String {
    match error {
        ClusterError::NamespaceInvalid(why) | ClusterError::Unavailable(why) | ClusterError::Internal(why) => why,
        other => format!("{other:?}"),
    }
}
