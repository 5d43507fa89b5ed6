"""What lists and counts find: the query language, custom search attributes of every type, order, groups, pages.

Each scenario starts runs of its own and names their task queue in every query. Lists of the reference server lag behind,
so the first query of a scenario is asked until it shows what it must.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import WorkflowExecutionStatus as Status
from temporalio.api.filter.v1 import StartTimeFilter, StatusFilter, WorkflowExecutionFilter, WorkflowTypeFilter
from temporalio.api.workflowservice.v1 import (
    ListClosedWorkflowExecutionsRequest,
    ListOpenWorkflowExecutionsRequest,
    ListWorkflowExecutionsRequest,
    ScanWorkflowExecutionsRequest,
)
from temporalio.client import WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError, RPCStatusCode

from harness import PATIENCE, Case, scenario

KEYWORD = SearchAttributeKey.for_keyword("CustomKeywordField")
TEXT = SearchAttributeKey.for_text("CustomTextField")
NUMBER = SearchAttributeKey.for_int("CustomIntField")
REAL = SearchAttributeKey.for_float("CustomDoubleField")
FLAG = SearchAttributeKey.for_bool("CustomBoolField")
MOMENT = SearchAttributeKey.for_datetime("CustomDatetimeField")


@workflow.defn
class Order:
    @workflow.run
    async def run(self, number: int) -> int:
        if number % 2 == 0:
            await workflow.wait_condition(lambda: False)
        workflow.upsert_search_attributes([NUMBER.value_set(10 * number)])
        return number


def attributes(number: int) -> TypedSearchAttributes:
    pairs = [
        SearchAttributePair(KEYWORD, ["red", "green", "blue"][number % 3]),
        SearchAttributePair(NUMBER, number),
        SearchAttributePair(REAL, number + 0.5),
        SearchAttributePair(FLAG, number > 3),
        SearchAttributePair(TEXT, f"Order number {number} of many"),
        SearchAttributePair(MOMENT, datetime(2024, 1, 1 + number, tzinfo=timezone.utc)),
    ]
    return TypedSearchAttributes(pairs if number < 5 else [])


class Orders:
    """Runs 0 to 5: the odd ones have ended, the others are open; the last has no search attributes of its own."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def number(self, workflow_id: str) -> int:
        return int(workflow_id.removeprefix(f"{self.case.id}-"))

    def query(self, condition: str) -> str:
        own = f"TaskQueue = '{self.case.id}'"
        return f"{own} AND ({condition})" if condition else own

    async def find(self, condition: str, tail: str = "", page_size: int = 2) -> list[int]:
        query = f"{self.query(condition)} {tail}"
        runs = self.case.client.list_workflows(query, page_size=page_size)
        return [self.number(run.id) async for run in runs]

    async def count(self, condition: str) -> int:
        return (await self.case.client.count_workflows(self.query(condition))).count


@asynccontextmanager
async def orders(case: Case) -> AsyncIterator[Orders]:
    found = Orders(case)
    async with case.worker([Order]):
        handles = [
            await case.start(
                Order.run,
                number,
                id=f"{case.id}-{number}",
                memo={"number": number},
                search_attributes=attributes(number),
            )
            for number in range(6)
        ]
        for handle in handles[1::2]:
            await handle.result()
        while await found.count("ExecutionStatus = 'Completed'") < 3 or await found.count("") < 6:
            pass
        yield found
        for handle in handles[0::2]:
            await handle.terminate()


@scenario
async def a_query_finds_runs_by_attributes_of_every_type(case: Case) -> None:
    async with orders(case) as found:
        for condition, expected in [
            ("", {0, 1, 2, 3, 4, 5}),
            ("CustomKeywordField = 'red'", {0, 3}),
            ("CustomKeywordField != 'red'", {1, 2, 4}),
            ("CustomKeywordField IN ('red', 'green')", {0, 1, 3, 4}),
            ("CustomKeywordField STARTS_WITH 'gr'", {1, 4}),
            ("CustomKeywordField IS NULL", {5}),
            # What the workflow has upserted.
            ("CustomIntField > 3", {1, 3, 4, 5}),
            ("CustomIntField BETWEEN 0 AND 10", {0, 1, 2, 4}),
            ("CustomDoubleField <= 1.5", {0, 1}),
            ("CustomBoolField = true", {4}),
            ("CustomTextField = 'NUMBER nothing'", {0, 1, 2, 3, 4}),
            ("CustomTextField = '3'", {3}),
            ("CustomDatetimeField > '2024-01-03T12:00:00Z'", {3, 4}),
            ("ExecutionStatus = 'Running'", {0, 2, 4}),
            ("WorkflowType = 'Order' AND NOT ExecutionStatus = 'Running'", {1, 3, 5}),
            ("CloseTime IS NULL OR CustomKeywordField = 'red'", {0, 2, 3, 4}),
            ("ExecutionDuration < '1h'", {1, 3, 5}),
            ("StartTime > '2020-01-01T00:00:00Z' AND HistoryLength > 4", {1, 3, 5}),
            (f"WorkflowId STARTS_WITH '{case.id}' AND CustomBoolField = false", {0, 1, 2, 3}),
        ]:
            assert set(await found.find(condition)) == expected, condition
            assert await found.count(condition) == len(expected), condition


@scenario
async def a_list_shows_open_runs_first_and_what_they_carry(case: Case) -> None:
    async with orders(case) as found:
        assert (await found.find(""))[:3] == [4, 2, 0]
        async for run in case.client.list_workflows(found.query("CustomKeywordField = 'blue'")):
            assert run.id == f"{case.id}-2"
            assert (run.workflow_type, run.task_queue, run.status) == ("Order", case.id, WorkflowExecutionStatus.RUNNING)
            assert run.close_time is None
            assert await run.memo() == {"number": 2}
            shown = {pair.key.name: pair.value for pair in run.typed_search_attributes.search_attributes}
            expected = {pair.key.name: pair.value for pair in attributes(2).search_attributes}
            # The server adds some of its own.
            assert shown | expected == shown
            for name in expected:
                kind = run.raw_info.search_attributes.indexed_fields[name].metadata["type"].decode()
                assert f"Custom{kind}Field" == name
        async for run in case.client.list_workflows(found.query("CustomIntField = 30")):
            assert (run.id, run.status) == (f"{case.id}-3", WorkflowExecutionStatus.COMPLETED)
            assert run.close_time is not None and run.history_length > 4


@scenario
async def counts_have_groups_by_status(case: Case) -> None:
    async with orders(case) as found:
        counted = await case.client.count_workflows(f"{found.query('')} GROUP BY ExecutionStatus")
        assert counted.count == 6
        groups = {str(group.group_values[0]): group.count for group in counted.groups}
        assert groups == {"Running": 3, "Completed": 3}


@scenario
async def lists_have_any_order_and_counts_any_groups(case: Case) -> None:
    async with orders(case) as found:
        try:
            newest_last = await found.find("", "ORDER BY StartTime ASC")
        except RPCError as refused:
            assert "'ORDER BY' clause" in refused.message
            pytest.skip("the reference server sorts by nothing")
        assert newest_last == [0, 1, 2, 3, 4, 5]
        assert await found.find("", "ORDER BY StartTime DESC") == [5, 4, 3, 2, 1, 0]
        assert await found.find("", "ORDER BY CustomIntField DESC") == [5, 3, 1, 4, 2, 0]
        assert await found.find("", "ORDER BY CustomKeywordField, StartTime DESC") == [2, 4, 1, 3, 0, 5]
        assert await found.find("CustomTextField CONTAINS 'number 3'") == [3]
        for name, expected in [
            ("CustomKeywordField", {"red": 2, "green": 2, "blue": 1, "None": 1}),
            ("CustomBoolField", {"True": 1, "False": 4, "None": 1}),
        ]:
            counted = await case.client.count_workflows(f"{found.query('')} GROUP BY {name}")
            groups = {str(group.group_values[0]): group.count for group in counted.groups}
            assert groups == expected, name


@scenario
async def what_is_no_query_is_refused_with_the_reason(case: Case) -> None:
    for query, reason in [
        ("NoSuchName = 'x'", "invalid query: invalid expression: column name 'NoSuchName' is not a valid search attribute"),
        ("WorkflowType = ", "invalid query: malformed SQL query: syntax error at position "),
        (
            "WorkflowType = Unquoted",
            "invalid query: operation is not supported: column name on the right side of comparison expression"
            " (did you forget to quote 'Unquoted'?)",
        ),
        ("WorkflowType LIKE 'x'", "invalid query: invalid expression: invalid operator 'like' in `WorkflowType "),
        ("CustomDatetimeField > 'x'", "invalid query: invalid expression: unable to parse datetime 'x'"),
        ("ExecutionStatus = 'x'", "invalid query: invalid expression: invalid ExecutionStatus value 'x'"),
        ("WorkflowId = 'x' LIMIT 5", "invalid query: operation is not supported: 'LIMIT' clause"),
    ]:
        for ask in [lambda: anext(case.client.list_workflows(query)), lambda: case.client.count_workflows(query)]:
            with pytest.raises(RPCError) as refused:
                await ask()
            assert refused.value.status == RPCStatusCode.INVALID_ARGUMENT
            assert refused.value.message.startswith(reason), query


@scenario
async def old_forms_of_lists_find_the_same_runs(case: Case) -> None:
    service = case.client.workflow_service
    async with orders(case) as found:
        since = StartTimeFilter()
        since.earliest_time.FromDatetime(datetime.now(timezone.utc) - timedelta(hours=1))
        since.latest_time.FromDatetime(datetime.now(timezone.utc) + timedelta(hours=1))
        scanned = await service.scan_workflow_executions(
            ScanWorkflowExecutionsRequest(namespace="default", query=found.query("CustomIntField < 3")),
            timeout=PATIENCE,
        )
        assert {found.number(run.execution.workflow_id) for run in scanned.executions} == {0, 2}
        open_runs = await service.list_open_workflow_executions(
            ListOpenWorkflowExecutionsRequest(
                namespace="default",
                start_time_filter=since,
                execution_filter=WorkflowExecutionFilter(workflow_id=f"{case.id}-2"),
            ),
            timeout=PATIENCE,
        )
        assert [found.number(run.execution.workflow_id) for run in open_runs.executions] == [2]
        for more in [
            {"type_filter": WorkflowTypeFilter(name="Order")},
            {"status_filter": StatusFilter(status=Status.WORKFLOW_EXECUTION_STATUS_COMPLETED)},
        ]:
            closed_runs = await service.list_closed_workflow_executions(
                ListClosedWorkflowExecutionsRequest(namespace="default", start_time_filter=since, **more),
                timeout=PATIENCE,
            )
            mine = [run for run in closed_runs.executions if run.task_queue == case.id]
            assert {found.number(run.execution.workflow_id) for run in mine} == {1, 3, 5}


@scenario
async def pages_show_every_run_once_while_others_start(case: Case) -> None:
    async with orders(case) as found:
        numbers: list[int] = []
        token = b""
        while True:
            request = ListWorkflowExecutionsRequest(
                namespace="default", query=found.query(""), page_size=1, next_page_token=token
            )
            page = await case.client.workflow_service.list_workflow_executions(request, timeout=PATIENCE)
            numbers += [found.number(run.execution.workflow_id) for run in page.executions]
            token = page.next_page_token
            if not token:
                break
            late = await case.start(Order.run, 100, id=f"{case.id}-{100 + len(numbers)}")
            await late.terminate()
        assert sorted(number for number in numbers if number < 100) == [0, 1, 2, 3, 4, 5]
