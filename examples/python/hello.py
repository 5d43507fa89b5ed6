"""One workflow that calls one activity, and a worker that does both."""

import asyncio
import uuid
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker


@activity.defn
async def greet(name: str) -> str:
    return f"Hello, {name}!"


@workflow.defn
class Hello:
    @workflow.run
    async def run(self, name: str) -> str:
        return await workflow.execute_activity(greet, name, start_to_close_timeout=timedelta(seconds=10))


async def main() -> None:
    client = await Client.connect("localhost:7233")
    async with Worker(client, task_queue="hello-python", workflows=[Hello], activities=[greet]):
        print(await client.execute_workflow(Hello.run, "Python", id=f"hello-{uuid.uuid4()}", task_queue="hello-python"))


if __name__ == "__main__":
    asyncio.run(main())
