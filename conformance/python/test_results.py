"""How a workflow ends when it ends by itself: what it returns, or what it raises."""

from typing import Any

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import RetryState
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import ApplicationError

from harness import TASK, Case, scenario


@workflow.defn
class Returns:
    @workflow.run
    async def run(self, value: Any) -> Any:
        return value


@workflow.defn
class Raises:
    @workflow.run
    async def run(self) -> None:
        try:
            raise ApplicationError("the reason", type="Inner")
        except ApplicationError as inner:
            raise ApplicationError("the consequence", {"code": 7}, type="Outer", non_retryable=True) from inner


@scenario
async def a_result_is_returned_as_it_was(case: Case) -> None:
    async with case.worker([Returns]):
        for n, value in enumerate([None, "", 0, {"nested": [1, None, "ü"]}]):
            handle = await case.start(Returns.run, value, id=f"{case.id}-{n}")
            assert await handle.result() == value
            await case.finish(handle, [Returns], ["Started", *TASK, "Completed"])


@scenario
async def a_workflow_failure_carries_type_message_details_and_cause(case: Case) -> None:
    async with case.worker([Raises]):
        handle = await case.start(Raises.run)
        with pytest.raises(WorkflowFailureError) as raised:
            await handle.result()
    error = raised.value.cause
    assert isinstance(error, ApplicationError)
    assert (error.message, error.type, error.non_retryable) == ("the consequence", "Outer", True)
    assert list(error.details) == [{"code": 7}]
    assert isinstance(error.cause, ApplicationError)
    assert (error.cause.message, error.cause.type) == ("the reason", "Inner")
    assert (await handle.describe()).status == WorkflowExecutionStatus.FAILED
    await case.finish(handle, [Raises], ["Started", *TASK, "Failed"])
    [failed] = await case.find(handle, "Failed")
    retry_state = failed.workflow_execution_failed_event_attributes.retry_state
    assert retry_state == RetryState.RETRY_STATE_RETRY_POLICY_NOT_SET


@scenario
async def a_result_can_be_asked_for_by_several_and_afterwards(case: Case) -> None:
    handle = await case.start(Returns.run, "shared")
    async with case.worker([Returns]):
        assert await case.client.get_workflow_handle(case.id).result() == "shared"
        assert await case.client.get_workflow_handle(case.id, run_id=handle.result_run_id).result() == "shared"
    assert await handle.result() == "shared"
    await case.finish(handle, [Returns], ["Started", *TASK, "Completed"])
