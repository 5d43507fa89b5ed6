//! WorkflowService: each RPC is opened by its row in the table, handed to the file that knows it, and answered. An RPC
//! that is not here answers `UNIMPLEMENTED` by itself.

use abide_api::temporal::api::workflowservice::v1::{workflow_service_server::WorkflowService, *};
use tonic::{Request, Response, Status};

use crate::call::Call;
use crate::method::Rpc;
use crate::worker::activity;
use crate::{Frontend, namespace, operator, system, worker, workflow};

#[tonic::async_trait]
impl WorkflowService for Frontend {
    async fn get_system_info(
        &self,
        request: Request<GetSystemInfoRequest>,
    ) -> Result<Response<GetSystemInfoResponse>, Status> {
        let call = Call::open(Rpc::GetSystemInfo, request.metadata())?;
        call.answer(Ok(system::system_info(self)))
    }

    async fn get_cluster_info(
        &self,
        request: Request<GetClusterInfoRequest>,
    ) -> Result<Response<GetClusterInfoResponse>, Status> {
        let call = Call::open(Rpc::GetClusterInfo, request.metadata())?;
        call.answer(Ok(system::cluster_info(self)))
    }

    async fn register_namespace(
        &self,
        request: Request<RegisterNamespaceRequest>,
    ) -> Result<Response<RegisterNamespaceResponse>, Status> {
        let call = Call::open(Rpc::RegisterNamespace, request.metadata())?;
        call.answer(namespace::register::register(self, request.into_inner()).await)
    }

    async fn describe_namespace(
        &self,
        request: Request<DescribeNamespaceRequest>,
    ) -> Result<Response<DescribeNamespaceResponse>, Status> {
        let call = Call::open(Rpc::DescribeNamespace, request.metadata())?;
        call.answer(namespace::describe::describe(self, request.into_inner()))
    }

    async fn list_namespaces(
        &self,
        request: Request<ListNamespacesRequest>,
    ) -> Result<Response<ListNamespacesResponse>, Status> {
        let call = Call::open(Rpc::ListNamespaces, request.metadata())?;
        call.answer(namespace::list::list(self, request.into_inner()))
    }

    async fn update_namespace(
        &self,
        request: Request<UpdateNamespaceRequest>,
    ) -> Result<Response<UpdateNamespaceResponse>, Status> {
        let call = Call::open(Rpc::UpdateNamespace, request.metadata())?;
        call.answer(namespace::update::update(self, request.into_inner()).await)
    }

    async fn deprecate_namespace(
        &self,
        request: Request<DeprecateNamespaceRequest>,
    ) -> Result<Response<DeprecateNamespaceResponse>, Status> {
        let call = Call::open(Rpc::DeprecateNamespace, request.metadata())?;
        call.answer(namespace::deprecate::deprecate(self, request.into_inner()).await)
    }

    async fn get_search_attributes(
        &self,
        request: Request<GetSearchAttributesRequest>,
    ) -> Result<Response<GetSearchAttributesResponse>, Status> {
        let call = Call::open(Rpc::GetSearchAttributes, request.metadata())?;
        call.answer(Ok(operator::search_attributes_everywhere(self)))
    }

    async fn start_workflow_execution(
        &self,
        request: Request<StartWorkflowExecutionRequest>,
    ) -> Result<Response<StartWorkflowExecutionResponse>, Status> {
        let call = Call::open(Rpc::StartWorkflowExecution, request.metadata())?;
        call.answer(workflow::start::start(self, request.into_inner()).await)
    }

    async fn signal_workflow_execution(
        &self,
        request: Request<SignalWorkflowExecutionRequest>,
    ) -> Result<Response<SignalWorkflowExecutionResponse>, Status> {
        let call = Call::open(Rpc::SignalWorkflowExecution, request.metadata())?;
        call.answer(workflow::signal::signal(self, request.into_inner()).await)
    }

    async fn signal_with_start_workflow_execution(
        &self,
        request: Request<SignalWithStartWorkflowExecutionRequest>,
    ) -> Result<Response<SignalWithStartWorkflowExecutionResponse>, Status> {
        let call = Call::open(Rpc::SignalWithStartWorkflowExecution, request.metadata())?;
        call.answer(workflow::signal_with_start::signal_with_start(self, request.into_inner()).await)
    }

    async fn request_cancel_workflow_execution(
        &self,
        request: Request<RequestCancelWorkflowExecutionRequest>,
    ) -> Result<Response<RequestCancelWorkflowExecutionResponse>, Status> {
        let call = Call::open(Rpc::RequestCancelWorkflowExecution, request.metadata())?;
        call.answer(workflow::cancel::cancel(self, request.into_inner()).await)
    }

    async fn terminate_workflow_execution(
        &self,
        request: Request<TerminateWorkflowExecutionRequest>,
    ) -> Result<Response<TerminateWorkflowExecutionResponse>, Status> {
        let call = Call::open(Rpc::TerminateWorkflowExecution, request.metadata())?;
        call.answer(workflow::terminate::terminate(self, request.into_inner()).await)
    }

    async fn update_workflow_execution(
        &self,
        request: Request<UpdateWorkflowExecutionRequest>,
    ) -> Result<Response<UpdateWorkflowExecutionResponse>, Status> {
        let call = Call::open(Rpc::UpdateWorkflowExecution, request.metadata())?;
        call.answer(workflow::update::update(self, request.into_inner()).await)
    }

    async fn poll_workflow_execution_update(
        &self,
        request: Request<PollWorkflowExecutionUpdateRequest>,
    ) -> Result<Response<PollWorkflowExecutionUpdateResponse>, Status> {
        let call = Call::open(Rpc::PollWorkflowExecutionUpdate, request.metadata())?;
        call.answer(workflow::update::poll(self, request.into_inner()).await)
    }

    async fn execute_multi_operation(
        &self,
        request: Request<ExecuteMultiOperationRequest>,
    ) -> Result<Response<ExecuteMultiOperationResponse>, Status> {
        let call = Call::open(Rpc::ExecuteMultiOperation, request.metadata())?;
        call.answer(workflow::multi_operation::execute(self, request.into_inner()).await)
    }

    async fn delete_workflow_execution(
        &self,
        request: Request<DeleteWorkflowExecutionRequest>,
    ) -> Result<Response<DeleteWorkflowExecutionResponse>, Status> {
        let call = Call::open(Rpc::DeleteWorkflowExecution, request.metadata())?;
        call.answer(workflow::delete::delete(self, request.into_inner()).await)
    }

    async fn reset_workflow_execution(
        &self,
        request: Request<ResetWorkflowExecutionRequest>,
    ) -> Result<Response<ResetWorkflowExecutionResponse>, Status> {
        let call = Call::open(Rpc::ResetWorkflowExecution, request.metadata())?;
        call.answer(workflow::reset::reset(self, request.into_inner()).await)
    }

    async fn query_workflow(
        &self,
        request: Request<QueryWorkflowRequest>,
    ) -> Result<Response<QueryWorkflowResponse>, Status> {
        let call = Call::open(Rpc::QueryWorkflow, request.metadata())?;
        call.answer(workflow::query::query(self, &call, request.into_inner()).await)
    }

    async fn describe_workflow_execution(
        &self,
        request: Request<DescribeWorkflowExecutionRequest>,
    ) -> Result<Response<DescribeWorkflowExecutionResponse>, Status> {
        let call = Call::open(Rpc::DescribeWorkflowExecution, request.metadata())?;
        call.answer(workflow::describe::describe(self, request.into_inner()).await)
    }

    async fn get_workflow_execution_history(
        &self,
        request: Request<GetWorkflowExecutionHistoryRequest>,
    ) -> Result<Response<GetWorkflowExecutionHistoryResponse>, Status> {
        let call = Call::open(Rpc::GetWorkflowExecutionHistory, request.metadata())?;
        call.answer(workflow::history::history(self, &call, request.into_inner()).await)
    }

    async fn get_workflow_execution_history_reverse(
        &self,
        request: Request<GetWorkflowExecutionHistoryReverseRequest>,
    ) -> Result<Response<GetWorkflowExecutionHistoryReverseResponse>, Status> {
        let call = Call::open(Rpc::GetWorkflowExecutionHistoryReverse, request.metadata())?;
        call.answer(workflow::history_reverse::history_reverse(self, request.into_inner()).await)
    }

    async fn list_workflow_executions(
        &self,
        request: Request<ListWorkflowExecutionsRequest>,
    ) -> Result<Response<ListWorkflowExecutionsResponse>, Status> {
        let call = Call::open(Rpc::ListWorkflowExecutions, request.metadata())?;
        call.answer(workflow::list::list(self, request.into_inner()).await)
    }

    async fn count_workflow_executions(
        &self,
        request: Request<CountWorkflowExecutionsRequest>,
    ) -> Result<Response<CountWorkflowExecutionsResponse>, Status> {
        let call = Call::open(Rpc::CountWorkflowExecutions, request.metadata())?;
        call.answer(workflow::list::count(self, request.into_inner()).await)
    }

    async fn scan_workflow_executions(
        &self,
        request: Request<ScanWorkflowExecutionsRequest>,
    ) -> Result<Response<ScanWorkflowExecutionsResponse>, Status> {
        let call = Call::open(Rpc::ScanWorkflowExecutions, request.metadata())?;
        call.answer(workflow::list::scan(self, request.into_inner()).await)
    }

    async fn list_open_workflow_executions(
        &self,
        request: Request<ListOpenWorkflowExecutionsRequest>,
    ) -> Result<Response<ListOpenWorkflowExecutionsResponse>, Status> {
        let call = Call::open(Rpc::ListOpenWorkflowExecutions, request.metadata())?;
        call.answer(workflow::list::open(self, request.into_inner()).await)
    }

    async fn list_closed_workflow_executions(
        &self,
        request: Request<ListClosedWorkflowExecutionsRequest>,
    ) -> Result<Response<ListClosedWorkflowExecutionsResponse>, Status> {
        let call = Call::open(Rpc::ListClosedWorkflowExecutions, request.metadata())?;
        call.answer(workflow::list::closed(self, request.into_inner()).await)
    }

    async fn list_archived_workflow_executions(
        &self,
        request: Request<ListArchivedWorkflowExecutionsRequest>,
    ) -> Result<Response<ListArchivedWorkflowExecutionsResponse>, Status> {
        let call = Call::open(Rpc::ListArchivedWorkflowExecutions, request.metadata())?;
        call.answer(workflow::list::archived(self, request.into_inner()))
    }

    async fn poll_workflow_task_queue(
        &self,
        request: Request<PollWorkflowTaskQueueRequest>,
    ) -> Result<Response<PollWorkflowTaskQueueResponse>, Status> {
        let call = Call::open(Rpc::PollWorkflowTaskQueue, request.metadata())?;
        call.answer(worker::poll::workflow_task_queue(self, &call, request.into_inner()).await)
    }

    async fn respond_workflow_task_completed(
        &self,
        request: Request<RespondWorkflowTaskCompletedRequest>,
    ) -> Result<Response<RespondWorkflowTaskCompletedResponse>, Status> {
        let call = Call::open(Rpc::RespondWorkflowTaskCompleted, request.metadata())?;
        call.answer(worker::complete_workflow_task::complete(self, request.into_inner()).await)
    }

    async fn respond_workflow_task_failed(
        &self,
        request: Request<RespondWorkflowTaskFailedRequest>,
    ) -> Result<Response<RespondWorkflowTaskFailedResponse>, Status> {
        let call = Call::open(Rpc::RespondWorkflowTaskFailed, request.metadata())?;
        call.answer(worker::fail_workflow_task::fail(self, request.into_inner()).await)
    }

    async fn respond_query_task_completed(
        &self,
        request: Request<RespondQueryTaskCompletedRequest>,
    ) -> Result<Response<RespondQueryTaskCompletedResponse>, Status> {
        let call = Call::open(Rpc::RespondQueryTaskCompleted, request.metadata())?;
        call.answer(worker::query::answer(self, request.into_inner()))
    }

    async fn poll_activity_task_queue(
        &self,
        request: Request<PollActivityTaskQueueRequest>,
    ) -> Result<Response<PollActivityTaskQueueResponse>, Status> {
        let call = Call::open(Rpc::PollActivityTaskQueue, request.metadata())?;
        call.answer(worker::poll::activity_task_queue(self, &call, request.into_inner()).await)
    }

    async fn poll_nexus_task_queue(
        &self,
        request: Request<PollNexusTaskQueueRequest>,
    ) -> Result<Response<PollNexusTaskQueueResponse>, Status> {
        let call = Call::open(Rpc::PollNexusTaskQueue, request.metadata())?;
        call.answer(worker::poll::nexus_task_queue(self, &call, request.into_inner()).await)
    }

    async fn respond_activity_task_completed(
        &self,
        request: Request<RespondActivityTaskCompletedRequest>,
    ) -> Result<Response<RespondActivityTaskCompletedResponse>, Status> {
        let call = Call::open(Rpc::RespondActivityTaskCompleted, request.metadata())?;
        call.answer(activity::complete::complete(self, request.into_inner()).await)
    }

    async fn respond_activity_task_completed_by_id(
        &self,
        request: Request<RespondActivityTaskCompletedByIdRequest>,
    ) -> Result<Response<RespondActivityTaskCompletedByIdResponse>, Status> {
        let call = Call::open(Rpc::RespondActivityTaskCompletedById, request.metadata())?;
        call.answer(activity::complete::complete_by_id(self, request.into_inner()).await)
    }

    async fn respond_activity_task_failed(
        &self,
        request: Request<RespondActivityTaskFailedRequest>,
    ) -> Result<Response<RespondActivityTaskFailedResponse>, Status> {
        let call = Call::open(Rpc::RespondActivityTaskFailed, request.metadata())?;
        call.answer(activity::fail::fail(self, request.into_inner()).await)
    }

    async fn respond_activity_task_failed_by_id(
        &self,
        request: Request<RespondActivityTaskFailedByIdRequest>,
    ) -> Result<Response<RespondActivityTaskFailedByIdResponse>, Status> {
        let call = Call::open(Rpc::RespondActivityTaskFailedById, request.metadata())?;
        call.answer(activity::fail::fail_by_id(self, request.into_inner()).await)
    }

    async fn respond_activity_task_canceled(
        &self,
        request: Request<RespondActivityTaskCanceledRequest>,
    ) -> Result<Response<RespondActivityTaskCanceledResponse>, Status> {
        let call = Call::open(Rpc::RespondActivityTaskCanceled, request.metadata())?;
        call.answer(activity::cancel::cancel(self, request.into_inner()).await)
    }

    async fn respond_activity_task_canceled_by_id(
        &self,
        request: Request<RespondActivityTaskCanceledByIdRequest>,
    ) -> Result<Response<RespondActivityTaskCanceledByIdResponse>, Status> {
        let call = Call::open(Rpc::RespondActivityTaskCanceledById, request.metadata())?;
        call.answer(activity::cancel::cancel_by_id(self, request.into_inner()).await)
    }

    async fn record_activity_task_heartbeat(
        &self,
        request: Request<RecordActivityTaskHeartbeatRequest>,
    ) -> Result<Response<RecordActivityTaskHeartbeatResponse>, Status> {
        let call = Call::open(Rpc::RecordActivityTaskHeartbeat, request.metadata())?;
        call.answer(activity::heartbeat::heartbeat(self, request.into_inner()).await)
    }

    async fn record_activity_task_heartbeat_by_id(
        &self,
        request: Request<RecordActivityTaskHeartbeatByIdRequest>,
    ) -> Result<Response<RecordActivityTaskHeartbeatByIdResponse>, Status> {
        let call = Call::open(Rpc::RecordActivityTaskHeartbeatById, request.metadata())?;
        call.answer(activity::heartbeat::heartbeat_by_id(self, request.into_inner()).await)
    }

    async fn reset_sticky_task_queue(
        &self,
        request: Request<ResetStickyTaskQueueRequest>,
    ) -> Result<Response<ResetStickyTaskQueueResponse>, Status> {
        let call = Call::open(Rpc::ResetStickyTaskQueue, request.metadata())?;
        call.answer(worker::sticky::reset(self, request.into_inner()).await)
    }

    async fn shutdown_worker(
        &self,
        request: Request<ShutdownWorkerRequest>,
    ) -> Result<Response<ShutdownWorkerResponse>, Status> {
        let call = Call::open(Rpc::ShutdownWorker, request.metadata())?;
        call.answer(worker::sticky::shutdown(self, request.into_inner()))
    }

    async fn describe_task_queue(
        &self,
        request: Request<DescribeTaskQueueRequest>,
    ) -> Result<Response<DescribeTaskQueueResponse>, Status> {
        let call = Call::open(Rpc::DescribeTaskQueue, request.metadata())?;
        call.answer(worker::describe_queue::describe(self, request.into_inner()))
    }

    async fn list_task_queue_partitions(
        &self,
        request: Request<ListTaskQueuePartitionsRequest>,
    ) -> Result<Response<ListTaskQueuePartitionsResponse>, Status> {
        let call = Call::open(Rpc::ListTaskQueuePartitions, request.metadata())?;
        call.answer(worker::queue_partitions::list(self, request.into_inner()))
    }

    async fn update_task_queue_config(
        &self,
        request: Request<UpdateTaskQueueConfigRequest>,
    ) -> Result<Response<UpdateTaskQueueConfigResponse>, Status> {
        let call = Call::open(Rpc::UpdateTaskQueueConfig, request.metadata())?;
        call.answer(worker::queue_config::update(self, request.into_inner()).await)
    }

    async fn record_worker_heartbeat(
        &self,
        request: Request<RecordWorkerHeartbeatRequest>,
    ) -> Result<Response<RecordWorkerHeartbeatResponse>, Status> {
        let call = Call::open(Rpc::RecordWorkerHeartbeat, request.metadata())?;
        call.answer(worker::registry::record(self, request.into_inner()))
    }

    async fn list_workers(
        &self,
        request: Request<ListWorkersRequest>,
    ) -> Result<Response<ListWorkersResponse>, Status> {
        let call = Call::open(Rpc::ListWorkers, request.metadata())?;
        call.answer(worker::registry::list(self, request.into_inner()))
    }

    async fn count_workers(
        &self,
        request: Request<CountWorkersRequest>,
    ) -> Result<Response<CountWorkersResponse>, Status> {
        let call = Call::open(Rpc::CountWorkers, request.metadata())?;
        call.answer(worker::registry::count(self, request.into_inner()))
    }

    async fn describe_worker(
        &self,
        request: Request<DescribeWorkerRequest>,
    ) -> Result<Response<DescribeWorkerResponse>, Status> {
        let call = Call::open(Rpc::DescribeWorker, request.metadata())?;
        call.answer(worker::registry::describe(self, request.into_inner()))
    }

    async fn pause_activity(
        &self,
        request: Request<PauseActivityRequest>,
    ) -> Result<Response<PauseActivityResponse>, Status> {
        let call = Call::open(Rpc::PauseActivity, request.metadata())?;
        call.answer(workflow::activity::pause::pause(self, request.into_inner()).await)
    }

    async fn unpause_activity(
        &self,
        request: Request<UnpauseActivityRequest>,
    ) -> Result<Response<UnpauseActivityResponse>, Status> {
        let call = Call::open(Rpc::UnpauseActivity, request.metadata())?;
        call.answer(workflow::activity::unpause::unpause(self, request.into_inner()).await)
    }

    async fn reset_activity(
        &self,
        request: Request<ResetActivityRequest>,
    ) -> Result<Response<ResetActivityResponse>, Status> {
        let call = Call::open(Rpc::ResetActivity, request.metadata())?;
        call.answer(workflow::activity::reset::reset(self, request.into_inner()).await)
    }

    async fn update_activity_options(
        &self,
        request: Request<UpdateActivityOptionsRequest>,
    ) -> Result<Response<UpdateActivityOptionsResponse>, Status> {
        let call = Call::open(Rpc::UpdateActivityOptions, request.metadata())?;
        call.answer(workflow::activity::update_options::update(self, request.into_inner()).await)
    }

    async fn pause_activity_execution(
        &self,
        request: Request<PauseActivityExecutionRequest>,
    ) -> Result<Response<PauseActivityExecutionResponse>, Status> {
        let call = Call::open(Rpc::PauseActivityExecution, request.metadata())?;
        call.answer(workflow::activity::pause::pause_one(self, request.into_inner()).await)
    }

    async fn unpause_activity_execution(
        &self,
        request: Request<UnpauseActivityExecutionRequest>,
    ) -> Result<Response<UnpauseActivityExecutionResponse>, Status> {
        let call = Call::open(Rpc::UnpauseActivityExecution, request.metadata())?;
        call.answer(workflow::activity::unpause::unpause_one(self, request.into_inner()).await)
    }

    async fn reset_activity_execution(
        &self,
        request: Request<ResetActivityExecutionRequest>,
    ) -> Result<Response<ResetActivityExecutionResponse>, Status> {
        let call = Call::open(Rpc::ResetActivityExecution, request.metadata())?;
        call.answer(workflow::activity::reset::reset_one(self, request.into_inner()).await)
    }

    async fn update_activity_execution_options(
        &self,
        request: Request<UpdateActivityExecutionOptionsRequest>,
    ) -> Result<Response<UpdateActivityExecutionOptionsResponse>, Status> {
        let call = Call::open(Rpc::UpdateActivityExecutionOptions, request.metadata())?;
        call.answer(workflow::activity::update_options::update_one(self, request.into_inner()).await)
    }

    async fn pause_workflow_execution(
        &self,
        request: Request<PauseWorkflowExecutionRequest>,
    ) -> Result<Response<PauseWorkflowExecutionResponse>, Status> {
        let call = Call::open(Rpc::PauseWorkflowExecution, request.metadata())?;
        call.answer(workflow::pause::pause(self, request.into_inner()).await)
    }

    async fn unpause_workflow_execution(
        &self,
        request: Request<UnpauseWorkflowExecutionRequest>,
    ) -> Result<Response<UnpauseWorkflowExecutionResponse>, Status> {
        let call = Call::open(Rpc::UnpauseWorkflowExecution, request.metadata())?;
        call.answer(workflow::pause::unpause(self, request.into_inner()).await)
    }

    async fn update_workflow_execution_options(
        &self,
        request: Request<UpdateWorkflowExecutionOptionsRequest>,
    ) -> Result<Response<UpdateWorkflowExecutionOptionsResponse>, Status> {
        let call = Call::open(Rpc::UpdateWorkflowExecutionOptions, request.metadata())?;
        call.answer(workflow::update_options::update(self, request.into_inner()).await)
    }
}
