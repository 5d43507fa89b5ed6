"""Custom search attributes of a namespace: added, listed, removed, and what their values may be."""

from temporalio.api.enums.v1 import IndexedValueType as Type
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
    RemoveSearchAttributesRequest,
)
from temporalio.service import RPCError

from harness import Case, scenario
from namespaces import CALL, Namespace, refused, until

INT = Type.INDEXED_VALUE_TYPE_INT
KEYWORD = Type.INDEXED_VALUE_TYPE_KEYWORD
INVALID = "INVALID_ARGUMENT"


class Attributes(Namespace):
    async def add(self, **kinds: int) -> None:
        request = AddSearchAttributesRequest(namespace=self.name, search_attributes=kinds)
        await self.operator.add_search_attributes(request, timeout=CALL)

    async def remove(self, *names: str) -> None:
        request = RemoveSearchAttributesRequest(namespace=self.name, search_attributes=names)
        await self.operator.remove_search_attributes(request, timeout=CALL)

    async def custom(self) -> dict[str, int]:
        request = ListSearchAttributesRequest(namespace=self.name)
        listed = await self.operator.list_search_attributes(request, timeout=CALL)
        assert listed.system_attributes["WorkflowId"] == KEYWORD and "BuildIds" in listed.system_attributes
        return dict(listed.custom_attributes)


async def registered(case: Case) -> Attributes:
    namespace = Attributes(case)
    await namespace.register()
    # Another node may need a moment to hear of a new namespace.
    await namespace.start("anybody")
    return namespace


@scenario
async def test_search_attributes_are_added_once_listed_and_removed(case: Case):
    namespace = await registered(case)
    await namespace.add(Size=INT, Color=KEYWORD)
    assert await until(namespace.custom, bool) == {"Size": INT, "Color": KEYWORD}
    await namespace.add(Size=KEYWORD)
    assert await namespace.custom() == {"Size": INT, "Color": KEYWORD}, "what is there stays as it is"
    await namespace.remove("Color", "Absent")
    assert await until(namespace.custom, lambda custom: len(custom) == 1) == {"Size": INT}


@scenario
async def test_names_of_the_system_are_neither_added_nor_removed(case: Case):
    namespace = await registered(case)
    for name in ("WorkflowId", "BuildIds", "TemporalAnything"):
        text = f"Search attribute {name} is reserved by system."
        assert await refused(namespace.add(**{name: KEYWORD})) == (INVALID, text)
    assert await refused(namespace.add(New=77)) == (INVALID, "Unknown search attribute type: 77.")
    assert await refused(namespace.add()) == (INVALID, "SearchAttributes are not set on request.")
    assert await refused(namespace.remove()) == (INVALID, "SearchAttributes are not set on request.")
    text = "Unable to remove non-custom search attributes: WorkflowId."
    assert await refused(namespace.remove("WorkflowId")) == (INVALID, text)


@scenario
async def test_a_value_has_the_type_that_its_search_attribute_was_added_with(case: Case):
    namespace = await registered(case)
    await namespace.add(Size=INT, Color=KEYWORD)
    text = f"Namespace {case.id} has no mapping defined for search attribute Size"

    async def start(**attributes: bytes) -> tuple[str, str]:
        try:
            await namespace.start(f"run-{next(numbers)}", **attributes)
            return "", ""
        except RPCError as error:
            return error.status.name, error.message

    numbers = iter(range(1_000_000))
    # Another node may need a moment to hear of a new search attribute.
    outcome = await until(lambda: start(Size=b"3"), lambda outcome: outcome[1] != text)
    assert outcome == ("", "")
    wrong = "invalid value for search attribute Size of type Int: big"
    assert await start(Size=b'"big"') == (INVALID, wrong)
    wrong = "invalid value for search attribute Color of type Keyword: 3"
    assert await start(Color=b"3") == (INVALID, wrong)
    text = f"Namespace {case.id} has no mapping defined for search attribute Unheard"
    assert await start(Unheard=b"1") == (INVALID, text)
    text = "WorkflowId attribute can't be set in SearchAttributes"
    assert await start(WorkflowId=b'"x"') == (INVALID, text)
