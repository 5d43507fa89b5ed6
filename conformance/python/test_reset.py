"""Reset: a new run from an earlier workflow task, with what came from outside since then applied again."""

import pytest
from temporalio import activity, workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import (
    ResetReapplyExcludeType,
    ResetReapplyType,
    UpdateAdmittedEventOrigin,
    WorkflowTaskFailedCause,
)
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from hand import Hand, complete_workflow, request_id, schedule_activity
from harness import ACTIVITY, PATIENCE, TASK, Case, scenario

# The workflow task at which a reset run parts from its base is failed, and another one follows.
RESET = ["TaskScheduled", "TaskStarted", "TaskFailed"]


@activity.defn
async def work() -> str:
    return "worked"


@workflow.defn
class Collects:
    """Returns the first words that signals and updates bring."""

    def __init__(self) -> None:
        self.words: list[str] = []

    @workflow.run
    async def run(self, wanted: int) -> list[str]:
        await workflow.wait_condition(lambda: len(self.words) >= wanted)
        return self.words

    @workflow.signal
    def tell(self, word: str) -> None:
        self.words.append(word)

    @workflow.update
    def change(self, word: str) -> int:
        self.words.append(word)
        return len(self.words)


@workflow.defn
class CallsTwice:
    @workflow.run
    async def run(self) -> str:
        first = await workflow.execute_activity(work, start_to_close_timeout=PATIENCE)
        second = await workflow.execute_activity(work, start_to_close_timeout=PATIENCE)
        return f"{first} {second}"


@workflow.defn
class ContinuesAndCollects(Collects):
    @workflow.run
    async def run(self, wanted: int) -> list[str]:
        await workflow.wait_condition(lambda: len(self.words) >= 1)
        if wanted > 1:
            workflow.continue_as_new(wanted - 1)
        return self.words

    @workflow.signal
    def tell(self, word: str) -> None:
        self.words.append(word)


async def reset(case: Case, run_id: str, event_id: int, **options) -> WorkflowHandle:
    """Resets to before the workflow task that ends with the event, and returns the new run."""
    request = ResetWorkflowExecutionRequest(
        namespace=case.client.namespace,
        workflow_execution=WorkflowExecution(workflow_id=case.id, run_id=run_id),
        reason="to see",
        workflow_task_finish_event_id=event_id,
        **{"request_id": request_id(), **options},
    )
    response = await case.client.workflow_service.reset_workflow_execution(request)
    return case.client.get_workflow_handle(case.id, run_id=response.run_id)


@scenario
async def a_reset_run_starts_from_the_workflow_task_that_was_named(case: Case) -> None:
    async with case.worker([CallsTwice], [work]):
        handle = await case.start(CallsTwice.run)
        assert await handle.result() == "worked worked"
        second = await reset(case, handle.result_run_id, 10)
        assert await second.result() == "worked worked"
    await case.finish(
        case.client.get_workflow_handle(case.id, run_id=handle.result_run_id),
        [CallsTwice],
        ["Started", *TASK, *ACTIVITY, *TASK, *ACTIVITY, *TASK, "Completed"],
    )
    history = await case.finish(
        second, [CallsTwice], ["Started", *TASK, *ACTIVITY, *RESET, *TASK, *ACTIVITY, *TASK, "Completed"]
    )
    started = history[0].workflow_execution_started_event_attributes
    # The first event is the base's own: it tells of no other run.
    assert started.original_execution_run_id == handle.result_run_id
    assert started.first_execution_run_id == handle.result_run_id
    failed = history[9].workflow_task_failed_event_attributes
    assert failed.cause == WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW
    assert (failed.base_run_id, failed.new_run_id) == (handle.result_run_id, second.run_id)
    assert failed.failure.message == "to see"
    assert failed.identity == "history-service"


@scenario
async def a_run_that_is_open_is_terminated_by_its_reset(case: Case) -> None:
    async with case.worker([Collects]):
        handle = await case.start(Collects.run, 1)
        await case.seen(handle, "TaskCompleted")
        second = await reset(case, handle.result_run_id, 4)
        base = case.client.get_workflow_handle(case.id, run_id=handle.result_run_id)
        history = await case.finish(base, [Collects], ["Started", *TASK, "Terminated"])
        terminated = history[4].workflow_execution_terminated_event_attributes
        assert (terminated.reason, terminated.identity) == ("to see", "history-resetter")
        extended = (await base.describe()).raw_description.workflow_extended_info
        assert extended.reset_run_id == second.run_id
        await second.signal(Collects.tell, "on")
        assert await second.result() == ["on"]
    # A handle without a run follows the workflow.
    assert (await case.client.get_workflow_handle(case.id).describe()).run_id == second.run_id


@scenario
async def signals_since_the_reset_point_are_applied_again(case: Case) -> None:
    async with case.worker([Collects]):
        handle = await case.start(Collects.run, 2)
        await case.seen(handle, "TaskCompleted")
        await handle.signal(Collects.tell, "a")
        await case.seen(handle, "TaskCompleted", 2)
        await handle.signal(Collects.tell, "b")
        assert await handle.result() == ["a", "b"]
        second = await reset(case, handle.result_run_id, 4)
        assert await second.result() == ["a", "b"]
    await case.finish(second, [Collects], ["Started", *RESET, "Signaled", "Signaled", *TASK, "Completed"])


@scenario
async def signals_may_be_left_out(case: Case) -> None:
    async with case.worker([Collects]):
        handle = await case.start(Collects.run, 1)
        await case.seen(handle, "TaskCompleted")
        await handle.signal(Collects.tell, "a")
        assert await handle.result() == ["a"]
        excluded = [ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL]
        second = await reset(case, handle.result_run_id, 4, reset_reapply_exclude_types=excluded)
        await second.signal(Collects.tell, "b")
        assert await second.result() == ["b"]
        nothing = ResetReapplyType.RESET_REAPPLY_TYPE_NONE
        third = await reset(case, handle.result_run_id, 4, reset_reapply_type=nothing)
        await third.signal(Collects.tell, "c")
        assert await third.result() == ["c"]
    for run in (second, third):
        names = await case.events(run)
        assert names[:4] == ["Started", *RESET]
        assert names.count("Signaled") == 1


@scenario
async def updates_since_the_reset_point_are_admitted_again(case: Case) -> None:
    async with case.worker([Collects]):
        handle = await case.start(Collects.run, 2)
        await case.seen(handle, "TaskCompleted")
        assert await handle.execute_update(Collects.change, "a", id="first") == 1
        second = await reset(case, handle.result_run_id, 4)
        assert await second.get_update_handle("first").result() == 1
        assert await second.execute_update(Collects.change, "b") == 2
        assert await second.result() == ["a", "b"]
    history = await case.finish(
        second,
        [Collects],
        ["Started", *RESET, "UpdateAdmitted", *TASK, "UpdateAccepted", "UpdateCompleted"]
        + [*TASK, "UpdateAccepted", "UpdateCompleted", "Completed"],
    )
    admitted = history[4].workflow_execution_update_admitted_event_attributes
    assert admitted.origin == UpdateAdmittedEventOrigin.UPDATE_ADMITTED_EVENT_ORIGIN_REAPPLY
    assert admitted.request.meta.update_id == "first"
    # The request is in the history already.
    assert not history[8].workflow_execution_update_accepted_event_attributes.HasField("accepted_request")


@scenario
async def updates_may_be_left_out(case: Case) -> None:
    async with case.worker([Collects]):
        handle = await case.start(Collects.run, 2)
        await case.seen(handle, "TaskCompleted")
        await handle.execute_update(Collects.change, "a")
        excluded = [ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_UPDATE]
        second = await reset(case, handle.result_run_id, 4, reset_reapply_exclude_types=excluded)
        await second.signal(Collects.tell, "b")
        await second.signal(Collects.tell, "c")
        assert await second.result() == ["b", "c"]
    assert "UpdateAdmitted" not in await case.events(second)


@scenario
async def a_cancellation_is_not_applied_again(case: Case) -> None:
    async with case.worker([Collects]):
        handle = await case.start(Collects.run, 1)
        await case.seen(handle, "TaskCompleted")
        await handle.cancel()
        await case.seen(handle, "Canceled")
        second = await reset(case, handle.result_run_id, 4)
        await second.signal(Collects.tell, "on")
        assert await second.result() == ["on"]
    assert "CancelRequested" not in await case.events(second)


@scenario
async def signals_to_the_runs_that_followed_are_applied_too(case: Case) -> None:
    async with case.worker([ContinuesAndCollects]):
        handle = await case.start(ContinuesAndCollects.run, 2)
        first = case.client.get_workflow_handle(case.id, run_id=handle.result_run_id)
        await case.seen(first, "TaskCompleted")
        await first.signal("tell", "a")
        await case.seen(first, "ContinuedAsNew")
        await handle.signal("tell", "b")
        assert await handle.result() == ["b"]
    second = await reset(case, first.run_id, 4)
    history = await case.history(second)
    words = [
        event.workflow_execution_signaled_event_attributes.input.payloads[0].data
        for event in history
        if event.HasField("workflow_execution_signaled_event_attributes")
    ]
    assert words == [b'"a"', b'"b"']
    await second.terminate()


@scenario
async def a_reset_needs_a_workflow_task(case: Case) -> None:
    async with case.worker([Collects]):
        handle = await case.start(Collects.run, 1)
        await handle.signal(Collects.tell, "a")
        await handle.result()
    length = len(await case.history(handle))
    for event_id in (0, 1, 2, length + 1):
        with pytest.raises(RPCError) as refused:
            await reset(case, handle.result_run_id, event_id)
        assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT
    with pytest.raises(RPCError, match="RequestId is not set") as refused:
        await reset(case, handle.result_run_id, 4, request_id="")
    assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT
    with pytest.raises(RPCError) as refused:
        await reset(case, request_id(), 4)
    assert refused.value.status == RPCStatusCode.NOT_FOUND


@scenario
async def an_activity_that_was_running_at_the_reset_point_fails(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    await hand.step(schedule_activity(case, "a"))
    task = await hand.poll_activity()
    await handle.signal("wake")
    await hand.step()
    # At the eighth event, the end of the second workflow task, the activity was under way.
    second = await reset(case, handle.result_run_id, 9)
    with pytest.raises(RPCError) as refused:
        await hand.complete_activity(task)
    assert refused.value.status == RPCStatusCode.NOT_FOUND
    await hand.step(complete_workflow())
    await case.finish(
        second, [], ["Started", *TASK, "ActivityScheduled", "Signaled", *RESET, *TASK, "Completed"]
    )


@scenario
async def an_activity_that_nobody_had_taken_is_offered_again(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    await hand.step(schedule_activity(case, "a"))
    await handle.signal("wake")
    await hand.step()
    second = await reset(case, handle.result_run_id, 9)
    task = await hand.poll_activity()
    assert task.workflow_execution.run_id == second.run_id
    await hand.complete_activity(task)
    await hand.step(complete_workflow())
    await case.finish(
        second,
        [],
        ["Started", *TASK, "ActivityScheduled", "Signaled", *RESET, "TaskScheduled"]
        + ["ActivityStarted", "ActivityCompleted", "TaskStarted", "TaskCompleted", "Completed"],
    )
