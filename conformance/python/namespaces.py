"""A namespace of the scenario's own, and calls that have no SDK around them."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from google.protobuf.duration_pb2 import Duration
from temporalio.api.common.v1 import Payload, SearchAttributes, WorkflowExecution, WorkflowType
from temporalio.api.operatorservice.v1 import DeleteNamespaceRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeNamespaceResponse,
    RegisterNamespaceRequest,
    StartWorkflowExecutionRequest,
    UpdateNamespaceRequest,
    UpdateNamespaceResponse,
)
from temporalio.service import RPCError, RPCStatusCode

from harness import Case

T = TypeVar("T")

CALL = timedelta(seconds=10)


async def refused(call: Awaitable[Any]) -> tuple[str, str]:
    """The status and the text of a call that must fail."""
    with pytest.raises(RPCError) as raised:
        await call
    return raised.value.status.name, raised.value.message


async def until(call: Callable[[], Awaitable[T]], holds: Callable[[T], bool]) -> T:
    """Asks until the answer is the one that must come."""
    while not holds(answer := await call()):
        pass
    return answer


class Namespace:
    """A namespace of the scenario's own."""

    def __init__(self, case: Case) -> None:
        self.name = case.id
        self.service = case.client.workflow_service
        self.operator = case.client.operator_service

    async def register(self, **options: Any) -> None:
        options.setdefault("workflow_execution_retention_period", Duration(seconds=86_400))
        await self.service.register_namespace(RegisterNamespaceRequest(namespace=self.name, **options), timeout=CALL)

    async def describe(self, name: str | None = None, id: str = "") -> DescribeNamespaceResponse:
        request = DescribeNamespaceRequest(namespace="" if id else (name or self.name), id=id)
        return await self.service.describe_namespace(request, timeout=CALL)

    async def update(self, **options: Any) -> UpdateNamespaceResponse:
        return await self.service.update_namespace(UpdateNamespaceRequest(namespace=self.name, **options), timeout=CALL)

    async def delete(self, **options: Any) -> str:
        request = DeleteNamespaceRequest(namespace=self.name, **options)
        return (await self.operator.delete_namespace(request, timeout=CALL)).deleted_namespace

    async def start(self, workflow_id: str, **attributes: bytes) -> WorkflowExecution:
        """Starts a run that nobody works on. Another node may need a moment to hear of a new namespace."""
        fields = {name: Payload(metadata={"encoding": b"json/plain"}, data=data) for name, data in attributes.items()}
        request = StartWorkflowExecutionRequest(
            namespace=self.name,
            workflow_id=workflow_id,
            workflow_type=WorkflowType(name="Nobodys"),
            task_queue=TaskQueue(name=self.name),
            request_id=workflow_id,
            search_attributes=SearchAttributes(indexed_fields=fields) if fields else None,
        )
        while True:
            try:
                answer = await self.service.start_workflow_execution(request, timeout=CALL)
                return WorkflowExecution(workflow_id=workflow_id, run_id=answer.run_id)
            except RPCError as error:
                if error.status != RPCStatusCode.NOT_FOUND:
                    raise
