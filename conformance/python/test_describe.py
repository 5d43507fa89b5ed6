"""What is shown of a run: description, list, count, and a history in pages."""

from datetime import timedelta

from temporalio import activity, workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import HistoryEventFilterType
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryRequest
from temporalio.client import WorkflowExecutionStatus, WorkflowHistoryEventFilterType

from harness import TASK, Case, event_name, scenario


@workflow.defn
class WaitsForASignal:
    def __init__(self) -> None:
        self.signaled = 0

    @workflow.run
    async def run(self, wanted: int) -> int:
        await workflow.wait_condition(lambda: self.signaled >= wanted)
        return self.signaled

    @workflow.signal
    def proceed(self) -> None:
        self.signaled += 1


@workflow.defn
class CallsAndWaits:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(work, start_to_close_timeout=timedelta(seconds=20))


@activity.defn
async def work() -> None:
    raise AssertionError("nobody is to do this")


async def listed(case: Case, ids: list[str]) -> list[str]:
    """Those of the workflow ids that are listed, in the list's order, once all of them are: the list may lag behind."""
    while True:
        found: list[str] = []
        # The pages are small so that there are several.
        async for run in case.client.list_workflows(page_size=3, limit=50):
            if run.id in ids:
                assert (run.workflow_type, run.task_queue) == ("WaitsForASignal", case.id)
                found.append(run.id)
        if len(found) >= len(ids):
            return found


@scenario
async def a_description_tells_how_a_run_was_started_and_how_it_ended(case: Case) -> None:
    handle = await case.start(
        WaitsForASignal.run,
        1,
        execution_timeout=timedelta(seconds=50),
        run_timeout=timedelta(seconds=40),
        task_timeout=timedelta(seconds=5),
        memo={"color": "blue", "size": 3},
        static_summary="a short summary",
        static_details="more *details*",
    )
    described = await handle.describe()
    assert (described.id, described.run_id, described.namespace) == (case.id, handle.result_run_id, "default")
    assert (described.workflow_type, described.task_queue) == ("WaitsForASignal", case.id)
    assert described.status == WorkflowExecutionStatus.RUNNING
    assert described.close_time is None
    assert described.history_length == 2
    assert await described.memo() == {"color": "blue", "size": 3}
    assert await described.static_summary() == "a short summary"
    assert await described.static_details() == "more *details*"
    config = described.raw_description.execution_config
    assert config.workflow_execution_timeout.ToTimedelta() == timedelta(seconds=50)
    assert config.workflow_run_timeout.ToTimedelta() == timedelta(seconds=40)
    assert config.default_workflow_task_timeout.ToTimedelta() == timedelta(seconds=5)
    assert described.raw_description.pending_workflow_task.attempt == 1

    async with case.worker([WaitsForASignal]):
        await handle.signal(WaitsForASignal.proceed)
        await handle.result()
    described = await handle.describe()
    assert described.status == WorkflowExecutionStatus.COMPLETED
    assert described.close_time >= described.start_time
    assert described.execution_time == described.start_time
    assert described.history_length == 6
    assert described.raw_description.workflow_execution_info.history_size_bytes > 0
    assert not described.raw_description.HasField("pending_workflow_task")
    await case.finish(
        handle,
        [WaitsForASignal],
        ["Started", "TaskScheduled", "Signaled", "TaskStarted", "TaskCompleted", "Completed"],
    )


@scenario
async def an_activity_that_nobody_does_is_described_as_pending(case: Case) -> None:
    async with case.worker([CallsAndWaits], no_remote_activities=True):
        handle = await case.start(CallsAndWaits.run)
        await case.seen(handle, "ActivityScheduled")
        [pending] = (await handle.describe()).raw_description.pending_activities
        assert (pending.activity_id, pending.activity_type.name, pending.attempt) == ("1", "work", 1)
        await handle.terminate()
    await case.finish(handle, [CallsAndWaits], ["Started", *TASK, "ActivityScheduled", "Terminated"])


@scenario
async def runs_are_listed_with_the_newest_first(case: Case) -> None:
    handles = [await case.start(WaitsForASignal.run, 1, id=f"{case.id}-{n}") for n in range(5)]
    ids = [handle.id for handle in handles]
    assert await listed(case, ids) == ids[::-1]
    for handle in handles:
        await handle.terminate()
    await case.finish(handles[0], [WaitsForASignal], ["Started", "TaskScheduled", "Terminated"])


@scenario
async def every_run_that_is_listed_is_counted(case: Case) -> None:
    handle = await case.start(WaitsForASignal.run, 1)
    await listed(case, [case.id])
    runs = [run.run_id async for run in case.client.list_workflows()]
    assert (await case.client.count_workflows()).count == len(runs) == len(set(runs))
    await handle.terminate()
    await case.finish(handle, [WaitsForASignal], ["Started", "TaskScheduled", "Terminated"])


@scenario
async def a_long_history_is_read_in_pages_without_gaps(case: Case) -> None:
    handle = await case.start(WaitsForASignal.run, 600)
    for _ in range(600):
        await handle.signal(WaitsForASignal.proceed)
    async with case.worker([WaitsForASignal]):
        assert await handle.result() == 600
    # 600 signals in one workflow task: the worker had to fetch the rest of the history by itself.
    await case.finish(
        handle,
        [WaitsForASignal],
        ["Started", "TaskScheduled", *["Signaled"] * 600, "TaskStarted", "TaskCompleted", "Completed"],
    )
    execution = WorkflowExecution(workflow_id=case.id, run_id=handle.result_run_id)
    request = GetWorkflowExecutionHistoryRequest(
        namespace=case.client.namespace, execution=execution, maximum_page_size=100
    )
    pages: list[list[int]] = []
    while True:
        page = await case.client.workflow_service.get_workflow_execution_history(request)
        pages.append([event.event_id for event in page.history.events])
        request.next_page_token = page.next_page_token
        if not request.next_page_token:
            break
    assert len(pages) >= 6
    assert [event_id for page in pages for event_id in page] == list(range(1, 606))


@scenario
async def a_long_run_without_a_cache_is_replayed_at_every_task(case: Case) -> None:
    async with case.worker([WaitsForASignal], max_cached_workflows=0):
        handle = await case.start(WaitsForASignal.run, 120)
        for n in range(120):
            await handle.signal(WaitsForASignal.proceed)
            await case.seen(handle, "TaskCompleted", n // 40 + 1)
        assert await handle.result() == 120
    await case.finish(handle, [WaitsForASignal])


@scenario
async def the_close_event_can_be_asked_for_alone(case: Case) -> None:
    async with case.worker([WaitsForASignal]):
        handle = await case.start(WaitsForASignal.run, 0)
        close = [
            event_name(event)
            async for event in handle.fetch_history_events(
                wait_new_event=True, event_filter_type=WorkflowHistoryEventFilterType.CLOSE_EVENT
            )
        ]
        assert close == ["Completed"]
    await case.finish(handle, [WaitsForASignal], ["Started", *TASK, "Completed"])
    response = await case.client.workflow_service.get_workflow_execution_history(
        GetWorkflowExecutionHistoryRequest(
            namespace=case.client.namespace,
            execution=WorkflowExecution(workflow_id=case.id),
            history_event_filter_type=HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
        )
    )
    assert [event_name(event) for event in response.history.events] == ["Completed"]


@scenario
async def a_history_reader_is_told_of_each_new_event(case: Case) -> None:
    async with case.worker([WaitsForASignal]):
        handle = await case.start(WaitsForASignal.run, 2)
        names: list[str] = []
        async for event in handle.fetch_history_events(wait_new_event=True):
            names.append(event_name(event))
            if names[-1] == "TaskCompleted" and names.count("Signaled") < 2:
                await handle.signal(WaitsForASignal.proceed)
    expected = ["Started", *TASK, "Signaled", *TASK, "Signaled", *TASK, "Completed"]
    assert names == expected
    await case.finish(handle, [WaitsForASignal], expected)
