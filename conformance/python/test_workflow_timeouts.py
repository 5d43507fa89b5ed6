"""Timeouts of a run and of a chain of runs."""

from datetime import timedelta

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import RetryState
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import TimeoutError

from harness import TASK, Case, scenario

SECOND = timedelta(seconds=1)


@workflow.defn
class WaitsForever:
    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)


@workflow.defn
class ContinuesOnce:
    @workflow.run
    async def run(self, again: bool) -> None:
        if again:
            workflow.continue_as_new(False)
        await workflow.wait_condition(lambda: False)


@workflow.defn
class TellsItsTimeouts:
    @workflow.run
    async def run(self) -> list[float | None]:
        info = workflow.info()
        times = (info.execution_timeout, info.run_timeout, info.task_timeout)
        return [time and time.total_seconds() for time in times]


async def timed_out(handle) -> None:
    with pytest.raises(WorkflowFailureError) as raised:
        await handle.result()
    assert isinstance(raised.value.cause, TimeoutError)


@scenario
async def a_run_ends_at_its_run_timeout(case: Case) -> None:
    async with case.worker([WaitsForever]):
        handle = await case.start(WaitsForever.run, run_timeout=SECOND)
        await timed_out(handle)
    await case.finish(handle, [WaitsForever], ["Started", *TASK, "TimedOut"])
    assert (await handle.describe()).status == WorkflowExecutionStatus.TIMED_OUT
    [event] = await case.find(handle, "TimedOut")
    retry_state = event.workflow_execution_timed_out_event_attributes.retry_state
    assert retry_state == RetryState.RETRY_STATE_RETRY_POLICY_NOT_SET


@scenario
async def a_run_that_no_worker_takes_ends_at_its_run_timeout(case: Case) -> None:
    handle = await case.start(WaitsForever.run, run_timeout=SECOND)
    await timed_out(handle)
    await case.finish(handle, [WaitsForever], ["Started", "TaskScheduled", "TimedOut"])


@scenario
async def a_chain_of_runs_ends_at_its_execution_timeout(case: Case) -> None:
    async with case.worker([ContinuesOnce]):
        handle = await case.start(ContinuesOnce.run, True, execution_timeout=3 * SECOND)
        await timed_out(handle)
    await case.finish(handle, [ContinuesOnce], ["Started", *TASK, "TimedOut"])
    first = case.client.get_workflow_handle(case.id, run_id=handle.first_execution_run_id)
    await case.finish(first, [ContinuesOnce], ["Started", *TASK, "ContinuedAsNew"])
    # The time is counted from the first start, not from each.
    [began] = await case.find(first, "Started")
    [ended] = await case.find(handle, "TimedOut")
    assert 3 * SECOND <= ended.event_time.ToDatetime() - began.event_time.ToDatetime() < 5 * SECOND


@scenario
async def timeouts_that_are_not_given_have_their_defaults(case: Case) -> None:
    async with case.worker([TellsItsTimeouts]):
        handle = await case.start(TellsItsTimeouts.run, execution_timeout=None)
        assert await handle.result() == [None, None, 10]
    await case.finish(handle, [TellsItsTimeouts], ["Started", *TASK, "Completed"])


@scenario
async def a_run_timeout_is_no_longer_than_the_execution_timeout(case: Case) -> None:
    async with case.worker([TellsItsTimeouts]):
        handle = await case.start(
            TellsItsTimeouts.run, execution_timeout=20 * SECOND, run_timeout=30 * SECOND, task_timeout=5 * SECOND
        )
        assert await handle.result() == [20, 20, 5]
    await case.finish(handle, [TellsItsTimeouts], ["Started", *TASK, "Completed"])
