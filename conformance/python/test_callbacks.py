"""Completion callbacks: a run that closes tells an address that its start named."""

import asyncio

import pytest
from temporalio.api.common.v1 import Callback, WorkflowType
from temporalio.api.enums.v1 import CallbackState, WorkflowIdConflictPolicy
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflow.v1 import OnConflictOptions
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest
from temporalio.service import RPCError, RPCStatusCode

from hand import Hand, complete_workflow, request_id
from harness import TASK, Case, scenario


class Listener:
    """An HTTP server that answers with the codes that it is given, the last one for ever, and keeps what it was sent."""

    def __init__(self, *codes: int) -> None:
        self.codes = list(codes)
        self.received: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()

    async def __aenter__(self) -> "Listener":
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/callback"
        return self

    async def __aexit__(self, *_) -> None:
        self.server.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        code = self.codes.pop(0) if len(self.codes) > 1 else self.codes[0]
        writer.write(f"HTTP/1.1 {code} Told\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        await self.received.put((headers, body))

    def callback(self, **header: str) -> Callback:
        return Callback(nexus=Callback.Nexus(url=self.url, header=header))


async def start(case: Case, *callbacks: Callback, **options):
    request = StartWorkflowExecutionRequest(
        namespace=case.client.namespace,
        workflow_id=case.id,
        workflow_type=WorkflowType(name="ByHand"),
        task_queue=TaskQueue(name=case.id),
        request_id=request_id(),
        completion_callbacks=callbacks,
        **options,
    )
    response = await case.client.workflow_service.start_workflow_execution(request)
    return case.client.get_workflow_handle(case.id, run_id=response.run_id)


async def in_state(case: Case, handle, state):
    """Waits until the run's one callback is in the state: that is in no event."""
    while True:
        [info] = (await handle.describe()).raw_description.callbacks
        if info.state == state:
            return info


@scenario
async def a_run_that_completes_calls_back(case: Case) -> None:
    async with Listener(200) as listener:
        handle = await start(case, listener.callback(color="blue"))
        info = await in_state(case, handle, CallbackState.CALLBACK_STATE_STANDBY)
        assert info.callback.nexus.url == listener.url
        assert info.trigger.HasField("workflow_closed")
        await Hand(case).step(complete_workflow("well"))
        headers, body = await listener.received.get()
        assert headers["color"] == "blue"
        assert headers["nexus-operation-state"] == "succeeded"
        assert body == b'"well"'
        info = await in_state(case, handle, CallbackState.CALLBACK_STATE_SUCCEEDED)
        assert info.attempt == 1
    history = await case.finish(handle, [], ["Started", *TASK, "Completed"])
    [callback] = history[0].workflow_execution_started_event_attributes.completion_callbacks
    assert callback.nexus.url == listener.url


@scenario
async def a_run_that_is_terminated_calls_back_with_a_failure(case: Case) -> None:
    async with Listener(200) as listener:
        handle = await start(case, listener.callback())
        await handle.terminate()
        headers, _ = await listener.received.get()
        assert headers["nexus-operation-state"] == "failed"
        await in_state(case, handle, CallbackState.CALLBACK_STATE_SUCCEEDED)


@scenario
async def a_callback_that_is_refused_for_now_is_tried_again(case: Case) -> None:
    async with Listener(503, 200) as listener:
        handle = await start(case, listener.callback())
        await Hand(case).step(complete_workflow())
        await listener.received.get()
        await listener.received.get()
        info = await in_state(case, handle, CallbackState.CALLBACK_STATE_SUCCEEDED)
        assert info.attempt == 2


@scenario
async def a_callback_that_is_refused_for_good_fails(case: Case) -> None:
    async with Listener(400) as listener:
        handle = await start(case, listener.callback())
        await Hand(case).step(complete_workflow())
        await listener.received.get()
        info = await in_state(case, handle, CallbackState.CALLBACK_STATE_FAILED)
        assert info.attempt == 1
        assert info.HasField("last_attempt_failure")


@scenario
async def a_start_that_joins_an_open_run_may_bring_a_callback(case: Case) -> None:
    async with Listener(200) as listener:
        handle = await start(case)
        joined = await start(
            case,
            listener.callback(),
            workflow_id_conflict_policy=WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
            on_conflict_options=OnConflictOptions(
                attach_request_id=True, attach_completion_callbacks=True, attach_links=True
            ),
        )
        assert joined.run_id == handle.run_id
        await Hand(case).step(complete_workflow())
        await listener.received.get()
    history = await case.finish(
        handle, [], ["Started", "TaskScheduled", "OptionsUpdated", "TaskStarted", "TaskCompleted", "Completed"]
    )
    updated = history[2].workflow_execution_options_updated_event_attributes
    assert len(updated.attached_completion_callbacks) == 1
    assert updated.attached_request_id


@scenario
async def a_run_has_a_limited_number_of_callbacks(case: Case) -> None:
    async with Listener(200) as listener:
        with pytest.raises(RPCError) as refused:
            await start(case, *[listener.callback()] * 2001)
        assert refused.value.status in (RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.FAILED_PRECONDITION)
        with pytest.raises(RPCError) as refused:
            await start(case, Callback(nexus=Callback.Nexus(url="no url")))
        assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT
