"""What a workflow writes into its own history: markers, search attributes, memo."""

import asyncio
from datetime import timedelta

import pytest
from temporalio import activity, workflow
from temporalio.client import WorkflowFailureError
from temporalio.common import RetryPolicy, SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.exceptions import ApplicationError

from harness import LOCALLY, TASK, Case, scenario

KEYWORD = SearchAttributeKey.for_keyword("CustomKeywordField")
NUMBER = SearchAttributeKey.for_int("CustomIntField")


@activity.defn
async def shout(word: str) -> str:
    return word.upper()


@activity.defn
async def succeed_at_third_attempt() -> int:
    if activity.info().attempt < 3:
        raise ApplicationError("not yet")
    return activity.info().attempt


@activity.defn
async def fail() -> None:
    raise ApplicationError("locally", non_retryable=True)


@workflow.defn
class CallsLocally:
    @workflow.run
    async def run(self, words: list[str]) -> list[str]:
        return [await workflow.execute_local_activity(shout, word, start_to_close_timeout=LOCALLY) for word in words]


@workflow.defn
class RetriesLocally:
    @workflow.run
    async def run(self) -> int:
        return await workflow.execute_local_activity(
            succeed_at_third_attempt,
            start_to_close_timeout=LOCALLY,
            retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=1)),
        )


@workflow.defn
class FailsLocally:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_local_activity(fail, start_to_close_timeout=LOCALLY)


@workflow.defn(name="Patches")
class Original:
    def __init__(self) -> None:
        self.go = False

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: self.go)
        return "old way"

    @workflow.signal
    def proceed(self) -> None:
        self.go = True


@workflow.defn(name="Patches")
class Patched:
    def __init__(self) -> None:
        self.go = False

    @workflow.run
    async def run(self) -> str:
        new = workflow.patched("new way")
        await workflow.wait_condition(lambda: self.go)
        return "new way" if new else "old way"

    @workflow.signal
    def proceed(self) -> None:
        self.go = True


@workflow.defn(name="Patches")
class Deprecated:
    def __init__(self) -> None:
        self.go = False

    @workflow.run
    async def run(self) -> str:
        workflow.deprecate_patch("new way")
        await workflow.wait_condition(lambda: self.go)
        return "only way"

    @workflow.signal
    def proceed(self) -> None:
        self.go = True


@workflow.defn
class DrawsLots:
    """Random numbers come from a seed that the server sends with the run, so a replay draws the same."""

    @workflow.run
    async def run(self) -> list[str]:
        first = [str(workflow.uuid4()), str(workflow.random().random())]
        await workflow.sleep(0.001)
        return [*first, str(workflow.uuid4()), str(workflow.random().random())]


@workflow.defn
class DescribesItself:
    @workflow.run
    async def run(self) -> int:
        workflow.upsert_search_attributes([KEYWORD.value_set("blue"), NUMBER.value_set(7)])
        workflow.upsert_memo({"stage": "second", "owner": None, "added": [1, 2]})
        await workflow.sleep(0.001)
        workflow.upsert_search_attributes([NUMBER.value_unset()])
        return len(workflow.memo())


@scenario
async def local_activities_leave_a_marker_each(case: Case) -> None:
    async with case.worker([CallsLocally], [shout]):
        handle = await case.start(CallsLocally.run, ["a", "b", "c"])
        assert await handle.result() == ["A", "B", "C"]
    await case.finish(handle, [CallsLocally], ["Started", *TASK, *["MarkerRecorded"] * 3, "Completed"])
    markers = await case.find(handle, "MarkerRecorded")
    assert {marker.marker_recorded_event_attributes.marker_name for marker in markers} == {"core_local_activity"}


@scenario
async def a_local_activity_is_retried_within_its_workflow_task(case: Case) -> None:
    async with case.worker([RetriesLocally], [succeed_at_third_attempt]):
        handle = await case.start(RetriesLocally.run)
        assert await handle.result() == 3
    await case.finish(handle, [RetriesLocally], ["Started", *TASK, "MarkerRecorded", "Completed"])


@scenario
async def a_local_activity_failure_is_in_its_marker(case: Case) -> None:
    async with case.worker([FailsLocally], [fail]):
        handle = await case.start(FailsLocally.run)
        with pytest.raises(WorkflowFailureError) as raised:
            await handle.result()
    assert isinstance(raised.value.cause, ApplicationError)
    await case.finish(handle, [FailsLocally], ["Started", *TASK, "MarkerRecorded", "Failed"])
    [marker] = await case.find(handle, "MarkerRecorded")
    assert marker.marker_recorded_event_attributes.failure.message == "locally"


@scenario
async def a_local_activity_longer_than_a_task_keeps_the_task_alive(case: Case) -> None:
    @activity.defn(name="shout")
    async def shout_slowly(word: str) -> str:
        # Longer than the workflow task's timeout: the SDK has to renew the task before it runs out.
        await asyncio.sleep(1.5)
        return word.upper()

    async with case.worker([CallsLocally], [shout_slowly]):
        handle = await case.start(CallsLocally.run, ["slow"], task_timeout=timedelta(seconds=1))
        assert await handle.result() == ["SLOW"]
    events = await case.events(handle)
    assert "TaskTimedOut" not in events and "TaskFailed" not in events
    assert events.count("TaskCompleted") >= 2
    assert events[-2:] == ["MarkerRecorded", "Completed"]
    await case.finish(handle, [CallsLocally])


@scenario
async def a_patch_leaves_a_marker_and_a_search_attribute(case: Case) -> None:
    async with case.worker([Patched]):
        handle = await case.start(Patched.run)
        await case.seen(handle, "TaskCompleted")
        await handle.signal(Patched.proceed)
        assert await handle.result() == "new way"
    await case.finish(
        handle,
        [Patched],
        ["Started", *TASK, "MarkerRecorded", "UpsertSearchAttributes", "Signaled", *TASK, "Completed"],
    )
    # The history made with the patch is still good when the patch is deprecated.
    await case.replay(handle, [Deprecated])


@scenario
async def a_run_that_began_before_a_patch_goes_the_old_way(case: Case) -> None:
    async with case.worker([Original]):
        handle = await case.start(Original.run)
        await case.seen(handle, "TaskCompleted")
    async with case.worker([Patched]):
        await handle.signal(Patched.proceed)
        assert await handle.result() == "old way"
    await case.finish(handle, [Patched], ["Started", *TASK, "Signaled", *TASK, "Completed"])


@scenario
async def a_deprecated_patch_still_leaves_its_marker(case: Case) -> None:
    async with case.worker([Deprecated]):
        handle = await case.start(Deprecated.run)
        await case.seen(handle, "TaskCompleted")
        await handle.signal(Deprecated.proceed)
        assert await handle.result() == "only way"
    await case.finish(
        handle,
        [Deprecated],
        ["Started", *TASK, "MarkerRecorded", "UpsertSearchAttributes", "Signaled", *TASK, "Completed"],
    )


@scenario
async def random_numbers_are_the_same_when_a_run_is_replayed(case: Case) -> None:
    # Without a cache the second workflow task replays the first.
    async with case.worker([DrawsLots], max_cached_workflows=0):
        handle = await case.start(DrawsLots.run)
        drawn = await handle.result()
    assert len(set(drawn)) == 4
    await case.finish(handle, [DrawsLots], ["Started", *TASK, "TimerStarted", "TimerFired", *TASK, "Completed"])


@scenario
async def two_runs_draw_different_random_numbers(case: Case) -> None:
    async with case.worker([DrawsLots]):
        first = await case.start(DrawsLots.run)
        drawn = await first.result()
        second = await case.start(DrawsLots.run)
        assert set(drawn).isdisjoint(await second.result())
    await case.finish(second, [DrawsLots], ["Started", *TASK, "TimerStarted", "TimerFired", *TASK, "Completed"])


@scenario
async def upserted_search_attributes_and_memo_are_described(case: Case) -> None:
    async with case.worker([DescribesItself]):
        handle = await case.start(
            DescribesItself.run,
            memo={"stage": "first", "owner": "me"},
            search_attributes=TypedSearchAttributes([SearchAttributePair(KEYWORD, "red")]),
        )
        assert await handle.result() == 2
    described = await handle.describe()
    assert await described.memo() == {"stage": "second", "added": [1, 2]}
    assert described.typed_search_attributes.get(KEYWORD) == "blue"
    assert described.typed_search_attributes.get(NUMBER) is None
    await case.finish(
        handle,
        [DescribesItself],
        ["Started", *TASK, "UpsertSearchAttributes", "PropertiesModified", "TimerStarted", "TimerFired"]
        + [*TASK, "UpsertSearchAttributes", "Completed"],
    )
