"""Batches: one operation on many runs, found by a query or named one by one."""

import uuid
from typing import Any

from temporalio import workflow
from temporalio.api.batch.v1 import (
    BatchOperationCancellation,
    BatchOperationDeletion,
    BatchOperationReset,
    BatchOperationSignal,
    BatchOperationTermination,
)
from temporalio.api.common.v1 import ResetOptions, WorkflowExecution
from temporalio.api.enums.v1 import BatchOperationState, BatchOperationType
from temporalio.api.workflowservice.v1 import (
    DescribeBatchOperationRequest,
    DescribeBatchOperationResponse,
    ListBatchOperationsRequest,
    StartBatchOperationRequest,
    StopBatchOperationRequest,
)
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from harness import Case, scenario
from namespaces import CALL, refused, until

RUNS = 5
RUNNING = BatchOperationState.BATCH_OPERATION_STATE_RUNNING
COMPLETED = BatchOperationState.BATCH_OPERATION_STATE_COMPLETED
FAILED = BatchOperationState.BATCH_OPERATION_STATE_FAILED


@workflow.defn
class Waits:
    def __init__(self) -> None:
        self.words: list[str] = []

    @workflow.signal
    def say(self, word: str) -> None:
        self.words.append(word)

    @workflow.run
    async def run(self) -> list[str]:
        await workflow.wait_condition(lambda: bool(self.words))
        return self.words


class Batch:
    def __init__(self, case: Case) -> None:
        self.service = case.client.workflow_service
        self.job_id = f"job-{uuid.uuid4()}"

    async def start(self, **options: Any) -> None:
        """Only so many batches run in a namespace; then one waits for its turn."""
        options.setdefault("reason", "a scenario")
        request = StartBatchOperationRequest(namespace="default", job_id=self.job_id, **options)
        while True:
            try:
                await self.service.start_batch_operation(request, timeout=CALL)
                return
            except RPCError as error:
                if error.status != RPCStatusCode.RESOURCE_EXHAUSTED:
                    raise

    async def describe(self) -> DescribeBatchOperationResponse:
        request = DescribeBatchOperationRequest(namespace="default", job_id=self.job_id)
        return await self.service.describe_batch_operation(request, timeout=CALL)

    async def ended(self) -> DescribeBatchOperationResponse:
        return await until(self.describe, lambda described: described.state != RUNNING)


async def started(case: Case) -> list[WorkflowHandle]:
    """Runs that a query for their task queue finds."""
    handles = [await case.start(Waits.run, id=f"{case.id}-{number}") for number in range(RUNS)]

    async def found() -> int:
        return (await case.client.count_workflows(query(case))).count

    await until(found, lambda found: found == RUNS)
    return handles


def query(case: Case) -> str:
    return f"TaskQueue = '{case.id}'"


@scenario
async def test_a_batch_signals_every_run_that_its_query_finds(case: Case):
    handles = await started(case)
    batch = Batch(case)
    payloads = (await case.client.data_converter.encode(["go"]))
    signal = BatchOperationSignal(signal="say", input={"payloads": payloads}, identity="me")
    await batch.start(visibility_query=query(case), signal_operation=signal)
    async with case.worker([Waits]):
        for handle in handles:
            assert await handle.result() == ["go"]
    described = await batch.ended()
    assert (described.state, described.identity, described.reason) == (COMPLETED, "me", "a scenario")
    assert (described.total_operation_count, described.complete_operation_count) == (RUNS, RUNS)
    assert described.query == query(case)
    assert described.operation_type == BatchOperationType.BATCH_OPERATION_TYPE_SIGNAL_WORKFLOW


@scenario
async def test_a_batch_over_a_list_terminates_what_is_there(case: Case):
    handles = await started(case)
    named = [WorkflowExecution(workflow_id=handle.id) for handle in handles[:2]]
    named.append(WorkflowExecution(workflow_id=f"{case.id}-absent"))
    batch = Batch(case)
    await batch.start(executions=named, termination_operation=BatchOperationTermination(identity="me"))
    described = await batch.ended()
    assert (described.complete_operation_count, described.failure_operation_count) == (3, 0)
    assert [execution.business_id for execution in described.executions] == [run.workflow_id for run in named]
    statuses = [(await handle.describe()).status for handle in handles]
    terminated, open = WorkflowExecutionStatus.TERMINATED, WorkflowExecutionStatus.RUNNING
    assert statuses == [terminated, terminated, open, open, open]


@scenario
async def test_a_batch_cancels_open_runs_and_deletes_all(case: Case):
    handles = await started(case)
    await handles[0].terminate()
    batch = Batch(case)
    await batch.start(visibility_query=query(case), cancellation_operation=BatchOperationCancellation(identity="me"))
    async with case.worker([Waits]):
        for handle in handles[1:]:
            try:
                await handle.result()
                raise AssertionError("it was asked to cancel itself")
            except WorkflowFailureError:
                pass
    await batch.ended()
    batch = Batch(case)
    await batch.start(visibility_query=query(case), deletion_operation=BatchOperationDeletion(identity="me"))
    assert (await batch.ended()).complete_operation_count == RUNS

    async def found() -> int:
        return (await case.client.count_workflows(query(case))).count

    await until(found, lambda found: found == 0)


@scenario
async def test_a_batch_resets_every_run_to_its_first_workflow_task(case: Case):
    handles = await started(case)
    async with case.worker([Waits]):
        for handle in handles:
            await handle.signal(Waits.say, "once")
            assert await handle.result() == ["once"]
        batch = Batch(case)
        options = ResetOptions(first_workflow_task={})
        await batch.start(
            executions=[WorkflowExecution(workflow_id=handle.id, run_id=handle.result_run_id) for handle in handles],
            reset_operation=BatchOperationReset(identity="me", options=options),
        )
        assert (await batch.ended()).complete_operation_count == RUNS
        for handle in handles:
            newest = case.client.get_workflow_handle(handle.id)
            assert await newest.result() == ["once"], "the signal is brought along"
            assert (await newest.describe()).run_id != handle.result_run_id


@scenario
async def test_a_batch_is_listed_and_stopped_once(case: Case):
    handles = await started(case)
    batch = Batch(case)
    # The reference does not slow down for a caller, so that it may have ended by now.
    await batch.start(
        executions=[WorkflowExecution(workflow_id=handle.id) for handle in handles],
        max_operations_per_second=0.1,
        termination_operation=BatchOperationTermination(identity="me"),
    )
    stop = StopBatchOperationRequest(namespace="default", job_id=batch.job_id, reason="enough", identity="me")
    try:
        await batch.service.stop_batch_operation(stop, timeout=CALL)
        assert (await batch.ended()).state == FAILED
    except RPCError:
        assert (await batch.ended()).state == COMPLETED
    text = "workflow execution already completed"
    assert await refused(batch.service.stop_batch_operation(stop, timeout=CALL)) == ("NOT_FOUND", text)

    async def listed() -> bool:
        request = ListBatchOperationsRequest(namespace="default", page_size=1000)
        page = await batch.service.list_batch_operations(request, timeout=CALL)
        return batch.job_id in [info.job_id for info in page.operation_info]

    await until(listed, bool)


@scenario
async def test_a_batch_that_cannot_be_is_refused(case: Case):
    terminate = BatchOperationTermination(identity="me")
    nothing = (
        "must provide required parameters: BatchType,Reason,Namespace, AND one of (Query OR Executions OR "
        "TargetExecutions)"
    )
    cases = [
        (dict(termination_operation=terminate), nothing),
        (dict(visibility_query="WorkflowType = 'x'"), nothing),
        (dict(visibility_query="WorkflowType = 'x'", signal_operation={}), "must provide signal name"),
        (dict(visibility_query="WorkflowType = 'x'", reset_operation={}), "unknown batch reset type Unspecified"),
        (dict(visibility_query="WorkflowType = 'x'", unpause_activities_operation={}), "activity filter must be set"),
        (
            dict(visibility_query="a", executions=[WorkflowExecution()], termination_operation=terminate),
            "visibility query, executions, and target executions are mutually exclusive",
        ),
    ]
    for options, text in cases:
        assert await refused(Batch(case).start(**options)) == ("INVALID_ARGUMENT", text)
    status, text = await refused(Batch(case).start(visibility_query="nonsense (", termination_operation=terminate))
    assert status == "INVALID_ARGUMENT" and text.startswith("invalid visibility query: ")
