//! The table of RPCs: one row for each that is served, and all that is true of an RPC as a whole. What is not in the
//! table answers `UNIMPLEMENTED` by itself.

/// What a caller must be allowed to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Look.
    Read,
    /// Change what is inside a namespace.
    Write,
    /// Change namespaces themselves.
    Admin,
}

/// Where the permission must hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// In the namespace that the request names.
    Namespace,
    /// Everywhere.
    Cluster,
}

/// How long a call may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// It answers at once.
    None,
    /// It may wait for something to happen.
    Allowed,
    /// It waits for a task, and is refused without a deadline.
    DeadlineRequired,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// Which.
    pub rpc: Rpc,
    /// Its service's full name.
    pub service: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Where the permission must hold.
    pub scope: Scope,
    /// What a caller must be allowed to do.
    pub access: Access,
    /// How long a call may take.
    pub wait: Wait,
}

/// The RPCs that are served, in the order of [`METHODS`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Rpc {
    GetSystemInfo,
    GetClusterInfo,
    RegisterNamespace,
    DescribeNamespace,
    ListNamespaces,
    UpdateNamespace,
    DeprecateNamespace,
    GetSearchAttributes,
    StartWorkflowExecution,
    SignalWorkflowExecution,
    SignalWithStartWorkflowExecution,
    RequestCancelWorkflowExecution,
    TerminateWorkflowExecution,
    UpdateWorkflowExecution,
    PollWorkflowExecutionUpdate,
    ExecuteMultiOperation,
    DeleteWorkflowExecution,
    ResetWorkflowExecution,
    QueryWorkflow,
    DescribeWorkflowExecution,
    GetWorkflowExecutionHistory,
    GetWorkflowExecutionHistoryReverse,
    ListWorkflowExecutions,
    CountWorkflowExecutions,
    ScanWorkflowExecutions,
    ListOpenWorkflowExecutions,
    ListClosedWorkflowExecutions,
    ListArchivedWorkflowExecutions,
    PollWorkflowTaskQueue,
    RespondWorkflowTaskCompleted,
    RespondWorkflowTaskFailed,
    RespondQueryTaskCompleted,
    PollActivityTaskQueue,
    RespondActivityTaskCompleted,
    RespondActivityTaskFailed,
    RespondActivityTaskCanceled,
    RecordActivityTaskHeartbeat,
    RespondActivityTaskCompletedById,
    RespondActivityTaskFailedById,
    RespondActivityTaskCanceledById,
    RecordActivityTaskHeartbeatById,
    PollNexusTaskQueue,
    ResetStickyTaskQueue,
    ShutdownWorker,
    DescribeTaskQueue,
    ListTaskQueuePartitions,
    UpdateTaskQueueConfig,
    RecordWorkerHeartbeat,
    ListWorkers,
    CountWorkers,
    DescribeWorker,
    PauseActivity,
    UnpauseActivity,
    ResetActivity,
    UpdateActivityOptions,
    PauseActivityExecution,
    UnpauseActivityExecution,
    ResetActivityExecution,
    UpdateActivityExecutionOptions,
    PauseWorkflowExecution,
    UnpauseWorkflowExecution,
    UpdateWorkflowExecutionOptions,
    StartBatchOperation,
    StopBatchOperation,
    DescribeBatchOperation,
    ListBatchOperations,
    AddSearchAttributes,
    RemoveSearchAttributes,
    ListSearchAttributes,
    DeleteNamespace,
}

impl Rpc {
    /// Its row.
    pub fn method(self) -> &'static Method {
        &METHODS[self as usize]
    }
}

const WORKFLOW: &str = "temporal.api.workflowservice.v1.WorkflowService";
const OPERATOR: &str = "temporal.api.operatorservice.v1.OperatorService";

const fn workflow(rpc: Rpc, name: &'static str, scope: Scope, access: Access, wait: Wait) -> Method {
    Method { rpc, service: WORKFLOW, name, scope, access, wait }
}

const fn operator(rpc: Rpc, name: &'static str, access: Access) -> Method {
    Method { rpc, service: OPERATOR, name, scope: Scope::Namespace, access, wait: Wait::None }
}

/// Every RPC that is served.
#[rustfmt::skip]
pub const METHODS: &[Method] = {
    use {Access::{Admin, Read, Write}, Scope::{Cluster, Namespace}, Wait::{Allowed, DeadlineRequired, None}};
    &[
        workflow(Rpc::GetSystemInfo, "GetSystemInfo", Cluster, Read, None),
        workflow(Rpc::GetClusterInfo, "GetClusterInfo", Cluster, Read, None),
        workflow(Rpc::RegisterNamespace, "RegisterNamespace", Namespace, Admin, None),
        workflow(Rpc::DescribeNamespace, "DescribeNamespace", Namespace, Read, None),
        workflow(Rpc::ListNamespaces, "ListNamespaces", Cluster, Read, None),
        workflow(Rpc::UpdateNamespace, "UpdateNamespace", Namespace, Admin, None),
        workflow(Rpc::DeprecateNamespace, "DeprecateNamespace", Namespace, Admin, None),
        workflow(Rpc::GetSearchAttributes, "GetSearchAttributes", Cluster, Read, None),
        workflow(Rpc::StartWorkflowExecution, "StartWorkflowExecution", Namespace, Write, None),
        workflow(Rpc::SignalWorkflowExecution, "SignalWorkflowExecution", Namespace, Write, None),
        workflow(Rpc::SignalWithStartWorkflowExecution, "SignalWithStartWorkflowExecution", Namespace, Write, None),
        workflow(Rpc::RequestCancelWorkflowExecution, "RequestCancelWorkflowExecution", Namespace, Write, None),
        workflow(Rpc::TerminateWorkflowExecution, "TerminateWorkflowExecution", Namespace, Write, None),
        workflow(Rpc::UpdateWorkflowExecution, "UpdateWorkflowExecution", Namespace, Write, Allowed),
        workflow(Rpc::PollWorkflowExecutionUpdate, "PollWorkflowExecutionUpdate", Namespace, Read, Allowed),
        workflow(Rpc::ExecuteMultiOperation, "ExecuteMultiOperation", Namespace, Write, Allowed),
        workflow(Rpc::DeleteWorkflowExecution, "DeleteWorkflowExecution", Namespace, Write, None),
        workflow(Rpc::ResetWorkflowExecution, "ResetWorkflowExecution", Namespace, Write, None),
        workflow(Rpc::QueryWorkflow, "QueryWorkflow", Namespace, Read, Allowed),
        workflow(Rpc::DescribeWorkflowExecution, "DescribeWorkflowExecution", Namespace, Read, None),
        workflow(Rpc::GetWorkflowExecutionHistory, "GetWorkflowExecutionHistory", Namespace, Read, Allowed),
        workflow(
            Rpc::GetWorkflowExecutionHistoryReverse,
            "GetWorkflowExecutionHistoryReverse",
            Namespace,
            Read,
            None,
        ),
        workflow(Rpc::ListWorkflowExecutions, "ListWorkflowExecutions", Namespace, Read, None),
        workflow(Rpc::CountWorkflowExecutions, "CountWorkflowExecutions", Namespace, Read, None),
        workflow(Rpc::ScanWorkflowExecutions, "ScanWorkflowExecutions", Namespace, Read, None),
        workflow(Rpc::ListOpenWorkflowExecutions, "ListOpenWorkflowExecutions", Namespace, Read, None),
        workflow(Rpc::ListClosedWorkflowExecutions, "ListClosedWorkflowExecutions", Namespace, Read, None),
        workflow(Rpc::ListArchivedWorkflowExecutions, "ListArchivedWorkflowExecutions", Namespace, Read, None),
        workflow(Rpc::PollWorkflowTaskQueue, "PollWorkflowTaskQueue", Namespace, Write, DeadlineRequired),
        workflow(Rpc::RespondWorkflowTaskCompleted, "RespondWorkflowTaskCompleted", Namespace, Write, None),
        workflow(Rpc::RespondWorkflowTaskFailed, "RespondWorkflowTaskFailed", Namespace, Write, None),
        workflow(Rpc::RespondQueryTaskCompleted, "RespondQueryTaskCompleted", Namespace, Write, None),
        workflow(Rpc::PollActivityTaskQueue, "PollActivityTaskQueue", Namespace, Write, DeadlineRequired),
        workflow(Rpc::RespondActivityTaskCompleted, "RespondActivityTaskCompleted", Namespace, Write, None),
        workflow(Rpc::RespondActivityTaskFailed, "RespondActivityTaskFailed", Namespace, Write, None),
        workflow(Rpc::RespondActivityTaskCanceled, "RespondActivityTaskCanceled", Namespace, Write, None),
        workflow(Rpc::RecordActivityTaskHeartbeat, "RecordActivityTaskHeartbeat", Namespace, Write, None),
        workflow(Rpc::RespondActivityTaskCompletedById, "RespondActivityTaskCompletedById", Namespace, Write, None),
        workflow(Rpc::RespondActivityTaskFailedById, "RespondActivityTaskFailedById", Namespace, Write, None),
        workflow(Rpc::RespondActivityTaskCanceledById, "RespondActivityTaskCanceledById", Namespace, Write, None),
        workflow(Rpc::RecordActivityTaskHeartbeatById, "RecordActivityTaskHeartbeatById", Namespace, Write, None),
        workflow(Rpc::PollNexusTaskQueue, "PollNexusTaskQueue", Namespace, Write, DeadlineRequired),
        workflow(Rpc::ResetStickyTaskQueue, "ResetStickyTaskQueue", Namespace, Write, None),
        workflow(Rpc::ShutdownWorker, "ShutdownWorker", Namespace, Write, None),
        workflow(Rpc::DescribeTaskQueue, "DescribeTaskQueue", Namespace, Read, None),
        workflow(Rpc::ListTaskQueuePartitions, "ListTaskQueuePartitions", Namespace, Read, None),
        workflow(Rpc::UpdateTaskQueueConfig, "UpdateTaskQueueConfig", Namespace, Write, None),
        workflow(Rpc::RecordWorkerHeartbeat, "RecordWorkerHeartbeat", Namespace, Write, None),
        workflow(Rpc::ListWorkers, "ListWorkers", Namespace, Read, None),
        workflow(Rpc::CountWorkers, "CountWorkers", Namespace, Read, None),
        workflow(Rpc::DescribeWorker, "DescribeWorker", Namespace, Read, None),
        workflow(Rpc::PauseActivity, "PauseActivity", Namespace, Write, None),
        workflow(Rpc::UnpauseActivity, "UnpauseActivity", Namespace, Write, None),
        workflow(Rpc::ResetActivity, "ResetActivity", Namespace, Write, None),
        workflow(Rpc::UpdateActivityOptions, "UpdateActivityOptions", Namespace, Write, None),
        workflow(Rpc::PauseActivityExecution, "PauseActivityExecution", Namespace, Write, None),
        workflow(Rpc::UnpauseActivityExecution, "UnpauseActivityExecution", Namespace, Write, None),
        workflow(Rpc::ResetActivityExecution, "ResetActivityExecution", Namespace, Write, None),
        workflow(Rpc::UpdateActivityExecutionOptions, "UpdateActivityExecutionOptions", Namespace, Write, None),
        workflow(Rpc::PauseWorkflowExecution, "PauseWorkflowExecution", Namespace, Write, None),
        workflow(Rpc::UnpauseWorkflowExecution, "UnpauseWorkflowExecution", Namespace, Write, None),
        workflow(Rpc::UpdateWorkflowExecutionOptions, "UpdateWorkflowExecutionOptions", Namespace, Write, None),
        workflow(Rpc::StartBatchOperation, "StartBatchOperation", Namespace, Write, None),
        workflow(Rpc::StopBatchOperation, "StopBatchOperation", Namespace, Write, None),
        workflow(Rpc::DescribeBatchOperation, "DescribeBatchOperation", Namespace, Read, None),
        workflow(Rpc::ListBatchOperations, "ListBatchOperations", Namespace, Read, None),
        operator(Rpc::AddSearchAttributes, "AddSearchAttributes", Admin),
        operator(Rpc::RemoveSearchAttributes, "RemoveSearchAttributes", Admin),
        operator(Rpc::ListSearchAttributes, "ListSearchAttributes", Read),
        operator(Rpc::DeleteNamespace, "DeleteNamespace", Admin),
    ]
};

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;

    #[test]
    fn every_rpc_finds_its_own_row() {
        for (index, method) in METHODS.iter().enumerate() {
            assert_eq!(method.rpc as usize, index, "{}", method.name);
            assert_eq!(format!("{:?}", method.rpc), method.name);
        }
    }

    #[test]
    fn every_row_names_an_rpc_of_the_protocol() {
        let set =
            prost_types::FileDescriptorSet::decode(abide_api::FILE_DESCRIPTOR_SET).expect("generated by the build");
        for method in METHODS {
            let known = set.file.iter().any(|file| {
                file.service.iter().any(|service| {
                    method.service == format!("{}.{}", file.package(), service.name())
                        && service.method.iter().any(|rpc| rpc.name() == method.name)
                })
            });
            assert!(known, "{}/{}", method.service, method.name);
        }
    }
}
