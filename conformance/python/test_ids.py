"""Workflow ids: at most one open run each, and the policies for what happens to the second start."""

import uuid

import pytest
from temporalio import workflow
from temporalio.api.common.v1 import WorkflowType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError

from harness import TASK, Case, scenario

COMPLETED = ["Started", *TASK, "Completed"]


@workflow.defn
class Ends:
    @workflow.run
    async def run(self, well: bool) -> str:
        if not well:
            raise ApplicationError("as told")
        return "well"


@workflow.defn
class WaitsForever:
    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)


async def failed(handle) -> None:
    with pytest.raises(WorkflowFailureError):
        await handle.result()


@scenario
async def a_second_start_is_refused_while_a_run_is_open(case: Case) -> None:
    first = await case.start(WaitsForever.run)
    with pytest.raises(WorkflowAlreadyStartedError) as refused:
        await case.start(WaitsForever.run)
    assert (refused.value.workflow_id, refused.value.workflow_type) == (case.id, "WaitsForever")
    assert refused.value.run_id == first.result_run_id
    await first.terminate()
    await case.finish(first, [WaitsForever], ["Started", "TaskScheduled", "Terminated"])


@scenario
async def a_second_start_may_join_the_open_run(case: Case) -> None:
    first = await case.start(WaitsForever.run)
    second = await case.start(WaitsForever.run, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING)
    assert second.result_run_id == first.result_run_id
    await first.terminate()
    await case.finish(first, [WaitsForever], ["Started", "TaskScheduled", "Terminated"])


@scenario
async def a_second_start_may_terminate_the_open_run(case: Case) -> None:
    first = await case.start(WaitsForever.run)
    second = await case.start(Ends.run, True, id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING)
    assert second.result_run_id != first.result_run_id
    async with case.worker([Ends]):
        assert await second.result() == "well"
    await case.finish(second, [Ends], COMPLETED)
    replaced = case.client.get_workflow_handle(case.id, run_id=first.result_run_id)
    await case.finish(replaced, [WaitsForever], ["Started", "TaskScheduled", "Terminated"])
    [terminated] = await case.find(replaced, "Terminated")
    attributes = terminated.workflow_execution_terminated_event_attributes
    assert attributes.identity == "history-service"
    assert second.result_run_id in attributes.details.payloads[0].data.decode()


@scenario
async def the_old_policy_that_terminates_does_the_same(case: Case) -> None:
    first = await case.start(WaitsForever.run)
    second = await case.start(Ends.run, True, id_reuse_policy=WorkflowIDReusePolicy.TERMINATE_IF_RUNNING)
    async with case.worker([Ends]):
        assert await second.result() == "well"
    await case.finish(second, [Ends], COMPLETED)
    replaced = case.client.get_workflow_handle(case.id, run_id=first.result_run_id)
    assert (await replaced.describe()).status == WorkflowExecutionStatus.TERMINATED


@scenario
async def an_id_may_be_used_again_after_its_run_has_closed(case: Case) -> None:
    async with case.worker([Ends]):
        first = await case.start(Ends.run, True)
        await first.result()
        second = await case.start(Ends.run, True)
        await second.result()
    assert second.result_run_id != first.result_run_id
    for run_id in (first.result_run_id, second.result_run_id):
        await case.finish(case.client.get_workflow_handle(case.id, run_id=run_id), [Ends], COMPLETED)


@scenario
async def an_id_of_a_failed_run_may_be_used_again_where_only_that_is_allowed(case: Case) -> None:
    policy = WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY
    async with case.worker([Ends]):
        await failed(await case.start(Ends.run, False, id_reuse_policy=policy))
        second = await case.start(Ends.run, True, id_reuse_policy=policy)
        assert await second.result() == "well"
        with pytest.raises(WorkflowAlreadyStartedError) as refused:
            await case.start(Ends.run, True, id_reuse_policy=policy)
        assert refused.value.run_id == second.result_run_id
    await case.finish(second, [Ends], COMPLETED)


@scenario
async def an_id_may_be_reserved_for_one_run(case: Case) -> None:
    policy = WorkflowIDReusePolicy.REJECT_DUPLICATE
    async with case.worker([Ends]):
        first = await case.start(Ends.run, False, id_reuse_policy=policy)
        await failed(first)
        with pytest.raises(WorkflowAlreadyStartedError) as refused:
            await case.start(Ends.run, True, id_reuse_policy=policy)
    assert refused.value.run_id == first.result_run_id
    await case.finish(first, [Ends], ["Started", *TASK, "Failed"])


@scenario
async def a_start_that_is_sent_twice_starts_one_run(case: Case) -> None:
    request = StartWorkflowExecutionRequest(
        namespace=case.client.namespace,
        workflow_id=case.id,
        workflow_type=WorkflowType(name="WaitsForever"),
        task_queue=TaskQueue(name=case.id),
        request_id=str(uuid.uuid4()),
    )
    first = await case.client.workflow_service.start_workflow_execution(request)
    second = await case.client.workflow_service.start_workflow_execution(request)
    assert first.started and second.started
    assert first.run_id == second.run_id
    handle = case.client.get_workflow_handle(case.id)
    await handle.terminate()
    await case.finish(handle, [WaitsForever], ["Started", "TaskScheduled", "Terminated"])
