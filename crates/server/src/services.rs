//! Everything of a node but its sockets: the roles on given seams, the namespaces set up, the routes to serve.

use std::sync::Arc;

use abide_cluster::{Changes, Error as ClusterError};
use abide_engine::namespace::{Register, Update};
use abide_frontend::Grpc;
use abide_matching::TaskQueues;
use abide_model::{NamespaceId, SettingsView, fresh};
use tokio::task::JoinSet;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::config::{Config, NamespaceSettings};
use crate::dynamic::{Known, Sources};
use crate::error::Error;
use crate::inside::Inside;
use crate::roles::Roles;
use crate::seams::Seams;

/// What load balancers ask the health service about.
const WORKFLOW_SERVICE: &str = "temporal.api.workflowservice.v1.WorkflowService";

/// Everything of a node but its sockets. Dropped without [`Services::close`], it ends as in a crash.
pub struct Services {
    roles: Roles,
    routes: Routes,
    grpc: Grpc,
    health: HealthReporter,
    /// What was set.
    known: Known,
    /// What goes on by itself. Ends when this is dropped.
    watching: JoinSet<()>,
}

impl Services {
    /// Starts the roles on these seams. When it returns, the routes answer.
    pub async fn start(config: &Config, seams: Seams) -> Result<Self, Error> {
        let (flags, file) = (config.dynamic_config.clone(), config.dynamic_config_file.clone());
        let sources = Sources { flags, file, ..Sources::default() };
        let known = sources.known.clone();
        let settings = Arc::new(sources.read().map_err(Error::Settings)?);
        let roles = Roles::start(config, settings.clone(), seams).await?;
        if let Err(error) = set_up_namespaces(&roles, config).await {
            roles.stop().await;
            return Err(error);
        }
        let router = abide_frontend::router(roles.frontend()).await;
        let mut watching = JoinSet::new();
        watching.spawn(sources.watch(settings));
        watching.spawn(abide_frontend::drive_batches(roles.frontend()));
        Ok(Self { roles, routes: router.routes, grpc: router.grpc, health: router.health, known, watching })
    }

    /// Every gRPC service, by path.
    pub fn routes(&self) -> Routes {
        self.routes.clone()
    }

    /// The same, for the gRPC port.
    pub fn grpc(&self) -> Grpc {
        self.grpc.clone()
    }

    /// Where pages hear that what they show has changed.
    pub fn changes(&self) -> Arc<Changes> {
        self.roles.changes()
    }

    /// What the node says of itself.
    pub(crate) fn inside(&self, config: &Config) -> Inside {
        self.roles.inside(config, self.known.clone())
    }

    /// Who knows the names of task queues.
    pub(crate) fn task_queues(&self) -> Arc<TaskQueues> {
        self.roles.task_queues()
    }

    /// What whoever runs the server has set.
    pub fn settings(&self) -> SettingsView {
        self.roles.frontend().settings
    }

    /// Tells load balancers and people when the store has failed: everything is refused from then on.
    pub fn watch_store(&self) -> impl Future<Output = ()> + use<> {
        let (failed, health) = (self.roles.store.failed(), self.health.clone());
        async move {
            let why = failed.await;
            tracing::error!(%why, "the store has failed: nothing is accepted until the server is started anew");
            // Also for those who ask about the server as a whole.
            for service in [WORKFLOW_SERVICE, ""] {
                health.set_service_status(service, ServingStatus::NotServing).await;
            }
        }
    }

    /// Says that the node is leaving, and ends polls with nothing.
    pub async fn leave(&self) {
        self.health.set_service_status(WORKFLOW_SERVICE, ServingStatus::NotServing).await;
        self.roles.end_polls();
    }

    /// Ends the roles, and closes the store behind what was acknowledged.
    pub async fn close(mut self) {
        self.watching.abort_all();
        self.roles.stop().await;
    }
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
                id: Some(NamespaceId(fresh::uuid())),
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
