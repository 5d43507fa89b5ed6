//! What a worker says of itself.

use abide_api::temporal::api::{
    common::v1::WorkerVersionCapabilities, deployment::v1::WorkerDeploymentOptions, enums::v1::WorkerVersioningMode,
};

use crate::status::Refusal;

const VERSIONED: Refusal = Refusal::NotSupported("worker versioning is not supported yet");

/// The build that a worker that polls is stamped with. A worker that asks to be given only its own version's tasks is
/// refused, since it would be given all.
pub fn build_id(
    deployment: Option<&WorkerDeploymentOptions>,
    capabilities: Option<&WorkerVersionCapabilities>,
) -> Result<String, Refusal> {
    let versioned = match (deployment, capabilities) {
        (Some(deployment), _) => deployment.worker_versioning_mode() == WorkerVersioningMode::Versioned,
        (None, Some(capabilities)) => capabilities.use_versioning,
        (None, None) => false,
    };
    if versioned {
        return Err(VERSIONED);
    }
    Ok(capabilities.map(|capabilities| capabilities.build_id.clone()).unwrap_or_default())
}
