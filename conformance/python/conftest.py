"""The one connection that all scenarios share, and each scenario's `case`."""

import os

import pytest
from temporalio.client import Client

# Without this a failing comparison in there would not show what it compared.
pytest.register_assert_rewrite("harness")

from harness import Case  # noqa: E402


def pytest_sessionstart(session: pytest.Session) -> None:
    if not os.environ.get("ABIDE_ADDRESS"):
        raise pytest.UsageError("set ABIDE_ADDRESS to the host:port of the server under test")


@pytest.fixture(scope="session")
async def client() -> Client:
    return await Client.connect(os.environ["ABIDE_ADDRESS"])


@pytest.fixture
def case(client: Client) -> Case:
    return Case(client)
