//! A Worker Deployment, for people and as JSON.

use abide_api::temporal::api::{
    deployment::v1::{RoutingConfig, WorkerDeploymentInfo, WorkerDeploymentVersion},
    enums::v1::VersionDrainageStatus,
};
use serde_json::{Value, json};

use crate::output::table::Header;
use crate::output::{Card, Column, Output, Table};
use crate::{json, time};

/// All of it, under a heading.
pub fn print(output: Output, info: &WorkerDeploymentInfo, heading: &str) {
    output.json(&whole(info));
    output.heading(heading);
    output.card(&card(output, info));
    if info.version_summaries.is_empty() {
        return;
    }
    let mut table = Table::new(["DeploymentName", "BuildID", "DrainageStatus", "CreateTime"].map(Column::text));
    for summary in &info.version_summaries {
        let version = summary.deployment_version.clone().unwrap_or_default();
        let drainage = drainage(summary.drainage_status()).to_owned();
        let created = output.time(summary.create_time.as_ref());
        table.row([version.deployment_name, version.build_id, drainage, created]);
    }
    output.text("");
    output.heading("Version Summaries:");
    output.table(&table, Header::Shown);
}

/// The words for how far a version is drained.
pub fn drainage(status: VersionDrainageStatus) -> &'static str {
    match status {
        VersionDrainageStatus::Unspecified => "unspecified",
        VersionDrainageStatus::Draining => "draining",
        VersionDrainageStatus::Drained => "drained",
    }
}

/// What goes where, as JSON.
pub fn routing(routing: &RoutingConfig) -> Value {
    let (current, ramping) = versions(routing);
    json!({
        "currentVersionDeploymentName": current.deployment_name,
        "currentVersionBuildID": current.build_id,
        "rampingVersionDeploymentName": ramping.deployment_name,
        "rampingVersionBuildID": ramping.build_id,
        "rampingVersionPercentage": json::float32(routing.ramping_version_percentage),
        "currentVersionChangedTime": time::go(routing.current_version_changed_time.as_ref()),
        "rampingVersionChangedTime": time::go(routing.ramping_version_changed_time.as_ref()),
        "rampingVersionPercentageChangedTime": time::go(routing.ramping_version_percentage_changed_time.as_ref()),
    })
}

/// The current version, and the one that is ramped up.
pub fn versions(routing: &RoutingConfig) -> (WorkerDeploymentVersion, WorkerDeploymentVersion) {
    let version = |version: &Option<WorkerDeploymentVersion>| version.clone().unwrap_or_default();
    (version(&routing.current_deployment_version), version(&routing.ramping_deployment_version))
}

/// A percentage; nothing for none.
pub fn percentage(value: f32) -> String {
    if value == 0.0 { String::new() } else { value.to_string() }
}

fn whole(info: &WorkerDeploymentInfo) -> Value {
    let summaries = info.version_summaries.iter().map(|summary| {
        let version = summary.deployment_version.clone().unwrap_or_default();
        json!({
            "deploymentName": version.deployment_name,
            "BuildID": version.build_id,
            "drainageStatus": drainage(summary.drainage_status()),
            "createTime": time::go(summary.create_time.as_ref()),
        })
    });
    let summaries: Vec<Value> = summaries.collect();
    json!({
        "name": info.name,
        "createTime": time::go(info.create_time.as_ref()),
        "lastModifierIdentity": info.last_modifier_identity,
        "routingConfig": routing(&info.routing_config.clone().unwrap_or_default()),
        "versionSummaries": if summaries.is_empty() { Value::Null } else { summaries.into() },
        "managerIdentity": info.manager_identity,
    })
}

fn card(output: Output, info: &WorkerDeploymentInfo) -> Card {
    let routing = info.routing_config.clone().unwrap_or_default();
    let (current, ramping) = versions(&routing);
    Card::new()
        .field("Name", &info.name)
        .field("CreateTime", output.time(info.create_time.as_ref()))
        .filled("LastModifierIdentity", &info.last_modifier_identity)
        .filled("ManagerIdentity", &info.manager_identity)
        .filled("CurrentVersionDeploymentName", current.deployment_name)
        .filled("CurrentVersionBuildID", current.build_id)
        .filled("RampingVersionDeploymentName", ramping.deployment_name)
        .filled("RampingVersionBuildID", ramping.build_id)
        .filled("RampingVersionPercentage", percentage(routing.ramping_version_percentage))
        .filled("CurrentVersionChangedTime", output.time(routing.current_version_changed_time.as_ref()))
        .filled("RampingVersionChangedTime", output.time(routing.ramping_version_changed_time.as_ref()))
        .filled(
            "RampingVersionPercentageChangedTime",
            output.time(routing.ramping_version_percentage_changed_time.as_ref()),
        )
}
