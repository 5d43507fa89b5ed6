"""Kills the server at random moments while workflows run on it, and checks that nothing it acknowledged is lost.

Every call is acknowledged, refused or unknown. One that is unknown is sent again with the same request id, or given
up: then it may have happened, but not twice. One that is refused is a failure: nothing here is ever refusable.
The moments are drawn from the seed, in steps of the workload and not of the clock, so a slow machine is no gentler.
"""

import argparse
import asyncio
import collections
import contextlib
import functools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio import activity, workflow
from temporalio.api.common.v1 import Payloads, WorkflowExecution, WorkflowType
from temporalio.api.enums.v1 import EventType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    SignalWorkflowExecutionRequest,
    StartWorkflowExecutionRequest,
)
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.common import RetryPolicy
from temporalio.converter import default as converter
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

NAMESPACE = "default"
TASK_QUEUE = "crash"
# What is waited for in each workflow: its start, two signals, its result.
STEPS = 4
# How many workflows are driven at the same time.
IN_FLIGHT = 50
# An answer that is not there by then is unknown.
PATIENCE = timedelta(seconds=5)
# The codes that leave it open whether a call has happened, or say that it is to be sent again.
UNKNOWN = {
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.RESOURCE_EXHAUSTED,
    RPCStatusCode.ABORTED,
    # What the connection of a dying server may give.
    RPCStatusCode.CANCELLED,
    RPCStatusCode.UNKNOWN,
}
# What a dead server has handed out must come back soon, or the program would mostly wait for timeouts.
SOON = timedelta(seconds=2)


@activity.defn
async def step(name: str) -> str:
    return name


@workflow.defn
class Survives:
    """An activity, a timer, signals until the last one, another activity."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.last = False

    @workflow.run
    async def run(self) -> list[str]:
        retry = RetryPolicy(initial_interval=timedelta(milliseconds=100), backoff_coefficient=1.0)
        await workflow.execute_activity(step, "first", start_to_close_timeout=SOON, retry_policy=retry)
        await workflow.sleep(0.05)
        await workflow.wait_condition(lambda: self.last)
        await workflow.execute_activity(step, "second", start_to_close_timeout=SOON, retry_policy=retry)
        return self.received

    @workflow.signal
    def word(self, id: str, last: bool) -> None:
        self.received.append(id)
        self.last = self.last or last


class Server:
    """The program under test, on one file and one port for its many lives."""

    def __init__(self, command: list[str], port: int, log: Path, prepare: Callable[[], None] | None = None) -> None:
        self.command = command
        # What its process does to itself before it becomes the server.
        self.prepare = prepare
        self.port = port
        self.log = log
        self.process: subprocess.Popen | None = None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=self.prepare
            )
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended by itself with {self.process.returncode}")
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            await asyncio.sleep(0.02)
        raise RuntimeError("the server does not listen")

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    async def maintain(self, *arguments: str) -> None:
        """Another process of the same program, about the same data."""
        done = await asyncio.to_thread(
            subprocess.run, [self.command[0], "server", *arguments], capture_output=True, text=True
        )
        if done.returncode != 0:
            raise RuntimeError(f"server {' '.join(arguments)}: {done.stdout}{done.stderr}")


@dataclass
class Entry:
    """What the ledger knows of one workflow."""

    id: str
    run_id: str = ""
    acknowledged: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    steps: int = 0
    failure: str = ""


class Refused(Exception):
    """The server said no to something it may not say no to."""


class Workload:
    def __init__(self, client: Client, workflows: int, seed: int) -> None:
        self.client = client
        self.random = random.Random(seed)
        self.ledger = [Entry(f"crash-{seed}-{n}") for n in range(workflows)]
        self.calls: collections.Counter[str] = collections.Counter()
        self.steps = 0
        self.stepped = asyncio.Condition()

    async def run(self) -> None:
        turns = asyncio.Semaphore(IN_FLIGHT)

        async def take_a_turn(entry: Entry) -> None:
            async with turns:
                try:
                    await self.drive(entry)
                except Exception as error:
                    entry.failure = f"{type(error).__name__}: {error}"
                    # The killer counts on the steps of all workflows.
                    await self.step(STEPS - entry.steps)

        async with asyncio.TaskGroup() as group:
            for entry in self.ledger:
                group.create_task(take_a_turn(entry))

    async def drive(self, entry: Entry) -> None:
        start = StartWorkflowExecutionRequest(
            namespace=NAMESPACE,
            workflow_id=entry.id,
            workflow_type=WorkflowType(name="Survives"),
            task_queue=TaskQueue(name=TASK_QUEUE),
            request_id=str(uuid.uuid4()),
        )
        start.workflow_task_timeout.FromTimedelta(SOON)
        service = self.client.workflow_service
        call = functools.partial(service.start_workflow_execution, start, retry=False, timeout=PATIENCE)
        started = await self.insist(call)
        entry.run_id = started.run_id
        await self.advance(entry)
        for last in (False, True):
            await self.send(entry, last)
            await self.advance(entry)
        await self.insist(self.client.get_workflow_handle(entry.id, run_id=entry.run_id).result)
        await self.advance(entry)

    async def send(self, entry: Entry, last: bool) -> None:
        """Sends one signal. In half of the workflows one whose fate is unknown is given up, and another one sent."""
        gives_up = self.random.random() < 0.5 and not last
        while True:
            id = str(uuid.uuid4())
            request = SignalWorkflowExecutionRequest(
                namespace=NAMESPACE,
                workflow_execution=WorkflowExecution(workflow_id=entry.id),
                signal_name="word",
                input=Payloads(payloads=await converter().encode([id, last])),
                request_id=str(uuid.uuid4()),
            )
            service = self.client.workflow_service
            call = functools.partial(service.signal_workflow_execution, request, retry=False, timeout=PATIENCE)
            if await (self.attempt(call) if gives_up else self.insist(call)) is not None:
                entry.acknowledged.append(id)
                return
            entry.unknown.append(id)
            gives_up = False

    async def insist(self, call: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """Repeats a call until its fate is known."""
        while (answer := await self.attempt(call)) is None:
            pass
        return answer

    async def attempt(self, call: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """The answer, or None when it is unknown whether the call has happened."""
        try:
            answer = await call()
        except RPCError as error:
            if error.status not in UNKNOWN:
                self.calls["refused"] += 1
                raise Refused(f"{error.status.name}: {error.message}") from error
            self.calls["unknown"] += 1
            # Without a pause the calls of a dead server's clients would keep the next one from starting.
            await asyncio.sleep(0.05)
            return None
        self.calls["acknowledged"] += 1
        return answer

    async def advance(self, entry: Entry) -> None:
        entry.steps += 1
        await self.step(1)

    async def step(self, steps: int) -> None:
        async with self.stepped:
            self.steps += steps
            self.stepped.notify_all()

    async def reach(self, step: int) -> None:
        async with self.stepped:
            await self.stepped.wait_for(lambda: self.steps >= step)


async def kill_at_random(server: Server, data: Path, workload: Workload, kills: int, seed: int) -> int:
    """Each kill has its own part of the workload, and a random step in it. What it leaves behind is whole, and so is a
    backup that was made while the server ran."""
    moments = random.Random(seed + 1)
    steps = STEPS * len(workload.ledger)
    for n in range(kills):
        await workload.reach(moments.randrange(n * steps // kills, (n + 1) * steps // kills))
        await asyncio.sleep(moments.uniform(0, 0.05))
        copy = data.with_name(f"backup-{n}.db")
        await server.maintain("backup", str(copy), "--db-filename", str(data))
        server.kill()
        await server.maintain("check", str(data))
        await server.maintain("check", str(copy))
        await server.start()
    return kills


async def keep_a_worker(client: Client) -> None:
    """A worker for as long as this task is not canceled."""
    worker = Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[Survives],
        activities=[step],
        workflow_runner=UnsandboxedWorkflowRunner(),
        sticky_queue_schedule_to_start_timeout=SOON,
    )
    await worker.run()


@contextlib.asynccontextmanager
async def background(work: Coroutine) -> AsyncIterator[asyncio.Task]:
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def check(client: Client, entry: Entry, replayer: Replayer) -> None:
    """Everything that was acknowledged to the workflow is in its one run, once."""
    assert not entry.failure, entry.failure
    current = await client.get_workflow_handle(entry.id).describe()
    assert current.run_id == entry.run_id, f"run {entry.run_id} was acknowledged, run {current.run_id} is current"
    assert current.status == WorkflowExecutionStatus.COMPLETED, f"the run is {current.status}"
    handle: WorkflowHandle = client.get_workflow_handle(entry.id, run_id=entry.run_id, result_type=list[str])
    counts = collections.Counter(await handle.result())
    for id in entry.acknowledged:
        assert counts[id] == 1, f"acknowledged signal {id} was received {counts[id]} times"
    for id in entry.unknown:
        assert counts[id] <= 1, f"signal {id} was received {counts[id]} times"
    strangers = counts.keys() - set(entry.acknowledged) - set(entry.unknown)
    assert not strangers, f"nobody sent {strangers}"

    history = await handle.fetch_history()
    ids = [event.event_id for event in history.events]
    assert ids == list(range(1, len(ids) + 1)), f"event ids {ids}"
    types = collections.Counter(event.event_type for event in history.events)
    assert types[EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED] == 2, "each activity completes once"
    assert types[EventType.EVENT_TYPE_TIMER_FIRED] == 1, "the timer fires once"
    await replayer.replay_workflow(history)


async def count_runs(client: Client, seed: int, wanted: int) -> None:
    """A start that was sent twice shows as a run too many. The list may lag behind, so it gets some time to grow."""
    give_up = time.monotonic() + 10
    while True:
        listed = [run.id async for run in client.list_workflows() if run.id.startswith(f"crash-{seed}-")]
        if len(listed) >= wanted or time.monotonic() > give_up:
            break
        await asyncio.sleep(0.1)
    assert len(listed) == wanted == len(set(listed)), f"{len(listed)} runs of {len(set(listed))} workflows are listed"


async def have_namespace(client: Client) -> None:
    """A server for development has one from the start, one for production need not."""
    try:
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=NAMESPACE))
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        register = RegisterNamespaceRequest(namespace=NAMESPACE)
        register.workflow_execution_retention_period.FromTimedelta(timedelta(days=1))
        await client.workflow_service.register_namespace(register)


async def run(options: argparse.Namespace, server: Server, data: Path) -> list[str]:
    """The failures."""
    await server.start()
    telemetry = TelemetryConfig(logging=LoggingConfig(filter=TelemetryFilter(core_level="OFF", other_level="OFF")))
    client = await Client.connect(f"127.0.0.1:{server.port}", runtime=Runtime(telemetry=telemetry))
    await have_namespace(client)
    workload = Workload(client, options.workflows, options.seed)
    began = time.monotonic()
    async with (
        background(keep_a_worker(client)) as worker,
        background(kill_at_random(server, data, workload, options.kills, options.seed)) as killer,
        background(workload.run()) as driver,
    ):
        # The worker ends only when it fails, and the killer without a failure only after its last kill.
        while not driver.done():
            waiting = {task for task in (driver, killer, worker) if not task.done()}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in (killer, worker):
                if task.done():
                    task.result()
        kills = await killer
    calls = ", ".join(f"{count} {fate}" for fate, count in sorted(workload.calls.items()))
    given_up = sum(len(entry.unknown) for entry in workload.ledger)
    print(f"{kills} kills, calls: {calls}; {given_up} signals given up; {time.monotonic() - began:.0f} s")

    failures = []
    replayer = Replayer(workflows=[Survives], workflow_runner=UnsandboxedWorkflowRunner())
    for entry in workload.ledger:
        try:
            await check(client, entry, replayer)
        except Exception as error:
            failures.append(f"{entry.id}: {type(error).__name__}: {error}")
    try:
        await count_runs(client, options.seed, len(workload.ledger))
    except Exception as error:
        failures.append(f"list: {type(error).__name__}: {error}")
    return failures


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def one_round(options: argparse.Namespace) -> int:
    """The number of failures of one workload, on a file of its own."""
    print(f"seed {options.seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="crash-"))
    port = free_port()
    data = folder / "data.db"
    if options.start_dev:
        command = ["server", "start-dev", "--headless", "--db-filename", str(data)]
    else:
        command = ["server", "start", "--data", str(data)]
    command = [os.path.abspath(options.binary), *command, "--port", str(port), "--ip", "127.0.0.1"]
    server = Server(command, port, folder / "server.log")
    # One check for each workflow, and one for their number.
    checks = options.workflows + 1
    try:
        failures = asyncio.run(asyncio.wait_for(run(options, server, data), options.seconds))
    except BaseException:
        traceback.print_exc()
        failures = ["the workload did not end"] * checks
    finally:
        server.kill()
    for failure in failures[:10]:
        print(failure)
    if failures:
        print(f"--seed {options.seed} draws the same moments; data and log are kept in {folder}")
        sys.stdout.write("".join(server.log.read_text(errors="replace").splitlines(keepends=True)[-20:]))
    else:
        shutil.rmtree(folder)
    print(f"{checks - len(failures)} passed, {len(failures)} failed", flush=True)
    return len(failures)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True, help="the server's executable")
    parser.add_argument("--workflows", type=int, default=200)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--start-dev", action="store_true", help="use `server start-dev` instead of `server start`")
    parser.add_argument("--seconds", type=int, default=240, help="a round fails when it takes longer than this")
    parser.add_argument("--at-least", type=int, default=0, help="seconds: rounds follow each other for so long")
    options = parser.parse_args()
    began = time.monotonic()
    rounds = 0
    while True:
        failures = one_round(options)
        rounds += 1
        if failures or time.monotonic() - began >= options.at_least:
            break
        options.seed += 1
    print(f"{rounds} rounds, {rounds * options.kills} kills, {time.monotonic() - began:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
