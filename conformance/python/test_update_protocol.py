"""Updates on the wire: speculative workflow tasks, lost and forgetful workers, limits, and what is refused."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.api.common.v1 import WorkflowExecution, WorkflowType
from temporalio.api.enums.v1 import UpdateWorkflowExecutionLifecycleStage as Stage
from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.api.errordetails.v1 import MultiOperationExecutionFailure
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.update.v1 import Request as UpdateRequest
from temporalio.api.update.v1 import UpdateRef, WaitPolicy
from temporalio.api.workflowservice.v1 import (
    ExecuteMultiOperationRequest,
    PollWorkflowExecutionUpdateRequest,
    RespondWorkflowTaskFailedRequest,
    StartWorkflowExecutionRequest,
    UpdateWorkflowExecutionRequest,
    UpdateWorkflowExecutionResponse,
)
from temporalio.service import RPCError, RPCStatusCode

from hand import POLL, Hand, accept, complete_workflow, protocol_message, reject, request_id, respond, text
from harness import TASK, Case, event_name, scenario

ADMITTED = Stage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ADMITTED
ACCEPTED = Stage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ACCEPTED
COMPLETED = Stage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED
UPDATE = ["UpdateAccepted", "UpdateCompleted"]


def update_request(case: Case, update_id: str, stage=COMPLETED) -> UpdateWorkflowExecutionRequest:
    request = UpdateWorkflowExecutionRequest(
        namespace=case.client.namespace,
        workflow_execution=WorkflowExecution(workflow_id=case.id),
        wait_policy=WaitPolicy(lifecycle_stage=stage),
        request=UpdateRequest(meta={"update_id": update_id, "identity": "by hand"}),
    )
    request.request.input.name = "change"
    request.request.input.args.CopyFrom(text("argument"))
    return request


def update(case: Case, update_id: str, stage=COMPLETED) -> asyncio.Task[UpdateWorkflowExecutionResponse]:
    """Sends an update, and goes on without its answer."""
    request = update_request(case, update_id, stage)
    return asyncio.create_task(case.client.workflow_service.update_workflow_execution(request, timeout=POLL))


async def admitted(case: Case, update_id: str) -> None:
    """Waits until the run knows of the update. Nothing is told of that, so it is asked for."""
    ask = PollWorkflowExecutionUpdateRequest(
        namespace=case.client.namespace,
        update_ref=UpdateRef(workflow_execution=WorkflowExecution(workflow_id=case.id), update_id=update_id),
    )
    while True:
        try:
            await case.client.workflow_service.poll_workflow_execution_update(ask, timeout=POLL)
            return
        except RPCError as error:
            assert error.status == RPCStatusCode.NOT_FOUND


def handled(*requests):
    """The commands and messages that accept and answer updates, each with its own id."""
    messages = [message for request in requests for message in (accept(request), respond(request, "changed"))]
    return [protocol_message(message.id) for message in messages], messages


@scenario
async def a_speculative_task_has_events_that_are_not_written_yet(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    await hand.step()
    answered = update(case, "one")
    task = await hand.poll()
    assert [event_name(event) for event in task.history.events] == ["Started", *TASK, "TaskScheduled", "TaskStarted"]
    assert (task.previous_started_event_id, task.started_event_id) == (3, 6)
    assert (await handle.describe()).history_length == 4
    [request] = task.messages
    assert (request.id, request.protocol_instance_id, request.event_id) == ("one/request", "one", 5)
    commands, messages = handled(request)
    await hand.complete(task, *commands, complete_workflow(), messages=messages)
    answer = await answered
    assert answer.stage == COMPLETED
    assert answer.outcome.success == text("changed")
    assert answer.update_ref.workflow_execution == WorkflowExecution(workflow_id=case.id, run_id=handle.result_run_id)
    await case.finish(handle, [], ["Started", *TASK, *TASK, *UPDATE, "Completed"])


@scenario
async def a_task_whose_updates_are_all_rejected_never_was(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    await hand.step()
    answered = update(case, "one")
    task = await hand.poll()
    response = await hand.complete(task, messages=[reject(task.messages[0], "no")])
    # The worker has to forget the two events that it was shown.
    assert response.reset_history_event_id == 3
    answer = await answered
    assert answer.outcome.failure.message == "no"
    assert await case.events(handle) == ["Started", *TASK]
    await handle.signal("go on")
    task = await hand.poll()
    assert task.previous_started_event_id == 3
    await hand.complete(task, complete_workflow())
    await case.finish(handle, [], ["Started", *TASK, "Signaled", *TASK, "Completed"])


@scenario
async def an_event_during_a_speculative_task_makes_it_a_real_one(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    await hand.step()
    answered = update(case, "one")
    task = await hand.poll()
    await handle.signal("meanwhile")
    await hand.complete(task, messages=[reject(task.messages[0], "no")])
    assert (await answered).outcome.failure.message == "no"
    await hand.step(complete_workflow())
    await case.finish(handle, [], ["Started", *TASK, *TASK, "Signaled", *TASK, "Completed"])


@scenario
async def an_update_whose_worker_went_away_is_sent_again(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start(task_timeout=timedelta(seconds=1))
    await hand.step()
    answered = update(case, "one")
    lost = await hand.poll()
    assert len(lost.messages) == 1
    task = await hand.poll()
    [request] = task.messages
    assert request.protocol_instance_id == "one"
    commands, messages = handled(request)
    await hand.complete(task, *commands, complete_workflow(), messages=messages)
    assert (await answered).outcome.success == text("changed")
    await case.finish(
        handle, [], ["Started", *TASK, "TaskScheduled", "TaskStarted", "TaskTimedOut", *TASK, *UPDATE, "Completed"]
    )


@scenario
async def an_update_that_a_worker_does_not_answer_is_rejected(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    await hand.step()
    answered = update(case, "one")
    await hand.step()
    failure = (await answered).outcome.failure
    assert failure.application_failure_info.type == "UnprocessedUpdate"
    assert failure.application_failure_info.non_retryable
    assert failure.message.startswith("Workflow Update is rejected because it wasn't processed by worker.")
    await handle.terminate()
    await case.finish(handle, [], ["Started", *TASK, "Terminated"])


@scenario
async def an_update_goes_to_the_worker_only_once(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    await hand.step()
    accepted = update(case, "one", ACCEPTED)
    task = await hand.poll()
    [request] = task.messages
    acceptance = accept(request)
    await hand.complete(task, protocol_message(acceptance.id), messages=[acceptance])
    answer = await accepted
    assert answer.stage == ACCEPTED
    assert not answer.HasField("outcome")
    await handle.signal("now")
    task = await hand.poll()
    assert not task.messages
    response = respond(request, "changed")
    await hand.complete(task, protocol_message(response.id), complete_workflow(), messages=[response])
    again = await update(case, "one")
    assert again.outcome.success == text("changed")
    await case.finish(
        handle,
        [],
        ["Started", *TASK, *TASK, "UpdateAccepted", "Signaled", *TASK, "UpdateCompleted", "Completed"],
    )


@scenario
async def nobody_waits_for_an_update_to_be_merely_admitted(case: Case) -> None:
    handle = await Hand(case).start()
    with pytest.raises(RPCError, match="waiting on update admitted is not supported") as refused:
        await update(case, "one", ADMITTED)
    assert refused.value.status == RPCStatusCode.PERMISSION_DENIED
    await handle.terminate()
    await case.finish(handle, [], ["Started", "TaskScheduled", "Terminated"])


@scenario
async def a_poll_of_an_update_without_a_stage_tells_where_it_is(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    await hand.step()
    accepted = update(case, "one", ACCEPTED)
    task = await hand.poll()
    ask = PollWorkflowExecutionUpdateRequest(
        namespace=case.client.namespace,
        update_ref=UpdateRef(workflow_execution=WorkflowExecution(workflow_id=case.id), update_id="one"),
    )
    status = await hand.service.poll_workflow_execution_update(ask, timeout=POLL)
    assert (status.stage, status.HasField("outcome")) == (ADMITTED, False)
    acceptance = accept(task.messages[0])
    await hand.complete(task, protocol_message(acceptance.id), messages=[acceptance])
    await accepted
    status = await hand.service.poll_workflow_execution_update(ask, timeout=POLL)
    assert (status.stage, status.HasField("outcome")) == (ACCEPTED, False)
    await handle.terminate()
    ask.wait_policy.lifecycle_stage = COMPLETED
    status = await hand.service.poll_workflow_execution_update(ask, timeout=POLL)
    assert status.outcome.failure.application_failure_info.type == "AcceptedUpdateCompletedWorkflow"
    await case.finish(handle, [], ["Started", *TASK, *TASK, "UpdateAccepted", "Terminated"])


@scenario
async def an_update_that_was_not_accepted_is_aborted_when_its_run_closes(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    await hand.step()
    answered = update(case, "one")
    await hand.poll()
    await handle.terminate()
    with pytest.raises(RPCError, match="workflow update was aborted by closing workflow") as aborted:
        await answered
    assert aborted.value.status == RPCStatusCode.NOT_FOUND


@scenario
async def an_update_whose_workflow_task_fails_is_sent_again(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    await hand.step()
    answered = update(case, "one")
    task = await hand.poll()
    await hand.service.respond_workflow_task_failed(
        RespondWorkflowTaskFailedRequest(
            namespace=hand.namespace,
            task_token=task.task_token,
            cause=WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
        )
    )
    task = await hand.poll()
    assert task.attempt == 2
    commands, messages = handled(*task.messages)
    await hand.complete(task, *commands, complete_workflow(), messages=messages)
    assert (await answered).outcome.success == text("changed")
    await case.finish(
        handle, [], ["Started", *TASK, "TaskScheduled", "TaskStarted", "TaskFailed", *TASK, *UPDATE, "Completed"]
    )


@scenario
async def an_update_is_given_up_when_the_server_refuses_the_answer(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    await hand.step()
    answered = update(case, "one")
    task = await hand.poll()
    with pytest.raises(RPCError, match="^BadUpdateWorkflowExecutionMessage"):
        await hand.complete(task, protocol_message("no such message"))
    with pytest.raises(RPCError, match="due to unexpected workflow task failure") as aborted:
        await answered
    assert aborted.value.status == RPCStatusCode.FAILED_PRECONDITION
    await handle.terminate()


@scenario
async def no_more_than_ten_updates_are_in_flight(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    answered = [update(case, f"{n}") for n in range(10)]
    for n in range(10):
        await admitted(case, f"{n}")
    with pytest.raises(RPCError, match=r"concurrent in-flight updates has been reached \(10\)") as refused:
        await update(case, "eleventh")
    assert refused.value.status == RPCStatusCode.RESOURCE_EXHAUSTED
    await handle.terminate()
    for answer in answered:
        with pytest.raises(RPCError) as aborted:
            await answer
        assert aborted.value.status == RPCStatusCode.NOT_FOUND
    await case.finish(handle, [], ["Started", "TaskScheduled", "Terminated"])


@scenario
async def a_message_that_no_command_names_is_handled_last(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    await hand.step()
    answered = update(case, "one")
    task = await hand.poll()
    _, messages = handled(*task.messages)
    await hand.complete(task, messages=messages)
    assert (await answered).outcome.success == text("changed")
    await handle.terminate()
    await case.finish(handle, [], ["Started", *TASK, *TASK, *UPDATE, "Terminated"])


@scenario
async def a_command_for_a_message_that_is_not_there_fails_the_task(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    task = await hand.poll()
    with pytest.raises(RPCError, match="BadUpdateWorkflowExecutionMessage") as refused:
        await hand.complete(task, protocol_message("no such message"))
    assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT
    await hand.step(complete_workflow())
    history = await case.finish(
        handle, [], ["Started", "TaskScheduled", "TaskStarted", "TaskFailed", *TASK, "Completed"]
    )
    cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE
    assert history[3].workflow_task_failed_event_attributes.cause == cause


def update_with_start(case: Case) -> ExecuteMultiOperationRequest:
    request = ExecuteMultiOperationRequest(namespace=case.client.namespace)
    request.operations.add().start_workflow.CopyFrom(
        StartWorkflowExecutionRequest(
            namespace=case.client.namespace,
            workflow_id=case.id,
            workflow_type=WorkflowType(name="ByHand"),
            task_queue=TaskQueue(name=case.id),
            request_id=request_id(),
        )
    )
    request.operations.add().update_workflow.CopyFrom(update_request(case, "one"))
    return request


async def refusal(case: Case, request: ExecuteMultiOperationRequest) -> tuple[RPCStatusCode, list[tuple[int, str]]]:
    """The code of the whole, and the code and message of each operation."""
    with pytest.raises(RPCError) as refused:
        await case.client.workflow_service.execute_multi_operation(request, timeout=POLL)
    statuses: list[tuple[int, str]] = []
    for detail in refused.value.grpc_status.details:
        failure = MultiOperationExecutionFailure()
        if detail.Unpack(failure):
            statuses = [(status.code, status.message) for status in failure.statuses]
    return refused.value.status, statuses


@scenario
async def an_update_with_start_is_refused_as_a_whole(case: Case) -> None:
    aborted = (RPCStatusCode.ABORTED, "Operation was aborted.")
    request = update_with_start(case)
    request.operations[0].start_workflow.cron_schedule = "@hourly"
    code, statuses = await refusal(case, request)
    assert code == RPCStatusCode.INVALID_ARGUMENT
    assert statuses == [(RPCStatusCode.INVALID_ARGUMENT, "CronSchedule is not allowed."), aborted]

    request = update_with_start(case)
    request.operations[0].start_workflow.workflow_start_delay.FromTimedelta(timedelta(seconds=1))
    _, statuses = await refusal(case, request)
    assert statuses == [(RPCStatusCode.INVALID_ARGUMENT, "WorkflowStartDelay is not supported."), aborted]

    request = update_with_start(case)
    request.operations[1].update_workflow.workflow_execution.workflow_id = "another"
    code, statuses = await refusal(case, request)
    assert code == RPCStatusCode.INVALID_ARGUMENT
    assert statuses[0][0] == RPCStatusCode.ABORTED or statuses[1][0] == RPCStatusCode.ABORTED

    request = update_with_start(case)
    del request.operations[1]
    code, _ = await refusal(case, request)
    assert code == RPCStatusCode.INVALID_ARGUMENT
    with pytest.raises(RPCError, match="not found"):
        await case.client.get_workflow_handle(case.id).describe()


@scenario
async def an_update_with_start_answers_for_both_operations(case: Case) -> None:
    hand = Hand(case)
    request = update_with_start(case)
    answered = asyncio.create_task(hand.service.execute_multi_operation(request, timeout=POLL))
    task = await hand.poll()
    commands, messages = handled(*task.messages)
    await hand.complete(task, *commands, complete_workflow(), messages=messages)
    start, change = (await answered).responses
    assert start.start_workflow.started
    assert start.start_workflow.run_id == task.workflow_execution.run_id
    assert change.update_workflow.outcome.success == text("changed")
    handle = case.client.get_workflow_handle(case.id, run_id=task.workflow_execution.run_id)
    await case.finish(handle, [], ["Started", *TASK, *UPDATE, "Completed"])
