"""Activities that somebody else ends: by task token, or by workflow id and activity id."""

import asyncio

import pytest
from temporalio import activity
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError
from temporalio.service import RPCError, RPCStatusCode

from calls import Calls, Plan
from harness import ACTIVITY, TASK, Case, scenario


class Later:
    """An activity that leaves its end to the scenario."""

    def __init__(self) -> None:
        self.began: asyncio.Future[activity.Info] = asyncio.get_running_loop().create_future()

    @activity.defn(name="later")
    async def later(self, _: None) -> str:
        self.began.set_result(activity.info())
        activity.raise_complete_async()


@scenario
async def an_activity_is_completed_by_its_token(case: Case) -> None:
    later = Later()
    async with case.worker([Calls], [later.later]):
        handle = await case.start(Calls.run, Plan("later"))
        info = await later.began
        await case.client.get_async_activity_handle(task_token=info.task_token).complete("by token")
        assert await handle.result() == "by token"
    await case.finish(handle, [Calls], ["Started", *TASK, *ACTIVITY, *TASK, "Completed"])


@scenario
async def an_activity_is_completed_by_its_id(case: Case) -> None:
    later = Later()
    async with case.worker([Calls], [later.later]):
        handle = await case.start(Calls.run, Plan("later"))
        info = await later.began
        by_id = case.client.get_async_activity_handle(
            workflow_id=case.id, run_id=handle.result_run_id, activity_id=info.activity_id
        )
        await by_id.complete("by id")
        assert await handle.result() == "by id"
    await case.finish(handle, [Calls], ["Started", *TASK, *ACTIVITY, *TASK, "Completed"])


@scenario
async def an_activity_is_failed_by_its_id(case: Case) -> None:
    later = Later()
    async with case.worker([Calls], [later.later]):
        handle = await case.start(Calls.run, Plan("later", attempts=1))
        info = await later.began
        by_id = case.client.get_async_activity_handle(workflow_id=case.id, run_id=None, activity_id=info.activity_id)
        await by_id.heartbeat("half way")
        await by_id.fail(ApplicationError("from outside"))
        with pytest.raises(WorkflowFailureError) as raised:
            await handle.result()
    assert isinstance(raised.value.cause, ActivityError)
    assert raised.value.cause.cause.message == "from outside"
    await case.finish(
        handle,
        [Calls],
        ["Started", *TASK, "ActivityScheduled", "ActivityStarted", "ActivityFailed", *TASK, "Failed"],
    )


@scenario
async def an_activity_is_completed_only_once(case: Case) -> None:
    later = Later()
    async with case.worker([Calls], [later.later]):
        handle = await case.start(Calls.run, Plan("later"))
        by_token = case.client.get_async_activity_handle(task_token=(await later.began).task_token)
        await by_token.complete("first")
        with pytest.raises(RPCError) as refused:
            await by_token.complete("second")
        assert refused.value.status == RPCStatusCode.NOT_FOUND
        assert await handle.result() == "first"
    await case.finish(handle, [Calls], ["Started", *TASK, *ACTIVITY, *TASK, "Completed"])


@scenario
async def an_activity_cannot_report_a_cancellation_nobody_asked_for(case: Case) -> None:
    later = Later()
    async with case.worker([Calls], [later.later]):
        handle = await case.start(Calls.run, Plan("later"))
        by_token = case.client.get_async_activity_handle(task_token=(await later.began).task_token)
        with pytest.raises(RPCError, match="without activity being request canceled first") as refused:
            await by_token.report_cancellation()
        assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT
        await by_token.complete("after all")
        assert await handle.result() == "after all"
    await case.finish(handle, [Calls], ["Started", *TASK, *ACTIVITY, *TASK, "Completed"])


@scenario
async def an_activity_elsewhere_reports_that_it_was_canceled(case: Case) -> None:
    later = Later()
    async with case.worker([Calls], [later.later]):
        handle = await case.start(Calls.run, Plan("later", wait_for_cancellation=True))
        by_token = case.client.get_async_activity_handle(task_token=(await later.began).task_token)
        await handle.cancel()
        await case.seen(handle, "ActivityCancelRequested")
        await by_token.report_cancellation("cleaned up")
        with pytest.raises(WorkflowFailureError) as raised:
            await handle.result()
    assert isinstance(raised.value.cause, CancelledError)
    await case.finish(
        handle,
        [Calls],
        ["Started", *TASK, "ActivityScheduled", "CancelRequested", *TASK, "ActivityCancelRequested"]
        + ["ActivityStarted", "ActivityCanceled", *TASK, "Canceled"],
    )
