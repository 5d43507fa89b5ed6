"""A worker by hand: it takes one task, and the scenario decides what is answered.

For what no SDK lets its user decide: which commands are sent, which task is lost, what is on the wire.
"""

import uuid
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.command.v1 import (
    Command,
    CompleteWorkflowExecutionCommandAttributes,
    ProtocolMessageCommandAttributes,
    ScheduleActivityTaskCommandAttributes,
    StartTimerCommandAttributes,
)
from temporalio.api.common.v1 import ActivityType, Payload, Payloads, WorkflowExecution
from temporalio.api.enums.v1 import CommandType
from temporalio.api.protocol.v1 import Message
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.update.v1 import Acceptance, Outcome, Rejection, Response
from temporalio.api.workflowservice.v1 import (
    PollActivityTaskQueueRequest,
    PollActivityTaskQueueResponse,
    PollWorkflowTaskQueueRequest,
    PollWorkflowTaskQueueResponse,
    RespondActivityTaskCompletedRequest,
    RespondWorkflowTaskCompletedRequest,
    RespondWorkflowTaskCompletedResponse,
)

from harness import Case

# Every long poll needs a deadline. A task that does not come within this time does not come.
POLL = timedelta(seconds=20)


def text(value: str) -> Payloads:
    """One JSON string, as the SDKs write it."""
    return Payloads(payloads=[Payload(metadata={"encoding": b"json/plain"}, data=f'"{value}"'.encode())])


def seconds(number: float) -> Duration:
    duration = Duration()
    duration.FromTimedelta(timedelta(seconds=number))
    return duration


def complete_workflow(result: str | None = None) -> Command:
    attributes = CompleteWorkflowExecutionCommandAttributes(result=None if result is None else text(result))
    return Command(
        command_type=CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
        complete_workflow_execution_command_attributes=attributes,
    )


def start_timer(timer_id: str, after: float = 3600) -> Command:
    attributes = StartTimerCommandAttributes(timer_id=timer_id, start_to_fire_timeout=seconds(after))
    return Command(command_type=CommandType.COMMAND_TYPE_START_TIMER, start_timer_command_attributes=attributes)


def schedule_activity(case: Case, activity_id: str, **options) -> Command:
    """An activity on the scenario's queue. The options are fields of the command's attributes."""
    options.setdefault("start_to_close_timeout", seconds(20))
    options.setdefault("activity_type", ActivityType(name="work"))
    options.setdefault("task_queue", TaskQueue(name=case.id))
    attributes = ScheduleActivityTaskCommandAttributes(activity_id=activity_id, **options)
    return Command(
        command_type=CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
        schedule_activity_task_command_attributes=attributes,
    )


def protocol_message(message_id: str) -> Command:
    return Command(
        command_type=CommandType.COMMAND_TYPE_PROTOCOL_MESSAGE,
        protocol_message_command_attributes=ProtocolMessageCommandAttributes(message_id=message_id),
    )


def accept(request: Message) -> Message:
    """The message by which a worker accepts the update that `request` asks for."""
    body = Acceptance(
        accepted_request_message_id=request.id,
        accepted_request_sequencing_event_id=request.event_id,
    )
    return answer(request, "accept", body)


def respond(request: Message, result: str) -> Message:
    meta = {"update_id": request.protocol_instance_id}
    return answer(request, "response", Response(meta=meta, outcome=Outcome(success=text(result))))


def reject(request: Message, reason: str) -> Message:
    body = Rejection(
        rejected_request_message_id=request.id, rejected_request_sequencing_event_id=request.event_id
    )
    body.failure.message = reason
    body.failure.application_failure_info.type = "Rejected"
    return answer(request, "reject", body)


def answer(request: Message, kind: str, body) -> Message:
    message = Message(id=f"{request.protocol_instance_id}/{kind}", protocol_instance_id=request.protocol_instance_id)
    message.body.Pack(body)
    return message


class Hand:
    """The worker of one scenario's queue."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.service = case.client.workflow_service
        self.namespace = case.client.namespace
        self.execution = WorkflowExecution(workflow_id=case.id)

    async def start(self, **options):
        """Starts a run of a type that no SDK worker knows. The options are the client's."""
        return await self.case.start("ByHand", **options)

    async def poll(self, task_queue: TaskQueue | None = None) -> PollWorkflowTaskQueueResponse:
        request = PollWorkflowTaskQueueRequest(
            namespace=self.namespace, task_queue=task_queue or TaskQueue(name=self.case.id), identity="by hand"
        )
        task = await self.service.poll_workflow_task_queue(request, timeout=POLL)
        assert task.task_token, "no workflow task came"
        return task

    async def complete(
        self, task: PollWorkflowTaskQueueResponse, *commands: Command, **options
    ) -> RespondWorkflowTaskCompletedResponse:
        """Answers a workflow task. The options are fields of the request."""
        request = RespondWorkflowTaskCompletedRequest(
            namespace=self.namespace, task_token=task.task_token, identity="by hand", commands=commands, **options
        )
        return await self.service.respond_workflow_task_completed(request)

    async def step(self, *commands: Command, **options) -> PollWorkflowTaskQueueResponse:
        """Takes the next workflow task and answers it with these commands."""
        task = await self.poll()
        await self.complete(task, *commands, **options)
        return task

    async def poll_activity(self) -> PollActivityTaskQueueResponse:
        request = PollActivityTaskQueueRequest(
            namespace=self.namespace, task_queue=TaskQueue(name=self.case.id), identity="by hand"
        )
        task = await self.service.poll_activity_task_queue(request, timeout=POLL)
        assert task.task_token, "no activity task came"
        return task

    async def complete_activity(self, task: PollActivityTaskQueueResponse, result: str = "done") -> None:
        request = RespondActivityTaskCompletedRequest(
            namespace=self.namespace, task_token=task.task_token, identity="by hand", result=text(result)
        )
        await self.service.respond_activity_task_completed(request)


def request_id() -> str:
    return str(uuid.uuid4())
