"""Updates: accepted, answered, rejected; deduplicated by their id; and what becomes of them when the run closes."""

import asyncio

import pytest
from temporalio import activity, workflow
from temporalio.client import (
    WorkflowExecutionStatus,
    WorkflowUpdateFailedError,
    WorkflowUpdateStage,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from harness import ACTIVITY, PATIENCE, TASK, Case, scenario

UPDATE = ["UpdateAccepted", "UpdateCompleted"]


@activity.defn
async def double(number: int) -> int:
    return 2 * number


@workflow.defn
class Sums:
    """Adds what updates bring until the sum is large enough."""

    def __init__(self) -> None:
        self.sum = 0
        self.proceed = False

    @workflow.run
    async def run(self, wanted: int) -> int:
        await workflow.wait_condition(lambda: self.sum >= wanted)
        return self.sum

    @workflow.update
    def add(self, number: int) -> int:
        if number == 0:
            raise ApplicationError("nothing to add", type="Zero")
        self.sum += number
        return self.sum

    @add.validator
    def validate_add(self, number: int) -> None:
        if number < 0:
            raise ApplicationError("not negative", type="Negative")

    @workflow.update
    async def add_double(self, number: int) -> int:
        self.sum += await workflow.execute_activity(double, number, start_to_close_timeout=PATIENCE)
        return self.sum

    @workflow.update
    async def wait(self) -> str:
        await workflow.wait_condition(lambda: self.proceed)
        return "proceeded"

    @workflow.signal
    def go(self) -> None:
        self.proceed = True

    @workflow.signal
    def end(self) -> None:
        self.sum = 1_000_000

    @workflow.query
    def summed(self) -> int:
        return self.sum


@workflow.defn
class EndsUnderAnUpdate:
    """Closes while its update still waits."""

    def __init__(self) -> None:
        self.accepted = False

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: self.accepted)

    @workflow.update
    async def never(self) -> None:
        self.accepted = True
        await workflow.wait_condition(lambda: False)


@workflow.defn
class UpdatesOnBothSides:
    """Continues as new upon a signal; the new run counts its own updates."""

    def __init__(self) -> None:
        self.again = False
        self.updates = 0

    @workflow.run
    async def run(self, first: bool) -> int:
        await workflow.wait_condition(lambda: self.again)
        if first:
            workflow.continue_as_new(False)
        return self.updates

    @workflow.signal
    def move_on(self) -> None:
        self.again = True

    @workflow.update
    def count(self) -> int:
        self.updates += 1
        return self.updates


@scenario
async def an_update_is_accepted_and_answered(case: Case) -> None:
    async with case.worker([Sums]):
        handle = await case.start(Sums.run, 5)
        await case.seen(handle, "TaskCompleted")
        assert await handle.execute_update(Sums.add, 2, id="first") == 2
        assert await handle.execute_update(Sums.add, 3) == 5
        assert await handle.result() == 5
    history = await case.finish(
        handle, [Sums], ["Started", *TASK, *TASK, *UPDATE, *TASK, *UPDATE, "Completed"]
    )
    accepted = history[7].workflow_execution_update_accepted_event_attributes
    assert accepted.protocol_instance_id == "first"
    assert accepted.accepted_request_message_id == "first/request"
    assert accepted.accepted_request_sequencing_event_id == 5
    assert accepted.accepted_request.meta.identity == case.client.identity
    assert accepted.accepted_request.input.name == "add"
    completed = history[8].workflow_execution_update_completed_event_attributes
    assert completed.meta.update_id == "first"
    assert completed.accepted_event_id == 8
    assert completed.outcome.success.payloads[0].data == b"2"


@scenario
async def an_update_that_comes_before_the_first_task_rides_on_it(case: Case) -> None:
    handle = await case.start(Sums.run, 2)
    answered = asyncio.create_task(handle.execute_update(Sums.add, 2))
    async with case.worker([Sums]):
        assert await answered == 2
        assert await handle.result() == 2
    await case.finish(handle, [Sums], ["Started", *TASK, *UPDATE, "Completed"])


@scenario
async def a_rejected_update_leaves_nothing_in_the_history(case: Case) -> None:
    async with case.worker([Sums]):
        handle = await case.start(Sums.run, 1)
        await case.seen(handle, "TaskCompleted")
        with pytest.raises(WorkflowUpdateFailedError) as rejected:
            await handle.execute_update(Sums.add, -1)
        assert rejected.value.cause.type == "Negative"
        assert await case.events(handle) == ["Started", *TASK]
        assert await handle.execute_update(Sums.add, 1) == 1
        await handle.result()
    await case.finish(handle, [Sums], ["Started", *TASK, *TASK, *UPDATE, "Completed"])


@scenario
async def an_update_may_fail_after_it_was_accepted(case: Case) -> None:
    async with case.worker([Sums]):
        handle = await case.start(Sums.run, 1)
        await case.seen(handle, "TaskCompleted")
        with pytest.raises(WorkflowUpdateFailedError) as failed:
            await handle.execute_update(Sums.add, 0)
        assert failed.value.cause.type == "Zero"
        await handle.signal(Sums.end)
        await handle.result()
    history = await case.finish(handle, [Sums], ["Started", *TASK, *TASK, *UPDATE, "Signaled", *TASK, "Completed"])
    outcome = history[8].workflow_execution_update_completed_event_attributes.outcome
    assert outcome.failure.message == "nothing to add"


@scenario
async def an_update_may_call_an_activity(case: Case) -> None:
    async with case.worker([Sums], [double]):
        handle = await case.start(Sums.run, 6)
        await case.seen(handle, "TaskCompleted")
        assert await handle.execute_update(Sums.add_double, 3) == 6
        assert await handle.result() == 6
    await case.finish(
        handle,
        [Sums],
        ["Started", *TASK, *TASK, "UpdateAccepted", *ACTIVITY, *TASK, "UpdateCompleted", "Completed"],
    )


@scenario
async def an_update_can_be_left_when_it_is_accepted_and_asked_for_later(case: Case) -> None:
    async with case.worker([Sums]):
        handle = await case.start(Sums.run, 1)
        await case.seen(handle, "TaskCompleted")
        update = await handle.start_update(Sums.wait, wait_for_stage=WorkflowUpdateStage.ACCEPTED, id="waiting")
        assert await case.events(handle) == ["Started", *TASK, *TASK, "UpdateAccepted"]
        answered = asyncio.create_task(update.result())
        await handle.signal(Sums.go)
        assert await answered == "proceeded"
        assert await handle.get_update_handle("waiting").result() == "proceeded"
        await handle.signal(Sums.end)
        await handle.result()
    await case.finish(
        handle,
        [Sums],
        ["Started", *TASK, *TASK, "UpdateAccepted", "Signaled", *TASK, "UpdateCompleted"]
        + ["Signaled", *TASK, "Completed"],
    )


@scenario
async def an_update_id_is_used_once(case: Case) -> None:
    async with case.worker([Sums]):
        handle = await case.start(Sums.run, 9)
        await case.seen(handle, "TaskCompleted")
        assert await handle.execute_update(Sums.add, 4, id="once") == 4
        assert await handle.execute_update(Sums.add, 5, id="once") == 4
        assert await handle.execute_update(Sums.add, 5, id="twice") == 9
        await handle.result()
        # The closed run still knows the answer, though it takes no new updates.
        assert await handle.execute_update(Sums.add, 5, id="once") == 4
        with pytest.raises(RPCError, match="workflow execution already completed") as refused:
            await handle.execute_update(Sums.add, 5, id="thrice")
        assert refused.value.status == RPCStatusCode.NOT_FOUND
    await case.finish(handle, [Sums], ["Started", *TASK, *TASK, *UPDATE, *TASK, *UPDATE, "Completed"])


@scenario
async def the_same_update_sent_many_times_at_once_is_done_once(case: Case) -> None:
    async with case.worker([Sums]):
        handle = await case.start(Sums.run, 1)
        await case.seen(handle, "TaskCompleted")
        answers = await asyncio.gather(*(handle.execute_update(Sums.add, 1, id="same") for _ in range(20)))
        assert answers == [1] * 20
        await handle.result()
    await case.finish(handle, [Sums], ["Started", *TASK, *TASK, *UPDATE, "Completed"])


@scenario
async def several_updates_at_once_are_all_done(case: Case) -> None:
    async with case.worker([Sums]):
        handle = await case.start(Sums.run, 10)
        await case.seen(handle, "TaskCompleted")
        answers = await asyncio.gather(*(handle.execute_update(Sums.add, 1) for _ in range(10)))
        assert sorted(answers) == list(range(1, 11))
        assert await handle.result() == 10
    await case.finish(handle, [Sums])
    assert len(await case.find(handle, "UpdateCompleted")) == 10


@scenario
async def a_query_sees_the_update_before_it(case: Case) -> None:
    async with case.worker([Sums]):
        handle = await case.start(Sums.run, 3)
        assert await handle.execute_update(Sums.add, 1) == 1
        assert await handle.query(Sums.summed) == 1
        await handle.execute_update(Sums.add, 2)
        await handle.result()
    await case.finish(handle, [Sums])


@scenario
async def an_update_is_done_by_a_worker_without_a_cache(case: Case) -> None:
    async with case.worker([Sums], max_cached_workflows=0):
        handle = await case.start(Sums.run, 3)
        await case.seen(handle, "TaskCompleted")
        assert await handle.execute_update(Sums.add, 1) == 1
        assert await handle.execute_update(Sums.add, 2) == 3
        assert await handle.result() == 3
    await case.finish(handle, [Sums], ["Started", *TASK, *TASK, *UPDATE, *TASK, *UPDATE, "Completed"])


@scenario
async def an_accepted_update_fails_when_its_run_closes(case: Case) -> None:
    async with case.worker([EndsUnderAnUpdate]):
        handle = await case.start(EndsUnderAnUpdate.run)
        await case.seen(handle, "TaskCompleted")
        with pytest.raises(WorkflowUpdateFailedError) as failed:
            await handle.execute_update(EndsUnderAnUpdate.never)
    assert failed.value.cause.type == "AcceptedUpdateCompletedWorkflow"
    assert failed.value.cause.non_retryable
    await case.finish(
        handle, [EndsUnderAnUpdate], ["Started", *TASK, *TASK, "UpdateAccepted", "Completed"]
    )


@scenario
async def an_update_that_no_handler_knows_is_rejected(case: Case) -> None:
    async with case.worker([Sums]):
        handle = await case.start(Sums.run, 1)
        await case.seen(handle, "TaskCompleted")
        with pytest.raises(WorkflowUpdateFailedError, match="unheard_of|update failed"):
            await handle.execute_update("unheard_of")
        await handle.signal(Sums.end)
        await handle.result()
    await case.finish(handle, [Sums], ["Started", *TASK, "Signaled", *TASK, "Completed"])


@scenario
async def an_update_of_nothing_is_not_found(case: Case) -> None:
    absent = case.client.get_workflow_handle(case.id)
    with pytest.raises(RPCError) as refused:
        await absent.execute_update(Sums.add, 1)
    assert refused.value.status == RPCStatusCode.NOT_FOUND


@scenario
async def an_unknown_update_has_no_result(case: Case) -> None:
    handle = await case.start(Sums.run, 1)
    with pytest.raises(RPCError, match='update "unheard of" not found') as refused:
        await handle.get_update_handle("unheard of").result()
    assert refused.value.status == RPCStatusCode.NOT_FOUND
    await handle.terminate()
    await case.finish(handle, [Sums], ["Started", "TaskScheduled", "Terminated"])


@scenario
async def an_update_id_may_be_used_again_in_the_next_run(case: Case) -> None:
    async with case.worker([UpdatesOnBothSides]):
        handle = await case.start(UpdatesOnBothSides.run, True)
        first = case.client.get_workflow_handle(case.id, run_id=handle.first_execution_run_id)
        assert await handle.execute_update(UpdatesOnBothSides.count, id="counted") == 1
        assert await handle.execute_update(UpdatesOnBothSides.count) == 2
        await handle.signal(UpdatesOnBothSides.move_on)
        await case.seen(first, "ContinuedAsNew")
        assert await handle.execute_update(UpdatesOnBothSides.count, id="counted") == 1
        assert await first.get_update_handle("counted").result() == 1
        await handle.signal(UpdatesOnBothSides.move_on)
        assert await handle.result() == 1
    await case.finish(first, [UpdatesOnBothSides])
    await case.finish(handle, [UpdatesOnBothSides])


@scenario
async def an_update_with_start_starts_a_run_that_has_the_update(case: Case) -> None:
    async with case.worker([Sums]):
        start = case.with_start(Sums.run, 1)
        assert await case.client.execute_update_with_start_workflow(Sums.add, 1, start_workflow_operation=start) == 1
        handle = await start.workflow_handle()
        assert await handle.result() == 1
    await case.finish(handle, [Sums], ["Started", *TASK, *UPDATE, "Completed"])


@scenario
async def an_update_with_start_updates_the_run_that_is_open(case: Case) -> None:
    async with case.worker([Sums]):
        handle = await case.start(Sums.run, 1)
        await case.seen(handle, "TaskCompleted")
        start = case.with_start(Sums.run, 99, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING)
        assert await case.client.execute_update_with_start_workflow(Sums.add, 1, start_workflow_operation=start) == 1
        assert (await start.workflow_handle()).result_run_id == handle.result_run_id
        assert await handle.result() == 1
    await case.finish(handle, [Sums], ["Started", *TASK, *TASK, *UPDATE, "Completed"])


@scenario
async def an_update_with_start_fails_where_an_open_run_is_in_the_way(case: Case) -> None:
    async with case.worker([Sums]):
        handle = await case.start(Sums.run, 1)
        await case.seen(handle, "TaskCompleted")
        start = case.with_start(Sums.run, 99, id_conflict_policy=WorkflowIDConflictPolicy.FAIL)
        with pytest.raises(WorkflowAlreadyStartedError):
            await case.client.execute_update_with_start_workflow(Sums.add, 1, start_workflow_operation=start)
        with pytest.raises(WorkflowAlreadyStartedError):
            await start.workflow_handle()
        await handle.terminate()
    await case.finish(handle, [Sums], ["Started", *TASK, "Terminated"])


@scenario
async def an_update_with_start_that_replaces_the_open_run_updates_the_new_one(case: Case) -> None:
    async with case.worker([Sums]):
        first = await case.start(Sums.run, 1)
        await case.seen(first, "TaskCompleted")
        start = case.with_start(Sums.run, 2, id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING)
        assert await case.client.execute_update_with_start_workflow(Sums.add, 2, start_workflow_operation=start) == 2
        second = await start.workflow_handle()
        assert await second.result() == 2
    replaced = case.client.get_workflow_handle(case.id, run_id=first.result_run_id)
    assert (await replaced.describe()).status == WorkflowExecutionStatus.TERMINATED
    await case.finish(second, [Sums], ["Started", *TASK, *UPDATE, "Completed"])


@scenario
async def an_update_with_start_that_was_answered_before_is_not_done_again(case: Case) -> None:
    async with case.worker([Sums]):
        policy = WorkflowIDConflictPolicy.USE_EXISTING
        first = case.with_start(Sums.run, 2, id_conflict_policy=policy)
        service = case.client
        assert await service.execute_update_with_start_workflow(
            Sums.add, 1, id="once", start_workflow_operation=first
        ) == 1
        second = case.with_start(Sums.run, 2, id_conflict_policy=policy)
        assert await service.execute_update_with_start_workflow(
            Sums.add, 1, id="once", start_workflow_operation=second
        ) == 1
        handle = await second.workflow_handle()
        assert handle.result_run_id == (await first.workflow_handle()).result_run_id
        await handle.execute_update(Sums.add, 1)
        await handle.result()
    await case.finish(handle, [Sums], ["Started", *TASK, *UPDATE, *TASK, *UPDATE, "Completed"])
