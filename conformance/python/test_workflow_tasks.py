"""Workflow tasks: what happens when a worker fails one, forgets one, or goes away."""

import asyncio
from datetime import timedelta

import pytest
from temporalio import activity, workflow
from temporalio.api.enums.v1 import TaskQueueKind, TaskQueueType, TimeoutType, WorkflowTaskFailedCause
from temporalio.api.taskqueue.v1 import StickyExecutionAttributes, TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    PollWorkflowTaskQueueRequest,
    PollWorkflowTaskQueueResponse,
    RespondWorkflowTaskCompletedRequest,
)
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from harness import TASK, Case, scenario

SECOND = timedelta(seconds=1)


@workflow.defn(name="Adds")
class Adds:
    def __init__(self) -> None:
        self.sum = 0

    @workflow.run
    async def run(self, wanted: int) -> int:
        await workflow.wait_condition(lambda: self.sum >= wanted)
        return self.sum

    @workflow.signal
    def add(self, number: int) -> None:
        self.sum += number


@workflow.defn(name="Adds")
class AddsWithABug:
    @workflow.run
    async def run(self, wanted: int) -> int:
        raise RuntimeError("a bug")

    @workflow.signal
    def add(self, number: int) -> None:
        pass


@workflow.defn(name="Adds")
class AddsInAnotherWay:
    """The commands differ from what `Adds` did, so a history of `Adds` is no good to it."""

    @workflow.run
    async def run(self, wanted: int) -> int:
        await workflow.execute_activity(nothing, start_to_close_timeout=SECOND)
        return wanted

    @workflow.signal
    def add(self, number: int) -> None:
        pass


@workflow.defn(name="Adds")
class AddsAfterATimer(Adds):
    @workflow.run
    async def run(self, wanted: int) -> int:
        await workflow.sleep(0.001)
        await workflow.wait_condition(lambda: self.sum >= wanted)
        return self.sum

    @workflow.signal
    def add(self, number: int) -> None:
        self.sum += number


@activity.defn
async def nothing() -> None:
    pass


async def poll(case: Case, task_queue: TaskQueue | None = None) -> PollWorkflowTaskQueueResponse:
    """Takes a workflow task as a worker would, and leaves it to the scenario what becomes of it."""
    request = PollWorkflowTaskQueueRequest(
        namespace=case.client.namespace, task_queue=task_queue or TaskQueue(name=case.id), identity="by hand"
    )
    return await case.client.workflow_service.poll_workflow_task_queue(request, timeout=timedelta(seconds=10))


async def polled(case: Case, task_queue: TaskQueue) -> None:
    """Waits until the server knows of a worker that polls the queue."""
    request = DescribeTaskQueueRequest(
        namespace=case.client.namespace, task_queue=task_queue, task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
    )
    while not (await case.client.workflow_service.describe_task_queue(request)).pollers:
        pass


@scenario
async def a_failed_workflow_task_is_tried_again_until_the_code_is_fixed(case: Case) -> None:
    async with case.worker([AddsWithABug]):
        handle = await case.start(Adds.run, 0, task_timeout=SECOND)
        await case.seen(handle, "TaskFailed")
    described = await handle.describe()
    assert described.status == WorkflowExecutionStatus.RUNNING
    async with case.worker([Adds]):
        assert await handle.result() == 0
    # Attempts after the first leave no trace but the one that went well.
    await case.finish(handle, [Adds], ["Started", "TaskScheduled", "TaskStarted", "TaskFailed", *TASK, "Completed"])
    [failed] = await case.find(handle, "TaskFailed")
    attributes = failed.workflow_task_failed_event_attributes
    assert attributes.failure.message == "a bug"
    cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
    assert attributes.cause == cause
    last = (await case.find(handle, "TaskScheduled"))[-1]
    assert last.workflow_task_scheduled_event_attributes.attempt >= 2


@scenario
async def a_workflow_that_does_not_match_its_history_stays_open(case: Case) -> None:
    async with case.worker([AddsAfterATimer]):
        handle = await case.start(Adds.run, 1, task_timeout=SECOND)
        await case.seen(handle, "TaskCompleted", 2)
    async with case.worker([AddsInAnotherWay], [nothing]):
        await handle.signal("add", 1)
        failed = await case.seen(handle, "TaskFailed")
    cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR
    assert failed.workflow_task_failed_event_attributes.cause == cause
    assert (await handle.describe()).status == WorkflowExecutionStatus.RUNNING
    async with case.worker([AddsAfterATimer]):
        assert await handle.result() == 1
    await case.finish(
        handle,
        [AddsAfterATimer],
        ["Started", *TASK, "TimerStarted", "TimerFired", *TASK, "Signaled"]
        + ["TaskScheduled", "TaskStarted", "TaskFailed", *TASK, "Completed"],
    )


@scenario
async def a_workflow_task_that_a_worker_forgets_goes_to_another(case: Case) -> None:
    handle = await case.start(Adds.run, 0, task_timeout=SECOND)
    forgotten = await poll(case)
    assert forgotten.workflow_execution.run_id == handle.result_run_id
    assert [event.event_id for event in forgotten.history.events] == [1, 2, 3]
    async with case.worker([Adds]):
        assert await handle.result() == 0
    with pytest.raises(RPCError) as refused:
        await case.client.workflow_service.respond_workflow_task_completed(
            RespondWorkflowTaskCompletedRequest(namespace=case.client.namespace, task_token=forgotten.task_token)
        )
    assert refused.value.status == RPCStatusCode.NOT_FOUND
    await case.finish(handle, [Adds], ["Started", "TaskScheduled", "TaskStarted", "TaskTimedOut", *TASK, "Completed"])
    [timed_out] = await case.find(handle, "TaskTimedOut")
    kind = timed_out.workflow_task_timed_out_event_attributes.timeout_type
    assert kind == TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE


@scenario
async def a_worker_without_a_cache_gets_the_whole_history(case: Case) -> None:
    async with case.worker([Adds], max_cached_workflows=0):
        handle = await case.start(Adds.run, 2)
        await case.seen(handle, "TaskCompleted")
        await handle.signal(Adds.add, 1)
        await case.seen(handle, "TaskCompleted", 2)
        await handle.signal(Adds.add, 1)
        assert await handle.result() == 2
    await case.finish(handle, [Adds], ["Started", *TASK, "Signaled", *TASK, "Signaled", *TASK, "Completed"])
    for scheduled in await case.find(handle, "TaskScheduled"):
        queue = scheduled.workflow_task_scheduled_event_attributes.task_queue
        assert queue.kind == TaskQueueKind.TASK_QUEUE_KIND_NORMAL


@scenario
async def a_worker_with_a_cache_gets_its_tasks_on_a_queue_of_its_own(case: Case) -> None:
    async with case.worker([Adds]):
        handle = await case.start(Adds.run, 1)
        await case.seen(handle, "TaskCompleted")
        await handle.signal(Adds.add, 1)
        await handle.result()
    await case.finish(handle, [Adds], ["Started", *TASK, "Signaled", *TASK, "Completed"])
    first, second = [
        event.workflow_task_scheduled_event_attributes.task_queue for event in await case.find(handle, "TaskScheduled")
    ]
    assert (first.kind, first.name) == (TaskQueueKind.TASK_QUEUE_KIND_NORMAL, case.id)
    assert (second.kind, second.normal_name) == (TaskQueueKind.TASK_QUEUE_KIND_STICKY, case.id)


@scenario
async def a_run_goes_on_with_another_worker_after_a_shutdown(case: Case) -> None:
    async with case.worker([Adds]):
        handle = await case.start(Adds.run, 2)
        await case.seen(handle, "TaskCompleted")
        await handle.signal(Adds.add, 1)
        await case.seen(handle, "TaskCompleted", 2)
    await handle.signal(Adds.add, 1)
    async with case.worker([Adds]):
        assert await handle.result() == 2
    await case.finish(handle, [Adds], ["Started", *TASK, "Signaled", *TASK, "Signaled", *TASK, "Completed"])


@scenario
async def a_task_that_its_own_worker_does_not_fetch_returns_to_the_common_queue(case: Case) -> None:
    handle = await case.start(Adds.run, 1)
    sticky = TaskQueue(name=f"{case.id}-sticky", kind=TaskQueueKind.TASK_QUEUE_KIND_STICKY, normal_name=case.id)
    task = await poll(case)
    await case.client.workflow_service.respond_workflow_task_completed(
        RespondWorkflowTaskCompletedRequest(
            namespace=case.client.namespace,
            task_token=task.task_token,
            sticky_attributes=StickyExecutionAttributes(worker_task_queue=sticky, schedule_to_start_timeout=SECOND),
        )
    )
    # The server gives the queue up at once unless it knows of a worker there, so one has to wait before the signal.
    fetched = asyncio.create_task(poll(case, sticky))
    await polled(case, sticky)
    await handle.signal(Adds.add, 0)
    task = await fetched
    # What the worker has seen before is not sent again: the last it saw was the third event, the start of its task.
    assert [event.event_id for event in task.history.events] == [4, 5, 6, 7]
    assert task.previous_started_event_id == 3
    await case.client.workflow_service.respond_workflow_task_completed(
        RespondWorkflowTaskCompletedRequest(
            namespace=case.client.namespace,
            task_token=task.task_token,
            sticky_attributes=StickyExecutionAttributes(worker_task_queue=sticky, schedule_to_start_timeout=SECOND),
        )
    )
    # The next task is left lying there.
    await handle.signal(Adds.add, 1)
    async with case.worker([Adds]):
        assert await handle.result() == 1
    await case.finish(
        handle,
        [Adds],
        ["Started", *TASK, "Signaled", *TASK, "Signaled", "TaskScheduled", "TaskTimedOut", *TASK, "Completed"],
    )
    [timed_out] = await case.find(handle, "TaskTimedOut")
    kind = timed_out.workflow_task_timed_out_event_attributes.timeout_type
    assert kind == TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START
