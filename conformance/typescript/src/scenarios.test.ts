// The scenarios: each one's name is a sentence about the server that can be false.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { WithStartWorkflowOperation, WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';
import { ACTIVITY, Bench, Corner, TASK, UPDATE } from './harness';
import * as workflows from './workflows';

let bench: Bench;
before(async () => void (bench = await Bench.open()));
after(async () => await bench.close());

function scenario(name: string, run: (corner: Corner) => Promise<void>): void {
  // No scenario needs this long; it turns a hanging server into a failure with a name.
  void test(name, { timeout: 60_000 }, async () => await run(bench.corner()));
}

/** What the workflow failed with. */
async function causeOf(result: Promise<unknown>): Promise<unknown> {
  try {
    await result;
  } catch (error) {
    assert(error instanceof WorkflowFailedError);
    return error.cause;
  }
  return assert.fail('the workflow did not fail');
}

scenario('an activity result reaches the workflow', async (c) => {
  const handle = await c.client.workflow.start(workflows.greets, { ...c.options, args: ['world'] });
  assert.equal(await c.work(() => handle.result()), 'Hello, world');
  await c.finish(handle, ['Started', ...TASK, ...ACTIVITY, ...TASK, 'Completed']);
});

scenario('an activity is tried again until it succeeds', async (c) => {
  const handle = await c.client.workflow.start(workflows.retries, { ...c.options, args: [3] });
  assert.equal(await c.work(() => handle.result()), 3);
  const events = await c.finish(handle, ['Started', ...TASK, ...ACTIVITY, ...TASK, 'Completed']);
  assert.equal(events[5].activityTaskStartedEventAttributes?.attempt, 3);
  assert.equal(events[5].activityTaskStartedEventAttributes?.lastFailure?.message, 'attempt 2');
});

scenario('an activity is tried no more often than allowed', async (c) => {
  const handle = await c.client.workflow.start(workflows.retries, { ...c.options, args: [9] });
  const cause = await causeOf(c.work(() => handle.result()));
  assert(cause instanceof ActivityFailure);
  assert.equal(cause.retryState, 'MAXIMUM_ATTEMPTS_REACHED');
  assert.equal(cause.cause?.message, 'attempt 3');
  const failed = ['ActivityScheduled', 'ActivityStarted', 'ActivityFailed'];
  await c.finish(handle, ['Started', ...TASK, ...failed, ...TASK, 'Failed']);
});

scenario('a workflow may wait until its activity has stopped', async (c) => {
  const handle = await c.client.workflow.start(workflows.stopsAnActivity, c.options);
  const result = await c.work(
    async () => {
      await c.seen(handle, 'ActivityScheduled');
      let pending = (await handle.describe()).raw.pendingActivities ?? [];
      // An activity that was not started yet would be canceled without its worker.
      while (!pending[0]?.lastStartedTime) pending = (await handle.describe()).raw.pendingActivities ?? [];
      await handle.signal(workflows.stop);
      return await handle.result();
    },
    { maxHeartbeatThrottleInterval: 50, defaultHeartbeatThrottleInterval: 50 }
  );
  assert.equal(result, 'canceled');
  const canceled = ['ActivityCancelRequested', 'ActivityStarted', 'ActivityCanceled'];
  const expected = ['Started', ...TASK, 'ActivityScheduled', 'Signaled', ...TASK, ...canceled, ...TASK, 'Completed'];
  await c.finish(handle, expected);
});

scenario('a canceled timer never fires', async (c) => {
  const handle = await c.client.workflow.start(workflows.cancelsATimer, c.options);
  assert.equal(await c.work(() => handle.result()), 'canceled');
  const first = ['TimerStarted', 'TimerStarted', 'TimerFired'];
  const then = ['TimerCanceled', 'TimerStarted', 'TimerFired'];
  await c.finish(handle, ['Started', ...TASK, ...first, ...TASK, ...then, ...TASK, 'Completed']);
});

scenario('signals before the first task arrive in order', async (c) => {
  const handle = await c.client.workflow.signalWithStart(workflows.joins, {
    ...c.options,
    args: [3],
    signal: workflows.word,
    signalArgs: ['a'],
  });
  await handle.signal(workflows.word, 'b');
  await handle.signal(workflows.word, 'c');
  const result = c.client.workflow.getHandle(c.id).result();
  assert.equal(await c.work(() => result), 'abc');
  await c.finish(handle, ['Started', 'Signaled', 'TaskScheduled', 'Signaled', 'Signaled', ...TASK.slice(1), 'Completed']);
});

scenario('a query sees the signals before it and outlives the run', async (c) => {
  const handle = await c.client.workflow.start(workflows.joins, { ...c.options, args: [2] });
  await c.work(async () => {
    await c.seen(handle, 'TaskCompleted');
    await handle.signal(workflows.word, 'a');
    assert.equal(await handle.query(workflows.joined), 'a');
    await handle.signal(workflows.word, 'b');
    assert.equal(await handle.result(), 'ab');
    assert.equal(await handle.query(workflows.joined), 'ab');
    await assert.rejects(handle.query('unheardOf'), { name: 'QueryNotRegisteredError' });
  });
  await c.finish(handle, ['Started', ...TASK, 'Signaled', ...TASK, 'Signaled', ...TASK, 'Completed']);
});

scenario('a worker without a cache replays the run at every task', async (c) => {
  const handle = await c.client.workflow.start(workflows.joins, { ...c.options, args: [2] });
  await c.work(
    async () => {
      for (const n of [1, 2]) {
        await c.seen(handle, 'TaskCompleted', n);
        await handle.signal(workflows.word, String(n));
      }
      assert.equal(await handle.result(), '12');
    },
    { maxCachedWorkflows: 0 }
  );
  await c.finish(handle, ['Started', ...TASK, 'Signaled', ...TASK, 'Signaled', ...TASK, 'Completed']);
});

scenario('a canceled workflow may clean up first', async (c) => {
  const handle = await c.client.workflow.start(workflows.cleansUp, c.options);
  const cause = await causeOf(
    c.work(async () => {
      await c.seen(handle, 'TimerStarted');
      await handle.cancel();
      await handle.result();
    })
  );
  assert(cause instanceof CancelledFailure);
  const cleaning = ['TimerCanceled', 'TimerStarted', 'TimerFired'];
  const expected = ['Started', ...TASK, 'TimerStarted', 'CancelRequested', ...TASK, ...cleaning, ...TASK, 'Canceled'];
  await c.finish(handle, expected);
});

scenario('a chain of runs has the result of the last', async (c) => {
  const handle = await c.client.workflow.start(workflows.countsDown, { ...c.options, args: [1] });
  assert.equal(await c.work(() => handle.result()), handle.firstExecutionRunId);
  await c.finish(c.client.workflow.getHandle(c.id), ['Started', ...TASK, 'Completed']);
  const first = c.client.workflow.getHandle(c.id, handle.firstExecutionRunId);
  await c.finish(first, ['Started', ...TASK, 'ContinuedAsNew']);
});

scenario('what a workflow marks is in its history and description', async (c) => {
  const handle = await c.client.workflow.start(workflows.marks, { ...c.options, memo: { stage: 'new', owner: 'me' } });
  const [, greeting] = await c.work(() => handle.result());
  assert.equal(greeting, 'Hello, patch');
  const described = await handle.describe();
  assert.equal(described.status.name, 'COMPLETED');
  assert.deepEqual(described.memo, { stage: 'marked', owner: 'me' });
  assert.deepEqual(described.searchAttributes.CustomKeywordField, ['blue']);
  const marked = ['MarkerRecorded', 'UpsertSearchAttributes', 'MarkerRecorded'];
  const upserted = ['PropertiesModified', 'UpsertSearchAttributes', 'TimerStarted', 'TimerFired'];
  await c.finish(handle, ['Started', ...TASK, ...marked, ...upserted, ...TASK, 'Completed']);
});

scenario('an id has one open run unless the starter says otherwise', async (c) => {
  const first = await c.client.workflow.start(workflows.waits, c.options);
  await assert.rejects(c.client.workflow.start(workflows.waits, c.options), WorkflowExecutionAlreadyStartedError);
  const second = await c.client.workflow.start(workflows.waits, {
    ...c.options,
    workflowIdConflictPolicy: 'TERMINATE_EXISTING',
  });
  assert.notEqual(second.firstExecutionRunId, first.firstExecutionRunId);
  await second.terminate('enough');
  assert((await causeOf(second.result())) instanceof TerminatedFailure);
  for (const run of [first, second]) {
    const handle = c.client.workflow.getHandle(c.id, run.firstExecutionRunId);
    await c.finish(handle, ['Started', 'TaskScheduled', 'Terminated']);
  }
});

scenario('a workflow failure carries type, message and details', async (c) => {
  const handle = await c.client.workflow.start(workflows.fails, c.options);
  const cause = await causeOf(c.work(() => handle.result()));
  assert(cause instanceof ApplicationFailure);
  assert.deepEqual([cause.message, cause.type, cause.nonRetryable], ['on purpose', 'Deliberate', true]);
  assert.deepEqual(cause.details, [{ detail: 1 }]);
  await c.finish(handle, ['Started', ...TASK, 'Failed']);
});

scenario('an update is answered once for each id', async (c) => {
  const handle = await c.client.workflow.start(workflows.sums, { ...c.options, args: [3] });
  await c.work(async () => {
    await c.seen(handle, 'TaskCompleted');
    for (const number of [2, 99]) {
      assert.equal(await handle.executeUpdate(workflows.add, { args: [number], updateId: 'once' }), 2);
    }
    assert.equal(await handle.executeUpdate(workflows.add, { args: [1] }), 3);
    assert.equal(await handle.result(), 3);
  });
  await c.finish(handle, ['Started', ...TASK, ...TASK, ...UPDATE, ...TASK, ...UPDATE, 'Completed']);
});

scenario('a rejected update leaves nothing in the history', async (c) => {
  const handle = await c.client.workflow.start(workflows.sums, { ...c.options, args: [1] });
  await c.work(async () => {
    await c.seen(handle, 'TaskCompleted');
    await assert.rejects(handle.executeUpdate(workflows.add, { args: [-1] }), WorkflowUpdateFailedError);
    assert.equal(await handle.executeUpdate(workflows.add, { args: [1] }), 1);
    await handle.result();
  });
  await c.finish(handle, ['Started', ...TASK, ...TASK, ...UPDATE, 'Completed']);
});

scenario('an update with start starts the run that it updates', async (c) => {
  const startWorkflowOperation = new WithStartWorkflowOperation(workflows.sums, {
    ...c.options,
    args: [1],
    workflowIdConflictPolicy: 'FAIL',
  });
  const options = { args: [1] as [number], startWorkflowOperation };
  const handle = await c.work(async () => {
    assert.equal(await c.client.workflow.executeUpdateWithStart(workflows.add, options), 1);
    const started = await startWorkflowOperation.workflowHandle();
    assert.equal(await started.result(), 1);
    return started;
  });
  await c.finish(handle, ['Started', ...TASK, ...UPDATE, 'Completed']);
});

scenario('a parent gets the result of its child', async (c) => {
  const handle = await c.client.workflow.start(workflows.parent, { ...c.options, args: [`${c.id}-child`, true] });
  assert.equal(await c.work(() => handle.result()), `from ${c.id}`);
  const started = ['StartChildInitiated', 'ChildStarted', ...TASK];
  await c.finish(handle, ['Started', ...TASK, ...started, 'ChildCompleted', ...TASK, 'Completed']);
});

scenario('a parent is told why its child failed', async (c) => {
  const handle = await c.client.workflow.start(workflows.parent, { ...c.options, args: [`${c.id}-child`, false] });
  const cause = await causeOf(c.work(() => handle.result()));
  assert(cause instanceof ChildWorkflowFailure);
  assert(cause.cause instanceof ApplicationFailure);
  assert.equal(cause.cause.type, 'Fault');
  const started = ['StartChildInitiated', 'ChildStarted', ...TASK];
  await c.finish(handle, ['Started', ...TASK, ...started, 'ChildFailed', ...TASK, 'Failed']);
});

scenario('a workflow signals another', async (c) => {
  const workflowId = `${c.id}-target`;
  const target = await c.client.workflow.start(workflows.joins, { ...c.options, workflowId, args: [1] });
  const handle = await c.client.workflow.start(workflows.tells, { ...c.options, args: [workflowId] });
  const joined = await c.work(async () => {
    await handle.result();
    return await target.result();
  });
  assert.equal(joined, 'hello');
  const signaled = ['SignalExternalInitiated', 'ExternalSignaled'];
  await c.finish(handle, ['Started', ...TASK, ...signaled, ...TASK, 'Completed']);
});

scenario('a workflow is tried again by its policy', async (c) => {
  const retry = { initialInterval: 1, maximumAttempts: 3 };
  const handle = await c.client.workflow.start(workflows.succeedsAt, { ...c.options, args: [2], retry });
  assert.equal(await c.work(() => handle.result()), 2);
  const first = c.client.workflow.getHandle(c.id, handle.firstExecutionRunId);
  await c.finish(first, ['Started', ...TASK, 'Failed']);
  await c.finish(c.client.workflow.getHandle(c.id), ['Started', ...TASK, 'Completed']);
});

scenario('a reset run gets the signals again', async (c) => {
  const handle = await c.client.workflow.start(workflows.joins, { ...c.options, args: [1] });
  const runId = await c.work(async () => {
    await c.seen(handle, 'TaskCompleted');
    await handle.signal(workflows.word, 'a');
    await handle.result();
    const reset = await c.client.workflowService.resetWorkflowExecution({
      namespace: c.client.options.namespace,
      workflowExecution: { workflowId: c.id, runId: handle.firstExecutionRunId },
      requestId: randomUUID(),
      workflowTaskFinishEventId: 4 as never,
    });
    assert.equal(await c.client.workflow.getHandle(c.id, reset.runId).result(), 'a');
    return reset.runId;
  });
  const failed = ['TaskScheduled', 'TaskStarted', 'TaskFailed'];
  await c.finish(c.client.workflow.getHandle(c.id, runId), ['Started', ...failed, 'Signaled', ...TASK, 'Completed']);
});
