"""Signals: every one arrives, once, in order, whatever the run is doing."""

import asyncio

import pytest
from temporalio import activity, workflow
from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.service import RPCError, RPCStatusCode

from harness import LOCALLY, TASK, Case, scenario


@workflow.defn
class Collects:
    """Returns the first signals as they came."""

    def __init__(self) -> None:
        self.received: list[str] = []

    @workflow.run
    async def run(self, wanted: int) -> list[str]:
        await workflow.wait_condition(lambda: len(self.received) >= wanted)
        return self.received

    @workflow.signal
    def add(self, word: str) -> None:
        self.received.append(word)


@workflow.defn
class CollectsDuringALocalActivity:
    """A local activity keeps the workflow task open, so what arrives meanwhile is buffered by the server."""

    def __init__(self) -> None:
        self.received: list[str] = []

    @workflow.run
    async def run(self, wanted: int) -> list[str]:
        await workflow.execute_local_activity("hold", start_to_close_timeout=LOCALLY)
        await workflow.wait_condition(lambda: len(self.received) >= wanted)
        return self.received

    @workflow.signal
    def add(self, word: str) -> None:
        self.received.append(word)


@workflow.defn
class WaitsForever:
    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)


class Hold:
    """A local activity that ends when the scenario says so."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.leave = asyncio.Event()

    @activity.defn(name="hold")
    async def hold(self) -> None:
        self.entered.set()
        await self.leave.wait()


@scenario
async def signals_before_the_first_task_arrive_in_order(case: Case) -> None:
    handle = await case.start(Collects.run, 3)
    for word in ("a", "b", "c"):
        await handle.signal(Collects.add, word)
    async with case.worker([Collects]):
        assert await handle.result() == ["a", "b", "c"]
    await case.finish(
        handle,
        [Collects],
        ["Started", "TaskScheduled", "Signaled", "Signaled", "Signaled", "TaskStarted", "TaskCompleted", "Completed"],
    )


@scenario
async def a_signal_wakes_an_idle_workflow(case: Case) -> None:
    async with case.worker([Collects]):
        handle = await case.start(Collects.run, 2)
        await case.seen(handle, "TaskCompleted")
        await handle.signal(Collects.add, "a")
        await case.seen(handle, "TaskCompleted", 2)
        await handle.signal(Collects.add, "b")
        assert await handle.result() == ["a", "b"]
    await case.finish(handle, [Collects], ["Started", *TASK, "Signaled", *TASK, "Signaled", *TASK, "Completed"])
    signaled = (await case.find(handle, "Signaled"))[0].workflow_execution_signaled_event_attributes
    assert signaled.signal_name == "add"
    assert signaled.identity == case.client.identity


@scenario
async def signals_during_a_workflow_task_are_buffered(case: Case) -> None:
    hold = Hold()
    async with case.worker([CollectsDuringALocalActivity], [hold.hold]):
        handle = await case.start(CollectsDuringALocalActivity.run, 2)
        await hold.entered.wait()
        await handle.signal("add", "a")
        await handle.signal("add", "b")
        assert await case.events(handle) == ["Started", "TaskScheduled", "TaskStarted"]
        hold.leave.set()
        assert await handle.result() == ["a", "b"]
    await case.finish(
        handle,
        [CollectsDuringALocalActivity],
        ["Started", *TASK, "MarkerRecorded", "Signaled", "Signaled", *TASK, "Completed"],
    )


@scenario
async def a_workflow_cannot_close_over_an_unhandled_signal(case: Case) -> None:
    hold = Hold()
    async with case.worker([CollectsDuringALocalActivity], [hold.hold]):
        handle = await case.start(CollectsDuringALocalActivity.run, 0)
        await hold.entered.wait()
        await handle.signal("add", "late")
        hold.leave.set()
        # It wanted none and would have returned an empty list; its close was refused until it had seen the signal.
        assert await handle.result() == ["late"]
    events = await case.events(handle)
    assert events[:3] == ["Started", "TaskScheduled", "TaskStarted"]
    assert events[3:5] == ["TaskFailed", "Signaled"]
    assert events[-1] == "Completed"
    [failed] = await case.find(handle, "TaskFailed")
    cause = failed.workflow_task_failed_event_attributes.cause
    assert cause == WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND
    await case.finish(handle, [CollectsDuringALocalActivity])


@scenario
async def many_signals_arrive_once_each_and_in_order(case: Case) -> None:
    words = [str(n) for n in range(200)]
    async with case.worker([Collects]):
        handle = await case.start(Collects.run, len(words))
        for word in words:
            await handle.signal(Collects.add, word)
        assert await handle.result() == words
    await case.finish(handle, [Collects])
    assert len(await case.find(handle, "Signaled")) == len(words)


@scenario
async def many_signals_at_the_same_time_arrive_once_each(case: Case) -> None:
    words = [str(n) for n in range(100)]
    async with case.worker([Collects]):
        handle = await case.start(Collects.run, len(words))
        await asyncio.gather(*(handle.signal(Collects.add, word) for word in words))
        assert sorted(await handle.result()) == sorted(words)
    await case.finish(handle, [Collects])


@scenario
async def signal_with_start_starts_a_run_that_has_the_signal(case: Case) -> None:
    handle = await case.start(Collects.run, 1, start_signal="add", start_signal_args=["first"])
    async with case.worker([Collects]):
        assert await handle.result() == ["first"]
    await case.finish(
        handle, [Collects], ["Started", "Signaled", "TaskScheduled", "TaskStarted", "TaskCompleted", "Completed"]
    )


@scenario
async def signal_with_start_signals_a_run_that_is_open(case: Case) -> None:
    first = await case.start(Collects.run, 1)
    second = await case.start(Collects.run, 99, start_signal="add", start_signal_args=["joined"])
    assert second.result_run_id == first.result_run_id
    async with case.worker([Collects]):
        assert await first.result() == ["joined"]
    await case.finish(
        first, [Collects], ["Started", "TaskScheduled", "Signaled", "TaskStarted", "TaskCompleted", "Completed"]
    )


@scenario
async def signal_with_start_starts_anew_when_the_last_run_is_closed(case: Case) -> None:
    async with case.worker([Collects]):
        first = await case.start(Collects.run, 0)
        assert await first.result() == []
        second = await case.start(Collects.run, 1, start_signal="add", start_signal_args=["again"])
        assert second.result_run_id != first.result_run_id
        assert await second.result() == ["again"]
    await case.finish(second, [Collects])


@scenario
async def a_closed_run_refuses_signals(case: Case) -> None:
    async with case.worker([Collects]):
        handle = await case.start(Collects.run, 0)
        await handle.result()
    with pytest.raises(RPCError, match="workflow execution already completed") as refused:
        await handle.signal(Collects.add, "too late")
    assert refused.value.status == RPCStatusCode.NOT_FOUND
    await case.finish(handle, [Collects], ["Started", *TASK, "Completed"])


@scenario
async def a_signal_that_no_handler_knows_is_kept_in_the_history(case: Case) -> None:
    async with case.worker([WaitsForever]):
        handle = await case.start(WaitsForever.run)
        await case.seen(handle, "TaskCompleted")
        await handle.signal("unheard of")
        await case.seen(handle, "TaskCompleted", 2)
        await handle.terminate()
    await case.finish(handle, [WaitsForever], ["Started", *TASK, "Signaled", *TASK, "Terminated"])
