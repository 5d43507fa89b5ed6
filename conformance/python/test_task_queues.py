"""Task queues: the order of what waits there, rate limits, what is told about them, and the workers behind them."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import Priority
from temporalio.api.enums.v1 import TaskQueueType, WorkerStatus
from temporalio.api.taskqueue.v1 import RateLimit, TaskQueue
from temporalio.api.worker.v1 import WorkerHeartbeat
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeTaskQueueResponse,
    DescribeWorkerRequest,
    ListWorkersRequest,
    PollActivityTaskQueueRequest,
    RecordWorkerHeartbeatRequest,
    ShutdownWorkerRequest,
    UpdateTaskQueueConfigRequest,
)
from temporalio.common import Priority as ClientPriority
from temporalio.service import RPCError, RPCStatusCode

from hand import POLL, Hand, complete_workflow, schedule_activity
from harness import ACTIVITY, TASK, Case, scenario

WORKFLOW = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
ACTIVITY_QUEUE = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY


async def describe_queue(case: Case, kind=ACTIVITY_QUEUE) -> DescribeTaskQueueResponse:
    return await case.client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=case.client.namespace,
            task_queue=TaskQueue(name=case.id),
            task_queue_type=kind,
            report_stats=True,
            report_config=True,
        )
    )


async def backlog(case: Case, count: int, kind=ACTIVITY_QUEUE) -> DescribeTaskQueueResponse:
    """Waits until that many tasks lie in the queue: they come there after the transaction that made them."""
    while True:
        described = await describe_queue(case, kind)
        if described.stats.approximate_backlog_count == count:
            return described


async def configure(case: Case, **options):
    request = UpdateTaskQueueConfigRequest(
        namespace=case.client.namespace,
        identity="by hand",
        task_queue=case.id,
        task_queue_type=ACTIVITY_QUEUE,
        **options,
    )
    return (await case.client.workflow_service.update_task_queue_config(request)).config


def limit(rate: float) -> UpdateTaskQueueConfigRequest.RateLimitUpdate:
    return UpdateTaskQueueConfigRequest.RateLimitUpdate(
        rate_limit=RateLimit(requests_per_second=rate), reason="to see"
    )


@scenario
async def activities_are_taken_by_their_priority(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start(execution_timeout=None)
    keys = [5, 1, 4, 0, 2, 5, 1]
    await hand.step(
        *(schedule_activity(case, f"{n}", priority=Priority(priority_key=key)) for n, key in enumerate(keys))
    )
    described = await backlog(case, len(keys))
    by_key = {key: stats.approximate_backlog_count for key, stats in described.stats_by_priority_key.items()}
    # No key is the third of five.
    assert {key: count for key, count in by_key.items() if count} == {1: 2, 2: 1, 3: 1, 4: 1, 5: 2}
    taken = [await hand.poll_activity() for _ in keys]
    order = sorted(range(len(keys)), key=lambda n: keys[n] or 3)
    assert [keys[int(task.activity_id)] or 3 for task in taken] == [keys[n] or 3 for n in order]
    await handle.terminate()


@scenario
async def an_activity_has_the_priority_of_its_workflow_where_it_has_none(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start(
        execution_timeout=None, priority=ClientPriority(priority_key=2, fairness_key="all", fairness_weight=2.0)
    )
    task = await hand.poll()
    started = task.history.events[0].workflow_execution_started_event_attributes
    assert (started.priority.priority_key, started.priority.fairness_key) == (2, "all")
    await hand.complete(
        task, schedule_activity(case, "a"), schedule_activity(case, "b", priority=Priority(priority_key=4))
    )
    found = {}
    for _ in range(2):
        activity = await hand.poll_activity()
        found[activity.activity_id] = activity.priority
    assert (found["a"].priority_key, found["a"].fairness_key, found["a"].fairness_weight) == (2, "all", 2.0)
    assert (found["b"].priority_key, found["b"].fairness_key) == (4, "all")
    described = (await handle.describe()).raw_description
    assert described.workflow_execution_info.priority.priority_key == 2
    await handle.terminate()


@scenario
async def a_fairness_key_is_at_most_64_bytes_long(case: Case) -> None:
    with pytest.raises(RPCError) as refused:
        await Hand(case).start(priority=ClientPriority(fairness_key="x" * 65))
    assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT


@scenario
async def a_queue_tells_what_waits_in_it_and_who_polls(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start(execution_timeout=None)
    described = await backlog(case, 1, WORKFLOW)
    assert described.stats.approximate_backlog_age.ToTimedelta() >= timedelta(0)
    await hand.step(schedule_activity(case, "a"))
    described = await describe_queue(case, WORKFLOW)
    assert [poller.identity for poller in described.pollers] == ["by hand"]
    assert described.pollers[0].HasField("last_access_time")
    await backlog(case, 0, WORKFLOW)
    await backlog(case, 1)
    await hand.complete_activity(await hand.poll_activity())
    await backlog(case, 0)
    await hand.step(complete_workflow())
    await case.finish(
        handle, [], ["Started", *TASK, "ActivityScheduled", *ACTIVITY[1:], *TASK, "Completed"]
    )


@scenario
async def a_queue_is_configured_with_a_rate_and_with_weights(case: Case) -> None:
    config = await configure(
        case,
        update_queue_rate_limit=limit(7),
        update_fairness_key_rate_limit_default=limit(3),
        set_fairness_weight_overrides={"a": 2.0, "b": 5.0},
    )
    assert config.queue_rate_limit.rate_limit.requests_per_second == 7
    assert config.queue_rate_limit.metadata.reason == "to see"
    assert config.queue_rate_limit.metadata.update_identity == "by hand"
    assert config.fairness_keys_rate_limit_default.rate_limit.requests_per_second == 3
    config = await configure(case, unset_fairness_weight_overrides=["a"])
    assert dict(config.fairness_weight_overrides) == {"b": 5.0}
    described = await describe_queue(case)
    assert described.config.queue_rate_limit.rate_limit.requests_per_second == 7
    assert dict(described.config.fairness_weight_overrides) == {"b": 5.0}
    removed = await configure(case, update_queue_rate_limit=UpdateTaskQueueConfigRequest.RateLimitUpdate(reason="off"))
    assert not removed.queue_rate_limit.HasField("rate_limit")


@scenario
async def a_rate_limit_of_workflow_tasks_is_refused(case: Case) -> None:
    with pytest.raises(RPCError) as refused:
        await case.client.workflow_service.update_task_queue_config(
            UpdateTaskQueueConfigRequest(
                namespace=case.client.namespace,
                task_queue=case.id,
                task_queue_type=WORKFLOW,
                update_queue_rate_limit=limit(7),
            )
        )
    assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT
    with pytest.raises(RPCError) as refused:
        await configure(
            case, set_fairness_weight_overrides={"a": 1.0}, unset_fairness_weight_overrides=["a"]
        )
    assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT


@scenario
async def a_queue_with_a_rate_of_nothing_gives_nothing(case: Case) -> None:
    hand = Hand(case)
    handle = await hand.start(execution_timeout=None)
    await configure(case, update_queue_rate_limit=limit(0))
    await hand.step(schedule_activity(case, "a"))
    await backlog(case, 1)
    request = PollActivityTaskQueueRequest(
        namespace=case.client.namespace, task_queue=TaskQueue(name=case.id), identity="by hand"
    )
    # A poll ends with an empty answer a second before its deadline.
    nothing = await hand.service.poll_activity_task_queue(request, timeout=timedelta(seconds=3))
    assert not nothing.task_token
    await configure(case, update_queue_rate_limit=limit(1000))
    await hand.complete_activity(await hand.poll_activity())
    await hand.step(complete_workflow())
    await case.finish(
        handle, [], ["Started", *TASK, "ActivityScheduled", *ACTIVITY[1:], *TASK, "Completed"]
    )


@scenario
async def a_poller_that_hangs_up_takes_no_task_with_it(case: Case) -> None:
    hand = Hand(case)
    request = PollActivityTaskQueueRequest(
        namespace=case.client.namespace, task_queue=TaskQueue(name=case.id), identity="leaves"
    )
    handle = await hand.start(execution_timeout=None)
    for number in range(10):
        leaving = asyncio.create_task(hand.service.poll_activity_task_queue(request, timeout=POLL))
        while not (await describe_queue(case)).pollers:
            pass
        leaving.cancel()
        await hand.step(schedule_activity(case, f"{number}"))
        task = await hand.poll_activity()
        assert task.attempt == 1
        await hand.complete_activity(task)
    await hand.step(complete_workflow())
    await case.finish(handle, [])


@scenario
async def polls_that_come_late_are_hinted_to_be_more(case: Case) -> None:
    hand = Hand(case)
    handles = [await hand.start(id=f"{case.id}-{n}", execution_timeout=None) for n in range(20)]
    described = await backlog(case, 20, WORKFLOW)
    while described.stats.approximate_backlog_age.ToTimedelta() < timedelta(milliseconds=500):
        described = await describe_queue(case, WORKFLOW)
    hints = []
    for _ in range(5):
        task = await hand.poll()
        if task.HasField("poller_scaling_decision"):
            hints.append(task.poller_scaling_decision.poll_request_delta_suggestion)
    assert hints and set(hints) == {1}
    for handle in handles:
        await handle.terminate()


def heartbeat(case: Case, key: str, status=WorkerStatus.WORKER_STATUS_RUNNING) -> WorkerHeartbeat:
    now = Timestamp()
    now.GetCurrentTime()
    return WorkerHeartbeat(
        worker_instance_key=key,
        worker_identity=f"identity of {key}",
        task_queue=case.id,
        sdk_name="by hand",
        sdk_version="1.2.3",
        status=status,
        start_time=now,
        heartbeat_time=now,
    )


async def listed(case: Case, query: str) -> list[str]:
    request = ListWorkersRequest(namespace=case.client.namespace, query=f'TaskQueue = "{case.id}" AND {query}')
    response = await case.client.workflow_service.list_workers(request)
    return sorted(worker.worker_heartbeat.worker_instance_key for worker in response.workers_info)


@scenario
async def workers_are_listed_by_what_their_heartbeats_say(case: Case) -> None:
    one, two = sorted(str(uuid.uuid4()) for _ in range(2))
    await case.client.workflow_service.record_worker_heartbeat(
        RecordWorkerHeartbeatRequest(
            namespace=case.client.namespace,
            identity="by hand",
            worker_heartbeat=[
                heartbeat(case, one),
                heartbeat(case, two, WorkerStatus.WORKER_STATUS_SHUTTING_DOWN),
            ],
        )
    )
    while await listed(case, 'SdkName = "by hand"') != [one, two]:
        pass
    assert await listed(case, f'WorkerInstanceKey = "{one}"') == [one]
    assert await listed(case, f'WorkerIdentity != "identity of {one}"') == [two]
    assert await listed(case, 'SdkVersion STARTS_WITH "1.2"') == [one, two]
    assert await listed(case, f'(WorkerInstanceKey = "{one}" OR WorkerInstanceKey = "{two}")') == [one, two]
    described = await case.client.workflow_service.describe_worker(
        DescribeWorkerRequest(namespace=case.client.namespace, worker_instance_key=two)
    )
    shown = described.worker_info.worker_heartbeat
    assert (shown.worker_identity, shown.task_queue) == (f"identity of {two}", case.id)
    assert shown.status == WorkerStatus.WORKER_STATUS_SHUTTING_DOWN


@scenario
async def an_unknown_worker_and_an_unreadable_query_are_errors(case: Case) -> None:
    with pytest.raises(RPCError) as refused:
        await case.client.workflow_service.describe_worker(
            DescribeWorkerRequest(namespace=case.client.namespace, worker_instance_key=str(uuid.uuid4()))
        )
    assert refused.value.status == RPCStatusCode.NOT_FOUND
    with pytest.raises(RPCError) as refused:
        await listed(case, "SdkName = ")
    assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT


@scenario
async def a_worker_that_shuts_down_gets_its_polls_back(case: Case) -> None:
    key = str(uuid.uuid4())
    request = PollActivityTaskQueueRequest(
        namespace=case.client.namespace,
        task_queue=TaskQueue(name=case.id),
        identity="leaves",
        worker_instance_key=key,
    )
    service = case.client.workflow_service
    poll = asyncio.create_task(service.poll_activity_task_queue(request, timeout=timedelta(seconds=50)))
    while not (await describe_queue(case)).pollers:
        pass
    await service.shutdown_worker(
        ShutdownWorkerRequest(
            namespace=case.client.namespace,
            identity="leaves",
            worker_instance_key=key,
            task_queue=case.id,
            task_queue_types=[ACTIVITY_QUEUE],
        )
    )
    assert not (await poll).task_token
