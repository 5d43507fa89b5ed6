"""Timers: they fire once, never early, and not at all when canceled."""

import asyncio

from temporalio import workflow

from harness import MILLISECOND, TASK, Case, scenario


@workflow.defn
class Sleeps:
    @workflow.run
    async def run(self, milliseconds: int) -> float:
        began = workflow.now()
        await workflow.sleep(milliseconds * MILLISECOND)
        return (workflow.now() - began) / MILLISECOND


@workflow.defn
class CancelsOneTimer:
    """The last timer is there so that the run goes on for a while after the first one was canceled."""

    @workflow.run
    async def run(self) -> str:
        canceled = asyncio.create_task(workflow.sleep(60))
        await workflow.sleep(MILLISECOND)
        canceled.cancel()
        await workflow.sleep(20 * MILLISECOND)
        return "canceled" if canceled.cancelled() else "pending"


@workflow.defn
class CancelsATimerAtOnce:
    """The timer is canceled in the workflow task that started it, so the server may never hear of it."""

    @workflow.run
    async def run(self) -> str:
        timer = asyncio.create_task(workflow.sleep(60))
        await asyncio.sleep(0)
        timer.cancel()
        await asyncio.gather(timer, return_exceptions=True)
        return "canceled" if timer.cancelled() else "pending"


@workflow.defn
class SleepsManyTimes:
    @workflow.run
    async def run(self, timers: int) -> int:
        await asyncio.gather(*(workflow.sleep((1 + n % 10) * MILLISECOND) for n in range(timers)))
        return timers


@workflow.defn
class SleepsOutOfOrder:
    @workflow.run
    async def run(self) -> list[int]:
        order: list[int] = []

        async def sleep(milliseconds: int) -> None:
            await workflow.sleep(milliseconds * MILLISECOND)
            order.append(milliseconds)

        await asyncio.gather(*(sleep(milliseconds) for milliseconds in (400, 10, 200)))
        return order


@workflow.defn
class WaitsWithATimeout:
    @workflow.run
    async def run(self) -> str:
        try:
            await workflow.wait_condition(lambda: False, timeout=10 * MILLISECOND)
        except asyncio.TimeoutError:
            return "timed out"
        return "impossible"


@scenario
async def a_timer_fires_and_never_early(case: Case) -> None:
    async with case.worker([Sleeps]):
        handle = await case.start(Sleeps.run, 50)
        assert await handle.result() >= 50
    await case.finish(handle, [Sleeps], ["Started", *TASK, "TimerStarted", "TimerFired", *TASK, "Completed"])
    [started] = await case.find(handle, "TimerStarted")
    [fired] = await case.find(handle, "TimerFired")
    assert fired.event_time.ToDatetime() - started.event_time.ToDatetime() >= 50 * MILLISECOND
    assert fired.timer_fired_event_attributes.started_event_id == started.event_id
    assert fired.timer_fired_event_attributes.timer_id == started.timer_started_event_attributes.timer_id


@scenario
async def a_timer_of_no_length_fires_at_once(case: Case) -> None:
    async with case.worker([Sleeps]):
        handle = await case.start(Sleeps.run, 0)
        await handle.result()
    await case.finish(handle, [Sleeps], ["Started", *TASK, "TimerStarted", "TimerFired", *TASK, "Completed"])


@scenario
async def a_canceled_timer_never_fires(case: Case) -> None:
    async with case.worker([CancelsOneTimer]):
        handle = await case.start(CancelsOneTimer.run)
        assert await handle.result() == "canceled"
    await case.finish(
        handle,
        [CancelsOneTimer],
        ["Started", *TASK, "TimerStarted", "TimerStarted", "TimerFired"]
        + [*TASK, "TimerStarted", "TimerCanceled", "TimerFired", *TASK, "Completed"],
    )
    [canceled] = await case.find(handle, "TimerCanceled")
    [long] = [
        started
        for started in await case.find(handle, "TimerStarted")
        if started.timer_started_event_attributes.start_to_fire_timeout.seconds == 60
    ]
    assert canceled.timer_canceled_event_attributes.started_event_id == long.event_id
    assert canceled.timer_canceled_event_attributes.timer_id == long.timer_started_event_attributes.timer_id


@scenario
async def a_timer_canceled_in_its_own_task_leaves_no_event(case: Case) -> None:
    async with case.worker([CancelsATimerAtOnce]):
        handle = await case.start(CancelsATimerAtOnce.run)
        assert await handle.result() == "canceled"
    await case.finish(handle, [CancelsATimerAtOnce], ["Started", *TASK, "Completed"])


@scenario
async def many_parallel_timers_fire_once_each(case: Case) -> None:
    async with case.worker([SleepsManyTimes]):
        handle = await case.start(SleepsManyTimes.run, 200)
        assert await handle.result() == 200
    # How many of them fire together, and so the number of workflow tasks, is left to chance.
    await case.finish(handle, [SleepsManyTimes])
    fired = [event.timer_fired_event_attributes.timer_id for event in await case.find(handle, "TimerFired")]
    started = [event.timer_started_event_attributes.timer_id for event in await case.find(handle, "TimerStarted")]
    assert len(fired) == 200
    assert sorted(fired) == sorted(started)


@scenario
async def timers_fire_in_the_order_of_their_times(case: Case) -> None:
    async with case.worker([SleepsOutOfOrder]):
        handle = await case.start(SleepsOutOfOrder.run)
        assert await handle.result() == [10, 200, 400]
    # A server may wait a little and let several fire together, but not in another order.
    await case.finish(handle, [SleepsOutOfOrder])
    started = [event.timer_started_event_attributes for event in await case.find(handle, "TimerStarted")]
    started.sort(key=lambda timer: timer.start_to_fire_timeout.ToTimedelta())
    fired = [event.timer_fired_event_attributes.timer_id for event in await case.find(handle, "TimerFired")]
    assert fired == [timer.timer_id for timer in started]


@scenario
async def a_condition_that_never_holds_times_out(case: Case) -> None:
    async with case.worker([WaitsWithATimeout]):
        handle = await case.start(WaitsWithATimeout.run)
        assert await handle.result() == "timed out"
    await case.finish(handle, [WaitsWithATimeout], ["Started", *TASK, "TimerStarted", "TimerFired", *TASK, "Completed"])
