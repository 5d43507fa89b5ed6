"""Eager tasks: the first workflow task in the answer to the start, and activities in the answer to the workflow task."""

from datetime import timedelta

import pytest
from temporalio import activity, workflow
from temporalio.api.common.v1 import WorkflowType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    RespondWorkflowTaskCompletedRequest,
    StartWorkflowExecutionRequest,
    StartWorkflowExecutionResponse,
)
from temporalio.service import RPCError, RPCStatusCode

from hand import Hand, complete_workflow, request_id, schedule_activity, start_timer
from harness import ACTIVITY, LOCALLY, PATIENCE, TASK, Case, event_name, scenario


@activity.defn
async def work() -> str:
    return "worked"


@workflow.defn
class Calls:
    @workflow.run
    async def run(self) -> str:
        return await workflow.execute_activity(work, start_to_close_timeout=PATIENCE)


@workflow.defn
class CallsLocally:
    """Its local activity lasts longer than its workflow task may."""

    @workflow.run
    async def run(self) -> str:
        return await workflow.execute_local_activity("slow", start_to_close_timeout=LOCALLY)


async def start_eagerly(case: Case, once: str, **options) -> StartWorkflowExecutionResponse:
    request = StartWorkflowExecutionRequest(
        namespace=case.client.namespace,
        workflow_id=case.id,
        workflow_type=WorkflowType(name="ByHand"),
        task_queue=TaskQueue(name=case.id),
        request_id=once,
        request_eager_execution=True,
        **options,
    )
    return await case.client.workflow_service.start_workflow_execution(request)


@scenario
async def the_answer_to_a_start_may_bring_its_first_workflow_task(case: Case) -> None:
    hand = Hand(case)
    once = request_id()
    started = await start_eagerly(case, once)
    task = started.eager_workflow_task
    assert [event_name(event) for event in task.history.events] == ["Started", "TaskScheduled", "TaskStarted"]
    assert task.history.events[0].workflow_execution_started_event_attributes.eager_execution_accepted
    assert (task.attempt, task.started_event_id, task.workflow_execution.run_id) == (1, 3, started.run_id)
    # The start that is sent again gets the same task, as long as nobody has answered it.
    again = await start_eagerly(case, once)
    assert again.run_id == started.run_id
    assert again.eager_workflow_task.task_token
    await hand.complete(task, complete_workflow())
    late = await start_eagerly(case, once)
    assert not late.HasField("eager_workflow_task")
    handle = case.client.get_workflow_handle(case.id, run_id=started.run_id)
    await case.finish(handle, [], ["Started", *TASK, "Completed"])


@scenario
async def an_eager_task_that_is_not_answered_goes_to_a_worker(case: Case) -> None:
    second = timedelta(seconds=1)
    task_timeout = {"seconds": 1}
    started = await start_eagerly(case, request_id(), workflow_task_timeout=task_timeout)
    assert started.eager_workflow_task.task_token
    await Hand(case).step(complete_workflow())
    handle = case.client.get_workflow_handle(case.id, run_id=started.run_id)
    history = await case.finish(
        handle, [], ["Started", "TaskScheduled", "TaskStarted", "TaskTimedOut", *TASK, "Completed"]
    )
    assert history[3].event_time.ToDatetime() - history[2].event_time.ToDatetime() >= second


@scenario
async def a_start_that_waits_is_not_eager(case: Case) -> None:
    started = await start_eagerly(case, request_id(), workflow_start_delay={"seconds": 3600})
    assert not started.HasField("eager_workflow_task")
    await case.client.get_workflow_handle(case.id).terminate()


@scenario
async def the_answer_to_a_workflow_task_may_bring_activities(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    task = await hand.poll()
    response = await hand.complete(
        task,
        schedule_activity(case, "eager", request_eager_execution=True),
        schedule_activity(case, "patient"),
    )
    [eager] = response.activity_tasks
    assert (eager.activity_id, eager.attempt, eager.workflow_execution.workflow_id) == ("eager", 1, case.id)
    patient = await hand.poll_activity()
    assert patient.activity_id == "patient"
    await hand.complete_activity(eager)
    await hand.complete_activity(patient)
    await hand.step(complete_workflow())
    await case.finish(
        handle,
        [],
        ["Started", *TASK, "ActivityScheduled", "ActivityScheduled"]
        + ["ActivityStarted", "ActivityCompleted", "TaskScheduled"]
        + ["ActivityStarted", "ActivityCompleted", "TaskStarted", "TaskCompleted", "Completed"],
    )


@scenario
async def a_worker_of_the_sdk_starts_its_activities_eagerly(case: Case) -> None:
    async with case.worker([Calls], [work]):
        handle = await case.start(Calls.run, request_eager_start=True)
        assert await handle.result() == "worked"
    await case.finish(handle, [Calls], ["Started", *TASK, *ACTIVITY, *TASK, "Completed"])


@scenario
async def a_local_activity_outlasts_the_workflow_tasks_that_it_keeps_open(case: Case) -> None:
    handles = []

    @activity.defn(name="slow")
    async def slow() -> str:
        # It ends when the server has two of the workflow task's heartbeats.
        await case.seen(handles[0], "TaskCompleted", 2)
        return "at last"

    handles.append(await case.start(CallsLocally.run, task_timeout=timedelta(seconds=3)))
    async with case.worker([CallsLocally], [slow]):
        assert await handles[0].result() == "at last"
    names = [event_name(event) for event in await case.finish(handles[0], [CallsLocally])]
    heartbeats = names.count("TaskCompleted") - 1
    assert heartbeats >= 2
    assert names == ["Started", *TASK * heartbeats, *TASK, "MarkerRecorded", "Completed"]


@scenario
async def a_workflow_task_may_bring_the_next_one_with_its_answer(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    task = await hand.poll()
    options = {"force_create_new_workflow_task": True, "return_new_workflow_task": True}
    response = await hand.complete(task, **options)
    following = response.workflow_task
    assert following.task_token
    assert (following.previous_started_event_id, following.started_event_id, following.attempt) == (3, 6, 1)
    response = await hand.complete(following, start_timer("t"), **options)
    await hand.complete(response.workflow_task, complete_workflow())
    await case.finish(handle, [], ["Started", *TASK, *TASK, "TimerStarted", *TASK, "Completed"])


@scenario
async def a_workflow_task_that_was_answered_is_not_answered_again(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start()
    task = await hand.step()
    with pytest.raises(RPCError) as refused:
        await hand.service.respond_workflow_task_completed(
            RespondWorkflowTaskCompletedRequest(namespace=hand.namespace, task_token=task.task_token)
        )
    assert refused.value.status == RPCStatusCode.NOT_FOUND
    await handle.terminate()
    await case.finish(handle, [], ["Started", *TASK, "Terminated"])
