"""Continue-as-new: one workflow, several runs."""

from datetime import timedelta

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import ContinueAsNewInitiator
from temporalio.client import WorkflowContinuedAsNewError, WorkflowExecutionStatus
from temporalio.service import RPCError

from harness import TASK, Case, scenario


@workflow.defn
class CountsDown:
    @workflow.run
    async def run(self, left: int) -> str:
        if left > 0:
            workflow.continue_as_new(left - 1)
        memo = workflow.memo_value("owner", default="nobody")
        return f"{memo}, {workflow.info().run_timeout}"


@workflow.defn
class ContinuesAndWaits:
    def __init__(self) -> None:
        self.ended = False

    @workflow.run
    async def run(self, again: bool) -> None:
        if again:
            workflow.continue_as_new(False)
        await workflow.wait_condition(lambda: self.ended)

    @workflow.signal
    def end(self) -> None:
        self.ended = True


@workflow.defn
class ChangesItsMemo:
    @workflow.run
    async def run(self, again: bool) -> str:
        if again:
            workflow.continue_as_new(False, memo={"owner": "second"})
        return workflow.memo_value("owner")


@workflow.defn
class Becomes:
    @workflow.run
    async def run(self, task_queue: str) -> str:
        workflow.continue_as_new(3, workflow=CountsDown.run, task_queue=task_queue, run_timeout=timedelta(seconds=9))


@scenario
async def the_result_of_a_chain_is_the_last_runs(case: Case) -> None:
    async with case.worker([CountsDown]):
        handle = await case.start(CountsDown.run, 2, memo={"owner": "first"}, run_timeout=timedelta(seconds=20))
        # The memo and the timeouts go from run to run.
        assert await handle.result() == "first, 0:00:20"
    last = (await handle.describe()).run_id
    assert last != handle.first_execution_run_id
    await case.finish(handle, [CountsDown], ["Started", *TASK, "Completed"])


@scenario
async def every_run_of_a_chain_names_its_successor(case: Case) -> None:
    async with case.worker([CountsDown]):
        handle = await case.start(CountsDown.run, 2)
        await handle.result()
    run_id = handle.first_execution_run_id
    chain = [run_id]
    for _ in range(2):
        run = case.client.get_workflow_handle(case.id, run_id=run_id)
        await case.finish(run, [CountsDown], ["Started", *TASK, "ContinuedAsNew"])
        assert (await run.describe()).status == WorkflowExecutionStatus.CONTINUED_AS_NEW
        [continued] = await case.find(run, "ContinuedAsNew")
        run_id = continued.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
        following = case.client.get_workflow_handle(case.id, run_id=run_id)
        [started] = await case.find(following, "Started")
        attributes = started.workflow_execution_started_event_attributes
        assert attributes.continued_execution_run_id == run.run_id
        assert attributes.first_execution_run_id == chain[0]
        assert attributes.original_execution_run_id == run_id
        assert attributes.initiator == ContinueAsNewInitiator.CONTINUE_AS_NEW_INITIATOR_WORKFLOW
        chain.append(run_id)
    assert len(set(chain)) == 3
    assert (await handle.describe()).run_id == run_id


@scenario
async def a_run_that_continued_as_new_has_no_result_of_its_own(case: Case) -> None:
    async with case.worker([CountsDown]):
        handle = await case.start(CountsDown.run, 1)
        with pytest.raises(WorkflowContinuedAsNewError) as raised:
            await handle.result(follow_runs=False)
    assert raised.value.new_execution_run_id != handle.first_execution_run_id
    await case.finish(
        case.client.get_workflow_handle(case.id, run_id=handle.first_execution_run_id),
        [CountsDown],
        ["Started", *TASK, "ContinuedAsNew"],
    )


@scenario
async def a_new_run_may_have_another_memo(case: Case) -> None:
    async with case.worker([ChangesItsMemo]):
        handle = await case.start(ChangesItsMemo.run, True, memo={"owner": "first"})
        assert await handle.result() == "second"
    await case.finish(handle, [ChangesItsMemo], ["Started", *TASK, "Completed"])
    assert await (await handle.describe()).memo_value("owner") == "second"


@scenario
async def a_new_run_may_be_another_workflow_on_another_queue(case: Case) -> None:
    other = f"{case.id}-other"
    async with case.worker([Becomes]), case.worker([CountsDown], task_queue=other):
        handle = await case.start(Becomes.run, other)
        assert await handle.result() == "nobody, 0:00:09"
    described = await handle.describe()
    assert (described.workflow_type, described.task_queue) == ("CountsDown", other)
    await case.finish(handle, [CountsDown], ["Started", *TASK, "Completed"])


@scenario
async def a_signal_to_a_chain_reaches_the_current_run(case: Case) -> None:
    async with case.worker([ContinuesAndWaits]):
        handle = await case.start(ContinuesAndWaits.run, True)
        first = case.client.get_workflow_handle(case.id, run_id=handle.first_execution_run_id)
        await case.seen(first, "ContinuedAsNew")
        await case.seen(handle, "TaskCompleted")
        await handle.signal(ContinuesAndWaits.end)
        await handle.result()
        with pytest.raises(RPCError, match="already completed"):
            await first.signal(ContinuesAndWaits.end)
    await case.finish(handle, [ContinuesAndWaits], ["Started", *TASK, "Signaled", *TASK, "Completed"])
    await case.finish(first, [ContinuesAndWaits], ["Started", *TASK, "ContinuedAsNew"])
