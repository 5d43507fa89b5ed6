"""Queries: answered from any state of a run, and never seen in its history."""

import asyncio

import pytest
from temporalio import activity, workflow
from temporalio.client import WorkflowExecutionStatus, WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.common import QueryRejectCondition
from temporalio.exceptions import ApplicationError

from harness import LOCALLY, TASK, Case, scenario


@workflow.defn
class Counts:
    def __init__(self) -> None:
        self.count = 0
        self.wanted = -1

    @workflow.run
    async def run(self, wanted: int) -> int:
        self.wanted = wanted
        await workflow.wait_condition(lambda: self.count >= self.wanted)
        return self.count

    @workflow.signal
    def add(self, amount: int) -> None:
        self.count += amount

    @workflow.query
    def counted(self) -> int:
        return self.count

    @workflow.query
    def times(self, factor: int) -> int:
        return self.count * factor

    @workflow.query
    def broken(self) -> int:
        raise ApplicationError("cannot count")


@workflow.defn
class Fails:
    @workflow.run
    async def run(self) -> None:
        raise ApplicationError("on purpose")

    @workflow.query
    def state(self) -> str:
        return "failing"


@workflow.defn
class HoldsThenCounts:
    """Its first workflow task is open for as long as the local activity lasts."""

    def __init__(self) -> None:
        self.state = "holding"

    @workflow.run
    async def run(self) -> None:
        await workflow.execute_local_activity("hold", start_to_close_timeout=LOCALLY)
        self.state = "held"
        await workflow.wait_condition(lambda: self.state == "ended")

    @workflow.signal
    def end(self) -> None:
        self.state = "ended"

    @workflow.query
    def current(self) -> str:
        return self.state


@scenario
async def a_query_sees_the_signals_before_it(case: Case) -> None:
    async with case.worker([Counts]):
        handle = await case.start(Counts.run, 10)
        await case.seen(handle, "TaskCompleted")
        assert await handle.query(Counts.counted) == 0
        await handle.signal(Counts.add, 4)
        assert await handle.query(Counts.counted) == 4
        assert await handle.query(Counts.times, 3) == 12
        await handle.signal(Counts.add, 6)
        assert await handle.result() == 10
    await case.finish(handle, [Counts], ["Started", *TASK, "Signaled", *TASK, "Signaled", *TASK, "Completed"])


@scenario
async def a_query_right_after_the_start_waits_for_the_first_task(case: Case) -> None:
    handle = await case.start(Counts.run, 1)
    answer = asyncio.create_task(handle.query(Counts.counted))
    async with case.worker([Counts]):
        assert await answer == 0
        await handle.signal(Counts.add, 1)
        await handle.result()
    await case.finish(handle, [Counts])


@scenario
async def a_worker_without_a_cache_answers_queries(case: Case) -> None:
    async with case.worker([Counts], max_cached_workflows=0):
        handle = await case.start(Counts.run, 2)
        await handle.signal(Counts.add, 1)
        assert await handle.query(Counts.counted) == 1
        assert await handle.query(Counts.times, 5) == 5
        await handle.signal(Counts.add, 1)
        assert await handle.result() == 2
    await case.finish(handle, [Counts])


@scenario
async def a_query_is_answered_by_a_worker_that_never_saw_the_run(case: Case) -> None:
    async with case.worker([Counts]):
        handle = await case.start(Counts.run, 2)
        await case.seen(handle, "TaskCompleted")
        await handle.signal(Counts.add, 1)
        await case.seen(handle, "TaskCompleted", 2)
    async with case.worker([Counts]):
        assert await handle.query(Counts.counted) == 1
        await handle.signal(Counts.add, 1)
        assert await handle.result() == 2
    await case.finish(handle, [Counts], ["Started", *TASK, "Signaled", *TASK, "Signaled", *TASK, "Completed"])


@scenario
async def a_closed_run_answers_queries(case: Case) -> None:
    async with case.worker([Counts]):
        handle = await case.start(Counts.run, 0)
        await handle.result()
        assert await handle.query(Counts.counted) == 0
    await case.finish(handle, [Counts], ["Started", *TASK, "Completed"])


@scenario
async def a_query_during_a_workflow_task_is_answered_at_its_end(case: Case) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    @activity.defn(name="hold")
    async def hold() -> None:
        entered.set()
        await leave.wait()

    async with case.worker([HoldsThenCounts], [hold]):
        handle = await case.start(HoldsThenCounts.run)
        await entered.wait()
        answer = asyncio.create_task(handle.query(HoldsThenCounts.current))
        await asyncio.sleep(0)
        leave.set()
        assert await answer == "held"
        await handle.signal(HoldsThenCounts.end)
        await handle.result()
    await case.finish(handle, [HoldsThenCounts])


@scenario
async def a_query_that_raises_fails_with_its_message(case: Case) -> None:
    async with case.worker([Counts]):
        handle = await case.start(Counts.run, 1)
        with pytest.raises(WorkflowQueryFailedError, match="cannot count"):
            await handle.query(Counts.broken)
        await handle.signal(Counts.add, 1)
        await handle.result()
    await case.finish(handle, [Counts])


@scenario
async def a_query_that_no_handler_knows_fails(case: Case) -> None:
    async with case.worker([Counts]):
        handle = await case.start(Counts.run, 0)
        await handle.result()
        with pytest.raises(WorkflowQueryFailedError, match="unheard_of"):
            await handle.query("unheard_of")
    await case.finish(handle, [Counts], ["Started", *TASK, "Completed"])


@scenario
async def a_query_of_open_runs_only_is_rejected_by_a_closed_one(case: Case) -> None:
    async with case.worker([Counts]):
        handle = await case.start(Counts.run, 1)
        assert await handle.query(Counts.counted, reject_condition=QueryRejectCondition.NOT_OPEN) == 0
        await handle.signal(Counts.add, 1)
        await handle.result()
        with pytest.raises(WorkflowQueryRejectedError) as rejected:
            await handle.query(Counts.counted, reject_condition=QueryRejectCondition.NOT_OPEN)
        assert rejected.value.status == WorkflowExecutionStatus.COMPLETED
        clean = QueryRejectCondition.NOT_COMPLETED_CLEANLY
        assert await handle.query(Counts.counted, reject_condition=clean) == 1
    await case.finish(handle, [Counts])


@scenario
async def a_query_of_clean_runs_only_is_rejected_by_a_failed_one(case: Case) -> None:
    async with case.worker([Fails]):
        handle = await case.start(Fails.run)
        with pytest.raises(Exception, match="failed"):
            await handle.result()
        assert await handle.query(Fails.state) == "failing"
        with pytest.raises(WorkflowQueryRejectedError) as rejected:
            await handle.query(Fails.state, reject_condition=QueryRejectCondition.NOT_COMPLETED_CLEANLY)
        assert rejected.value.status == WorkflowExecutionStatus.FAILED
    await case.finish(handle, [Fails], ["Started", *TASK, "Failed"])
