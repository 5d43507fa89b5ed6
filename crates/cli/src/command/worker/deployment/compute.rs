//! Where the workers of a version run, when the server starts them: from flags to messages, and in words.

use abide_api::temporal::api::{
    common::v1::Payload,
    compute::v1::{ComputeConfig, ComputeConfigScalingGroup, ComputeProvider, ComputeScaler},
};
use clap::Args;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::input;

/// The only group of workers that the command line knows.
pub const GROUP: &str = "default";

const LAMBDA: &str = "aws-lambda";
const CLOUD_RUN: &str = "gcp-cloud-run";

/// Where workers run.
#[derive(Args, Debug)]
pub struct Compute {
    /// The function of AWS Lambda that runs workers.
    #[arg(long, default_value = "")]
    aws_lambda_function_arn: String,
    /// The role in which it is called.
    #[arg(long, default_value = "")]
    aws_lambda_assume_role_arn: String,
    /// The external id of that role.
    #[arg(long, default_value = "")]
    aws_lambda_assume_role_external_id: String,
    /// Call it in no role.
    #[arg(long)]
    aws_lambda_skip_role_and_external_id: bool,
    /// The project of Google Cloud Run that runs workers.
    #[arg(long, default_value = "")]
    gcp_cloud_run_project: String,
    /// Its region.
    #[arg(long, default_value = "")]
    gcp_cloud_run_region: String,
    /// Its pool of workers.
    #[arg(long, default_value = "")]
    gcp_cloud_run_worker_pool: String,
    /// The service account in whose name it is scaled.
    #[arg(long, default_value = "")]
    gcp_cloud_run_service_account: String,
    #[command(flatten)]
    scaling: Scaling,
}

/// How many instances there are; all or none of these.
#[derive(Args, Debug)]
struct Scaling {
    /// The fewest instances.
    #[arg(long)]
    gcp_cloud_run_min_instances: Option<i32>,
    /// The most instances.
    #[arg(long)]
    gcp_cloud_run_max_instances: Option<i32>,
    /// The instances at the beginning.
    #[arg(long)]
    gcp_cloud_run_initial_instances: Option<i32>,
    /// How busy instances are to be, up to 1.
    #[arg(long)]
    gcp_cloud_run_utilization_target: Option<f32>,
}

impl Compute {
    /// Whether any of it is given.
    pub fn is_given(&self) -> bool {
        self.names_lambda() || self.names_cloud_run() || self.scaling.is_given()
    }

    /// Whether only the number of instances is given.
    pub fn is_scaling_only(&self) -> bool {
        !self.names_lambda() && !self.names_cloud_run() && self.scaling.is_given()
    }

    /// The group of workers, if flags say where they run.
    pub fn group(&self) -> Result<Option<ComputeConfigScalingGroup>> {
        let (kind, details, scaler) = match (self.names_lambda(), self.names_cloud_run()) {
            (true, true) => {
                return Err(Error::new(
                    "cannot combine --aws-lambda-* and --gcp-cloud-run-* flags; a Worker Deployment Version supports a \
                     single compute provider",
                ));
            }
            (false, false) => return Ok(None),
            (true, false) => (LAMBDA, self.lambda()?, "no-sync"),
            (false, true) => (CLOUD_RUN, self.cloud_run()?, "rate-based"),
        };
        if kind != CLOUD_RUN && self.scaling.is_given() {
            return Err(Error::new("the Cloud Run scaling flags are only valid with --gcp-cloud-run-worker-pool"));
        }
        Ok(Some(ComputeConfigScalingGroup {
            provider: Some(ComputeProvider {
                r#type: kind.into(),
                details: Some(payload(&details)),
                ..ComputeProvider::default()
            }),
            scaler: Some(ComputeScaler { r#type: scaler.into(), details: self.scaling()? }),
            ..ComputeConfigScalingGroup::default()
        }))
    }

    /// How many instances, if flags say so.
    pub fn scaling(&self) -> Result<Option<Payload>> {
        Ok(self.scaling.details()?.map(|details| payload(&details)))
    }

    fn names_lambda(&self) -> bool {
        !self.aws_lambda_function_arn.is_empty()
            || !self.aws_lambda_assume_role_arn.is_empty()
            || !self.aws_lambda_assume_role_external_id.is_empty()
    }

    fn names_cloud_run(&self) -> bool {
        let flags = [
            &self.gcp_cloud_run_project,
            &self.gcp_cloud_run_region,
            &self.gcp_cloud_run_worker_pool,
            &self.gcp_cloud_run_service_account,
        ];
        flags.iter().any(|flag| !flag.is_empty())
    }

    fn lambda(&self) -> Result<Value> {
        let missing = |name: &str| Err(Error::new(format!("missing required AWS Lambda provider detail: {name}")));
        let (role, external) = (&self.aws_lambda_assume_role_arn, &self.aws_lambda_assume_role_external_id);
        if self.aws_lambda_function_arn.is_empty() {
            return missing("arn");
        }
        let mut details = Map::from_iter([("arn".to_owned(), Value::from(self.aws_lambda_function_arn.as_str()))]);
        for (name, value) in [("role", role), ("role_external_id", external)] {
            match (value.is_empty(), self.aws_lambda_skip_role_and_external_id) {
                (true, false) => return missing(name),
                (false, true) => {
                    let flag = "--aws-lambda-skip-role-and-external-id";
                    let both = format!("AWS Lambda provider detail {name:?} must not be set when {flag} is passed");
                    return Err(Error::new(both));
                }
                (true, true) => {}
                (false, false) => drop(details.insert(name.into(), value.as_str().into())),
            }
        }
        Ok(Value::Object(details))
    }

    fn cloud_run(&self) -> Result<Value> {
        let details = [
            ("project", &self.gcp_cloud_run_project),
            ("region", &self.gcp_cloud_run_region),
            ("worker_pool", &self.gcp_cloud_run_worker_pool),
            ("service_account", &self.gcp_cloud_run_service_account),
        ];
        match details.iter().find(|(_, value)| value.is_empty()) {
            Some((name, _)) => Err(Error::new(format!("missing required GCP Cloud Run provider detail: {name}"))),
            None => Ok(details.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))).collect()),
        }
    }
}

impl Scaling {
    fn is_given(&self) -> bool {
        self.gcp_cloud_run_min_instances.is_some()
            || self.gcp_cloud_run_max_instances.is_some()
            || self.gcp_cloud_run_initial_instances.is_some()
            || self.gcp_cloud_run_utilization_target.is_some()
    }

    fn details(&self) -> Result<Option<Value>> {
        let all = (
            self.gcp_cloud_run_min_instances,
            self.gcp_cloud_run_max_instances,
            self.gcp_cloud_run_initial_instances,
            self.gcp_cloud_run_utilization_target,
        );
        let (Some(min), Some(max), Some(initial), Some(target)) = all else {
            if !self.is_given() {
                return Ok(None);
            }
            return Err(Error::new(
                "--gcp-cloud-run-min-instances, --gcp-cloud-run-max-instances, --gcp-cloud-run-initial-instances, and \
                 --gcp-cloud-run-utilization-target must be set together",
            ));
        };
        let between = "--gcp-cloud-run-initial-instances must be between --gcp-cloud-run-min-instances and \
                       --gcp-cloud-run-max-instances";
        let refusals = [
            (min < 0, "--gcp-cloud-run-min-instances cannot be negative"),
            (max < 1, "--gcp-cloud-run-max-instances must be at least 1"),
            (min > max, "--gcp-cloud-run-min-instances cannot exceed --gcp-cloud-run-max-instances"),
            (initial < min || initial > max, between),
            (target <= 0.0 || target > 1.0, "--gcp-cloud-run-utilization-target must be greater than 0 and at most 1"),
        ];
        match refusals.into_iter().find(|(refused, _)| *refused) {
            Some((_, why)) => Err(Error::new(why)),
            None => Ok(Some(json!({
                "min_count": min, "max_count": max, "initial_count": initial, "utilization_target": target,
            }))),
        }
    }
}

fn payload(value: &Value) -> Payload {
    input::json_payload(&value.to_string())
}

/// Where workers run, as JSON; nothing when nobody said.
pub fn shown(config: Option<&ComputeConfig>) -> Option<Value> {
    let groups = &config?.scaling_groups;
    let group = |(name, group): (&String, &ComputeConfigScalingGroup)| {
        let mut shown = Map::new();
        if let Some(provider) = &group.provider {
            shown.insert("provider".into(), json!({ "type": provider.r#type }));
        }
        if let Some(scaler) = &group.scaler {
            let mut fields = Map::from_iter([("type".to_owned(), Value::from(scaler.r#type.as_str()))]);
            let names = [
                ("min_count", "minInstances"),
                ("max_count", "maxInstances"),
                ("initial_count", "initialInstances"),
                ("utilization_target", "utilizationTarget"),
            ];
            for (from, to) in names {
                if let Some(value) = detail(scaler, from) {
                    fields.insert(to.into(), value);
                }
            }
            shown.insert("scaler".into(), Value::Object(fields));
        }
        (!shown.is_empty()).then(|| (name.clone(), Value::Object(shown)))
    };
    let groups: Map<String, Value> = groups.iter().filter_map(group).collect();
    (!groups.is_empty()).then(|| json!({ "scalingGroups": groups }))
}

/// Where workers run, in a line.
pub fn summary(config: Option<&ComputeConfig>) -> String {
    let mut lines: Vec<String> = Vec::new();
    for group in config.iter().flat_map(|config| config.scaling_groups.values()) {
        let Some(provider) = &group.provider else { continue };
        let names = [
            ("min_count", "min"),
            ("initial_count", "initial"),
            ("max_count", "max"),
            ("utilization_target", "utilization"),
        ];
        let scaler = group.scaler.clone().unwrap_or_default();
        let parts: Vec<String> =
            names.iter().filter_map(|(from, to)| Some(format!("{to} {}", detail(&scaler, from)?))).collect();
        let line = if parts.is_empty() {
            provider.r#type.clone()
        } else {
            format!("{} ({})", provider.r#type, parts.join(", "))
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join(",")
}

fn detail(scaler: &ComputeScaler, name: &str) -> Option<Value> {
    let details: Value = serde_json::from_slice(&scaler.details.as_ref()?.data).ok()?;
    details.get(name).filter(|value| value.is_number()).cloned()
}
