"""Signals and cancellations that one workflow sends to another, which is not its child."""

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import (
    CancelExternalWorkflowExecutionFailedCause,
    SignalExternalWorkflowExecutionFailedCause,
)
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError, CancelledError

from harness import TASK, Case, scenario


@workflow.defn
class Target:
    def __init__(self) -> None:
        self.received = ""

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: self.received != "")
        return self.received

    @workflow.signal
    def tell(self, word: str) -> None:
        self.received = word


@workflow.defn
class Tells:
    @workflow.run
    async def run(self, target: str) -> None:
        await workflow.get_external_workflow_handle_for(Target.run, target).signal(Target.tell, "hello")


@workflow.defn
class Cancels:
    @workflow.run
    async def run(self, target: str) -> None:
        await workflow.get_external_workflow_handle(target).cancel()


WORKFLOWS = [Target, Tells, Cancels]


def target_of(case: Case):
    return case.client.get_workflow_handle(f"{case.id}-target")


@scenario
async def a_workflow_signals_another(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        target = await case.start(Target.run, id=f"{case.id}-target")
        await case.seen(target, "TaskCompleted")
        handle = await case.start(Tells.run, target.id)
        await handle.result()
        assert await target.result() == "hello"
    history = await case.finish(
        handle, WORKFLOWS, ["Started", *TASK, "SignalExternalInitiated", "ExternalSignaled", *TASK, "Completed"]
    )
    initiated = history[4].signal_external_workflow_execution_initiated_event_attributes
    assert (initiated.workflow_execution.workflow_id, initiated.signal_name) == (target.id, "tell")
    signaled = history[5].external_workflow_execution_signaled_event_attributes
    assert signaled.initiated_event_id == 5
    received = await case.finish(target, WORKFLOWS, ["Started", *TASK, "Signaled", *TASK, "Completed"])
    attributes = received[4].workflow_execution_signaled_event_attributes
    assert attributes.external_workflow_execution.workflow_id == case.id
    assert attributes.external_workflow_execution.run_id == handle.result_run_id
    assert attributes.identity == "history-service"


@scenario
async def a_signal_to_a_workflow_that_is_not_there_fails(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        handle = await case.start(Tells.run, f"{case.id}-absent")
        with pytest.raises(WorkflowFailureError) as raised:
            await handle.result()
        assert isinstance(raised.value.cause, ApplicationError)
    history = await case.finish(
        handle, WORKFLOWS, ["Started", *TASK, "SignalExternalInitiated", "SignalExternalFailed", *TASK, "Failed"]
    )
    failed = history[5].signal_external_workflow_execution_failed_event_attributes
    causes = SignalExternalWorkflowExecutionFailedCause
    name = "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND"
    assert causes.Name(failed.cause) == name


@scenario
async def a_signal_to_a_closed_workflow_fails(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        target = await case.start(Target.run, id=f"{case.id}-target", task_queue=f"{case.id}-nobody")
        await target.terminate()
        handle = await case.start(Tells.run, target.id)
        with pytest.raises(WorkflowFailureError):
            await handle.result()
    await case.finish(
        handle, WORKFLOWS, ["Started", *TASK, "SignalExternalInitiated", "SignalExternalFailed", *TASK, "Failed"]
    )


@scenario
async def a_workflow_cancels_another(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        target = await case.start(Target.run, id=f"{case.id}-target")
        await case.seen(target, "TaskCompleted")
        handle = await case.start(Cancels.run, target.id)
        await handle.result()
        with pytest.raises(WorkflowFailureError) as raised:
            await target.result()
        assert isinstance(raised.value.cause, CancelledError)
    await case.finish(
        handle,
        WORKFLOWS,
        ["Started", *TASK, "RequestCancelExternalInitiated", "ExternalCancelRequested", *TASK, "Completed"],
    )
    received = await case.finish(target, WORKFLOWS, ["Started", *TASK, "CancelRequested", *TASK, "Canceled"])
    attributes = received[4].workflow_execution_cancel_requested_event_attributes
    assert attributes.external_workflow_execution.run_id == handle.result_run_id
    assert attributes.external_initiated_event_id == 5


@scenario
async def a_closed_workflow_may_be_cancelled_by_another(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        target = await case.start(Target.run, id=f"{case.id}-target", task_queue=f"{case.id}-nobody")
        await target.terminate()
        handle = await case.start(Cancels.run, target.id)
        await handle.result()
    await case.finish(
        handle,
        WORKFLOWS,
        ["Started", *TASK, "RequestCancelExternalInitiated", "ExternalCancelRequested", *TASK, "Completed"],
    )
    await case.finish(target, WORKFLOWS, ["Started", "TaskScheduled", "Terminated"])


@scenario
async def a_cancellation_of_a_workflow_that_is_not_there_fails(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        handle = await case.start(Cancels.run, f"{case.id}-absent")
        with pytest.raises(WorkflowFailureError):
            await handle.result()
    history = await case.finish(
        handle,
        WORKFLOWS,
        ["Started", *TASK, "RequestCancelExternalInitiated", "RequestCancelExternalFailed", *TASK, "Failed"],
    )
    failed = history[5].request_cancel_external_workflow_execution_failed_event_attributes
    name = "CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND"
    assert CancelExternalWorkflowExecutionFailedCause.Name(failed.cause) == name


@scenario
async def a_workflow_does_not_signal_itself(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        handle = await case.start(Tells.run, case.id)
        with pytest.raises(WorkflowFailureError):
            await handle.result()
    await case.finish(
        handle, WORKFLOWS, ["Started", *TASK, "SignalExternalInitiated", "SignalExternalFailed", *TASK, "Failed"]
    )
