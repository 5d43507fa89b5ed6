"""A disk that takes nothing more, below the real server: a file that may not grow, a folder in which nothing new may be,
a file that may not be written at all.

The server refuses what is asked with a clear error, and says so in its health; started again on a disk that takes writes,
it has everything that was acknowledged.
"""

import argparse
import asyncio
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from crash import NAMESPACE, Server, free_port, have_namespace
from temporalio.api.common.v1 import Payload, Payloads, WorkflowExecution, WorkflowType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest, StartWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

# Who may not write what root may.
NOBODY = 65534
# Larger than what a server writes before anything is asked of it, smaller than what is asked.
FILE_BYTES_MAX = 6 * 1024 * 1024
INPUT_BYTES = 200_000
# How many starts are tried at most: several times what fits.
STARTS_MAX = 400
WORKFLOW_SERVICE = "temporal.api.workflowservice.v1.WorkflowService"


def files_stay_small() -> None:
    """What a full disk does to a process, but for the words. Without the signal, as for any program that expects it."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES_MAX, FILE_BYTES_MAX))


def as_nobody() -> None:
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def own(folder: Path) -> None:
    """The folder is that of whoever the server runs as."""
    if os.getuid() == 0:
        for path in [folder, *folder.iterdir()]:
            os.chown(path, NOBODY, NOBODY)


async def start(client: Client, workflow_id: str) -> None:
    payload = Payload(metadata={"encoding": b"binary/plain"}, data=os.urandom(INPUT_BYTES))
    request = StartWorkflowExecutionRequest(
        namespace=NAMESPACE,
        workflow_id=workflow_id,
        workflow_type=WorkflowType(name="Order"),
        task_queue=TaskQueue(name="nobody-works-here"),
        input=Payloads(payloads=[payload]),
        request_id=str(uuid.uuid4()),
    )
    await client.workflow_service.start_workflow_execution(request, retry=False)


async def describe(client: Client, workflow_id: str) -> None:
    execution = WorkflowExecution(workflow_id=workflow_id)
    request = DescribeWorkflowExecutionRequest(namespace=NAMESPACE, execution=execution)
    await client.workflow_service.describe_workflow_execution(request)


async def start_until_refused(client: Client, words: list[str]) -> list[str]:
    """What was acknowledged. Some refusals may only say that the outcome is unknown; soon they say why."""
    acknowledged = []
    give_up = time.monotonic() + 60
    refused = ""
    for n in range(STARTS_MAX):
        try:
            await start(client, f"run-{n}")
        except RPCError as error:
            assert error.status == RPCStatusCode.UNAVAILABLE, f"{error.status.name}: {error.message}"
            refused = error.message
            if all(word in refused for word in words):
                return acknowledged
            assert time.monotonic() < give_up, f"{refused!r} does not say {words}"
            continue
        assert not refused, f"a start was taken after one was refused: {refused}"
        acknowledged.append(f"run-{n}")
    raise AssertionError(f"{len(acknowledged)} starts were taken, the last refusal was {refused!r}")


async def is_out_of_service(client: Client) -> None:
    give_up = time.monotonic() + 10
    while await client.service_client.check_health(service=WORKFLOW_SERVICE):
        assert time.monotonic() < give_up, "health does not say that the server takes nothing"
        await asyncio.sleep(0.05)


async def fails_while_it_runs(
    binary: str, prepare: Callable[[], None], spoil: Callable[[Path], None], words: list[str]
) -> None:
    folder = Path(tempfile.mkdtemp(prefix="disk-"))
    own(folder)
    port = free_port()
    command = [binary, "server", "start", "--data", str(folder / "data.db"), "--port", str(port), "--ip", "127.0.0.1"]
    logs = Path(tempfile.mkdtemp(prefix="disk-log-"))
    server = Server(command, port, logs / "server.log", prepare)
    try:
        await server.start()
        client = await Client.connect(f"127.0.0.1:{port}")
        await have_namespace(client)
        await start(client, "before")
        spoil(folder)
        acknowledged = ["before", *await start_until_refused(client, words)]
        await is_out_of_service(client)
        # It ends when it is told to, and knows that not all is well.
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(timeout=20)

        folder.chmod(0o755)
        server = Server(command, port, logs / "server.log", as_nobody)
        await server.start()
        client = await Client.connect(f"127.0.0.1:{port}")
        for workflow_id in acknowledged:
            await describe(client, workflow_id)
        assert await client.service_client.check_health(service=WORKFLOW_SERVICE), "it serves again"
        await start(client, "after")
    except BaseException:
        sys.stdout.write("".join((logs / "server.log").read_text(errors="replace").splitlines(keepends=True)[-20:]))
        raise
    finally:
        server.kill()
        shutil.rmtree(folder)
        shutil.rmtree(logs)
    print(f"{len(acknowledged)} starts were acknowledged, and are there", flush=True)


async def may_not_be_written(binary: str) -> None:
    """A server that cannot write its file does not start, says which, and leaves everything as it is."""
    folder = Path(tempfile.mkdtemp(prefix="disk-"))
    own(folder)
    data = folder / "data.db"
    port = free_port()
    command = [binary, "server", "start", "--data", str(data), "--port", str(port), "--ip", "127.0.0.1"]
    logs = Path(tempfile.mkdtemp(prefix="disk-log-"))
    server = Server(command, port, logs / "server.log", as_nobody)
    try:
        await server.start()
        client = await Client.connect(f"127.0.0.1:{port}")
        await have_namespace(client)
        await start(client, "before")
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(timeout=20)
        before = data.read_bytes()
        for path, mode, back in [(data, 0o444, 0o644), (folder, 0o555, 0o755)]:
            path.chmod(mode)
            if path == folder:
                # The lock is there from before; without it nothing is known of who else has the file.
                (folder / "data.db.lock").unlink(missing_ok=True)
            refused = subprocess.run(command, capture_output=True, text=True, timeout=30, preexec_fn=as_nobody)
            assert refused.returncode == 1, refused
            assert "data.db" in refused.stderr, refused.stderr
            assert data.read_bytes() == before, "the file is as it was"
            path.chmod(back)
            print(f"refused: {refused.stderr.strip()}", flush=True)
        await server.start()
        client = await Client.connect(f"127.0.0.1:{port}")
        await describe(client, "before")
        await start(client, "after")
    finally:
        server.kill()
        shutil.rmtree(folder)
        shutil.rmtree(logs)


def both(first: Callable[[], None], second: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        first()
        second()

    return run


async def run(binary: str) -> None:
    print("a file that may not grow", flush=True)
    await fails_while_it_runs(
        binary, both(files_stay_small, as_nobody), lambda _: None, ["the store writes nothing any more", "File too large"]
    )
    print("a folder in which nothing new may be", flush=True)
    await fails_while_it_runs(
        binary, as_nobody, lambda folder: folder.chmod(0o555), ["the store writes nothing any more", "Permission denied"]
    )
    print("a file, and a folder, that may not be written", flush=True)
    await may_not_be_written(binary)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True, help="the server's executable")
    options = parser.parse_args()
    # Whoever the server runs as must be able to read it.
    folder = Path(tempfile.mkdtemp(prefix="disk-binary-"))
    folder.chmod(0o755)
    binary = folder / "abide"
    shutil.copy(options.binary, binary)
    binary.chmod(0o755)
    try:
        asyncio.run(asyncio.wait_for(run(str(binary)), 240))
    finally:
        shutil.rmtree(folder)
    print("a disk that takes nothing more: passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
