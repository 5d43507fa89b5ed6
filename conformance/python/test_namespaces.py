"""Namespaces: registered, changed, deprecated, deleted."""

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import NamespaceState
from temporalio.api.namespace.v1 import NamespaceConfig, NamespaceFilter, UpdateNamespaceInfo
from temporalio.api.workflowservice.v1 import (
    DeprecateNamespaceRequest,
    DescribeWorkflowExecutionRequest,
    ListNamespacesRequest,
    RegisterNamespaceRequest,
)
from temporalio.service import RPCError

from harness import Case, scenario
from namespaces import CALL, Namespace, refused, until


@scenario
async def test_a_namespace_is_described_as_it_was_registered_and_changed(case: Case):
    namespace = Namespace(case)
    await namespace.register(description="ours", owner_email="me@here", data={"a": "1"})
    described = await namespace.describe()
    info = described.namespace_info
    assert (info.name, info.description, info.owner_email, dict(info.data)) == (case.id, "ours", "me@here", {"a": "1"})
    assert info.state == NamespaceState.NAMESPACE_STATE_REGISTERED
    assert described.config.workflow_execution_retention_ttl.seconds == 86_400
    assert (await namespace.describe(id=info.id)).namespace_info.name == case.id
    text = f'Namespace "{case.id}" already exists'
    assert await refused(namespace.register()) == ("ALREADY_EXISTS", text)
    # Another node may need a moment to hear of a new namespace.
    await namespace.start("anybody")
    changed = await namespace.update(
        update_info=UpdateNamespaceInfo(description="theirs", data={"b": "2"}),
        config=NamespaceConfig(workflow_execution_retention_ttl=Duration(seconds=7200)),
    )
    assert dict(changed.namespace_info.data) == {"a": "1", "b": "2"}
    described = await namespace.describe()
    assert (described.namespace_info.description, described.namespace_info.owner_email) == ("theirs", "me@here")
    assert described.config.workflow_execution_retention_ttl.seconds == 7200


@scenario
async def test_a_namespace_that_cannot_be_is_refused(case: Case):
    namespace = Namespace(case)
    invalid = "INVALID_ARGUMENT"
    too_short = (invalid, "A valid retention period is not set on request.")
    for retention in (Duration(), Duration(seconds=-1), Duration(seconds=3599)):
        assert await refused(namespace.register(workflow_execution_retention_period=retention)) == too_short
    text = "Cannot register global namespace when not enabled"
    assert await refused(namespace.register(is_global_namespace=True)) == (invalid, text)
    assert await refused(namespace.register(active_cluster_name="zzz")) == (invalid, "Invalid cluster name: zzz")
    long = RegisterNamespaceRequest(namespace="x" * 1001)
    text = "Namespace length exceeds limit."
    assert await refused(namespace.service.register_namespace(long, timeout=CALL)) == (invalid, text)
    missing = ("NOT_FOUND", f"Namespace {case.id} is not found.")
    assert await refused(namespace.describe()) == missing
    assert await refused(namespace.update()) == missing


@scenario
async def test_a_deprecated_namespace_takes_no_new_runs_and_lets_others_be(case: Case):
    namespace = Namespace(case)
    await namespace.register()
    run = await namespace.start("open")
    await namespace.service.deprecate_namespace(DeprecateNamespaceRequest(namespace=case.id), timeout=CALL)
    text = "Namespace has invalid state: Deprecated. Must be Registered."

    async def outcome() -> tuple[str, str]:
        # A request of its own each time: one that was answered would only be answered again.
        try:
            await namespace.start(f"late-{next(numbers)}")
            return "", ""
        except RPCError as error:
            return error.status.name, error.message

    numbers = iter(range(1_000_000))
    assert await until(outcome, lambda outcome: outcome[0] != "") == ("FAILED_PRECONDITION", text)
    describe = DescribeWorkflowExecutionRequest(namespace=case.id, execution=run)
    await namespace.service.describe_workflow_execution(describe, timeout=CALL)
    back = UpdateNamespaceInfo(state=NamespaceState.NAMESPACE_STATE_REGISTERED)
    assert await refused(namespace.update(update_info=back)) == ("INVALID_ARGUMENT", "Invalid namespace state update.")


@scenario
async def test_a_deleted_namespace_gives_up_its_name_and_goes_with_its_runs(case: Case):
    namespace = Namespace(case)
    await namespace.register()
    run = await namespace.start("open")
    id = (await namespace.describe()).namespace_info.id
    deleted = await namespace.delete(namespace_delete_delay=Duration(seconds=3600))
    assert deleted == f"{case.id}-deleted-{id[:5]}"
    assert await refused(namespace.describe()) == ("NOT_FOUND", f"Namespace {case.id} is not found.")
    info = (await namespace.describe(id=id)).namespace_info
    assert (info.name, info.state) == (deleted, NamespaceState.NAMESPACE_STATE_DELETED)
    await namespace.register()
    assert (await namespace.describe()).namespace_info.id != id

    async def names(include_deleted: bool) -> list[str]:
        shown = NamespaceFilter(include_deleted=include_deleted)
        request = ListNamespacesRequest(page_size=1000, namespace_filter=shown)
        listed = await namespace.service.list_namespaces(request, timeout=CALL)
        return [described.namespace_info.name for described in listed.namespaces]

    assert deleted not in await names(include_deleted=False)
    assert deleted in await names(include_deleted=True)

    async def status() -> str:
        request = DescribeWorkflowExecutionRequest(namespace=deleted, execution=run)
        return (await refused(namespace.service.describe_workflow_execution(request, timeout=CALL)))[0]

    # As soon as every node has heard of it, nothing can be done in it.
    assert await until(status, lambda status: status != "NOT_FOUND") == "FAILED_PRECONDITION"


@scenario
async def test_the_systems_namespace_is_nobodys(case: Case):
    namespace = Namespace(case)
    namespace.name = "temporal-system"
    text = 'Namespace "temporal-system" already exists'
    assert await refused(namespace.register()) == ("ALREADY_EXISTS", text)
    text = "unable to delete system namespace"
    assert await refused(namespace.delete()) == ("FAILED_PRECONDITION", text)
