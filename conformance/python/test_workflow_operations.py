"""Workflows from outside: paused, unpaused, given other options, deleted; and histories read from their end."""

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from temporalio import workflow
from temporalio.api.common.v1 import Priority, WorkflowExecution
from temporalio.api.enums.v1 import WorkflowExecutionStatus as Status
from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.api.query.v1 import WorkflowQuery
from temporalio.api.workflow.v1 import WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import (
    DeleteWorkflowExecutionRequest,
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryReverseRequest,
    PauseWorkflowExecutionRequest,
    QueryWorkflowRequest,
    UnpauseWorkflowExecutionRequest,
    UpdateWorkflowExecutionOptionsRequest,
)
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from hand import Hand, complete_workflow, request_id
from harness import TASK, Case, event_name, scenario


@workflow.defn
class Collects:
    def __init__(self) -> None:
        self.words: list[str] = []

    @workflow.run
    async def run(self, wanted: int) -> list[str]:
        await workflow.wait_condition(lambda: len(self.words) >= wanted)
        return self.words

    @workflow.signal
    def tell(self, word: str) -> None:
        self.words.append(word)

    @workflow.update
    def change(self, word: str) -> None:
        self.words.append(word)

    @workflow.query
    def told(self) -> list[str]:
        return self.words


def named(case: Case, handle: WorkflowHandle) -> dict:
    return {
        "namespace": case.client.namespace,
        "workflow_id": case.id,
        "run_id": handle.result_run_id,
        "identity": "by hand",
        "reason": "to look",
    }


async def raw_description(case: Case) -> DescribeWorkflowExecutionResponse:
    """The SDK's own description does not know the status of paused workflows."""
    request = DescribeWorkflowExecutionRequest(
        namespace=case.client.namespace, execution=WorkflowExecution(workflow_id=case.id)
    )
    return await case.client.workflow_service.describe_workflow_execution(request)


async def pause(case: Case, handle: WorkflowHandle, once: str | None = None) -> None:
    request = PauseWorkflowExecutionRequest(**named(case, handle), request_id=once or request_id())
    await case.client.workflow_service.pause_workflow_execution(request)


async def unpause(case: Case, handle: WorkflowHandle) -> None:
    request = UnpauseWorkflowExecutionRequest(**named(case, handle), request_id=request_id())
    await case.client.workflow_service.unpause_workflow_execution(request)


@scenario
async def a_paused_workflow_gets_no_tasks_until_it_is_unpaused(case: Case) -> None:
    async with case.worker([Collects]):
        handle = await case.start(Collects.run, 1)
        await case.seen(handle, "TaskCompleted")
        await pause(case, handle)
        described = await raw_description(case)
        assert described.workflow_execution_info.status == Status.WORKFLOW_EXECUTION_STATUS_PAUSED
        info = described.workflow_extended_info.pause_info
        assert (info.identity, info.reason) == ("by hand", "to look")
        await handle.signal(Collects.tell, "a")
        assert await case.events(handle) == ["Started", *TASK, "Paused", "Signaled"]
        await unpause(case, handle)
        assert await handle.result() == ["a"]
    history = await case.finish(
        handle, [Collects], ["Started", *TASK, "Paused", "Signaled", "Unpaused", *TASK, "Completed"]
    )
    paused = history[4].workflow_execution_paused_event_attributes
    assert (paused.identity, paused.reason) == ("by hand", "to look")
    assert history[4].worker_may_ignore and history[6].worker_may_ignore


@scenario
async def a_workflow_is_paused_once(case: Case) -> None:
    handle = await case.start(Collects.run, 1)
    once = request_id()
    await pause(case, handle, once)
    await pause(case, handle, once)
    with pytest.raises(RPCError, match="workflow is already paused.") as refused:
        await pause(case, handle)
    assert refused.value.status == RPCStatusCode.FAILED_PRECONDITION
    await unpause(case, handle)
    with pytest.raises(RPCError, match="workflow is not paused.") as refused:
        await unpause(case, handle)
    assert refused.value.status == RPCStatusCode.FAILED_PRECONDITION
    await handle.terminate()
    with pytest.raises(RPCError) as refused:
        await pause(case, handle)
    assert refused.value.status == RPCStatusCode.NOT_FOUND


@scenario
async def a_paused_workflow_refuses_queries_and_updates(case: Case) -> None:
    async with case.worker([Collects]):
        handle = await case.start(Collects.run, 1)
        await case.seen(handle, "TaskCompleted")
        await pause(case, handle)
        query = QueryWorkflowRequest(
            namespace=case.client.namespace,
            execution=WorkflowExecution(workflow_id=case.id),
            query=WorkflowQuery(query_type="told"),
        )
        answer = await case.client.workflow_service.query_workflow(query)
        assert answer.query_rejected.status == Status.WORKFLOW_EXECUTION_STATUS_PAUSED
        with pytest.raises(RPCError, match="Workflow is paused. Cannot update the workflow.") as refused:
            await handle.execute_update(Collects.change, "a")
        assert refused.value.status == RPCStatusCode.FAILED_PRECONDITION
        await unpause(case, handle)
        await handle.execute_update(Collects.change, "a")
        assert await handle.result() == ["a"]


@scenario
async def a_paused_workflow_can_be_terminated(case: Case) -> None:
    handle = await case.start(Collects.run, 1)
    await pause(case, handle)
    await handle.terminate()
    # The workflow task that nobody had taken yet is withdrawn.
    history = await case.finish(handle, [], ["Started", "TaskScheduled", "TaskFailed", "Paused", "Terminated"])
    cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_PAUSE_REQUESTED_BEFORE_TASK_STARTED
    assert history[2].workflow_task_failed_event_attributes.cause == cause


@scenario
async def the_priority_of_an_open_workflow_can_be_changed(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    await hand.step()
    request = UpdateWorkflowExecutionOptionsRequest(
        namespace=case.client.namespace,
        workflow_execution=hand.execution,
        workflow_execution_options=WorkflowExecutionOptions(priority=Priority(priority_key=2, fairness_key="f")),
        update_mask=FieldMask(paths=["priority"]),
        identity="by hand",
    )
    response = await hand.service.update_workflow_execution_options(request)
    assert response.workflow_execution_options.priority.priority_key == 2
    # To ask for what is there already writes nothing.
    await hand.service.update_workflow_execution_options(request)
    assert await case.events(handle) == ["Started", *TASK, "OptionsUpdated"]
    info = (await handle.describe()).raw_description.workflow_execution_info
    assert (info.priority.priority_key, info.priority.fairness_key) == (2, "f")
    await handle.terminate()
    history = await case.finish(handle, [], ["Started", *TASK, "OptionsUpdated", "Terminated"])
    updated = history[4].workflow_execution_options_updated_event_attributes
    assert (updated.priority.priority_key, updated.identity) == (2, "by hand")


@scenario
async def a_history_can_be_read_from_its_end(case: Case) -> None:
    handle = await case.start(Collects.run, 25)
    for n in range(25):
        await handle.signal(Collects.tell, f"{n}")
    async with case.worker([Collects]):
        await handle.result()
    forwards = await case.history(handle)
    request = GetWorkflowExecutionHistoryReverseRequest(
        namespace=case.client.namespace,
        execution=WorkflowExecution(workflow_id=case.id, run_id=handle.result_run_id),
        maximum_page_size=7,
    )
    backwards: list = []
    pages = 0
    while True:
        page = await case.client.workflow_service.get_workflow_execution_history_reverse(request)
        backwards.extend(page.history.events)
        pages += 1
        request.next_page_token = page.next_page_token
        if not request.next_page_token:
            break
    assert pages >= 3
    assert [event.event_id for event in backwards] == list(range(len(forwards), 0, -1))
    assert backwards[::-1] == forwards
    assert event_name(backwards[0]) == "Completed"


async def gone(handle: WorkflowHandle) -> None:
    """Waits until the run is deleted. Nothing tells of that, so it is asked for."""
    while True:
        try:
            await handle.describe()
        except RPCError as error:
            assert error.status == RPCStatusCode.NOT_FOUND
            return


async def delete(case: Case, run_id: str = "") -> None:
    await case.client.workflow_service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(
            namespace=case.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=case.id, run_id=run_id),
        )
    )


@scenario
async def a_deleted_run_is_gone_with_its_history(case: Case) -> None:
    async with case.worker([Collects]):
        handle = await case.start(Collects.run, 0)
        await handle.result()
    await delete(case)
    await gone(handle)
    with pytest.raises(RPCError) as absent:
        await case.events(handle)
    assert absent.value.status == RPCStatusCode.NOT_FOUND
    while [run async for run in case.client.list_workflows(f'WorkflowId = "{case.id}"')]:
        pass
    # The id is free.
    again = await case.start(Collects.run, 1)
    assert again.result_run_id != handle.result_run_id
    await again.terminate()


@scenario
async def an_open_run_that_is_deleted_is_terminated_first(case: Case) -> None:
    handle = await case.start(Collects.run, 1)
    await delete(case)
    await gone(handle)
    with pytest.raises(RPCError) as refused:
        await handle.signal(Collects.tell, "a")
    assert refused.value.status == RPCStatusCode.NOT_FOUND


@scenario
async def an_earlier_run_can_be_deleted_alone(case: Case) -> None:
    async with case.worker([Collects]):
        first = await case.start(Collects.run, 0)
        await first.result()
        second = await case.start(Collects.run, 0)
        await second.result()
    await delete(case, first.result_run_id)
    await gone(case.client.get_workflow_handle(case.id, run_id=first.result_run_id))
    assert (await case.client.get_workflow_handle(case.id).describe()).run_id == second.result_run_id
    await case.finish(second, [Collects], ["Started", *TASK, "Completed"])


@scenario
async def what_is_not_there_cannot_be_deleted(case: Case) -> None:
    with pytest.raises(RPCError) as refused:
        await delete(case)
    assert refused.value.status == RPCStatusCode.NOT_FOUND


@scenario
async def a_description_names_the_workflow_task_that_is_pending(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    pending = (await handle.describe()).raw_description.pending_workflow_task
    assert pending.HasField("scheduled_time") and not pending.HasField("started_time")
    task = await hand.poll()
    pending = (await handle.describe()).raw_description.pending_workflow_task
    assert pending.HasField("started_time")
    await hand.complete(task, complete_workflow())
    described = (await handle.describe()).raw_description
    assert not described.HasField("pending_workflow_task")
    info = described.workflow_execution_info
    assert info.first_run_id == handle.result_run_id
    assert info.state_transition_count > 0
    assert info.execution_duration.ToNanoseconds() == info.close_time.ToNanoseconds() - info.execution_time.ToNanoseconds()
    assert info.root_execution.run_id == handle.result_run_id
    assert info.task_queue == case.id
