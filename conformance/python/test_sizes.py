"""Large and many: payloads up to their limit and beyond it, and a hundred workflows at a time."""

import asyncio
from datetime import timedelta

import pytest
from temporalio import activity, workflow
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import TerminatedError
from temporalio.service import RPCError, RPCStatusCode

from harness import ACTIVITY, TASK, Case, event_name, scenario

MEGABYTE = 1024 * 1024


@activity.defn
async def reverse(text: str) -> str:
    return text[::-1]


@workflow.defn
class Reverses:
    @workflow.run
    async def run(self, text: str) -> str:
        return await workflow.execute_activity(reverse, text, start_to_close_timeout=timedelta(seconds=20))


@workflow.defn
class Returns:
    @workflow.run
    async def run(self, size: int) -> str:
        return "x" * size


@workflow.defn
class CallsAndSleeps:
    @workflow.run
    async def run(self, text: str) -> str:
        await workflow.sleep(0.01)
        return await workflow.execute_activity(reverse, text, start_to_close_timeout=timedelta(seconds=20))


@scenario
async def a_payload_below_the_limit_goes_everywhere(case: Case) -> None:
    text = "ab" * (MEGABYTE // 2)
    async with case.worker([Reverses], [reverse]):
        handle = await case.start(Reverses.run, text)
        assert await handle.result() == text[::-1]
    await case.finish(handle, [Reverses], ["Started", *TASK, *ACTIVITY, *TASK, "Completed"])


@scenario
async def a_start_with_a_payload_over_the_limit_is_refused(case: Case) -> None:
    with pytest.raises(RPCError) as refused:
        await case.start(Reverses.run, "x" * (2 * MEGABYTE + 1))
    assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT
    assert refused.value.message == "Blob data size exceeds limit."


@scenario
async def a_result_over_the_limit_terminates_the_workflow(case: Case) -> None:
    async with case.worker([Returns], disable_payload_error_limit=True):
        handle = await case.start(Returns.run, 2 * MEGABYTE + 1)
        with pytest.raises(WorkflowFailureError) as raised:
            await handle.result()
    assert isinstance(raised.value.cause, TerminatedError)
    await case.finish(handle, [Returns], ["Started", "TaskScheduled", "TaskStarted", "TaskFailed", "Terminated"])
    [terminated] = await case.find(handle, "Terminated")
    attributes = terminated.workflow_execution_terminated_event_attributes
    assert attributes.reason.endswith("CompleteWorkflowExecutionCommandAttributes.Result exceeds size limit.")
    assert attributes.identity == "history-service"


@scenario
async def a_hundred_workflows_at_the_same_time_complete(case: Case) -> None:
    async with case.worker([CallsAndSleeps], [reverse]):
        handles = await asyncio.gather(
            *(case.start(CallsAndSleeps.run, f"<{n}>", id=f"{case.id}-{n}") for n in range(100))
        )
        results = await asyncio.gather(*(handle.result() for handle in handles))
    assert results == [f"<{n}>"[::-1] for n in range(100)]
    expected = ["Started", *TASK, "TimerStarted", "TimerFired", *TASK, *ACTIVITY, *TASK, "Completed"]
    for handle in handles:
        assert [event_name(event) for event in await case.history(handle)] == expected
    await case.finish(handles[0], [CallsAndSleeps], expected)


@workflow.defn
class AnswersWithMuch:
    @workflow.run
    async def run(self, size: int) -> None:
        calls = [
            workflow.execute_activity(reverse, "x" * size, start_to_close_timeout=timedelta(seconds=20))
            for _ in range(5)
        ]
        await asyncio.gather(*calls)


@scenario
async def an_answer_larger_than_a_message_terminates_the_workflow(case: Case) -> None:
    async with case.worker([AnswersWithMuch], [reverse]):
        handle = await case.start(AnswersWithMuch.run, MEGABYTE)
        with pytest.raises(WorkflowFailureError) as raised:
            await handle.result()
    assert isinstance(raised.value.cause, TerminatedError)
    await case.finish(
        handle, [AnswersWithMuch], ["Started", "TaskScheduled", "TaskStarted", "TaskFailed", "Terminated"]
    )
    [terminated] = await case.find(handle, "Terminated")
    assert terminated.workflow_execution_terminated_event_attributes.reason == "GrpcMessageTooLarge"
