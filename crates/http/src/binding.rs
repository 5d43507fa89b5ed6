//! The table of routes: which RPC of the public API answers which HTTP request. Every RPC that has a route at all has a short
//! one and one under `/api/v1`. The table says what the protocol's own annotations say, which its compiled descriptors have
//! lost on their way here; a test reads them where they are written.

/// What is asked of a path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Verb {
    Get,
    Post,
    Delete,
}

/// One row of the table. A request of [`Verb::Post`] carries the message as its body; the others have it in their query.
/// Names in braces are fields of the message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Binding {
    pub(crate) verb: Verb,
    pub(crate) rpc: &'static str,
    /// The path, without `/api/v1` if it is the same with it.
    short: &'static str,
    /// The path under `/api/v1`, if it is another.
    long: Option<&'static str>,
}

/// What the paths of this version of the API begin with.
pub const PREFIX: &str = "/api/v1";

impl Binding {
    /// Its two paths: the short one, and the one under [`PREFIX`].
    pub(crate) fn paths(&self) -> [String; 2] {
        [self.short.to_owned(), self.long.map_or_else(|| format!("{PREFIX}{}", self.short), str::to_owned)]
    }
}

/// A service, and the routes of its RPCs.
pub(crate) struct Service {
    /// Its full name.
    pub(crate) name: &'static str,
    pub(crate) bindings: &'static [Binding],
}

const fn both(verb: Verb, rpc: &'static str, path: &'static str) -> Binding {
    Binding { verb, rpc, short: path, long: None }
}

const fn each(verb: Verb, rpc: &'static str, short: &'static str, long: &'static str) -> Binding {
    Binding { verb, rpc, short, long: Some(long) }
}

/// All services that have routes.
pub(crate) const SERVICES: [Service; 2] = [
    Service { name: "temporal.api.workflowservice.v1.WorkflowService", bindings: WORKFLOW },
    Service { name: "temporal.api.operatorservice.v1.OperatorService", bindings: OPERATOR },
];

#[rustfmt::skip]
const WORKFLOW: &[Binding] = {
    use Verb::{Delete, Get, Post};
    &[
        each(Post, "RegisterNamespace", "/cluster/namespaces", "/api/v1/namespaces"),
        each(Get, "DescribeNamespace", "/cluster/namespaces/{namespace}", "/api/v1/namespaces/{namespace}"),
        each(Get, "ListNamespaces", "/cluster/namespaces", "/api/v1/namespaces"),
        each(Post, "UpdateNamespace", "/cluster/namespaces/{namespace}/update", "/api/v1/namespaces/{namespace}/update"),
        both(Post, "StartWorkflowExecution", "/namespaces/{namespace}/workflows/{workflow_id}"),
        both(Get, "GetWorkflowExecutionHistory", "/namespaces/{namespace}/workflows/{execution.workflow_id}/history"),
        both(Get, "GetWorkflowExecutionHistoryReverse", "/namespaces/{namespace}/workflows/{execution.workflow_id}/history-reverse"),
        both(Post, "RecordActivityTaskHeartbeat", "/namespaces/{namespace}/activity-heartbeat"),
        both(Post, "RecordActivityTaskHeartbeatById", "/namespaces/{namespace}/activities/{activity_id}/heartbeat"),
        both(Post, "RecordActivityTaskHeartbeatById", "/namespaces/{namespace}/workflows/{workflow_id}/activities/{activity_id}/heartbeat"),
        both(Post, "RespondActivityTaskCompleted", "/namespaces/{namespace}/activity-complete"),
        both(Post, "RespondActivityTaskCompletedById", "/namespaces/{namespace}/activities/{activity_id}/complete"),
        both(Post, "RespondActivityTaskCompletedById", "/namespaces/{namespace}/workflows/{workflow_id}/activities/{activity_id}/complete"),
        both(Post, "RespondActivityTaskFailed", "/namespaces/{namespace}/activity-fail"),
        both(Post, "RespondActivityTaskFailedById", "/namespaces/{namespace}/activities/{activity_id}/fail"),
        both(Post, "RespondActivityTaskFailedById", "/namespaces/{namespace}/workflows/{workflow_id}/activities/{activity_id}/fail"),
        both(Post, "RespondActivityTaskCanceled", "/namespaces/{namespace}/activity-resolve-as-canceled"),
        both(Post, "RespondActivityTaskCanceledById", "/namespaces/{namespace}/activities/{activity_id}/resolve-as-canceled"),
        both(Post, "RespondActivityTaskCanceledById", "/namespaces/{namespace}/workflows/{workflow_id}/activities/{activity_id}/resolve-as-canceled"),
        both(Post, "RequestCancelWorkflowExecution", "/namespaces/{namespace}/workflows/{workflow_execution.workflow_id}/cancel"),
        both(Post, "SignalWorkflowExecution", "/namespaces/{namespace}/workflows/{workflow_execution.workflow_id}/signal/{signal_name}"),
        both(Post, "SignalWithStartWorkflowExecution", "/namespaces/{namespace}/workflows/{workflow_id}/signal-with-start/{signal_name}"),
        both(Post, "ResetWorkflowExecution", "/namespaces/{namespace}/workflows/{workflow_execution.workflow_id}/reset"),
        both(Post, "TerminateWorkflowExecution", "/namespaces/{namespace}/workflows/{workflow_execution.workflow_id}/terminate"),
        both(Get, "ListWorkflowExecutions", "/namespaces/{namespace}/workflows"),
        both(Get, "ListArchivedWorkflowExecutions", "/namespaces/{namespace}/archived-workflows"),
        both(Get, "CountWorkflowExecutions", "/namespaces/{namespace}/workflow-count"),
        both(Post, "QueryWorkflow", "/namespaces/{namespace}/workflows/{execution.workflow_id}/query/{query.query_type}"),
        both(Get, "DescribeWorkflowExecution", "/namespaces/{namespace}/workflows/{execution.workflow_id}"),
        both(Get, "DescribeTaskQueue", "/namespaces/{namespace}/task-queues/{task_queue.name}"),
        each(Get, "GetClusterInfo", "/cluster", "/api/v1/cluster-info"),
        both(Get, "GetSystemInfo", "/system-info"),
        both(Post, "CreateSchedule", "/namespaces/{namespace}/schedules/{schedule_id}"),
        both(Get, "DescribeSchedule", "/namespaces/{namespace}/schedules/{schedule_id}"),
        both(Post, "UpdateSchedule", "/namespaces/{namespace}/schedules/{schedule_id}/update"),
        both(Post, "PatchSchedule", "/namespaces/{namespace}/schedules/{schedule_id}/patch"),
        both(Get, "ListScheduleMatchingTimes", "/namespaces/{namespace}/schedules/{schedule_id}/matching-times"),
        both(Delete, "DeleteSchedule", "/namespaces/{namespace}/schedules/{schedule_id}"),
        both(Get, "ListSchedules", "/namespaces/{namespace}/schedules"),
        both(Get, "CountSchedules", "/namespaces/{namespace}/schedule-count"),
        both(Get, "GetWorkerBuildIdCompatibility", "/namespaces/{namespace}/task-queues/{task_queue}/worker-build-id-compatibility"),
        both(Get, "GetWorkerVersioningRules", "/namespaces/{namespace}/task-queues/{task_queue}/worker-versioning-rules"),
        both(Get, "GetWorkerTaskReachability", "/namespaces/{namespace}/worker-task-reachability"),
        both(Get, "DescribeDeployment", "/namespaces/{namespace}/deployments/{deployment.series_name}/{deployment.build_id}"),
        both(Get, "DescribeWorkerDeploymentVersion", "/namespaces/{namespace}/worker-deployment-versions/{deployment_version.deployment_name}/{deployment_version.build_id}"),
        both(Get, "ListDeployments", "/namespaces/{namespace}/deployments"),
        both(Get, "GetDeploymentReachability", "/namespaces/{namespace}/deployments/{deployment.series_name}/{deployment.build_id}/reachability"),
        both(Get, "GetCurrentDeployment", "/namespaces/{namespace}/current-deployment/{series_name}"),
        both(Post, "SetCurrentDeployment", "/namespaces/{namespace}/current-deployment/{deployment.series_name}"),
        both(Post, "SetWorkerDeploymentCurrentVersion", "/namespaces/{namespace}/worker-deployments/{deployment_name}/set-current-version"),
        both(Get, "DescribeWorkerDeployment", "/namespaces/{namespace}/worker-deployments/{deployment_name}"),
        both(Delete, "DeleteWorkerDeployment", "/namespaces/{namespace}/worker-deployments/{deployment_name}"),
        both(Delete, "DeleteWorkerDeploymentVersion", "/namespaces/{namespace}/worker-deployment-versions/{deployment_version.deployment_name}/{deployment_version.build_id}"),
        both(Post, "SetWorkerDeploymentRampingVersion", "/namespaces/{namespace}/worker-deployments/{deployment_name}/set-ramping-version"),
        both(Get, "ListWorkerDeployments", "/namespaces/{namespace}/worker-deployments"),
        both(Post, "CreateWorkerDeployment", "/namespaces/{namespace}/worker-deployments/{deployment_name}"),
        both(Post, "CreateWorkerDeploymentVersion", "/namespaces/{namespace}/worker-deployment-versions/{deployment_version.deployment_name}"),
        both(Post, "UpdateWorkerDeploymentVersionComputeConfig", "/namespaces/{namespace}/worker-deployment-versions/{deployment_version.deployment_name}/{deployment_version.build_id}/update-compute-config"),
        both(Post, "ValidateWorkerDeploymentVersionComputeConfig", "/namespaces/{namespace}/worker-deployment-versions/{deployment_version.deployment_name}/{deployment_version.build_id}/validate-compute-config"),
        both(Post, "UpdateWorkerDeploymentVersionMetadata", "/namespaces/{namespace}/worker-deployment-versions/{deployment_version.deployment_name}/{deployment_version.build_id}/update-metadata"),
        both(Post, "SetWorkerDeploymentManager", "/namespaces/{namespace}/worker-deployments/{deployment_name}/set-manager"),
        both(Post, "UpdateWorkflowExecution", "/namespaces/{namespace}/workflows/{workflow_execution.workflow_id}/update/{request.input.name}"),
        both(Post, "StartBatchOperation", "/namespaces/{namespace}/batch-operations/{job_id}"),
        both(Post, "StopBatchOperation", "/namespaces/{namespace}/batch-operations/{job_id}/stop"),
        both(Get, "DescribeBatchOperation", "/namespaces/{namespace}/batch-operations/{job_id}"),
        both(Get, "ListBatchOperations", "/namespaces/{namespace}/batch-operations"),
        both(Post, "UpdateActivityOptions", "/namespaces/{namespace}/activities-deprecated/update-options"),
        both(Post, "UpdateWorkflowExecutionOptions", "/namespaces/{namespace}/workflows/{workflow_execution.workflow_id}/update-options"),
        both(Post, "PauseActivity", "/namespaces/{namespace}/activities-deprecated/pause"),
        both(Post, "UnpauseActivity", "/namespaces/{namespace}/activities-deprecated/unpause"),
        both(Post, "ResetActivity", "/namespaces/{namespace}/activities-deprecated/reset"),
        both(Post, "CreateWorkflowRule", "/namespaces/{namespace}/workflow-rules"),
        both(Get, "DescribeWorkflowRule", "/namespaces/{namespace}/workflow-rules/{rule_id}"),
        both(Delete, "DeleteWorkflowRule", "/namespaces/{namespace}/workflow-rules/{rule_id}"),
        both(Get, "ListWorkflowRules", "/namespaces/{namespace}/workflow-rules"),
        both(Post, "TriggerWorkflowRule", "/namespaces/{namespace}/workflows/{execution.workflow_id}/trigger-rule"),
        both(Post, "RecordWorkerHeartbeat", "/namespaces/{namespace}/workers/heartbeat"),
        both(Get, "ListWorkers", "/namespaces/{namespace}/workers"),
        both(Get, "CountWorkers", "/namespaces/{namespace}/worker-count"),
        both(Post, "UpdateTaskQueueConfig", "/namespaces/{namespace}/task-queues/{task_queue}/update-config"),
        both(Post, "FetchWorkerConfig", "/namespaces/{namespace}/workers/fetch-config"),
        both(Post, "UpdateWorkerConfig", "/namespaces/{namespace}/workers/update-config"),
        both(Get, "DescribeWorker", "/namespaces/{namespace}/workers/describe/{worker_instance_key}"),
        both(Post, "PauseWorkflowExecution", "/namespaces/{namespace}/workflows/{workflow_id}/pause"),
        both(Post, "UnpauseWorkflowExecution", "/namespaces/{namespace}/workflows/{workflow_id}/unpause"),
        both(Post, "StartActivityExecution", "/namespaces/{namespace}/activities/{activity_id}"),
        both(Post, "StartNexusOperationExecution", "/namespaces/{namespace}/nexus-operations/{operation_id}"),
        both(Get, "DescribeActivityExecution", "/namespaces/{namespace}/activities/{activity_id}"),
        both(Get, "DescribeNexusOperationExecution", "/namespaces/{namespace}/nexus-operations/{operation_id}"),
        both(Get, "PollActivityExecution", "/namespaces/{namespace}/activities/{activity_id}/outcome"),
        both(Get, "PollNexusOperationExecution", "/namespaces/{namespace}/nexus-operations/{operation_id}/poll"),
        both(Get, "ListActivityExecutions", "/namespaces/{namespace}/activities"),
        both(Get, "ListNexusOperationExecutions", "/namespaces/{namespace}/nexus-operations"),
        both(Get, "CountActivityExecutions", "/namespaces/{namespace}/activity-count"),
        both(Get, "CountNexusOperationExecutions", "/namespaces/{namespace}/nexus-operation-count"),
        both(Post, "RequestCancelActivityExecution", "/namespaces/{namespace}/activities/{activity_id}/cancel"),
        both(Post, "RequestCancelNexusOperationExecution", "/namespaces/{namespace}/nexus-operations/{operation_id}/cancel"),
        both(Post, "TerminateActivityExecution", "/namespaces/{namespace}/activities/{activity_id}/terminate"),
        both(Post, "PauseActivityExecution", "/namespaces/{namespace}/activities/{activity_id}/pause"),
        both(Post, "PauseActivityExecution", "/namespaces/{namespace}/workflows/{workflow_id}/activities/{activity_id}/pause"),
        both(Post, "ResetActivityExecution", "/namespaces/{namespace}/activities/{activity_id}/reset"),
        both(Post, "ResetActivityExecution", "/namespaces/{namespace}/workflows/{workflow_id}/activities/{activity_id}/reset"),
        both(Post, "UnpauseActivityExecution", "/namespaces/{namespace}/activities/{activity_id}/unpause"),
        both(Post, "UnpauseActivityExecution", "/namespaces/{namespace}/workflows/{workflow_id}/activities/{activity_id}/unpause"),
        both(Post, "UpdateActivityExecutionOptions", "/namespaces/{namespace}/activities/{activity_id}/update-options"),
        both(Post, "UpdateActivityExecutionOptions", "/namespaces/{namespace}/workflows/{workflow_id}/activities/{activity_id}/update-options"),
        both(Post, "TerminateNexusOperationExecution", "/namespaces/{namespace}/nexus-operations/{operation_id}/terminate"),
        both(Get, "PollWorkflowExecutionTimeSkipping", "/namespaces/{namespace}/workflows/{workflow_execution.workflow_id}/time-skipping/poll"),
    ]
};

#[rustfmt::skip]
const OPERATOR: &[Binding] = {
    use Verb::{Delete, Get, Post};
    &[
        each(Get, "ListSearchAttributes", "/cluster/namespaces/{namespace}/search-attributes", "/api/v1/namespaces/{namespace}/search-attributes"),
        each(Get, "GetNexusEndpoint", "/cluster/nexus/endpoints/{id}", "/api/v1/nexus/endpoints/{id}"),
        each(Post, "CreateNexusEndpoint", "/cluster/nexus/endpoints", "/api/v1/nexus/endpoints"),
        each(Post, "UpdateNexusEndpoint", "/cluster/nexus/endpoints/{id}/update", "/api/v1/nexus/endpoints/{id}/update"),
        each(Delete, "DeleteNexusEndpoint", "/cluster/nexus/endpoints/{id}", "/api/v1/nexus/endpoints/{id}"),
        each(Get, "ListNexusEndpoints", "/cluster/nexus/endpoints", "/api/v1/nexus/endpoints"),
    ]
};

#[cfg(test)]
mod tests;
