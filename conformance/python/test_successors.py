"""Runs that follow one another: by retry, by cron, by continue-as-new; and starts that wait."""

from datetime import datetime, timedelta, timezone

import pytest
from temporalio import workflow
from temporalio.api.command.v1 import Command, ContinueAsNewWorkflowExecutionCommandAttributes
from temporalio.api.common.v1 import WorkflowType
from temporalio.api.enums.v1 import CommandType, ContinueAsNewInitiator, RetryState
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError, TimeoutError
from temporalio.service import RPCError, RPCStatusCode

from hand import Hand, complete_workflow, seconds
from harness import MILLISECOND, TASK, Case, scenario

WORKFLOW = ContinueAsNewInitiator.CONTINUE_AS_NEW_INITIATOR_WORKFLOW
RETRY = ContinueAsNewInitiator.CONTINUE_AS_NEW_INITIATOR_RETRY
CRON = ContinueAsNewInitiator.CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE


@workflow.defn
class SucceedsAt:
    """Fails in every attempt before the one that is to succeed."""

    @workflow.run
    async def run(self, attempt: int) -> int:
        if workflow.info().attempt < attempt:
            raise ApplicationError(f"attempt {workflow.info().attempt}", type="Early")
        return workflow.info().attempt


@workflow.defn
class Counts:
    """Adds one to the result of the run before it."""

    @workflow.run
    async def run(self) -> int:
        last = workflow.get_last_completion_result(int) or 0
        if last == 1 and workflow.get_last_failure() is None:
            raise ApplicationError("every second time")
        return last + 1


@workflow.defn
class Waits:
    def __init__(self) -> None:
        self.ended = False

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: self.ended)
        return "ended"

    @workflow.signal
    def end(self) -> None:
        self.ended = True


@workflow.defn
class ContinuesForever:
    @workflow.run
    async def run(self) -> None:
        await workflow.sleep(0.05)
        workflow.continue_as_new()


def policy(attempts: int, **options) -> RetryPolicy:
    return RetryPolicy(initial_interval=MILLISECOND, maximum_attempts=attempts, **options)


async def chain(case: Case, first: str) -> list:
    """Handles of the runs from the first to the last, by what each says of its successor."""
    runs = []
    run_id = first
    while run_id:
        run = case.client.get_workflow_handle(case.id, run_id=run_id)
        runs.append(run)
        closing = (await case.history(run))[-1]
        attributes = getattr(closing, closing.WhichOneof("attributes"))
        run_id = getattr(attributes, "new_execution_run_id", "")
    return runs


async def started(case: Case, run):
    [event] = await case.find(run, "Started")
    return event.workflow_execution_started_event_attributes


@scenario
async def a_workflow_that_fails_is_tried_again_by_its_policy(case: Case) -> None:
    async with case.worker([SucceedsAt]):
        handle = await case.start(SucceedsAt.run, 3, retry_policy=policy(5), memo={"color": "red"})
        assert await handle.result() == 3
    runs = await chain(case, handle.first_execution_run_id)
    assert len(runs) == 3
    for attempt, run in enumerate(runs, start=1):
        history = await case.finish(
            run, [SucceedsAt], ["Started", *TASK, "Completed" if attempt == 3 else "Failed"]
        )
        attributes = history[0].workflow_execution_started_event_attributes
        assert attributes.attempt == attempt
        assert attributes.first_execution_run_id == runs[0].run_id
        assert "color" in attributes.memo.fields
        if attempt > 1:
            assert attributes.initiator == RETRY
            assert attributes.continued_execution_run_id == runs[attempt - 2].run_id
            assert attributes.continued_failure.message == f"attempt {attempt - 1}"
        if attempt < 3:
            assert (await run.describe()).status == WorkflowExecutionStatus.FAILED
            failed = history[-1].workflow_execution_failed_event_attributes
            assert failed.retry_state == RetryState.RETRY_STATE_IN_PROGRESS


@scenario
async def a_workflow_is_not_tried_more_often_than_its_policy_allows(case: Case) -> None:
    async with case.worker([SucceedsAt]):
        handle = await case.start(SucceedsAt.run, 9, retry_policy=policy(2))
        with pytest.raises(WorkflowFailureError) as raised:
            await handle.result()
    assert raised.value.cause.message == "attempt 2"
    runs = await chain(case, handle.first_execution_run_id)
    assert len(runs) == 2
    history = await case.finish(runs[1], [SucceedsAt], ["Started", *TASK, "Failed"])
    failed = history[-1].workflow_execution_failed_event_attributes
    assert failed.retry_state == RetryState.RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED


@scenario
async def a_workflow_failure_that_the_policy_excludes_is_final(case: Case) -> None:
    async with case.worker([SucceedsAt]):
        handle = await case.start(SucceedsAt.run, 2, retry_policy=policy(5, non_retryable_error_types=["Early"]))
        with pytest.raises(WorkflowFailureError):
            await handle.result()
    history = await case.finish(handle, [SucceedsAt], ["Started", *TASK, "Failed"])
    failed = history[-1].workflow_execution_failed_event_attributes
    assert failed.retry_state == RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE


@scenario
async def a_run_that_times_out_is_tried_again(case: Case) -> None:
    handle = await case.start(Waits.run, retry_policy=policy(2), run_timeout=timedelta(seconds=1))
    with pytest.raises(WorkflowFailureError) as raised:
        await handle.result()
    assert isinstance(raised.value.cause, TimeoutError)
    runs = await chain(case, handle.first_execution_run_id)
    assert len(runs) == 2
    await case.finish(runs[0], [Waits], ["Started", "TaskScheduled", "TimedOut"])


@scenario
async def the_execution_timeout_ends_a_chain(case: Case) -> None:
    async with case.worker([ContinuesForever]):
        handle = await case.start(ContinuesForever.run, execution_timeout=timedelta(seconds=2))
        with pytest.raises(WorkflowFailureError) as raised:
            await handle.result()
    assert isinstance(raised.value.cause, TimeoutError)
    described = await case.client.get_workflow_handle(case.id).describe()
    assert described.status == WorkflowExecutionStatus.TIMED_OUT
    assert described.run_id != handle.first_execution_run_id
    runs = await chain(case, handle.first_execution_run_id)
    first, last = await started(case, runs[0]), await started(case, runs[-1])
    assert last.workflow_execution_expiration_time == first.workflow_execution_expiration_time
    assert last.first_execution_run_id == handle.first_execution_run_id


@scenario
async def a_cron_workflow_runs_again_and_again(case: Case) -> None:
    async with case.worker([Counts]):
        handle = await case.start(Counts.run, cron_schedule="@every 1s")
        first = case.client.get_workflow_handle(case.id, run_id=handle.first_execution_run_id)
        run = first
        for _ in range(3):
            closing = [event async for event in run.fetch_history_events(wait_new_event=True)][-1]
            attributes = getattr(closing, closing.WhichOneof("attributes"))
            run = case.client.get_workflow_handle(case.id, run_id=attributes.new_execution_run_id)
        await handle.terminate()
    runs = await chain(case, first.run_id)
    kinds = [(await case.events(run))[-1] for run in runs]
    assert kinds == ["Completed", "Failed", "Completed", "Terminated"]
    beginnings = [await started(case, run) for run in runs]
    # A run that failed keeps the result of the one before it.
    results = [attributes.last_completion_result.payloads for attributes in beginnings]
    assert [payloads[0].data if payloads else None for payloads in results] == [None, b"1", b"1", b"2"]
    assert beginnings[2].continued_failure.message == "every second time"
    for attributes in beginnings:
        assert attributes.cron_schedule == "@every 1s"
        assert attributes.attempt == 1
        assert attributes.first_workflow_task_backoff.ToTimedelta() <= timedelta(seconds=1)
    assert [attributes.initiator for attributes in beginnings[1:]] == [CRON] * 3
    await case.finish(runs[0], [Counts], ["Started", *TASK, "Completed"])


@scenario
async def a_cron_workflow_that_is_cancelled_does_not_run_again(case: Case) -> None:
    async with case.worker([Waits]):
        handle = await case.start(Waits.run, cron_schedule="@every 1s")
        await case.seen(handle, "TaskCompleted")
        await handle.cancel()
        with pytest.raises(WorkflowFailureError):
            await handle.result()
    assert (await case.client.get_workflow_handle(case.id).describe()).run_id == handle.first_execution_run_id
    await case.finish(handle, [Waits], ["Started", *TASK, "CancelRequested", *TASK, "Canceled"])


@scenario
async def a_cron_workflow_waits_for_its_time(case: Case) -> None:
    handle = await case.start(Counts.run, cron_schedule="CRON_TZ=Europe/Berlin 30 4 1 1 *", execution_timeout=None)
    described = await handle.describe()
    assert described.execution_time.astimezone(timezone.utc).replace(year=2000, microsecond=0) == datetime(
        2000, 1, 1, 3, 30, tzinfo=timezone.utc
    )
    assert described.execution_time > described.start_time
    await handle.terminate()
    await case.finish(handle, [Counts], ["Started", "Terminated"])


@scenario
async def a_cron_schedule_that_cannot_be_read_is_refused(case: Case) -> None:
    for schedule in ("never", "* * * *", "61 * * * *", "@every", "0 0 31 2 *x"):
        with pytest.raises(RPCError) as refused:
            await case.start(Counts.run, cron_schedule=schedule)
        assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT
        assert refused.value.message.startswith("Invalid CronSchedule") or "CronSchedule" in refused.value.message


@scenario
async def a_start_may_be_delayed(case: Case) -> None:
    async with case.worker([Waits]):
        handle = await case.start(Waits.run, start_delay=timedelta(seconds=1))
        await handle.signal(Waits.end)
        # The signal does not end the wait.
        assert await case.events(handle) == ["Started", "Signaled"]
        assert await handle.result() == "ended"
    history = await case.finish(handle, [Waits], ["Started", "Signaled", *TASK, "Completed"])
    attributes = history[0].workflow_execution_started_event_attributes
    assert attributes.first_workflow_task_backoff.ToTimedelta() == timedelta(seconds=1)
    waited = history[2].event_time.ToDatetime() - history[0].event_time.ToDatetime()
    assert waited >= timedelta(seconds=1)
    described = await handle.describe()
    assert described.execution_time - described.start_time == timedelta(seconds=1)


@scenario
async def signal_with_start_ends_the_delay(case: Case) -> None:
    hour = timedelta(hours=1)
    handle = await case.start(Waits.run, start_delay=hour, execution_timeout=None)
    async with case.worker([Waits]):
        await case.start(Waits.run, start_signal="end", execution_timeout=None)
        assert await handle.result() == "ended"
    await case.finish(handle, [Waits], ["Started", "Signaled", *TASK, "Completed"])


@scenario
async def a_cancellation_ends_the_delay(case: Case) -> None:
    handle = await case.start(Waits.run, start_delay=timedelta(hours=1), execution_timeout=None)
    await handle.cancel()
    async with case.worker([Waits]):
        with pytest.raises(WorkflowFailureError):
            await handle.result()
    await case.finish(handle, [Waits], ["Started", "CancelRequested", *TASK, "Canceled"])


@scenario
async def a_run_that_still_waits_can_be_terminated(case: Case) -> None:
    handle = await case.start(Waits.run, start_delay=timedelta(hours=1), execution_timeout=None)
    await handle.terminate()
    await case.finish(handle, [Waits], ["Started", "Terminated"])


@scenario
async def a_start_is_not_both_delayed_and_by_cron(case: Case) -> None:
    with pytest.raises(RPCError) as refused:
        await case.start(Waits.run, start_delay=timedelta(seconds=1), cron_schedule="@hourly")
    assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT


@scenario
async def a_new_run_may_start_after_a_while(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    again = Command(
        command_type=CommandType.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION,
        continue_as_new_workflow_execution_command_attributes=ContinueAsNewWorkflowExecutionCommandAttributes(
            workflow_type=WorkflowType(name="ByHand"),
            task_queue=TaskQueue(name=case.id),
            backoff_start_interval=seconds(2),
            initiator=WORKFLOW,
        ),
    )
    await hand.step(again)
    runs = await chain_of_two(case, handle.first_execution_run_id)
    attributes = await started(case, runs[1])
    assert attributes.initiator == WORKFLOW
    assert timedelta(seconds=1) < attributes.first_workflow_task_backoff.ToTimedelta() <= timedelta(seconds=2)
    assert await case.events(runs[1]) == ["Started"]
    await hand.step(complete_workflow())
    await case.finish(runs[1], [], ["Started", *TASK, "Completed"])


async def chain_of_two(case: Case, first: str) -> list:
    run = case.client.get_workflow_handle(case.id, run_id=first)
    [continued] = await case.find(run, "ContinuedAsNew")
    following = continued.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return [run, case.client.get_workflow_handle(case.id, run_id=following)]
