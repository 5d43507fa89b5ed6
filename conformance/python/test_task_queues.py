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
