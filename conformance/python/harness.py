"""What every scenario uses: one workflow id and task queue of its own, a worker on it, and `finish`.

A scenario ends with `finish`, which compares the event types of the closed run with the expected list and replays the
history in the SDK. Nothing here sleeps: waiting is done by long-polling the history.
"""

import asyncio
import functools
import re
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowExecutionDescription, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

# The three events of a workflow task that goes well, in the short names of `event_name`.
TASK = ["TaskScheduled", "TaskStarted", "TaskCompleted"]

# An activity's events, in the order in which they are written when nothing comes between.
ACTIVITY = ["ActivityScheduled", "ActivityStarted", "ActivityCompleted"]

# No run and no call needs this long; it turns a hanging server into a failure with a name.
PATIENCE = timedelta(seconds=30)

# For local activities. The SDK's own timer for this limit outlives the worker, and complains when it fires then.
LOCALLY = timedelta(hours=1)

MILLISECOND = timedelta(milliseconds=1)


def scenario(function: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Marks a test. Its name is a sentence about the server that can be false."""

    @functools.wraps(function)
    async def bounded(*args: Any, **options: Any) -> None:
        await asyncio.wait_for(function(*args, **options), 2 * PATIENCE.total_seconds())

    bounded.__test__ = True
    return bounded


def event_name(event: HistoryEvent) -> str:
    """`EVENT_TYPE_WORKFLOW_TASK_STARTED` is `TaskStarted`, `EVENT_TYPE_ACTIVITY_TASK_STARTED` is `ActivityStarted`."""
    words = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")
    words = re.sub("WORKFLOW_EXECUTION_|WORKFLOW_|(?<=ACTIVITY_)TASK_", "", words)
    return "".join(word.capitalize() for word in words.split("_"))


class Case:
    """One scenario's corner of the server."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.id = f"conformance-{uuid.uuid4()}"

    def worker(self, workflows: Sequence[type] = (), activities: Sequence[Callable] = (), **options: Any) -> Worker:
        """A worker to be used in `async with`."""
        options.setdefault("task_queue", self.id)
        # The sandbox guards the authors of workflows; to the server it makes no difference, and it is slow.
        return Worker(
            self.client,
            workflows=workflows,
            activities=activities,
            workflow_runner=UnsandboxedWorkflowRunner(),
            **options,
        )

    async def start(self, workflow: Any, *args: Any, **options: Any) -> WorkflowHandle:
        """Starts a run whose workflow id and task queue are the scenario's own."""
        options.setdefault("id", self.id)
        options.setdefault("task_queue", self.id)
        options.setdefault("execution_timeout", PATIENCE)
        return await self.client.start_workflow(workflow, args=args, **options)

    def with_start(self, workflow: Any, *args: Any, **options: Any) -> WithStartWorkflowOperation:
        """The start that goes with an update, on the same terms as `start`."""
        options.setdefault("id_conflict_policy", WorkflowIDConflictPolicy.FAIL)
        options.setdefault("execution_timeout", PATIENCE)
        return WithStartWorkflowOperation(workflow, args=args, id=self.id, task_queue=self.id, **options)

    async def history(self, handle: WorkflowHandle) -> list[HistoryEvent]:
        """All events of the run so far, checked to be numbered 1..n."""
        events = [event async for event in handle.fetch_history_events()]
        assert [event.event_id for event in events] == list(range(1, len(events) + 1))
        return events

    async def events(self, handle: WorkflowHandle) -> list[str]:
        """The short names of all events of the run so far."""
        return [event_name(event) for event in await self.history(handle)]

    async def find(self, handle: WorkflowHandle, name: str) -> list[HistoryEvent]:
        """The run's events of one type."""
        return [event for event in await self.history(handle) if event_name(event) == name]

    async def seen(self, handle: WorkflowHandle, name: str, times: int = 1) -> HistoryEvent:
        """Waits until the run has that many events of one type."""
        async for event in handle.fetch_history_events(wait_new_event=True, rpc_timeout=PATIENCE):
            times -= event_name(event) == name
            if times == 0:
                return event
        raise AssertionError(f"the run closed before {name}")

    async def described(
        self, handle: WorkflowHandle, holds: Callable[[WorkflowExecutionDescription], bool]
    ) -> WorkflowExecutionDescription:
        """Describes the run until the description holds: what is shown there but is in no event cannot be awaited."""
        description = await handle.describe()
        while not holds(description):
            assert description.close_time is None, "the run closed before it was described as expected"
            description = await handle.describe()
        return description

    async def replay(self, handle: WorkflowHandle, workflows: Sequence[type]) -> None:
        """Fails unless the SDK, given the history, comes to the same commands."""
        replayer = Replayer(workflows=workflows, workflow_runner=UnsandboxedWorkflowRunner())
        await replayer.replay_workflow(await handle.fetch_history())

    async def finish(
        self, handle: WorkflowHandle, workflows: Sequence[type], expected: Sequence[str] | None = None
    ) -> list[HistoryEvent]:
        """Checks the events of a closed run and replays it. No list of events means that the order is left to chance,
        no workflows that the run was made by hand, so that no SDK can replay it."""
        history = await self.history(handle)
        if expected is not None:
            assert [event_name(event) for event in history] == list(expected)
        if workflows:
            await self.replay(handle, workflows)
        return history
