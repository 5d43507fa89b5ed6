"""The three ways in which a workflow cancels an activity."""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.exceptions import ActivityError, CancelledError
from temporalio.workflow import ActivityCancellationType

from harness import MILLISECOND, TASK, Case, scenario

CANCEL = ["Started", *TASK, "ActivityScheduled", "Signaled", *TASK, "ActivityCancelRequested"]


@workflow.defn
class CancelsAnActivity:
    """Cancels when signaled, and says how the activity ended for the workflow."""

    def __init__(self) -> None:
        self.signaled = False

    @workflow.run
    async def run(self, cancellation: int, task_queue: str) -> str:
        call = workflow.start_activity(
            "work",
            task_queue=task_queue,
            start_to_close_timeout=timedelta(seconds=20),
            heartbeat_timeout=timedelta(seconds=10),
            cancellation_type=ActivityCancellationType(cancellation),
        )
        await workflow.wait_condition(lambda: self.signaled)
        call.cancel()
        try:
            return f"completed: {await call}"
        except ActivityError as error:
            assert isinstance(error.cause, CancelledError)
            return f"canceled: {list(error.cause.details)}"

    @workflow.signal
    def cancel(self) -> None:
        self.signaled = True


class Work:
    """An activity that heartbeats until it is told to stop."""

    def __init__(self, obey: bool) -> None:
        self.obey = obey
        self.began = asyncio.Event()

    @activity.defn(name="work")
    async def work(self) -> str:
        self.began.set()
        try:
            while True:
                activity.heartbeat()
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            if self.obey:
                raise
            return "in spite of it"


# The worker asks no oftener than this whether the activity is to be canceled.
HEARTBEAT = {
    "max_heartbeat_throttle_interval": 50 * MILLISECOND,
    "default_heartbeat_throttle_interval": 50 * MILLISECOND,
}


async def begin(case: Case, work: Work, cancellation: ActivityCancellationType):
    handle = await case.start(CancelsAnActivity.run, int(cancellation), case.id)
    await work.began.wait()
    await case.seen(handle, "TaskCompleted")
    await handle.signal(CancelsAnActivity.cancel)
    return handle


@scenario
async def a_workflow_may_wait_until_its_activity_has_stopped(case: Case) -> None:
    work = Work(obey=True)
    async with case.worker([CancelsAnActivity], [work.work], **HEARTBEAT):
        handle = await begin(case, work, ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
        assert await handle.result() == "canceled: []"
    await case.finish(handle, [CancelsAnActivity], [*CANCEL, "ActivityStarted", "ActivityCanceled", *TASK, "Completed"])
    [requested] = await case.find(handle, "ActivityCancelRequested")
    [canceled] = await case.find(handle, "ActivityCanceled")
    attributes = canceled.activity_task_canceled_event_attributes
    assert attributes.latest_cancel_requested_event_id == requested.event_id


@scenario
async def an_activity_may_complete_in_spite_of_a_cancel_request(case: Case) -> None:
    work = Work(obey=False)
    async with case.worker([CancelsAnActivity], [work.work], **HEARTBEAT):
        handle = await begin(case, work, ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
        assert await handle.result() == "completed: in spite of it"
    await case.finish(
        handle, [CancelsAnActivity], [*CANCEL, "ActivityStarted", "ActivityCompleted", *TASK, "Completed"]
    )


@scenario
async def a_workflow_may_request_cancellation_and_go_on(case: Case) -> None:
    work = Work(obey=True)
    async with case.worker([CancelsAnActivity], [work.work], **HEARTBEAT):
        handle = await begin(case, work, ActivityCancellationType.TRY_CANCEL)
        assert await handle.result() == "canceled: []"
    await case.finish(handle, [CancelsAnActivity], [*CANCEL, "Completed"])


@scenario
async def a_workflow_may_abandon_an_activity(case: Case) -> None:
    work = Work(obey=True)
    async with case.worker([CancelsAnActivity], [work.work], **HEARTBEAT):
        handle = await begin(case, work, ActivityCancellationType.ABANDON)
        assert await handle.result() == "canceled: []"
    await case.finish(
        handle, [CancelsAnActivity], ["Started", *TASK, "ActivityScheduled", "Signaled", *TASK, "Completed"]
    )


@scenario
async def an_activity_that_was_not_started_is_canceled_by_the_server(case: Case) -> None:
    async with case.worker([CancelsAnActivity]):
        cancellation = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED
        handle = await case.start(CancelsAnActivity.run, int(cancellation), f"{case.id}-nobody")
        await case.seen(handle, "TaskCompleted")
        await handle.signal(CancelsAnActivity.cancel)
        assert await handle.result() == "canceled: ['ACTIVITY_ID_NOT_STARTED']"
    await case.finish(handle, [CancelsAnActivity], [*CANCEL, "ActivityCanceled", *TASK, "Completed"])
