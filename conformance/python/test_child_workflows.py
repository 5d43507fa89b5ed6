"""Child workflows: how they start, what their parent is told, and what becomes of them when it closes."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import StartChildWorkflowExecutionFailedCause
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.common import RetryPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import (
    ApplicationError,
    CancelledError,
    ChildWorkflowError,
    TerminatedError,
    TimeoutError,
)
from temporalio.workflow import ChildWorkflowCancellationType, ParentClosePolicy

from harness import MILLISECOND, TASK, Case, event_name, scenario

INITIATED = "StartChildInitiated"


@dataclass
class Plan:
    """What a child is to do. `run_timeout` is in milliseconds, because the plan travels as JSON."""

    what: str
    id: str
    policy: int = int(ParentClosePolicy.TERMINATE)
    run_timeout: int = 0
    attempts: int = 0
    reuse: int = int(WorkflowIDReusePolicy.ALLOW_DUPLICATE)


@workflow.defn
class Child:
    def __init__(self) -> None:
        self.ended = False

    @workflow.run
    async def run(self, what: str) -> str:
        match what:
            case "return":
                return f"by {workflow.info().parent.workflow_id}" if workflow.info().parent else "alone"
            case "fail":
                raise ApplicationError("the child's fault", type="Fault")
            case "fail once":
                if workflow.info().attempt == 1:
                    raise ApplicationError("once")
                return "at last"
            case "continue":
                workflow.continue_as_new("return")
            case "header":
                info = workflow.info()
                return f"{workflow.memo_value('color')} {info.root.workflow_id == info.parent.workflow_id}"
            case _:
                await workflow.wait_condition(lambda: self.ended)
                return "ended"

    @workflow.signal
    def end(self) -> None:
        self.ended = True


@workflow.defn
class Parent:
    """Returns what its child returns."""

    @workflow.run
    async def run(self, plan: Plan) -> str:
        return await workflow.execute_child_workflow(
            Child.run,
            plan.what,
            id=plan.id,
            memo={"color": "green"},
            parent_close_policy=ParentClosePolicy(plan.policy),
            run_timeout=plan.run_timeout * MILLISECOND if plan.run_timeout else None,
            id_reuse_policy=WorkflowIDReusePolicy(plan.reuse),
            cancellation_type=ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
            retry_policy=RetryPolicy(initial_interval=MILLISECOND, maximum_attempts=plan.attempts)
            if plan.attempts
            else None,
        )


@workflow.defn
class ParentThatLeaves:
    """Ends when it is told to, whatever its child does."""

    def __init__(self) -> None:
        self.how = ""

    @workflow.run
    async def run(self, plan: Plan) -> str:
        await workflow.start_child_workflow(
            Child.run, plan.what, id=plan.id, parent_close_policy=ParentClosePolicy(plan.policy)
        )
        await workflow.wait_condition(lambda: self.how != "")
        if self.how == "continue":
            workflow.continue_as_new(plan, workflow=Child.run, args=["return"])
        return self.how

    @workflow.signal
    def leave(self, how: str) -> None:
        self.how = how


@workflow.defn
class ParentThatSignals:
    @workflow.run
    async def run(self, plan: Plan) -> str:
        child = await workflow.start_child_workflow(Child.run, plan.what, id=plan.id)
        await child.signal(Child.end)
        return await child


WORKFLOWS = [Parent, Child, ParentThatLeaves, ParentThatSignals]

# What a parent's history has of a child that goes well, when nothing comes between.
CHILD_STARTED = [*TASK, INITIATED, "ChildStarted", *TASK]


def child_of(case: Case, run_id: str | None = None):
    return case.client.get_workflow_handle(f"{case.id}-child", run_id=run_id)


def plan(case: Case, what: str, **options) -> Plan:
    return Plan(what, f"{case.id}-child", **options)


async def fails_with_the_child(handle, cause: type) -> BaseException:
    """The parent fails because its child did, for that cause, which is returned."""
    with pytest.raises(WorkflowFailureError) as raised:
        await handle.result()
    assert isinstance(raised.value.cause, ChildWorkflowError)
    assert isinstance(raised.value.cause.cause, cause)
    return raised.value.cause.cause


@scenario
async def a_parent_gets_the_result_of_its_child(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        handle = await case.start(Parent.run, plan(case, "return"))
        assert await handle.result() == f"by {case.id}"
    history = await case.finish(
        handle, WORKFLOWS, ["Started", *CHILD_STARTED, "ChildCompleted", *TASK, "Completed"]
    )
    initiated = history[4].start_child_workflow_execution_initiated_event_attributes
    assert (initiated.workflow_id, initiated.workflow_type.name) == (f"{case.id}-child", "Child")
    assert initiated.task_queue.name == case.id
    started = history[5].child_workflow_execution_started_event_attributes
    assert started.initiated_event_id == 5
    completed = history[9].child_workflow_execution_completed_event_attributes
    assert (completed.initiated_event_id, completed.started_event_id) == (5, 6)
    child = child_of(case)
    [first, *_] = await case.finish(child, WORKFLOWS, ["Started", *TASK, "Completed"])
    attributes = first.workflow_execution_started_event_attributes
    assert attributes.parent_workflow_execution.workflow_id == case.id
    assert attributes.parent_workflow_execution.run_id == handle.result_run_id
    assert attributes.parent_initiated_event_id == 5
    assert attributes.root_workflow_execution.run_id == handle.result_run_id
    described = (await child.describe()).raw_description.workflow_execution_info
    assert described.parent_execution.run_id == handle.result_run_id
    assert described.root_execution.workflow_id == case.id


@scenario
async def a_child_has_the_memo_and_the_root_that_it_was_given(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        handle = await case.start(Parent.run, plan(case, "header"))
        assert await handle.result() == "green True"
    await case.finish(handle, WORKFLOWS)


@scenario
async def a_parent_is_told_that_its_child_failed(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        handle = await case.start(Parent.run, plan(case, "fail"))
        cause = await fails_with_the_child(handle, ApplicationError)
    assert cause.type == "Fault"
    await case.finish(handle, WORKFLOWS, ["Started", *CHILD_STARTED, "ChildFailed", *TASK, "Failed"])


@scenario
async def a_parent_is_told_that_its_child_was_terminated(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        handle = await case.start(Parent.run, plan(case, "wait"))
        await case.seen(handle, "ChildStarted")
        await case.seen(handle, "TaskCompleted", 2)
        await child_of(case).terminate()
        await fails_with_the_child(handle, TerminatedError)
    await case.finish(handle, WORKFLOWS, ["Started", *CHILD_STARTED, "ChildTerminated", *TASK, "Failed"])


@scenario
async def a_parent_is_told_that_its_child_ran_out_of_time(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        handle = await case.start(Parent.run, plan(case, "wait", run_timeout=1000))
        await fails_with_the_child(handle, TimeoutError)
    await case.finish(handle, WORKFLOWS, ["Started", *CHILD_STARTED, "ChildTimedOut", *TASK, "Failed"])


@scenario
async def a_parent_that_is_cancelled_cancels_its_child_and_waits_for_it(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        handle = await case.start(Parent.run, plan(case, "wait"))
        await case.seen(handle, "TaskCompleted", 2)
        await handle.cancel()
        with pytest.raises(WorkflowFailureError) as raised:
            await handle.result()
        assert isinstance(raised.value.cause, CancelledError)
    # The answer of the other workflow, and its end, come in an order of their own.
    names = await case.events(handle)
    assert names[:14] == ["Started", *CHILD_STARTED, "CancelRequested", *TASK, "RequestCancelExternalInitiated"]
    assert names[-1] == "Canceled"
    assert names.count("ExternalCancelRequested") == names.count("ChildCanceled") == 1
    assert names.index("ExternalCancelRequested") < names.index("ChildCanceled")
    await case.finish(handle, WORKFLOWS)
    child = await case.finish(child_of(case), WORKFLOWS, ["Started", *TASK, "CancelRequested", *TASK, "Canceled"])
    cancel = child[4].workflow_execution_cancel_requested_event_attributes
    assert cancel.external_workflow_execution.run_id == handle.result_run_id
    assert cancel.external_initiated_event_id == 14


@scenario
async def a_parent_hears_of_the_last_run_of_its_child(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        handle = await case.start(Parent.run, plan(case, "continue"))
        assert await handle.result() == f"by {case.id}"
    await case.finish(handle, WORKFLOWS, ["Started", *CHILD_STARTED, "ChildCompleted", *TASK, "Completed"])
    [started] = await case.find(handle, "ChildStarted")
    first = started.child_workflow_execution_started_event_attributes.workflow_execution.run_id
    await case.finish(child_of(case, first), WORKFLOWS, ["Started", *TASK, "ContinuedAsNew"])


@scenario
async def a_child_is_tried_again_by_its_policy(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        handle = await case.start(Parent.run, plan(case, "fail once", attempts=3))
        assert await handle.result() == "at last"
    await case.finish(handle, WORKFLOWS, ["Started", *CHILD_STARTED, "ChildCompleted", *TASK, "Completed"])


@scenario
async def a_child_whose_id_is_taken_does_not_start(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        taken = await case.start(Child.run, "wait", id=f"{case.id}-child")
        handle = await case.start(Parent.run, plan(case, "return"))
        with pytest.raises(WorkflowFailureError) as raised:
            await handle.result()
        assert raised.value.cause.message == "Workflow execution already started"
        await taken.signal(Child.end)
        assert await taken.result() == "ended"
    history = await case.finish(
        handle, WORKFLOWS, ["Started", *TASK, INITIATED, "StartChildFailed", *TASK, "Failed"]
    )
    failed = history[5].start_child_workflow_execution_failed_event_attributes
    assert failed.initiated_event_id == 5
    cause = StartChildWorkflowExecutionFailedCause.START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS
    assert failed.cause == cause


@scenario
async def an_open_child_is_described_as_pending(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        handle = await case.start(Parent.run, plan(case, "wait"))
        await case.seen(handle, "TaskCompleted", 2)
        [pending] = (await handle.describe()).raw_description.pending_children
        assert (pending.workflow_id, pending.workflow_type_name) == (f"{case.id}-child", "Child")
        assert pending.initiated_id == 5
        assert pending.run_id == (await child_of(case).describe()).run_id
        assert pending.parent_close_policy == int(ParentClosePolicy.TERMINATE)
        await child_of(case).signal(Child.end)
        assert await handle.result() == "ended"
        assert not (await handle.describe()).raw_description.pending_children
    await case.finish(handle, WORKFLOWS)


@scenario
async def a_parent_signals_its_child(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        handle = await case.start(ParentThatSignals.run, plan(case, "wait"))
        assert await handle.result() == "ended"
    names = [event_name(event) for event in await case.finish(handle, WORKFLOWS)]
    assert names[:10] == ["Started", *CHILD_STARTED, "SignalExternalInitiated"]
    assert names.count("ExternalSignaled") == names.count("ChildCompleted") == 1
    [signaled] = await case.find(child_of(case), "Signaled")
    attributes = signaled.workflow_execution_signaled_event_attributes
    assert attributes.external_workflow_execution.run_id == handle.result_run_id


async def leave(case: Case, policy: ParentClosePolicy, how: str = "left") -> None:
    handle = await case.start(ParentThatLeaves.run, plan(case, "wait", policy=int(policy)))
    await case.seen(handle, "TaskCompleted", 2)
    await case.seen(child_of(case), "TaskCompleted")
    if how == "terminate":
        await handle.terminate()
        await case.finish(handle, WORKFLOWS, ["Started", *CHILD_STARTED, "Terminated"])
    else:
        await handle.signal(ParentThatLeaves.leave, how)
        assert await handle.result() == how
        await case.finish(handle, WORKFLOWS, ["Started", *CHILD_STARTED, "Signaled", *TASK, "Completed"])


@scenario
async def a_child_is_terminated_when_its_parent_completes(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        await leave(case, ParentClosePolicy.TERMINATE)
        with pytest.raises(WorkflowFailureError) as raised:
            await child_of(case).result()
    assert isinstance(raised.value.cause, TerminatedError)
    history = await case.finish(child_of(case), WORKFLOWS, ["Started", *TASK, "Terminated"])
    terminated = history[4].workflow_execution_terminated_event_attributes
    assert terminated.reason == "by parent close policy"
    assert terminated.identity == "history-service"


@scenario
async def a_child_is_terminated_when_its_parent_is(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        await leave(case, ParentClosePolicy.TERMINATE, "terminate")
        with pytest.raises(WorkflowFailureError):
            await child_of(case).result()
    await case.finish(child_of(case), WORKFLOWS, ["Started", *TASK, "Terminated"])


@scenario
async def a_child_may_be_cancelled_when_its_parent_completes(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        await leave(case, ParentClosePolicy.REQUEST_CANCEL)
        with pytest.raises(WorkflowFailureError) as raised:
            await child_of(case).result()
    assert isinstance(raised.value.cause, CancelledError)
    await case.finish(child_of(case), WORKFLOWS, ["Started", *TASK, "CancelRequested", *TASK, "Canceled"])


@scenario
async def a_child_may_outlive_its_parent(case: Case) -> None:
    async with case.worker(WORKFLOWS):
        await leave(case, ParentClosePolicy.ABANDON)
        child = child_of(case)
        assert (await child.describe()).status == WorkflowExecutionStatus.RUNNING
        await child.signal(Child.end)
        assert await child.result() == "ended"
    await case.finish(child, WORKFLOWS, ["Started", *TASK, "Signaled", *TASK, "Completed"])


@workflow.defn
class ManyChildren:
    @workflow.run
    async def run(self, number: int) -> list[str]:
        me = workflow.info().workflow_id
        return await asyncio.gather(
            *(
                workflow.execute_child_workflow(Child.run, "return", id=f"{me}-{n}", run_timeout=timedelta(seconds=30))
                for n in range(number)
            )
        )


@scenario
async def a_parent_has_thirty_children_at_once(case: Case) -> None:
    async with case.worker([ManyChildren, Child]):
        handle = await case.start(ManyChildren.run, 30)
        assert await handle.result() == [f"by {case.id}"] * 30
    names = [event_name(event) for event in await case.finish(handle, [ManyChildren])]
    for name in (INITIATED, "ChildStarted", "ChildCompleted"):
        assert names.count(name) == 30
