"""One workflow that calls one activity as a plan says, and fails as the activity fails."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType


@dataclass
class Plan:
    """Times are in milliseconds, because the plan travels as JSON."""

    activity: str
    argument: Any = None
    task_queue: str | None = None
    schedule_to_start: int | None = None
    start_to_close: int | None = 20_000
    schedule_to_close: int | None = None
    heartbeat: int | None = None
    attempts: int = 0
    interval: int = 1
    coefficient: float = 1.0
    interval_max: int | None = None
    non_retryable: list[str] = field(default_factory=list)
    wait_for_cancellation: bool = False


def duration(milliseconds: int | None) -> timedelta | None:
    return None if milliseconds is None else timedelta(milliseconds=milliseconds)


@workflow.defn
class Calls:
    @workflow.run
    async def run(self, plan: Plan) -> Any:
        return await workflow.execute_activity(
            plan.activity,
            plan.argument,
            task_queue=plan.task_queue,
            schedule_to_start_timeout=duration(plan.schedule_to_start),
            start_to_close_timeout=duration(plan.start_to_close),
            schedule_to_close_timeout=duration(plan.schedule_to_close),
            heartbeat_timeout=duration(plan.heartbeat),
            cancellation_type=(
                ActivityCancellationType.WAIT_CANCELLATION_COMPLETED
                if plan.wait_for_cancellation
                else ActivityCancellationType.TRY_CANCEL
            ),
            retry_policy=RetryPolicy(
                initial_interval=timedelta(milliseconds=plan.interval),
                backoff_coefficient=plan.coefficient,
                maximum_interval=duration(plan.interval_max),
                maximum_attempts=plan.attempts,
                non_retryable_error_types=plan.non_retryable,
            ),
        )
