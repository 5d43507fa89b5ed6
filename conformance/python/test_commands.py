"""Commands that the server refuses: with which cause and text, and what becomes of the workflow task and the run."""

from datetime import timedelta

import pytest
from temporalio.api.command.v1 import (
    CancelTimerCommandAttributes,
    Command,
    ContinueAsNewWorkflowExecutionCommandAttributes,
    FailWorkflowExecutionCommandAttributes,
    ModifyWorkflowPropertiesCommandAttributes,
    RecordMarkerCommandAttributes,
    RequestCancelActivityTaskCommandAttributes,
    RequestCancelExternalWorkflowExecutionCommandAttributes,
    SignalExternalWorkflowExecutionCommandAttributes,
    StartChildWorkflowExecutionCommandAttributes,
    StartTimerCommandAttributes,
    UpsertWorkflowSearchAttributesCommandAttributes,
)
from temporalio.api.common.v1 import ActivityType, Memo, Payload, RetryPolicy, SearchAttributes, WorkflowExecution
from temporalio.api.enums.v1 import CommandType, WorkflowTaskFailedCause
from temporalio.api.workflowservice.v1 import RespondWorkflowTaskCompletedRequest
from temporalio.service import RPCError, RPCStatusCode

from hand import Hand, complete_workflow, schedule_activity, seconds, start_timer
from harness import TASK, Case, event_name, scenario

FAILED_TASK = ["TaskScheduled", "TaskStarted", "TaskFailed"]


def command(kind: str, attributes=None) -> Command:
    """A command with its attributes in the field that goes with its type."""
    result = Command(command_type=CommandType.Value(f"COMMAND_TYPE_{kind}"))
    if attributes is not None:
        getattr(result, f"{kind.lower()}_command_attributes").CopyFrom(attributes)
    return result


def refused_commands(case: Case) -> list[tuple[Command, str, str]]:
    """Commands, each with the cause and the beginning of the text with which the server refuses it."""
    activity = "BAD_SCHEDULE_ACTIVITY_ATTRIBUTES"
    marker = RecordMarkerCommandAttributes
    return [
        (schedule_activity(case, ""), activity, "activityId is not set"),
        (schedule_activity(case, "a", activity_type=ActivityType()), activity, "activityType is not set"),
        (schedule_activity(case, "a", start_to_close_timeout=seconds(0)), activity, "a valid StartToCloseTimeout or"),
        (schedule_activity(case, "a", start_to_close_timeout=seconds(-1)), activity, "invalid StartToCloseTimeout: negative duration"),
        (schedule_activity(case, "a" * 1001), activity, "activityId exceeds length limit. Length=1001"),
        (
            schedule_activity(case, "a", retry_policy=RetryPolicy(backoff_coefficient=0.5)),
            activity,
            "BackoffCoefficient cannot be less than 1 on retry policy.",
        ),
        (
            command("REQUEST_CANCEL_ACTIVITY_TASK", RequestCancelActivityTaskCommandAttributes()),
            "BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES",
            "ScheduledEventId is not set on RequestCancelActivityTaskCommand.",
        ),
        (
            command("REQUEST_CANCEL_ACTIVITY_TASK", RequestCancelActivityTaskCommandAttributes(scheduled_event_id=99)),
            "BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES",
            "",
        ),
        (
            command("START_TIMER", StartTimerCommandAttributes(start_to_fire_timeout=seconds(1))),
            "BAD_START_TIMER_ATTRIBUTES",
            "TimerId is not set on StartTimerCommand.",
        ),
        (start_timer("t", -1), "BAD_START_TIMER_ATTRIBUTES", "An invalid StartToFireTimeout is set"),
        (
            command("CANCEL_TIMER", CancelTimerCommandAttributes()),
            "BAD_CANCEL_TIMER_ATTRIBUTES",
            "TimerId is not set on CancelTimerCommand.",
        ),
        (command("CANCEL_TIMER", CancelTimerCommandAttributes(timer_id="absent")), "BAD_CANCEL_TIMER_ATTRIBUTES", ""),
        (
            command("RECORD_MARKER", marker()),
            "BAD_RECORD_MARKER_ATTRIBUTES",
            "MarkerName is not set on RecordMarkerCommand.",
        ),
        (command("RECORD_MARKER"), "BAD_RECORD_MARKER_ATTRIBUTES", "RecordMarkerCommandAttributes is not set"),
        (
            command("FAIL_WORKFLOW_EXECUTION", FailWorkflowExecutionCommandAttributes()),
            "BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES",
            "Failure is not set on FailWorkflowExecutionCommand.",
        ),
        (
            command("START_CHILD_WORKFLOW_EXECUTION", StartChildWorkflowExecutionCommandAttributes()),
            "BAD_START_CHILD_EXECUTION_ATTRIBUTES",
            "Required field WorkflowId is not set on StartChildWorkflowExecutionCommand.",
        ),
        (
            command(
                "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION",
                SignalExternalWorkflowExecutionCommandAttributes(execution=WorkflowExecution(workflow_id="x")),
            ),
            "BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES",
            "SignalName is not set on SignalExternalWorkflowExecutionCommand.",
        ),
        (
            command(
                "REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION",
                RequestCancelExternalWorkflowExecutionCommandAttributes(workflow_id="x", run_id="no uuid"),
            ),
            "BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES",
            "Invalid RunId set on RequestCancelExternalWorkflowExecutionCommand.",
        ),
        (
            command(
                "CONTINUE_AS_NEW_WORKFLOW_EXECUTION",
                ContinueAsNewWorkflowExecutionCommandAttributes(workflow_run_timeout=seconds(-1)),
            ),
            "BAD_CONTINUE_AS_NEW_ATTRIBUTES",
            "Invalid WorkflowRunTimeout on ContinueAsNewWorkflowExecutionCommand: negative duration.",
        ),
        (
            command("UPSERT_WORKFLOW_SEARCH_ATTRIBUTES", UpsertWorkflowSearchAttributesCommandAttributes()),
            "BAD_SEARCH_ATTRIBUTES",
            "SearchAttributes is not set on UpsertWorkflowSearchAttributesCommand.",
        ),
        (
            command(
                "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES",
                UpsertWorkflowSearchAttributesCommandAttributes(
                    search_attributes=SearchAttributes(
                        indexed_fields={"Unheard": Payload(metadata={"encoding": b"json/plain"}, data=b'"of"')}
                    )
                ),
            ),
            "BAD_SEARCH_ATTRIBUTES",
            "",
        ),
        (
            command("MODIFY_WORKFLOW_PROPERTIES", ModifyWorkflowPropertiesCommandAttributes()),
            "BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES",
            "UpsertedMemo is not set on ModifyWorkflowPropertiesCommand.",
        ),
    ]


@scenario
async def a_bad_command_fails_the_workflow_task_and_nothing_else(case: Case) -> None:
    hand = Hand(case)
    for number, (bad, cause, text) in enumerate(refused_commands(case)):
        run = await hand.start(id=f"{case.id}-{number}")
        task = await hand.poll()
        # What came before the bad command is undone with it.
        with pytest.raises(RPCError) as refused:
            await hand.complete(task, start_timer("before"), bad)
        assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT, cause
        words = "".join(word.capitalize() for word in cause.split("_"))
        assert refused.value.message.startswith(f"{words}: {text}"), (cause, text)
        history = await case.history(run)
        assert [event_name(event) for event in history][:4] == ["Started", *FAILED_TASK], cause
        failed = history[3].workflow_task_failed_event_attributes
        assert failed.cause == WorkflowTaskFailedCause.Value(f"WORKFLOW_TASK_FAILED_CAUSE_{cause}")
        assert failed.failure.message == refused.value.message
        await run.terminate()


@scenario
async def an_id_that_is_in_use_fails_the_workflow_task(case: Case) -> None:
    hand = Hand(case)
    run = await hand.start()
    task = await hand.poll()
    with pytest.raises(RPCError, match="^StartTimerDuplicateId"):
        await hand.complete(task, start_timer("t"), start_timer("t"))
    task = await hand.poll()
    assert task.attempt == 2
    # The second attempt leaves no event, and the worker has to wait for its timeout; so the run is ended by hand.
    with pytest.raises(RPCError, match="^ScheduleActivityDuplicateId"):
        await hand.complete(task, schedule_activity(case, "a"), schedule_activity(case, "a"))
    await run.terminate()
    await case.finish(run, [], ["Started", *FAILED_TASK, "Terminated"])


@scenario
async def nothing_may_follow_the_command_that_closes_a_run(case: Case) -> None:
    hand = Hand(case)
    run = await hand.start()
    task = await hand.poll()
    with pytest.raises(RPCError, match="must be the last command") as refused:
        await hand.complete(task, complete_workflow(), start_timer("t"))
    assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT
    # The request as such was wrong: the workflow task is as it was, and can still be answered.
    await hand.complete(task, complete_workflow())
    await case.finish(run, [], ["Started", *TASK, "Completed"])


@scenario
async def a_token_that_is_none_is_refused(case: Case) -> None:
    for token in (b"", b"nonsense"):
        with pytest.raises(RPCError) as refused:
            await case.client.workflow_service.respond_workflow_task_completed(
                RespondWorkflowTaskCompletedRequest(namespace=case.client.namespace, task_token=token)
            )
        assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT


@scenario
async def a_timer_that_has_fired_unseen_can_still_be_cancelled(case: Case) -> None:
    hand = Hand(case)
    run = await hand.start()
    await hand.step(start_timer("t", 1))
    await run.signal("wake")
    task = await hand.poll()
    started = (await case.find(run, "TimerStarted"))[0].event_time.ToDatetime()
    # The timer fires during this task: the next heartbeat of the task says so, and this one is left open until then.
    ended = await case.start("ByHand", id=f"{case.id}-clock", run_timeout=timedelta(seconds=2))
    await case.seen(ended, "TimedOut")
    response = await hand.complete(
        task, command("CANCEL_TIMER", CancelTimerCommandAttributes(timer_id="t")), complete_workflow()
    )
    assert not response.HasField("workflow_task")
    history = await case.finish(
        run, [], ["Started", *TASK, "TimerStarted", "Signaled", *TASK, "TimerCanceled", "Completed"]
    )
    assert history[-1].event_time.ToDatetime() - started >= timedelta(seconds=1)


@scenario
async def an_activity_that_nobody_took_is_cancelled_at_once(case: Case) -> None:
    hand = Hand(case)
    run = await hand.start()
    await hand.step(schedule_activity(case, "a"))
    await run.signal("wake")
    cancel = command("REQUEST_CANCEL_ACTIVITY_TASK", RequestCancelActivityTaskCommandAttributes(scheduled_event_id=5))
    await hand.step(cancel)
    await hand.step(complete_workflow())
    history = await case.finish(
        run,
        [],
        ["Started", *TASK, "ActivityScheduled", "Signaled", *TASK, "ActivityCancelRequested", "ActivityCanceled"]
        + [*TASK, "Completed"],
    )
    details = history[10].activity_task_canceled_event_attributes.details
    assert b"ACTIVITY_ID_NOT_STARTED" in details.payloads[0].data


@scenario
async def a_memo_is_changed_key_by_key(case: Case) -> None:
    hand = Hand(case)
    run = await hand.start(memo={"kept": 1, "removed": 2})
    plain = {"encoding": b"json/plain"}
    fields = {
        "removed": Payload(metadata={"encoding": b"binary/null"}),
        "added": Payload(metadata=plain, data=b"3"),
    }
    change = ModifyWorkflowPropertiesCommandAttributes(upserted_memo=Memo(fields=fields))
    await hand.step(command("MODIFY_WORKFLOW_PROPERTIES", change))
    described = await run.describe()
    assert await described.memo() == {"kept": 1, "added": 3}
    await run.terminate()
    await case.finish(run, [], ["Started", *TASK, "PropertiesModified", "Terminated"])
