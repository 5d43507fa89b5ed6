// Whoever may start a workflow chooses ids, types, payloads, failures, reasons: none of it may run in the browser of
// whoever looks, and all of it has to be readable as what it is.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import { crawl } from './harness/crawl.mjs';
import { browse, Visitor } from './harness/visitor.mjs';
import { runPath, World } from './harness/world.mjs';

const EVIL = `"><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>'&lt;b&gt;`;
const { CommandType } = proto.temporal.api.enums.v1;
const payload = (value) => ({ payloads: [defaultPayloadConverter.toPayload(value)] });

let world, browser, running, failed;

before(async () => {
  [world, browser] = await Promise.all([World.open({ worker: false }), browse()]);
  await world.connection.withDeadline(Date.now() + 60_000, async () => {
    running = await evilRun(`${EVIL} running`, []);
    failed = await evilRun(`${EVIL} failed`, [failure()]);
  });
});

after(async () => {
  await browser?.close();
  await world?.close();
});

/** A run that has everything evil; a worker by hand does one workflow task and one attempt of its activity. */
async function evilRun(workflowId, last) {
  const service = world.client.workflowService;
  const [namespace, identity, taskQueue] = ['default', EVIL, `queue of ${workflowId}`];
  const queue = { name: taskQueue };
  const handle = await world.start(EVIL, workflowId, [EVIL, { [EVIL]: [EVIL] }], {
    taskQueue,
    memo: { [EVIL]: EVIL },
    staticSummary: EVIL,
    staticDetails: `${EVIL}\n\n[a link](javascript:document.title='owned')`,
  });
  await handle.signal(EVIL, EVIL);
  const { taskToken } = await service.pollWorkflowTaskQueue({ namespace, taskQueue: queue, identity });
  const commands = [activity(queue), timer(), marker(), child(workflowId), ...last];
  await service.respondWorkflowTaskCompleted({ namespace, taskToken, identity, commands });
  if (last.length === 0) {
    const task = await service.pollActivityTaskQueue({ namespace, taskQueue: queue, identity });
    const evil = failure().failWorkflowExecutionCommandAttributes.failure;
    evil.applicationFailureInfo.nonRetryable = false;
    await service.respondActivityTaskFailed({ namespace, taskToken: task.taskToken, identity, failure: evil });
  }
  return handle;
}

const activity = (taskQueue) => ({
  commandType: CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
  scheduleActivityTaskCommandAttributes: {
    activityId: EVIL,
    activityType: { name: EVIL },
    taskQueue,
    input: payload(EVIL),
    startToCloseTimeout: { seconds: 60 },
    retryPolicy: { initialInterval: { seconds: 600 }, backoffCoefficient: 1 },
  },
});

const timer = () => ({
  commandType: CommandType.COMMAND_TYPE_START_TIMER,
  startTimerCommandAttributes: { timerId: EVIL, startToFireTimeout: { seconds: 3600 } },
});

const marker = () => ({
  commandType: CommandType.COMMAND_TYPE_RECORD_MARKER,
  recordMarkerCommandAttributes: { markerName: EVIL, details: { [EVIL]: payload(EVIL) } },
});

const child = (workflowId) => ({
  commandType: CommandType.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
  startChildWorkflowExecutionCommandAttributes: {
    namespace: 'default',
    workflowId: `${workflowId}'s child`,
    workflowType: { name: EVIL },
    taskQueue: { name: EVIL },
  },
});

const failure = () => ({
  commandType: CommandType.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION,
  failWorkflowExecutionCommandAttributes: {
    failure: {
      message: EVIL,
      source: EVIL,
      stackTrace: EVIL,
      applicationFailureInfo: { type: EVIL, nonRetryable: true, details: payload(EVIL) },
      cause: { message: EVIL, source: EVIL, stackTrace: EVIL, applicationFailureInfo: { type: EVIL } },
    },
  },
});

/** What would be there if anything had come through as markup. */
async function intruders(visitor) {
  return await visitor.page.evaluate(() => {
    const found = [
      ...document.querySelectorAll('img[src="x"], [onerror], script:not([src]), a[href^="javascript:" i]'),
    ];
    if (document.title === 'owned') found.push(document.querySelector('title'));
    return found.map((element) => element.outerHTML.slice(0, 200));
  });
}

for (const javaScriptEnabled of [true, false]) {
  test(`hostile ids, payloads and failures are text, ${javaScriptEnabled ? 'with' : 'without'} scripts`, async () => {
    const visitor = await Visitor.enter(browser, world.origin, { javaScriptEnabled });
    const paths = ['/', runPath(running), runPath(failed)];
    paths.push(
      `/namespaces/default/workflows?query=${encodeURIComponent(`WorkflowType = '${EVIL.replaceAll("'", "\\'")}'`)}`
    );
    const silent = [];
    await crawl(visitor, paths, async (path) => {
      assert.deepEqual(await intruders(visitor), [], path);
      if (!(await visitor.page.locator('body').textContent()).includes('<img src=x onerror')) silent.push(path);
    });
    console.log(`pages that show nothing hostile: ${silent.join(' ')}`);
    for (const run of [running, failed]) {
      await visitor.open(runPath(run, 'history'));
      await visitor.page.getByText('<img src=x onerror').first().waitFor();
    }
    await visitor.leave();
  });
}

test('hostile addresses are text', async () => {
  const visitor = await Visitor.enter(browser, world.origin);
  visitor.forgive(/40[04]/);
  const evil = encodeURIComponent(EVIL);
  const paths = [
    `/${evil}`,
    `/namespaces/${evil}/workflows`,
    `/namespaces/default/workflows/${evil}/${evil}/history`,
    `/namespaces/default/workflows?query=${evil}`,
    `/namespaces/default/workflows/start-workflow?workflow-id=${evil}&type=${evil}&task-queue=${evil}&input=${evil}`,
    `/namespaces/default/workflows/start-workflow?workflowId=${encodeURIComponent(running.workflowId)}`,
    `/namespaces/default/workflows/actions/columns?query=${evil}`,
    `/namespaces/default/task-queues/${evil}`,
    `/namespaces/default/workers?query=${evil}`,
    ...['view', 'sort', 'q', 'type', 'after'].map((name) => runPath(running, `history?${name}=${evil}`)),
    runPath(running, `query?query-type=${evil}&type=${evil}&input=${evil}`),
    runPath(running, `actions/reset?event-id=${evil}&before=${evil}`),
    runPath(running, `actions/activity-pause?activity-id=${evil}`),
    runPath(running, `actions/update?update-id=${evil}`),
  ];
  for (const path of paths) {
    await visitor.page.goto(visitor.origin + path);
    assert.deepEqual(await intruders(visitor), [], path);
  }
  await visitor.leave();
});
