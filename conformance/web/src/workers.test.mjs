// What needs a worker or is about workers: queries and the call stack, task queues and what they are allowed, who polls, and
// what holds a run up.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browse, Visitor } from './harness/visitor.mjs';
import { EMPTY_QUEUE, QUEUE, runPath, World } from './harness/world.mjs';

let world, browser;

before(async () => {
  [world, browser] = await Promise.all([World.open(), browse()]);
});

after(async () => {
  await browser?.close();
  await world?.close();
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? 'with scripts' : 'without scripts';
  const number = javaScriptEnabled ? 1 : 2;

  test(`a workflow is queried, and shows where its code stands, ${how}`, async () => {
    const run = await world.start('approval', `queried-${number}`, ['77']);
    const visitor = await Visitor.enter(browser, world.origin, { javaScriptEnabled });
    await visitor.open(runPath(run, 'query'));
    const form = visitor.page.locator('main form').filter({ has: visitor.page.getByLabel('Query type') });
    await visitor.fill(form, { 'Query type': 'state', 'Input 1': '"the order"' });
    await form.getByRole('button', { name: 'Ask' }).click();
    await visitor.page.locator('main').getByText('the order 77: waiting').first().waitFor();
    visitor.forgive(/400/);
    await visitor.open(runPath(run, 'query'));
    await visitor.fill(form, { 'Query type': 'nothing-of-this-name' });
    await form.getByRole('button', { name: 'Ask' }).click();
    await visitor.page
      .locator('main')
      .getByText(/did not register a handler|unknown query/i)
      .first()
      .waitFor();
    await visitor.open(runPath(run, 'call-stack'));
    await visitor.says('workflows.mjs');
    await visitor.leave();
  });

  test(`a task queue is bounded, ${how}`, async () => {
    const visitor = await Visitor.enter(browser, world.origin, { javaScriptEnabled });
    await visitor.open('/namespaces/default/task-queues');
    await visitor.page.getByRole('link', { name: QUEUE, exact: true }).first().click();
    await visitor.says(`worker of ${QUEUE}`);
    const form = await visitor.form('Configure activity tasks');
    const rate = form.getByRole('group', { name: 'Rate limit of the queue' });
    await visitor.fill(rate, { 'Tasks per second': `12${number}`, Reason: 'for a test' });
    await visitor.act(form, {}, 'Save', QUEUE);
    await visitor.says(`12${number}`);
    const taskQueue = { name: QUEUE };
    const { config } = await world.client.workflowService.describeTaskQueue({
      namespace: 'default',
      taskQueue,
      taskQueueType: 2,
      reportConfig: true,
    });
    assert.equal(config.queueRateLimit.rateLimit.requestsPerSecond, 120 + number);
    await visitor.leave();
  });
}

test('what holds a run up is said on its page, and no longer once it is gone', async () => {
  const nobody = await world.start('approval', 'stuck-1', ['1'], { taskQueue: EMPTY_QUEUE });
  const retrying = await world.start('retries', 'stuck-2');
  await world.work('uncached-1', { maxCachedWorkflows: 0 });
  const drifting = await world.start('drifts', 'stuck-3', [], { taskQueue: 'uncached-1' });
  const broken = await world.start('breaks', 'failed-1', ['an order']);
  await world.event(drifting, 'WorkflowTaskFailed');
  await world.described(retrying, (raw) => raw.pendingActivities?.[0]?.lastFailure);
  await broken.result().catch(() => {});

  const visitor = await Visitor.enter(browser, world.origin);
  const why = async (run, ...texts) => {
    await visitor.open(runPath(run));
    for (const text of texts) await visitor.page.locator('#live-why').getByText(text).first().waitFor();
    await visitor.shot(`why-${run.workflowId}`);
  };
  await why(retrying, 'the carrier does not answer');
  await why(drifting, /determinis/i, /ActivityTaskScheduled/);
  await why(nobody, /No worker/i);
  await world.work(EMPTY_QUEUE);
  await visitor.page.locator('#live-why').getByText('It waits for a signal').waitFor();
  await visitor.open(runPath(broken));
  const text = await visitor.page.locator('main').innerText();
  const places = ['the order failed', 'the ledger was not written', 'the disk is full'].map((part) =>
    text.indexOf(part)
  );
  assert(
    places.every((place, index) => place > (places[index - 1] ?? 0)),
    places.join()
  );
  await visitor.shot('why-failed');
  await visitor.leave();
});
