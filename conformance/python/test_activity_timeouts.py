"""The four timeouts of an activity: what each ends, and which are tried again."""

import asyncio

import pytest
from temporalio import activity
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ActivityError, ApplicationError, RetryState, TimeoutError, TimeoutType

from calls import Calls, Plan
from harness import ACTIVITY, TASK, Case, scenario

TIMED_OUT = ["Started", *TASK, "ActivityScheduled", "ActivityStarted", "ActivityTimedOut", *TASK, "Failed"]
NEVER_STARTED = ["Started", *TASK, "ActivityScheduled", "ActivityTimedOut", *TASK, "Failed"]


@activity.defn
async def hang(_: None) -> None:
    await asyncio.Event().wait()


@activity.defn
async def hang_at_first(_: None) -> int:
    if activity.info().attempt == 1:
        await asyncio.Event().wait()
    return activity.info().attempt


@activity.defn
async def heartbeat_and_hang(_: None) -> list:
    if activity.info().attempt == 1:
        activity.heartbeat("progress", 3)
        await asyncio.Event().wait()
    return list(activity.info().heartbeat_details)


@activity.defn
async def fail(_: None) -> None:
    raise ApplicationError("not this time")


async def timeout(handle) -> tuple[ActivityError, TimeoutError]:
    """The activity's error that the workflow failed with, and the timeout that caused it."""
    with pytest.raises(WorkflowFailureError) as raised:
        await handle.result()
    error = raised.value.cause
    assert isinstance(error, ActivityError)
    assert isinstance(error.cause, TimeoutError)
    return error, error.cause


@scenario
async def an_activity_that_nobody_starts_times_out(case: Case) -> None:
    async with case.worker([Calls]):
        plan = Plan("hang", task_queue=f"{case.id}-nobody", schedule_to_start=100)
        handle = await case.start(Calls.run, plan)
        error, cause = await timeout(handle)
    assert cause.type == TimeoutType.SCHEDULE_TO_START
    assert error.retry_state == RetryState.TIMEOUT
    await case.finish(handle, [Calls], NEVER_STARTED)


@scenario
async def an_activity_that_takes_too_long_times_out(case: Case) -> None:
    async with case.worker([Calls], [hang]):
        handle = await case.start(Calls.run, Plan("hang", start_to_close=200, attempts=1))
        error, cause = await timeout(handle)
    assert cause.type == TimeoutType.START_TO_CLOSE
    assert cause.message == "activity StartToClose timeout"
    assert error.retry_state == RetryState.MAXIMUM_ATTEMPTS_REACHED
    await case.finish(handle, [Calls], TIMED_OUT)


@scenario
async def an_attempt_that_takes_too_long_is_followed_by_another(case: Case) -> None:
    async with case.worker([Calls], [hang_at_first]):
        handle = await case.start(Calls.run, Plan("hang_at_first", start_to_close=300))
        assert await handle.result() == 2
    await case.finish(handle, [Calls], ["Started", *TASK, *ACTIVITY, *TASK, "Completed"])


@scenario
async def an_activity_without_heartbeats_times_out(case: Case) -> None:
    async with case.worker([Calls], [hang]):
        handle = await case.start(Calls.run, Plan("hang", heartbeat=300, attempts=1))
        error, cause = await timeout(handle)
    assert cause.type == TimeoutType.HEARTBEAT
    assert error.retry_state == RetryState.MAXIMUM_ATTEMPTS_REACHED
    await case.finish(handle, [Calls], TIMED_OUT)


@scenario
async def the_attempt_after_a_heartbeat_timeout_has_the_last_details(case: Case) -> None:
    async with case.worker([Calls], [heartbeat_and_hang]):
        handle = await case.start(Calls.run, Plan("heartbeat_and_hang", heartbeat=400))
        assert await handle.result() == ["progress", 3]
    await case.finish(handle, [Calls], ["Started", *TASK, *ACTIVITY, *TASK, "Completed"])


@scenario
async def a_heartbeat_timeout_carries_the_last_details(case: Case) -> None:
    async with case.worker([Calls], [heartbeat_and_hang]):
        handle = await case.start(Calls.run, Plan("heartbeat_and_hang", heartbeat=400, attempts=1))
        _, cause = await timeout(handle)
    assert cause.type == TimeoutType.HEARTBEAT
    assert list(cause.last_heartbeat_details) == ["progress", 3]
    await case.finish(handle, [Calls], TIMED_OUT)


@scenario
async def all_attempts_together_may_take_no_longer_than_schedule_to_close(case: Case) -> None:
    async with case.worker([Calls], [hang]):
        handle = await case.start(Calls.run, Plan("hang", start_to_close=None, schedule_to_close=300))
        error, cause = await timeout(handle)
    assert cause.type == TimeoutType.SCHEDULE_TO_CLOSE
    assert error.retry_state == RetryState.TIMEOUT
    await case.finish(handle, [Calls], TIMED_OUT)


@scenario
async def an_attempt_that_could_not_end_in_time_is_not_begun(case: Case) -> None:
    async with case.worker([Calls], [fail]):
        plan = Plan("fail", start_to_close=None, schedule_to_close=5_000, interval=60_000)
        handle = await case.start(Calls.run, plan)
        with pytest.raises(WorkflowFailureError) as raised:
            await handle.result()
    assert raised.value.cause.retry_state == RetryState.TIMEOUT
    assert raised.value.cause.cause.message == "not this time"
    await case.finish(
        handle,
        [Calls],
        ["Started", *TASK, "ActivityScheduled", "ActivityStarted", "ActivityFailed", *TASK, "Failed"],
    )


@scenario
async def an_attempt_that_timed_out_with_no_time_for_another_says_so(case: Case) -> None:
    async with case.worker([Calls], [hang]):
        plan = Plan("hang", start_to_close=200, schedule_to_close=5_000, interval=60_000)
        handle = await case.start(Calls.run, plan)
        error, cause = await timeout(handle)
    assert error.retry_state == RetryState.TIMEOUT
    assert cause.type == TimeoutType.SCHEDULE_TO_CLOSE
    assert cause.message.startswith("Not enough time to schedule next retry before activity ScheduleToClose timeout")
    await case.finish(handle, [Calls], TIMED_OUT)


@scenario
async def an_activity_that_nobody_starts_waits_no_longer_than_schedule_to_close(case: Case) -> None:
    async with case.worker([Calls]):
        plan = Plan("hang", task_queue=f"{case.id}-nobody", start_to_close=None, schedule_to_close=200)
        handle = await case.start(Calls.run, plan)
        error, cause = await timeout(handle)
    # A limit for everything is also one for the start.
    assert cause.type == TimeoutType.SCHEDULE_TO_START
    assert error.retry_state == RetryState.TIMEOUT
    await case.finish(handle, [Calls], NEVER_STARTED)
