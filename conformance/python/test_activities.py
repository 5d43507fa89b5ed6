"""Activities: results, failures, and which failures are tried again, when, and how often."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest
from temporalio import activity, workflow
from temporalio.api.enums.v1 import PendingActivityState, RetryState
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.exceptions import RetryState as SdkRetryState

from calls import Calls, Plan
from harness import ACTIVITY, MILLISECOND, TASK, Case, scenario

FAILED = ["Started", *TASK, "ActivityScheduled", "ActivityStarted", "ActivityFailed", *TASK, "Failed"]
COMPLETED = ["Started", *TASK, *ACTIVITY, *TASK, "Completed"]


@activity.defn
async def echo(value: str) -> str:
    return value


@activity.defn
async def fail(kind: str) -> None:
    raise ApplicationError("as told", "detail", 7, type=kind)


@activity.defn
async def fail_for_good(kind: str) -> None:
    raise ApplicationError("never again", type=kind, non_retryable=True)


@activity.defn
async def succeed_at_attempt(wanted: int) -> int:
    if activity.info().attempt < wanted:
        raise ApplicationError(f"attempt {activity.info().attempt}", type="Early")
    return activity.info().attempt


@activity.defn
async def ask_for_a_delay(milliseconds: int) -> float:
    """Returns how long after its first attempt the second one was scheduled."""
    info = activity.info()
    if info.attempt == 1:
        raise ApplicationError("later", next_retry_delay=timedelta(milliseconds=milliseconds))
    return (info.current_attempt_scheduled_time - info.scheduled_time) / MILLISECOND


@activity.defn
async def resume(_: None) -> list:
    info = activity.info()
    if info.attempt == 1:
        activity.heartbeat("page", 41)
        raise ApplicationError("crashed")
    return list(info.heartbeat_details)


@activity.defn
async def describe_itself(_: None) -> dict:
    info = activity.info()
    return {
        "activity_id": info.activity_id,
        "activity_type": info.activity_type,
        "attempt": info.attempt,
        "heartbeat": info.heartbeat_timeout / MILLISECOND,
        "namespace": info.namespace,
        "run_id": info.workflow_run_id,
        "schedule_to_close": info.schedule_to_close_timeout / MILLISECOND,
        "start_to_close": info.start_to_close_timeout / MILLISECOND,
        "task_queue": info.task_queue,
        "workflow_id": info.workflow_id,
        "workflow_type": info.workflow_type,
        "details": list(info.heartbeat_details),
    }


@workflow.defn
class CallsMany:
    @workflow.run
    async def run(self, count: int) -> list[str]:
        calls = (
            workflow.execute_activity(echo, str(n), start_to_close_timeout=timedelta(seconds=20)) for n in range(count)
        )
        return await asyncio.gather(*calls)


@workflow.defn
class CallsOnAndOn:
    """One activity after the other: each workflow task has one more step of history behind it."""

    @workflow.run
    async def run(self, count: int) -> str:
        word = ""
        for n in range(count):
            word += await workflow.execute_activity(echo, str(n), start_to_close_timeout=timedelta(seconds=20))
        return word


async def failure(handle) -> ActivityError:
    """The activity's error that the workflow failed with."""
    with pytest.raises(WorkflowFailureError) as raised:
        await handle.result()
    assert isinstance(raised.value.cause, ActivityError)
    return raised.value.cause


@scenario
async def an_activity_result_reaches_the_workflow(case: Case) -> None:
    async with case.worker([Calls], [echo]):
        handle = await case.start(Calls.run, Plan("echo", "hello"))
        assert await handle.result() == "hello"
    await case.finish(handle, [Calls], COMPLETED)
    [scheduled] = await case.find(handle, "ActivityScheduled")
    [started] = await case.find(handle, "ActivityStarted")
    [completed] = await case.find(handle, "ActivityCompleted")
    assert scheduled.activity_task_scheduled_event_attributes.activity_type.name == "echo"
    assert scheduled.activity_task_scheduled_event_attributes.workflow_task_completed_event_id == 4
    assert started.activity_task_started_event_attributes.scheduled_event_id == scheduled.event_id
    assert started.activity_task_started_event_attributes.attempt == 1
    assert completed.activity_task_completed_event_attributes.started_event_id == started.event_id


@scenario
async def an_activity_on_another_queue_is_done_by_another_worker(case: Case) -> None:
    other = f"{case.id}-other"
    async with case.worker([Calls]), case.worker(activities=[echo], task_queue=other):
        handle = await case.start(Calls.run, Plan("echo", "elsewhere", task_queue=other))
        assert await handle.result() == "elsewhere"
    await case.finish(handle, [Calls], COMPLETED)


@scenario
async def many_activities_at_the_same_time_complete_once_each(case: Case) -> None:
    async with case.worker([CallsMany], [echo]):
        handle = await case.start(CallsMany.run, 50)
        assert await handle.result() == [str(n) for n in range(50)]
    await case.finish(handle, [CallsMany])
    assert len(await case.find(handle, "ActivityStarted")) == 50
    assert len(await case.find(handle, "ActivityCompleted")) == 50


@scenario
async def activities_in_sequence_take_one_workflow_task_each(case: Case) -> None:
    async with case.worker([CallsOnAndOn], [echo]):
        handle = await case.start(CallsOnAndOn.run, 10)
        assert await handle.result() == "0123456789"
    await case.finish(handle, [CallsOnAndOn], ["Started", *TASK, *[*ACTIVITY, *TASK] * 10, "Completed"])


@scenario
async def an_activity_failure_carries_type_message_and_details(case: Case) -> None:
    async with case.worker([Calls], [fail]):
        handle = await case.start(Calls.run, Plan("fail", "Odd", attempts=1))
        error = await failure(handle)
    assert error.retry_state == SdkRetryState.MAXIMUM_ATTEMPTS_REACHED
    assert error.activity_type == "fail"
    assert isinstance(error.cause, ApplicationError)
    assert (error.cause.message, error.cause.type) == ("as told", "Odd")
    assert list(error.cause.details) == ["detail", 7]
    await case.finish(handle, [Calls], FAILED)


@scenario
async def an_activity_is_tried_again_until_it_succeeds(case: Case) -> None:
    async with case.worker([Calls], [succeed_at_attempt]):
        handle = await case.start(Calls.run, Plan("succeed_at_attempt", 4))
        assert await handle.result() == 4
    # Attempts that failed are in no event: the history has one start, with the number and the last failure.
    await case.finish(handle, [Calls], COMPLETED)
    [started] = await case.find(handle, "ActivityStarted")
    assert started.activity_task_started_event_attributes.attempt == 4
    assert started.activity_task_started_event_attributes.last_failure.message == "attempt 3"


@scenario
async def an_activity_is_tried_no_more_often_than_allowed(case: Case) -> None:
    async with case.worker([Calls], [succeed_at_attempt]):
        handle = await case.start(Calls.run, Plan("succeed_at_attempt", 9, attempts=3))
        error = await failure(handle)
    assert error.cause.message == "attempt 3"
    await case.finish(handle, [Calls], FAILED)
    [failed] = await case.find(handle, "ActivityFailed")
    assert failed.activity_task_failed_event_attributes.retry_state == RetryState.RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED


@scenario
async def a_failure_of_a_non_retryable_type_is_final(case: Case) -> None:
    async with case.worker([Calls], [fail]):
        handle = await case.start(Calls.run, Plan("fail", "Fatal", non_retryable=["Other", "Fatal"]))
        error = await failure(handle)
    assert error.retry_state == SdkRetryState.NON_RETRYABLE_FAILURE
    await case.finish(handle, [Calls], FAILED)
    [started] = await case.find(handle, "ActivityStarted")
    assert started.activity_task_started_event_attributes.attempt == 1


@scenario
async def a_failure_that_says_non_retryable_is_final(case: Case) -> None:
    async with case.worker([Calls], [fail_for_good]):
        handle = await case.start(Calls.run, Plan("fail_for_good", "Any"))
        error = await failure(handle)
    assert error.retry_state == SdkRetryState.NON_RETRYABLE_FAILURE
    assert error.cause.non_retryable
    await case.finish(handle, [Calls], FAILED)


@scenario
async def the_time_between_attempts_grows_up_to_the_maximum(case: Case) -> None:
    times: list[float] = []

    @activity.defn(name="note_the_time")
    async def note_the_time(_: None) -> None:
        times.append(activity.info().current_attempt_scheduled_time.timestamp())
        raise ApplicationError("again")

    async with case.worker([Calls], [note_the_time]):
        plan = Plan("note_the_time", attempts=4, interval=50, coefficient=1000.0, interval_max=200)
        handle = await case.start(Calls.run, plan)
        await failure(handle)
    # 50 ms, and then not 50 s but the 200 ms of the maximum interval.
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert all(gap >= least for gap, least in zip(gaps, (0.05, 0.2, 0.2), strict=True)), gaps
    assert max(gaps) < 20
    await case.finish(handle, [Calls], FAILED)


@scenario
async def a_failure_may_set_the_delay_of_the_next_attempt(case: Case) -> None:
    async with case.worker([Calls], [ask_for_a_delay]):
        handle = await case.start(Calls.run, Plan("ask_for_a_delay", 300))
        assert await handle.result() >= 300
    await case.finish(handle, [Calls], COMPLETED)


@scenario
async def heartbeat_details_reach_the_next_attempt(case: Case) -> None:
    async with case.worker([Calls], [resume]):
        handle = await case.start(Calls.run, Plan("resume", heartbeat=10_000))
        assert await handle.result() == ["page", 41]
    await case.finish(handle, [Calls], COMPLETED)


@scenario
async def an_activity_is_told_who_called_it_and_how_long_it_may_take(case: Case) -> None:
    async with case.worker([Calls], [describe_itself]):
        plan = Plan("describe_itself", start_to_close=7_000, schedule_to_close=9_000, heartbeat=5_000)
        handle = await case.start(Calls.run, plan)
        assert await handle.result() == {
            "activity_id": "1",
            "activity_type": "describe_itself",
            "attempt": 1,
            "heartbeat": 5_000,
            "namespace": case.client.namespace,
            "run_id": handle.result_run_id,
            "schedule_to_close": 9_000,
            "start_to_close": 7_000,
            "task_queue": case.id,
            "workflow_id": case.id,
            "workflow_type": "Calls",
            "details": [],
        }
    await case.finish(handle, [Calls], COMPLETED)


@scenario
async def a_pending_activity_is_described_with_attempt_and_last_failure(case: Case) -> None:
    async with case.worker([Calls], [fail]):
        handle = await case.start(Calls.run, Plan("fail", "Odd", attempts=5, interval=20_000))
        described = await case.described(
            handle, lambda d: any(a.attempt == 2 for a in d.raw_description.pending_activities)
        )
        [pending] = described.raw_description.pending_activities
        assert pending.activity_id == "1"
        assert pending.activity_type.name == "fail"
        assert pending.state == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
        assert pending.maximum_attempts == 5
        assert pending.last_failure.message == "as told"
        assert pending.last_failure.application_failure_info.type == "Odd"
        assert timedelta(seconds=20) <= pending.current_retry_interval.ToTimedelta() < timedelta(seconds=21)
        ended, next = pending.last_attempt_complete_time, pending.next_attempt_schedule_time
        assert next.ToDatetime() - ended.ToDatetime() >= timedelta(seconds=20)
        assert pending.last_worker_identity == case.client.identity
        await handle.terminate("seen enough")
    await case.finish(handle, [Calls], ["Started", *TASK, "ActivityScheduled", "Terminated"])
