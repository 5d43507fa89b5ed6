//! What a worker says of itself.

use abide_api::temporal::api::{
    common::v1::WorkerVersionCapabilities, deployment::v1::WorkerDeploymentOptions, enums::v1::WorkerVersioningMode,
};

use crate::status::Refusal;

const VERSIONED: Refusal = Refusal::NotSupported("worker versioning is not supported yet");

/// The build of a worker that polls. A worker that asks to be given only its own version's tasks is refused, since it
/// would be given all.
pub fn build_id(
    deployment: Option<&WorkerDeploymentOptions>,
    capabilities: Option<&WorkerVersionCapabilities>,
    binary_checksum: &str,
) -> Result<String, Refusal> {
    if let Some(deployment) = deployment {
        if deployment.worker_versioning_mode() == WorkerVersioningMode::Versioned {
            return Err(VERSIONED);
        }
        return Ok(deployment.build_id.clone());
    }
    match capabilities {
        Some(capabilities) if capabilities.use_versioning => Err(VERSIONED),
        Some(capabilities) => Ok(capabilities.build_id.clone()),
        None => Ok(binary_checksum.to_owned()),
    }
}
