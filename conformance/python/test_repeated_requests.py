"""Requests that are sent again, because nobody knows whether they arrived, have no second effect."""

import pytest
from temporalio.api.common.v1 import WorkflowExecution, WorkflowType
from temporalio.api.enums.v1 import WorkflowIdConflictPolicy
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflow.v1 import OnConflictOptions
from temporalio.api.workflowservice.v1 import (
    RequestCancelWorkflowExecutionRequest,
    RespondActivityTaskCompletedByIdRequest,
    RespondActivityTaskFailedByIdRequest,
    RespondWorkflowTaskFailedRequest,
    SignalWithStartWorkflowExecutionRequest,
    SignalWorkflowExecutionRequest,
    StartWorkflowExecutionRequest,
    TerminateWorkflowExecutionRequest,
)
from temporalio.service import RPCError, RPCStatusCode

from hand import Hand, complete_workflow, request_id, schedule_activity, text
from harness import ACTIVITY, TASK, Case, scenario


async def not_found(call) -> None:
    with pytest.raises(RPCError) as refused:
        await call
    assert refused.value.status == RPCStatusCode.NOT_FOUND


@scenario
async def a_signal_that_is_sent_twice_arrives_once(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    signal = SignalWorkflowExecutionRequest(
        namespace=hand.namespace, workflow_execution=hand.execution, signal_name="s", request_id=request_id()
    )
    await hand.service.signal_workflow_execution(signal)
    await hand.service.signal_workflow_execution(signal)
    await hand.step()
    await hand.service.signal_workflow_execution(signal)
    signal.request_id = request_id()
    await hand.service.signal_workflow_execution(signal)
    await hand.step(complete_workflow())
    await case.finish(
        handle,
        [],
        ["Started", "TaskScheduled", "Signaled", "TaskStarted", "TaskCompleted", "Signaled", *TASK, "Completed"],
    )


@scenario
async def a_signal_with_start_that_is_sent_twice_does_both_once(case: Case) -> None:
    hand = Hand(case)
    request = SignalWithStartWorkflowExecutionRequest(
        namespace=hand.namespace,
        workflow_id=case.id,
        workflow_type=WorkflowType(name="ByHand"),
        task_queue=TaskQueue(name=case.id),
        signal_name="s",
        request_id=request_id(),
    )
    first = await hand.service.signal_with_start_workflow_execution(request)
    second = await hand.service.signal_with_start_workflow_execution(request)
    assert first.started
    assert second.run_id == first.run_id
    await hand.step(complete_workflow())
    handle = case.client.get_workflow_handle(case.id, run_id=first.run_id)
    await case.finish(handle, [], ["Started", "Signaled", *TASK, "Completed"])


@scenario
async def a_cancellation_that_is_sent_twice_is_written_once(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    cancel = RequestCancelWorkflowExecutionRequest(
        namespace=hand.namespace, workflow_execution=hand.execution, request_id=request_id()
    )
    await hand.service.request_cancel_workflow_execution(cancel)
    cancel.request_id = request_id()
    await hand.service.request_cancel_workflow_execution(cancel)
    await hand.step(complete_workflow())
    # A closed run has nothing against it either.
    await hand.service.request_cancel_workflow_execution(cancel)
    await case.finish(
        handle, [], ["Started", "TaskScheduled", "CancelRequested", "TaskStarted", "TaskCompleted", "Completed"]
    )


@scenario
async def the_first_run_of_a_chain_stands_for_all(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    wrong = request_id()
    await not_found(
        hand.service.request_cancel_workflow_execution(
            RequestCancelWorkflowExecutionRequest(
                namespace=hand.namespace, workflow_execution=hand.execution, first_execution_run_id=wrong
            )
        )
    )
    await not_found(
        hand.service.terminate_workflow_execution(
            TerminateWorkflowExecutionRequest(
                namespace=hand.namespace, workflow_execution=hand.execution, first_execution_run_id=wrong
            )
        )
    )
    # The run id beside it does not count.
    await hand.service.terminate_workflow_execution(
        TerminateWorkflowExecutionRequest(
            namespace=hand.namespace,
            workflow_execution=WorkflowExecution(workflow_id=case.id),
            first_execution_run_id=handle.result_run_id,
        )
    )
    await not_found(handle.terminate())
    await case.finish(handle, [], ["Started", "TaskScheduled", "Terminated"])


@scenario
async def a_start_that_joins_a_run_leaves_its_request_id_there(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    request = StartWorkflowExecutionRequest(
        namespace=hand.namespace,
        workflow_id=case.id,
        workflow_type=WorkflowType(name="ByHand"),
        task_queue=TaskQueue(name=case.id),
        request_id=request_id(),
        workflow_id_conflict_policy=WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
        on_conflict_options=OnConflictOptions(attach_request_id=True),
    )
    for _ in range(2):
        joined = await hand.service.start_workflow_execution(request)
        assert (joined.run_id, joined.started) == (handle.result_run_id, False)
    assert await case.events(handle) == ["Started", "TaskScheduled", "OptionsUpdated"]
    infos = (await handle.describe()).raw_description.workflow_extended_info.request_id_infos
    assert infos[request.request_id].event_id == 3
    await handle.terminate()
    # Once attached, the id stands for this run, whatever the policy.
    history = await case.finish(handle, [], ["Started", "TaskScheduled", "OptionsUpdated", "Terminated"])
    attached = history[2].workflow_execution_options_updated_event_attributes.attached_request_id
    assert attached == request.request_id


@scenario
async def an_activity_is_completed_once_also_by_its_id(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    await hand.step(schedule_activity(case, "a"), schedule_activity(case, "b"))
    tasks = {}
    for _ in range(2):
        task = await hand.poll_activity()
        tasks[task.activity_id] = task
    by_id = RespondActivityTaskCompletedByIdRequest(
        namespace=hand.namespace, workflow_id=case.id, activity_id="a", result=text("done"), identity="by hand"
    )
    await hand.service.respond_activity_task_completed_by_id(by_id)
    await not_found(hand.service.respond_activity_task_completed_by_id(by_id))
    await not_found(hand.complete_activity(tasks["a"]))
    await hand.complete_activity(tasks["b"])
    failed = RespondActivityTaskFailedByIdRequest(namespace=hand.namespace, workflow_id=case.id, activity_id="b")
    failed.failure.message = "late"
    failed.failure.application_failure_info.type = "Late"
    await not_found(hand.service.respond_activity_task_failed_by_id(failed))
    await hand.step(complete_workflow())
    await case.finish(
        handle,
        [],
        ["Started", *TASK, "ActivityScheduled", "ActivityScheduled", "ActivityStarted", "ActivityCompleted"]
        + ["TaskScheduled", *ACTIVITY[1:], "TaskStarted", "TaskCompleted", "Completed"],
    )


@scenario
async def an_activity_that_nobody_took_can_be_completed_by_its_id(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    await hand.step(schedule_activity(case, "a"))
    await hand.service.respond_activity_task_completed_by_id(
        RespondActivityTaskCompletedByIdRequest(
            namespace=hand.namespace, workflow_id=case.id, activity_id="a", result=text("done"), identity="by hand"
        )
    )
    await hand.step(complete_workflow())
    await case.finish(handle, [], ["Started", *TASK, *ACTIVITY, *TASK, "Completed"])


@scenario
async def a_workflow_task_fails_once(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    task = await hand.poll()
    request = RespondWorkflowTaskFailedRequest(namespace=hand.namespace, task_token=task.task_token)
    await hand.service.respond_workflow_task_failed(request)
    await not_found(hand.service.respond_workflow_task_failed(request))
    await hand.step(complete_workflow())
    await case.finish(
        handle, [], ["Started", "TaskScheduled", "TaskStarted", "TaskFailed", *TASK, "Completed"]
    )
