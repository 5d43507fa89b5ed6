"""Programs of workers that a namespace calls bad. Old workers name theirs by a checksum."""

import uuid
from datetime import timedelta

from temporalio.api.common.v1 import WorkflowExecution, WorkflowType
from temporalio.api.namespace.v1 import BadBinaries, BadBinaryInfo, NamespaceConfig, UpdateNamespaceInfo
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    GetWorkflowExecutionHistoryRequest,
    PollWorkflowTaskQueueRequest,
    PollWorkflowTaskQueueResponse,
    RespondWorkflowTaskCompletedRequest,
    SignalWorkflowExecutionRequest,
)
from temporalio.service import RPCError, RPCStatusCode

from harness import Case, event_name, scenario
from namespaces import CALL, Namespace, refused, until

POLL = timedelta(seconds=20)


class Old(Namespace):
    """A namespace with workers that name their program."""

    async def poll(self, program: str) -> PollWorkflowTaskQueueResponse:
        queue = TaskQueue(name=self.name)
        request = PollWorkflowTaskQueueRequest(namespace=self.name, task_queue=queue, binary_checksum=program)
        return await self.service.poll_workflow_task_queue(request, timeout=POLL)

    async def complete(self, task: PollWorkflowTaskQueueResponse, program: str) -> None:
        request = RespondWorkflowTaskCompletedRequest(
            namespace=self.name, task_token=task.task_token, binary_checksum=program
        )
        await self.service.respond_workflow_task_completed(request, timeout=CALL)

    async def work(self, program: str) -> None:
        await self.complete(await self.poll(program), program)

    async def signal(self, workflow_id: str) -> None:
        request = SignalWorkflowExecutionRequest(
            namespace=self.name,
            workflow_execution=WorkflowExecution(workflow_id=workflow_id),
            signal_name="s",
            request_id=str(uuid.uuid4()),
        )
        await self.service.signal_workflow_execution(request, timeout=CALL)

    async def call_bad(self, program: str) -> None:
        # The reference forgets bad binaries that come alone.
        info = UpdateNamespaceInfo(description="has bad binaries")
        bad = BadBinaries(binaries={program: BadBinaryInfo(reason="it loses money", operator="me")})
        await self.update(update_info=info, config=NamespaceConfig(bad_binaries=bad))
        # Every node has heard of it when the program is turned away.
        text = f"Binary {program} already marked as bad deployment."

        async def outcome() -> str:
            queue = TaskQueue(name="nobodys")
            request = PollWorkflowTaskQueueRequest(namespace=self.name, task_queue=queue, binary_checksum=program)
            try:
                await self.service.poll_workflow_task_queue(request, timeout=timedelta(seconds=3))
                return ""
            except RPCError as error:
                return error.message if error.status == RPCStatusCode.INVALID_ARGUMENT else ""

        assert await until(outcome, bool) == text

    async def describe_run(self, workflow_id: str):
        execution = WorkflowExecution(workflow_id=workflow_id)
        request = DescribeWorkflowExecutionRequest(namespace=self.name, execution=execution)
        return (await self.service.describe_workflow_execution(request, timeout=CALL)).workflow_execution_info

    async def events(self, workflow_id: str) -> list[str]:
        execution = WorkflowExecution(workflow_id=workflow_id)
        request = GetWorkflowExecutionHistoryRequest(namespace=self.name, execution=execution)
        answer = await self.service.get_workflow_execution_history(request, timeout=CALL)
        return [event_name(event) for event in answer.history.events]


@scenario
async def test_what_a_bad_program_completes_fails(case: Case):
    namespace = Old(case)
    await namespace.register()
    await namespace.start("run")
    task = await namespace.poll("worse")
    await namespace.call_bad("worse")
    text = "BadBinary: binary worse is marked as bad deployment"
    assert await refused(namespace.complete(task, "worse")) == ("INVALID_ARGUMENT", text)
    assert (await namespace.events("run"))[:4] == ["Started", "TaskScheduled", "TaskStarted", "TaskFailed"]


@scenario
async def test_a_run_is_reset_to_before_a_bad_program_worked_on_it(case: Case):
    namespace = Old(case)
    await namespace.register()
    run = await namespace.start("run")
    await namespace.work("good")
    await namespace.signal("run")
    await namespace.work("bad")
    points = (await namespace.describe_run("run")).auto_reset_points.points
    assert [(point.binary_checksum, point.resettable) for point in points] == [("good", True), ("bad", True)]
    await namespace.call_bad("bad")
    await namespace.signal("run")
    info = await until(
        lambda: namespace.describe_run("run"), lambda info: info.execution.run_id != run.run_id
    )
    assert [point.binary_checksum for point in info.auto_reset_points.points] == ["good"]
    expected = ["Started", "TaskScheduled", "TaskStarted", "TaskCompleted", "Signaled", "TaskScheduled", "TaskStarted"]
    assert await namespace.events("run") == [*expected, "TaskFailed", "Signaled", "TaskScheduled"]
