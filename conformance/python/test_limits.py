"""Limits: how much one run may hold, and what happens beyond."""

import pytest
from temporalio.api.command.v1 import (
    Command,
    RecordMarkerCommandAttributes,
    RequestCancelExternalWorkflowExecutionCommandAttributes,
    SignalExternalWorkflowExecutionCommandAttributes,
    StartChildWorkflowExecutionCommandAttributes,
    UpsertWorkflowSearchAttributesCommandAttributes,
)
from temporalio.api.common.v1 import (
    Payload,
    Payloads,
    SearchAttributes,
    WorkflowExecution,
    WorkflowType,
)
from temporalio.api.enums.v1 import CommandType, SuggestContinueAsNewReason
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.service import RPCError, RPCStatusCode

from hand import Hand, complete_workflow, schedule_activity
from harness import TASK, Case, event_name, scenario

PENDING = 2000
BLOB = 2 * 1024 * 1024


def marker(size: int = 0) -> Command:
    details = {"data": Payloads(payloads=[Payload(data=b"x" * size)])}
    return Command(
        command_type=CommandType.COMMAND_TYPE_RECORD_MARKER,
        record_marker_command_attributes=RecordMarkerCommandAttributes(marker_name="m", details=details),
    )


def child(case: Case, number: int) -> Command:
    return Command(
        command_type=CommandType.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
        start_child_workflow_execution_command_attributes=StartChildWorkflowExecutionCommandAttributes(
            workflow_id=f"{case.id}-{number}",
            workflow_type=WorkflowType(name="ByHand"),
            task_queue=TaskQueue(name=f"{case.id}-nobody"),
        ),
    )


def signal(case: Case, _number: int) -> Command:
    return Command(
        command_type=CommandType.COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION,
        signal_external_workflow_execution_command_attributes=SignalExternalWorkflowExecutionCommandAttributes(
            execution=WorkflowExecution(workflow_id=f"{case.id}-absent"), signal_name="s"
        ),
    )


def cancel(case: Case, _number: int) -> Command:
    return Command(
        command_type=CommandType.COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION,
        request_cancel_external_workflow_execution_command_attributes=(
            RequestCancelExternalWorkflowExecutionCommandAttributes(workflow_id=f"{case.id}-absent")
        ),
    )


@pytest.mark.parametrize(
    "make, cause, what",
    [
        (lambda case, n: schedule_activity(case, f"{n}"), "PendingActivitiesLimitExceeded", "activities"),
        (child, "PendingChildWorkflowsLimitExceeded", "child workflow executions"),
        (signal, "PendingSignalsLimitExceeded", "signals to external workflows"),
        (cancel, "PendingRequestCancelLimitExceeded", "requests to cancel external workflows"),
    ],
    ids=["activities", "children", "signals", "cancellations"],
)
@scenario
async def no_more_than_two_thousand_of_a_kind_are_pending(case: Case, make, cause: str, what: str) -> None:
    hand = Hand(case)
    run = await hand.start()
    task = await hand.poll()
    with pytest.raises(RPCError) as refused:
        await hand.complete(task, *(make(case, number) for number in range(PENDING + 1)))
    assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT
    assert refused.value.message == (
        f"{cause}: the number of pending {what}, {PENDING}, has reached the per-workflow limit of {PENDING}"
    )
    await run.terminate()
    names = [event_name(event) for event in await case.history(run)]
    assert names == ["Started", "TaskScheduled", "TaskStarted", "TaskFailed", "Terminated"]


@scenario
async def a_payload_over_the_limit_in_a_command_terminates_the_run(case: Case) -> None:
    hand = Hand(case)
    run = await hand.start()
    task = await hand.poll()
    with pytest.raises(RPCError, match="RecordMarkerCommandAttributes.Details exceeds size limit.") as refused:
        await hand.complete(task, marker(BLOB + 1))
    assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT
    history = await case.finish(
        run, [], ["Started", "TaskScheduled", "TaskStarted", "TaskFailed", "Terminated"]
    )
    terminated = history[-1].workflow_execution_terminated_event_attributes
    assert "exceeds size limit." in terminated.reason
    assert terminated.identity == "history-service"


@scenario
async def a_memo_and_a_signal_over_the_limit_are_refused(case: Case) -> None:
    with pytest.raises(RPCError) as refused:
        await case.start("ByHand", memo={"large": "x" * BLOB})
    assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT
    run = await case.start("ByHand")
    with pytest.raises(RPCError, match="Blob data size exceeds limit.") as refused:
        await run.signal("large", "x" * BLOB)
    assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT
    await run.terminate()
    await case.finish(run, [], ["Started", "TaskScheduled", "Terminated"])


@scenario
async def a_search_attribute_over_the_limit_terminates_the_run(case: Case) -> None:
    hand = Hand(case)
    run = await hand.start()
    task = await hand.poll()
    value = Payload(metadata={"encoding": b"json/plain"}, data=b'"' + b"x" * 3000 + b'"')
    attributes = UpsertWorkflowSearchAttributesCommandAttributes(
        search_attributes=SearchAttributes(indexed_fields={"CustomKeywordField": value})
    )
    upsert = Command(
        command_type=CommandType.COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
        upsert_workflow_search_attributes_command_attributes=attributes,
    )
    with pytest.raises(RPCError, match="CustomKeywordField value size 3002 exceeds size limit 2048") as refused:
        await hand.complete(task, upsert)
    assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT
    await case.finish(run, [], ["Started", "TaskScheduled", "TaskStarted", "TaskFailed", "Terminated"])


@scenario
async def a_long_history_suggests_to_continue_as_new(case: Case) -> None:
    hand = Hand(case)
    run = await hand.start()
    task = await hand.poll()
    assert not task.history.events[-1].workflow_task_started_event_attributes.suggest_continue_as_new
    await hand.complete(task, *(marker() for _ in range(4096)), force_create_new_workflow_task=True)
    await hand.step(complete_workflow())
    started = (await case.find(run, "TaskStarted"))[-1].workflow_task_started_event_attributes
    assert started.suggest_continue_as_new
    assert list(started.suggest_continue_as_new_reasons) == [
        SuggestContinueAsNewReason.SUGGEST_CONTINUE_AS_NEW_REASON_TOO_MANY_HISTORY_EVENTS
    ]
    assert started.history_size_bytes > 4096


@scenario
async def a_large_history_suggests_to_continue_as_new(case: Case) -> None:
    hand = Hand(case)
    run = await hand.start()
    for _ in range(3):
        await hand.step(marker(BLOB - 1024), force_create_new_workflow_task=True)
    await hand.step(complete_workflow())
    started = (await case.find(run, "TaskStarted"))[-1].workflow_task_started_event_attributes
    assert started.suggest_continue_as_new
    assert list(started.suggest_continue_as_new_reasons) == [
        SuggestContinueAsNewReason.SUGGEST_CONTINUE_AS_NEW_REASON_HISTORY_SIZE_TOO_LARGE
    ]
    assert started.history_size_bytes > 4 * 1024 * 1024


@scenario
async def ids_are_at_most_a_thousand_bytes_long(case: Case) -> None:
    long = "x" * 1001
    for options in ({"id": long}, {"task_queue": long}):
        with pytest.raises(RPCError, match="exceeds maximum allowed length|exceeds length limit|length exceeds limit") as refused:
            await case.start("ByHand", **options)
        assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT
    with pytest.raises(RPCError, match="length exceeds limit") as refused:
        await case.start(long)
    run = await case.start("ByHand", id=case.id + "x" * (1000 - len(case.id)))
    with pytest.raises(RPCError, match="length exceeds limit"):
        await run.signal(long)
    await run.terminate()
    assert await case.events(run) == ["Started", *TASK[:1], "Terminated"]
