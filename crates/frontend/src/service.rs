//! WorkflowService: each RPC is opened by its row in the table, handed to the file that knows it, and answered. An RPC
//! that is not here answers `UNIMPLEMENTED` by itself.

use abide_api::temporal::api::workflowservice::v1::{workflow_service_server::WorkflowService, *};
use tonic::{Request, Response, Status};

use crate::method::Rpc;
use crate::worker::activity;
use crate::{Frontend, batch, namespace, operator, system, worker, workflow};

#[tonic::async_trait]
impl WorkflowService for Frontend {
    async fn get_system_info(
        &self,
        request: Request<GetSystemInfoRequest>,
    ) -> Result<Response<GetSystemInfoResponse>, Status> {
        let (call, frontend) = self.open(Rpc::GetSystemInfo, request.metadata(), "")?;
        call.answer(Ok(system::system_info(&frontend)))
    }

    async fn get_cluster_info(
        &self,
        request: Request<GetClusterInfoRequest>,
    ) -> Result<Response<GetClusterInfoResponse>, Status> {
        let (call, frontend) = self.open(Rpc::GetClusterInfo, request.metadata(), "")?;
        call.answer(Ok(system::cluster_info(&frontend)))
    }

    async fn register_namespace(
        &self,
        request: Request<RegisterNamespaceRequest>,
    ) -> Result<Response<RegisterNamespaceResponse>, Status> {
        let (call, frontend) = self.open(Rpc::RegisterNamespace, request.metadata(), "")?;
        call.answer(namespace::register::register(&frontend, request.into_inner()).await)
    }

    async fn describe_namespace(
        &self,
        request: Request<DescribeNamespaceRequest>,
    ) -> Result<Response<DescribeNamespaceResponse>, Status> {
        let (call, frontend) = self.open(Rpc::DescribeNamespace, request.metadata(), &request.get_ref().namespace)?;
        call.answer(namespace::describe::describe(&frontend, request.into_inner()))
    }

    async fn list_namespaces(
        &self,
        request: Request<ListNamespacesRequest>,
    ) -> Result<Response<ListNamespacesResponse>, Status> {
        let (call, frontend) = self.open(Rpc::ListNamespaces, request.metadata(), "")?;
        call.answer(namespace::list::list(&frontend, request.into_inner()))
    }

    async fn update_namespace(
        &self,
        request: Request<UpdateNamespaceRequest>,
    ) -> Result<Response<UpdateNamespaceResponse>, Status> {
        let (call, frontend) = self.open(Rpc::UpdateNamespace, request.metadata(), &request.get_ref().namespace)?;
        call.answer(namespace::update::update(&frontend, request.into_inner()).await)
    }

    async fn deprecate_namespace(
        &self,
        request: Request<DeprecateNamespaceRequest>,
    ) -> Result<Response<DeprecateNamespaceResponse>, Status> {
        let (call, frontend) = self.open(Rpc::DeprecateNamespace, request.metadata(), &request.get_ref().namespace)?;
        call.answer(namespace::deprecate::deprecate(&frontend, request.into_inner()).await)
    }

    async fn get_search_attributes(
        &self,
        request: Request<GetSearchAttributesRequest>,
    ) -> Result<Response<GetSearchAttributesResponse>, Status> {
        let (call, frontend) = self.open(Rpc::GetSearchAttributes, request.metadata(), "")?;
        call.answer(Ok(operator::search_attributes_everywhere(&frontend)))
    }

    async fn start_workflow_execution(
        &self,
        request: Request<StartWorkflowExecutionRequest>,
    ) -> Result<Response<StartWorkflowExecutionResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::StartWorkflowExecution, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::start::start(&frontend, request.into_inner()).await)
    }

    async fn signal_workflow_execution(
        &self,
        request: Request<SignalWorkflowExecutionRequest>,
    ) -> Result<Response<SignalWorkflowExecutionResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::SignalWorkflowExecution, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::signal::signal(&frontend, request.into_inner()).await)
    }

    async fn signal_with_start_workflow_execution(
        &self,
        request: Request<SignalWithStartWorkflowExecutionRequest>,
    ) -> Result<Response<SignalWithStartWorkflowExecutionResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::SignalWithStartWorkflowExecution, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::signal_with_start::signal_with_start(&frontend, request.into_inner()).await)
    }

    async fn request_cancel_workflow_execution(
        &self,
        request: Request<RequestCancelWorkflowExecutionRequest>,
    ) -> Result<Response<RequestCancelWorkflowExecutionResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::RequestCancelWorkflowExecution, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::cancel::cancel(&frontend, request.into_inner()).await)
    }

    async fn terminate_workflow_execution(
        &self,
        request: Request<TerminateWorkflowExecutionRequest>,
    ) -> Result<Response<TerminateWorkflowExecutionResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::TerminateWorkflowExecution, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::terminate::terminate(&frontend, request.into_inner()).await)
    }

    async fn update_workflow_execution(
        &self,
        request: Request<UpdateWorkflowExecutionRequest>,
    ) -> Result<Response<UpdateWorkflowExecutionResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::UpdateWorkflowExecution, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::update::update(&frontend, request.into_inner()).await)
    }

    async fn poll_workflow_execution_update(
        &self,
        request: Request<PollWorkflowExecutionUpdateRequest>,
    ) -> Result<Response<PollWorkflowExecutionUpdateResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::PollWorkflowExecutionUpdate, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::update::poll(&frontend, request.into_inner()).await)
    }

    async fn execute_multi_operation(
        &self,
        request: Request<ExecuteMultiOperationRequest>,
    ) -> Result<Response<ExecuteMultiOperationResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::ExecuteMultiOperation, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::multi_operation::execute(&frontend, request.into_inner()).await)
    }

    async fn delete_workflow_execution(
        &self,
        request: Request<DeleteWorkflowExecutionRequest>,
    ) -> Result<Response<DeleteWorkflowExecutionResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::DeleteWorkflowExecution, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::delete::delete(&frontend, request.into_inner()).await)
    }

    async fn reset_workflow_execution(
        &self,
        request: Request<ResetWorkflowExecutionRequest>,
    ) -> Result<Response<ResetWorkflowExecutionResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::ResetWorkflowExecution, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::reset::reset(&frontend, request.into_inner()).await)
    }

    async fn query_workflow(
        &self,
        request: Request<QueryWorkflowRequest>,
    ) -> Result<Response<QueryWorkflowResponse>, Status> {
        let (call, frontend) = self.open(Rpc::QueryWorkflow, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::query::query(&frontend, &call, request.into_inner()).await)
    }

    async fn describe_workflow_execution(
        &self,
        request: Request<DescribeWorkflowExecutionRequest>,
    ) -> Result<Response<DescribeWorkflowExecutionResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::DescribeWorkflowExecution, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::describe::describe(&frontend, request.into_inner()).await)
    }

    async fn get_workflow_execution_history(
        &self,
        request: Request<GetWorkflowExecutionHistoryRequest>,
    ) -> Result<Response<GetWorkflowExecutionHistoryResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::GetWorkflowExecutionHistory, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::history::history(&frontend, &call, request.into_inner()).await)
    }

    async fn get_workflow_execution_history_reverse(
        &self,
        request: Request<GetWorkflowExecutionHistoryReverseRequest>,
    ) -> Result<Response<GetWorkflowExecutionHistoryReverseResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::GetWorkflowExecutionHistoryReverse, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::history_reverse::history_reverse(&frontend, request.into_inner()).await)
    }

    async fn list_workflow_executions(
        &self,
        request: Request<ListWorkflowExecutionsRequest>,
    ) -> Result<Response<ListWorkflowExecutionsResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::ListWorkflowExecutions, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::list::list(&frontend, request.into_inner()).await)
    }

    async fn count_workflow_executions(
        &self,
        request: Request<CountWorkflowExecutionsRequest>,
    ) -> Result<Response<CountWorkflowExecutionsResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::CountWorkflowExecutions, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::list::count(&frontend, request.into_inner()).await)
    }

    async fn scan_workflow_executions(
        &self,
        request: Request<ScanWorkflowExecutionsRequest>,
    ) -> Result<Response<ScanWorkflowExecutionsResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::ScanWorkflowExecutions, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::list::scan(&frontend, request.into_inner()).await)
    }

    async fn list_open_workflow_executions(
        &self,
        request: Request<ListOpenWorkflowExecutionsRequest>,
    ) -> Result<Response<ListOpenWorkflowExecutionsResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::ListOpenWorkflowExecutions, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::list::open(&frontend, request.into_inner()).await)
    }

    async fn list_closed_workflow_executions(
        &self,
        request: Request<ListClosedWorkflowExecutionsRequest>,
    ) -> Result<Response<ListClosedWorkflowExecutionsResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::ListClosedWorkflowExecutions, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::list::closed(&frontend, request.into_inner()).await)
    }

    async fn list_archived_workflow_executions(
        &self,
        request: Request<ListArchivedWorkflowExecutionsRequest>,
    ) -> Result<Response<ListArchivedWorkflowExecutionsResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::ListArchivedWorkflowExecutions, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::list::archived(&frontend, request.into_inner()))
    }

    async fn poll_workflow_task_queue(
        &self,
        request: Request<PollWorkflowTaskQueueRequest>,
    ) -> Result<Response<PollWorkflowTaskQueueResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::PollWorkflowTaskQueue, request.metadata(), &request.get_ref().namespace)?;
        call.answer(worker::poll::workflow_task_queue(&frontend, &call, request.into_inner()).await)
    }

    async fn respond_workflow_task_completed(
        &self,
        request: Request<RespondWorkflowTaskCompletedRequest>,
    ) -> Result<Response<RespondWorkflowTaskCompletedResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::RespondWorkflowTaskCompleted, request.metadata(), &request.get_ref().namespace)?;
        call.answer(worker::complete_workflow_task::complete(&frontend, request.into_inner()).await)
    }

    async fn respond_workflow_task_failed(
        &self,
        request: Request<RespondWorkflowTaskFailedRequest>,
    ) -> Result<Response<RespondWorkflowTaskFailedResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::RespondWorkflowTaskFailed, request.metadata(), &request.get_ref().namespace)?;
        call.answer(worker::fail_workflow_task::fail(&frontend, request.into_inner()).await)
    }

    async fn respond_query_task_completed(
        &self,
        request: Request<RespondQueryTaskCompletedRequest>,
    ) -> Result<Response<RespondQueryTaskCompletedResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::RespondQueryTaskCompleted, request.metadata(), &request.get_ref().namespace)?;
        call.answer(worker::query::answer(&frontend, request.into_inner()))
    }

    async fn poll_activity_task_queue(
        &self,
        request: Request<PollActivityTaskQueueRequest>,
    ) -> Result<Response<PollActivityTaskQueueResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::PollActivityTaskQueue, request.metadata(), &request.get_ref().namespace)?;
        call.answer(worker::poll::activity_task_queue(&frontend, &call, request.into_inner()).await)
    }

    async fn poll_nexus_task_queue(
        &self,
        request: Request<PollNexusTaskQueueRequest>,
    ) -> Result<Response<PollNexusTaskQueueResponse>, Status> {
        let (call, frontend) = self.open(Rpc::PollNexusTaskQueue, request.metadata(), &request.get_ref().namespace)?;
        call.answer(worker::poll::nexus_task_queue(&frontend, &call, request.into_inner()).await)
    }

    async fn respond_activity_task_completed(
        &self,
        request: Request<RespondActivityTaskCompletedRequest>,
    ) -> Result<Response<RespondActivityTaskCompletedResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::RespondActivityTaskCompleted, request.metadata(), &request.get_ref().namespace)?;
        call.answer(activity::complete::complete(&frontend, request.into_inner()).await)
    }

    async fn respond_activity_task_completed_by_id(
        &self,
        request: Request<RespondActivityTaskCompletedByIdRequest>,
    ) -> Result<Response<RespondActivityTaskCompletedByIdResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::RespondActivityTaskCompletedById, request.metadata(), &request.get_ref().namespace)?;
        call.answer(activity::complete::complete_by_id(&frontend, request.into_inner()).await)
    }

    async fn respond_activity_task_failed(
        &self,
        request: Request<RespondActivityTaskFailedRequest>,
    ) -> Result<Response<RespondActivityTaskFailedResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::RespondActivityTaskFailed, request.metadata(), &request.get_ref().namespace)?;
        call.answer(activity::fail::fail(&frontend, request.into_inner()).await)
    }

    async fn respond_activity_task_failed_by_id(
        &self,
        request: Request<RespondActivityTaskFailedByIdRequest>,
    ) -> Result<Response<RespondActivityTaskFailedByIdResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::RespondActivityTaskFailedById, request.metadata(), &request.get_ref().namespace)?;
        call.answer(activity::fail::fail_by_id(&frontend, request.into_inner()).await)
    }

    async fn respond_activity_task_canceled(
        &self,
        request: Request<RespondActivityTaskCanceledRequest>,
    ) -> Result<Response<RespondActivityTaskCanceledResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::RespondActivityTaskCanceled, request.metadata(), &request.get_ref().namespace)?;
        call.answer(activity::cancel::cancel(&frontend, request.into_inner()).await)
    }

    async fn respond_activity_task_canceled_by_id(
        &self,
        request: Request<RespondActivityTaskCanceledByIdRequest>,
    ) -> Result<Response<RespondActivityTaskCanceledByIdResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::RespondActivityTaskCanceledById, request.metadata(), &request.get_ref().namespace)?;
        call.answer(activity::cancel::cancel_by_id(&frontend, request.into_inner()).await)
    }

    async fn record_activity_task_heartbeat(
        &self,
        request: Request<RecordActivityTaskHeartbeatRequest>,
    ) -> Result<Response<RecordActivityTaskHeartbeatResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::RecordActivityTaskHeartbeat, request.metadata(), &request.get_ref().namespace)?;
        call.answer(activity::heartbeat::heartbeat(&frontend, request.into_inner()).await)
    }

    async fn record_activity_task_heartbeat_by_id(
        &self,
        request: Request<RecordActivityTaskHeartbeatByIdRequest>,
    ) -> Result<Response<RecordActivityTaskHeartbeatByIdResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::RecordActivityTaskHeartbeatById, request.metadata(), &request.get_ref().namespace)?;
        call.answer(activity::heartbeat::heartbeat_by_id(&frontend, request.into_inner()).await)
    }

    async fn reset_sticky_task_queue(
        &self,
        request: Request<ResetStickyTaskQueueRequest>,
    ) -> Result<Response<ResetStickyTaskQueueResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::ResetStickyTaskQueue, request.metadata(), &request.get_ref().namespace)?;
        call.answer(worker::sticky::reset(&frontend, request.into_inner()).await)
    }

    async fn shutdown_worker(
        &self,
        request: Request<ShutdownWorkerRequest>,
    ) -> Result<Response<ShutdownWorkerResponse>, Status> {
        let (call, frontend) = self.open(Rpc::ShutdownWorker, request.metadata(), &request.get_ref().namespace)?;
        call.answer(worker::sticky::shutdown(&frontend, request.into_inner()))
    }

    async fn describe_task_queue(
        &self,
        request: Request<DescribeTaskQueueRequest>,
    ) -> Result<Response<DescribeTaskQueueResponse>, Status> {
        let (call, frontend) = self.open(Rpc::DescribeTaskQueue, request.metadata(), &request.get_ref().namespace)?;
        call.answer(worker::describe_queue::describe(&frontend, request.into_inner()))
    }

    async fn list_task_queue_partitions(
        &self,
        request: Request<ListTaskQueuePartitionsRequest>,
    ) -> Result<Response<ListTaskQueuePartitionsResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::ListTaskQueuePartitions, request.metadata(), &request.get_ref().namespace)?;
        call.answer(worker::queue_partitions::list(&frontend, request.into_inner()))
    }

    async fn update_task_queue_config(
        &self,
        request: Request<UpdateTaskQueueConfigRequest>,
    ) -> Result<Response<UpdateTaskQueueConfigResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::UpdateTaskQueueConfig, request.metadata(), &request.get_ref().namespace)?;
        call.answer(worker::queue_config::update(&frontend, request.into_inner()).await)
    }

    async fn record_worker_heartbeat(
        &self,
        request: Request<RecordWorkerHeartbeatRequest>,
    ) -> Result<Response<RecordWorkerHeartbeatResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::RecordWorkerHeartbeat, request.metadata(), &request.get_ref().namespace)?;
        call.answer(worker::registry::record(&frontend, request.into_inner()))
    }

    async fn list_workers(
        &self,
        request: Request<ListWorkersRequest>,
    ) -> Result<Response<ListWorkersResponse>, Status> {
        let (call, frontend) = self.open(Rpc::ListWorkers, request.metadata(), &request.get_ref().namespace)?;
        call.answer(worker::registry::list(&frontend, request.into_inner()))
    }

    async fn count_workers(
        &self,
        request: Request<CountWorkersRequest>,
    ) -> Result<Response<CountWorkersResponse>, Status> {
        let (call, frontend) = self.open(Rpc::CountWorkers, request.metadata(), &request.get_ref().namespace)?;
        call.answer(worker::registry::count(&frontend, request.into_inner()))
    }

    async fn describe_worker(
        &self,
        request: Request<DescribeWorkerRequest>,
    ) -> Result<Response<DescribeWorkerResponse>, Status> {
        let (call, frontend) = self.open(Rpc::DescribeWorker, request.metadata(), &request.get_ref().namespace)?;
        call.answer(worker::registry::describe(&frontend, request.into_inner()))
    }

    async fn pause_activity(
        &self,
        request: Request<PauseActivityRequest>,
    ) -> Result<Response<PauseActivityResponse>, Status> {
        let (call, frontend) = self.open(Rpc::PauseActivity, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::activity::pause::pause(&frontend, request.into_inner()).await)
    }

    async fn unpause_activity(
        &self,
        request: Request<UnpauseActivityRequest>,
    ) -> Result<Response<UnpauseActivityResponse>, Status> {
        let (call, frontend) = self.open(Rpc::UnpauseActivity, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::activity::unpause::unpause(&frontend, request.into_inner()).await)
    }

    async fn reset_activity(
        &self,
        request: Request<ResetActivityRequest>,
    ) -> Result<Response<ResetActivityResponse>, Status> {
        let (call, frontend) = self.open(Rpc::ResetActivity, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::activity::reset::reset(&frontend, request.into_inner()).await)
    }

    async fn update_activity_options(
        &self,
        request: Request<UpdateActivityOptionsRequest>,
    ) -> Result<Response<UpdateActivityOptionsResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::UpdateActivityOptions, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::activity::update_options::update(&frontend, request.into_inner()).await)
    }

    async fn pause_activity_execution(
        &self,
        request: Request<PauseActivityExecutionRequest>,
    ) -> Result<Response<PauseActivityExecutionResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::PauseActivityExecution, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::activity::pause::pause_one(&frontend, request.into_inner()).await)
    }

    async fn unpause_activity_execution(
        &self,
        request: Request<UnpauseActivityExecutionRequest>,
    ) -> Result<Response<UnpauseActivityExecutionResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::UnpauseActivityExecution, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::activity::unpause::unpause_one(&frontend, request.into_inner()).await)
    }

    async fn reset_activity_execution(
        &self,
        request: Request<ResetActivityExecutionRequest>,
    ) -> Result<Response<ResetActivityExecutionResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::ResetActivityExecution, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::activity::reset::reset_one(&frontend, request.into_inner()).await)
    }

    async fn update_activity_execution_options(
        &self,
        request: Request<UpdateActivityExecutionOptionsRequest>,
    ) -> Result<Response<UpdateActivityExecutionOptionsResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::UpdateActivityExecutionOptions, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::activity::update_options::update_one(&frontend, request.into_inner()).await)
    }

    async fn pause_workflow_execution(
        &self,
        request: Request<PauseWorkflowExecutionRequest>,
    ) -> Result<Response<PauseWorkflowExecutionResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::PauseWorkflowExecution, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::pause::pause(&frontend, request.into_inner()).await)
    }

    async fn unpause_workflow_execution(
        &self,
        request: Request<UnpauseWorkflowExecutionRequest>,
    ) -> Result<Response<UnpauseWorkflowExecutionResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::UnpauseWorkflowExecution, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::pause::unpause(&frontend, request.into_inner()).await)
    }

    async fn update_workflow_execution_options(
        &self,
        request: Request<UpdateWorkflowExecutionOptionsRequest>,
    ) -> Result<Response<UpdateWorkflowExecutionOptionsResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::UpdateWorkflowExecutionOptions, request.metadata(), &request.get_ref().namespace)?;
        call.answer(workflow::update_options::update(&frontend, request.into_inner()).await)
    }

    async fn start_batch_operation(
        &self,
        request: Request<StartBatchOperationRequest>,
    ) -> Result<Response<StartBatchOperationResponse>, Status> {
        let (call, frontend) = self.open(Rpc::StartBatchOperation, request.metadata(), &request.get_ref().namespace)?;
        call.answer(batch::start(&frontend, request.into_inner()).await)
    }

    async fn stop_batch_operation(
        &self,
        request: Request<StopBatchOperationRequest>,
    ) -> Result<Response<StopBatchOperationResponse>, Status> {
        let (call, frontend) = self.open(Rpc::StopBatchOperation, request.metadata(), &request.get_ref().namespace)?;
        call.answer(batch::stop(&frontend, request.into_inner()).await)
    }

    async fn describe_batch_operation(
        &self,
        request: Request<DescribeBatchOperationRequest>,
    ) -> Result<Response<DescribeBatchOperationResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::DescribeBatchOperation, request.metadata(), &request.get_ref().namespace)?;
        call.answer(batch::describe(&frontend, request.into_inner()))
    }

    async fn list_batch_operations(
        &self,
        request: Request<ListBatchOperationsRequest>,
    ) -> Result<Response<ListBatchOperationsResponse>, Status> {
        let (call, frontend) = self.open(Rpc::ListBatchOperations, request.metadata(), &request.get_ref().namespace)?;
        call.answer(batch::list(&frontend, request.into_inner()))
    }
}
