"""Activities from outside: paused, unpaused, reset, and given other options, by id or by type."""

import asyncio

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.activity.v1 import ActivityOptions
from temporalio.api.common.v1 import RetryPolicy
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import (
    PauseActivityRequest,
    RecordActivityTaskHeartbeatRequest,
    RecordActivityTaskHeartbeatResponse,
    ResetActivityRequest,
    RespondActivityTaskFailedRequest,
    UnpauseActivityRequest,
    UpdateActivityOptionsRequest,
)
from temporalio.service import RPCError, RPCStatusCode

from hand import Hand, complete_workflow, request_id, schedule_activity, seconds, text
from harness import ACTIVITY, TASK, Case, scenario

SCHEDULED = PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
STARTED = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
PAUSED = PendingActivityState.PENDING_ACTIVITY_STATE_PAUSED
PAUSE_REQUESTED = PendingActivityState.PENDING_ACTIVITY_STATE_PAUSE_REQUESTED

HOUR = seconds(3600)
# An attempt that fails is tried again an hour later, which is never, or at once.
LATER = RetryPolicy(initial_interval=HOUR, backoff_coefficient=1)


class Activity:
    """The one activity of a run made by hand."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.hand = Hand(case)
        self.service = case.client.workflow_service
        self.common = {"namespace": case.client.namespace, "execution": self.hand.execution, "identity": "by hand"}

    async def schedule(self, **options) -> None:
        self.run = await self.hand.start(execution_timeout=None)
        await self.hand.step(schedule_activity(self.case, "a", **options))

    async def pending(self) -> PendingActivityInfo:
        [pending] = (await self.run.describe()).raw_description.pending_activities
        return pending

    async def pause(self, **which) -> None:
        which = which or {"id": "a"}
        await self.service.pause_activity(
            PauseActivityRequest(**self.common, **which, reason="to look", request_id=request_id())
        )

    async def unpause(self, **options) -> None:
        await self.service.unpause_activity(UnpauseActivityRequest(**self.common, **{"id": "a", **options}))

    async def reset(self, **options) -> None:
        await self.service.reset_activity(ResetActivityRequest(**self.common, **{"id": "a", **options}))

    async def update(self, *paths: str, **options):
        request = UpdateActivityOptionsRequest(
            **self.common, id="a", activity_options=ActivityOptions(**options), update_mask=FieldMask(paths=paths)
        )
        return (await self.service.update_activity_options(request)).activity_options

    async def heartbeat(self, task, details: str = "so far") -> RecordActivityTaskHeartbeatResponse:
        return await self.service.record_activity_task_heartbeat(
            RecordActivityTaskHeartbeatRequest(
                namespace=self.case.client.namespace, task_token=task.task_token, details=text(details)
            )
        )

    async def fail(self, task) -> None:
        request = RespondActivityTaskFailedRequest(namespace=self.case.client.namespace, task_token=task.task_token)
        request.failure.message = "not yet"
        request.failure.application_failure_info.type = "NotYet"
        await self.service.respond_activity_task_failed(request)

    async def finish(self) -> None:
        """The attempt that is waiting now goes well, and the run ends."""
        task = await self.hand.poll_activity()
        await self.hand.complete_activity(task)
        await self.hand.step(complete_workflow())
        await self.case.finish(
            self.run, [], ["Started", *TASK, "ActivityScheduled", *ACTIVITY[1:], *TASK, "Completed"]
        )


@scenario
async def a_paused_activity_is_not_offered_to_workers(case: Case) -> None:
    activity = Activity(case)
    await activity.schedule()
    await activity.pause()
    pending = await activity.pending()
    assert (pending.paused, pending.state) == (True, PAUSED)
    assert pending.pause_info.manual.identity == "by hand"
    assert pending.pause_info.manual.reason == "to look"
    taken = asyncio.create_task(activity.hand.poll_activity())
    # Nothing says that a poll gets nothing; the pause holds if the poll is still open when the activity is unpaused.
    await activity.pending()
    assert not taken.done()
    await activity.unpause()
    task = await taken
    pending = await activity.pending()
    assert (pending.paused, pending.state) == (False, STARTED)
    await activity.hand.complete_activity(task)
    await activity.hand.step(complete_workflow())
    await case.finish(
        activity.run, [], ["Started", *TASK, "ActivityScheduled", *ACTIVITY[1:], *TASK, "Completed"]
    )


@scenario
async def a_running_attempt_hears_of_the_pause_by_its_heartbeat(case: Case) -> None:
    activity = Activity(case)
    await activity.schedule(retry_policy=LATER, heartbeat_timeout=seconds(30))
    task = await activity.hand.poll_activity()
    assert not (await activity.heartbeat(task)).activity_paused
    await activity.pause()
    assert (await activity.pending()).state == PAUSE_REQUESTED
    response = await activity.heartbeat(task)
    assert (response.activity_paused, response.cancel_requested) == (True, False)
    await activity.fail(task)
    pending = await activity.pending()
    assert (pending.state, pending.attempt) == (PAUSED, 2)
    assert pending.last_failure.message == "not yet"
    await activity.unpause(reset_attempts=True)
    await activity.finish()


@scenario
async def an_attempt_that_goes_well_ends_a_paused_activity(case: Case) -> None:
    activity = Activity(case)
    await activity.schedule()
    task = await activity.hand.poll_activity()
    await activity.pause()
    await activity.hand.complete_activity(task)
    await activity.hand.step(complete_workflow())
    await case.finish(
        activity.run, [], ["Started", *TASK, "ActivityScheduled", *ACTIVITY[1:], *TASK, "Completed"]
    )


@scenario
async def activities_are_paused_by_their_type(case: Case) -> None:
    activity = Activity(case)
    await activity.schedule()
    with pytest.raises(RPCError) as refused:
        await activity.pause(type="another")
    assert refused.value.status == RPCStatusCode.NOT_FOUND
    await activity.pause(type="work")
    assert (await activity.pending()).paused
    await activity.unpause(id="", type="work")
    assert not (await activity.pending()).paused
    await activity.finish()


@scenario
async def a_reset_activity_starts_from_its_first_attempt(case: Case) -> None:
    activity = Activity(case)
    await activity.schedule(retry_policy=LATER)
    task = await activity.hand.poll_activity()
    await activity.heartbeat(task)
    await activity.fail(task)
    pending = await activity.pending()
    assert (pending.attempt, pending.state) == (2, SCHEDULED)
    assert pending.next_attempt_schedule_time.ToDatetime() > pending.last_attempt_complete_time.ToDatetime()
    await activity.reset(reset_heartbeat=True)
    task = await activity.hand.poll_activity()
    assert (task.attempt, task.heartbeat_details.payloads[:]) == (1, [])
    await activity.hand.complete_activity(task)
    await activity.hand.step(complete_workflow())
    await case.finish(
        activity.run, [], ["Started", *TASK, "ActivityScheduled", *ACTIVITY[1:], *TASK, "Completed"]
    )


@scenario
async def a_running_attempt_hears_of_the_reset_by_its_heartbeat(case: Case) -> None:
    activity = Activity(case)
    await activity.schedule(heartbeat_timeout=seconds(30))
    task = await activity.hand.poll_activity()
    await activity.heartbeat(task)
    await activity.reset()
    assert (await activity.heartbeat(task)).activity_reset
    await activity.hand.complete_activity(task)
    await activity.hand.step(complete_workflow())
    await case.finish(
        activity.run, [], ["Started", *TASK, "ActivityScheduled", *ACTIVITY[1:], *TASK, "Completed"]
    )


@scenario
async def a_reset_may_keep_the_pause(case: Case) -> None:
    activity = Activity(case)
    await activity.schedule()
    await activity.pause()
    await activity.reset(keep_paused=True)
    assert (await activity.pending()).paused
    await activity.reset()
    assert not (await activity.pending()).paused
    await activity.finish()


@scenario
async def the_options_of_an_activity_are_changed_one_by_one(case: Case) -> None:
    activity = Activity(case)
    await activity.schedule(retry_policy=LATER, start_to_close_timeout=seconds(20))
    options = await activity.update("start_to_close_timeout", start_to_close_timeout=seconds(7), heartbeat_timeout=HOUR)
    assert options.start_to_close_timeout == seconds(7)
    assert options.heartbeat_timeout == seconds(0)
    assert options.retry_policy.initial_interval == HOUR
    assert options.task_queue.name == case.id
    shown = (await activity.pending()).activity_options
    assert shown.start_to_close_timeout == seconds(7)
    await activity.fail(await activity.hand.poll_activity())
    # The attempt that would come in an hour comes at once.
    await activity.update("retry_policy.initial_interval", retry_policy=RetryPolicy(initial_interval=seconds(0.01)))
    await activity.finish()


@scenario
async def an_activity_may_be_moved_to_another_queue(case: Case) -> None:
    activity = Activity(case)
    await activity.schedule(task_queue=TaskQueue(name=f"{case.id}-nobody"))
    await activity.update("task_queue.name", task_queue=TaskQueue(name=case.id))
    await activity.finish()


@scenario
async def the_options_that_an_activity_was_scheduled_with_can_be_restored(case: Case) -> None:
    activity = Activity(case)
    await activity.schedule(start_to_close_timeout=seconds(20))
    await activity.update("start_to_close_timeout", start_to_close_timeout=seconds(7))
    request = UpdateActivityOptionsRequest(**activity.common, id="a", restore_original=True)
    restored = (await activity.service.update_activity_options(request)).activity_options
    assert restored.start_to_close_timeout == seconds(20)
    await activity.finish()


@scenario
async def an_activity_that_is_not_there_cannot_be_changed(case: Case) -> None:
    activity = Activity(case)
    await activity.schedule()
    for call in (activity.pause(id="b"), activity.unpause(id="b"), activity.reset(id="b")):
        with pytest.raises(RPCError) as refused:
            await call
        assert refused.value.status == RPCStatusCode.NOT_FOUND
    await activity.run.terminate()
    with pytest.raises(RPCError) as refused:
        await activity.pause()
    assert refused.value.status == RPCStatusCode.NOT_FOUND
