"""Cancel and terminate: a request that a workflow may answer as it likes, and an end it is not asked about."""

import asyncio

import pytest
from temporalio import workflow
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import CancelledError, TerminatedError
from temporalio.service import RPCError, RPCStatusCode

from harness import TASK, Case, scenario


@workflow.defn
class WaitsForever:
    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)


@workflow.defn
class CleansUp:
    @workflow.run
    async def run(self) -> str:
        try:
            await workflow.wait_condition(lambda: False)
        except asyncio.CancelledError:
            await workflow.sleep(0.001)
        return "cleaned up"


@workflow.defn
class CleansUpAndIsCanceled:
    @workflow.run
    async def run(self) -> None:
        try:
            await workflow.wait_condition(lambda: False)
        finally:
            await workflow.sleep(0.001)


@workflow.defn
class IgnoresCancellation:
    def __init__(self) -> None:
        self.ended = False

    @workflow.run
    async def run(self) -> str:
        while not self.ended:
            try:
                await workflow.wait_condition(lambda: self.ended)
            except asyncio.CancelledError:
                pass
        return "not impressed"

    @workflow.signal
    def end(self) -> None:
        self.ended = True


async def cause_of_failure(handle) -> BaseException:
    with pytest.raises(WorkflowFailureError) as raised:
        await handle.result()
    return raised.value.cause


@scenario
async def a_cancel_request_ends_a_workflow_that_does_not_handle_it(case: Case) -> None:
    async with case.worker([WaitsForever]):
        handle = await case.start(WaitsForever.run)
        await case.seen(handle, "TaskCompleted")
        await handle.cancel(reason="no longer needed")
        assert isinstance(await cause_of_failure(handle), CancelledError)
    await case.finish(handle, [WaitsForever], ["Started", *TASK, "CancelRequested", *TASK, "Canceled"])
    [requested] = await case.find(handle, "CancelRequested")
    attributes = requested.workflow_execution_cancel_requested_event_attributes
    assert (attributes.cause, attributes.identity) == ("no longer needed", case.client.identity)
    assert (await handle.describe()).status == WorkflowExecutionStatus.CANCELED


@scenario
async def a_workflow_may_complete_after_a_cancel_request(case: Case) -> None:
    async with case.worker([CleansUp]):
        handle = await case.start(CleansUp.run)
        await case.seen(handle, "TaskCompleted")
        await handle.cancel()
        assert await handle.result() == "cleaned up"
    await case.finish(
        handle,
        [CleansUp],
        ["Started", *TASK, "CancelRequested", *TASK, "TimerStarted", "TimerFired", *TASK, "Completed"],
    )


@scenario
async def a_workflow_may_clean_up_before_it_is_canceled(case: Case) -> None:
    async with case.worker([CleansUpAndIsCanceled]):
        handle = await case.start(CleansUpAndIsCanceled.run)
        await case.seen(handle, "TaskCompleted")
        await handle.cancel()
        assert isinstance(await cause_of_failure(handle), CancelledError)
    await case.finish(
        handle,
        [CleansUpAndIsCanceled],
        ["Started", *TASK, "CancelRequested", *TASK, "TimerStarted", "TimerFired", *TASK, "Canceled"],
    )


@scenario
async def a_workflow_may_ignore_a_cancel_request(case: Case) -> None:
    async with case.worker([IgnoresCancellation]):
        handle = await case.start(IgnoresCancellation.run)
        await case.seen(handle, "TaskCompleted")
        await handle.cancel()
        await case.seen(handle, "TaskCompleted", 2)
        await handle.signal(IgnoresCancellation.end)
        assert await handle.result() == "not impressed"
    await case.finish(
        handle, [IgnoresCancellation], ["Started", *TASK, "CancelRequested", *TASK, "Signaled", *TASK, "Completed"]
    )


@scenario
async def a_second_cancel_request_changes_nothing(case: Case) -> None:
    async with case.worker([IgnoresCancellation]):
        handle = await case.start(IgnoresCancellation.run)
        await case.seen(handle, "TaskCompleted")
        await handle.cancel()
        await case.seen(handle, "TaskCompleted", 2)
        await handle.cancel()
        await handle.signal(IgnoresCancellation.end)
        await handle.result()
    await case.finish(
        handle, [IgnoresCancellation], ["Started", *TASK, "CancelRequested", *TASK, "Signaled", *TASK, "Completed"]
    )


@scenario
async def a_workflow_canceled_before_its_first_task_sees_the_request(case: Case) -> None:
    handle = await case.start(CleansUp.run)
    await handle.cancel()
    async with case.worker([CleansUp]):
        assert await handle.result() == "cleaned up"
    await case.finish(
        handle,
        [CleansUp],
        ["Started", "TaskScheduled", "CancelRequested", "TaskStarted", "TaskCompleted"]
        + ["TimerStarted", "TimerFired", *TASK, "Completed"],
    )


@scenario
async def a_terminated_run_is_over_at_once(case: Case) -> None:
    handle = await case.start(WaitsForever.run)
    await handle.terminate("first detail", 2, reason="enough")
    cause = await cause_of_failure(handle)
    assert isinstance(cause, TerminatedError)
    assert cause.message == "enough"
    assert list(cause.details) == ["first detail", 2]
    await case.finish(handle, [WaitsForever], ["Started", "TaskScheduled", "Terminated"])
    [terminated] = await case.find(handle, "Terminated")
    assert terminated.workflow_execution_terminated_event_attributes.identity == case.client.identity


@scenario
async def a_closed_run_accepts_a_cancel_request_and_refuses_termination(case: Case) -> None:
    async with case.worker([WaitsForever]):
        handle = await case.start(WaitsForever.run)
        await case.seen(handle, "TaskCompleted")
        await handle.terminate()
    await handle.cancel()
    with pytest.raises(RPCError, match="workflow execution already completed") as refused:
        await handle.terminate()
    assert refused.value.status == RPCStatusCode.NOT_FOUND
    await case.finish(handle, [WaitsForever], ["Started", *TASK, "Terminated"])


@scenario
async def a_workflow_nobody_started_is_not_found(case: Case) -> None:
    nobody = case.client.get_workflow_handle(f"{case.id}-nobody")
    for call in (
        nobody.describe,
        nobody.cancel,
        nobody.terminate,
        nobody.fetch_history,
        lambda: nobody.signal("any"),
        lambda: nobody.query("any"),
    ):
        with pytest.raises(RPCError) as refused:
            await call()
        assert refused.value.status == RPCStatusCode.NOT_FOUND
