// What whoever runs the server switches off is not offered on the page, and is refused to who asks for it all the same.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browse, Visitor } from './harness/visitor.mjs';
import { EMPTY_QUEUE, runPath, World } from './harness/world.mjs';

let browser;

before(async () => {
  browser = await browse();
});

after(async () => {
  await browser?.close();
});

/** A server with these flags, and one run on it on which nobody works. */
async function served(context, ...flags) {
  const world = await World.open({ worker: false, flags });
  context.after(() => world.close());
  const run = await world.start('approval', 'switched-1', [], { taskQueue: EMPTY_QUEUE });
  return { world, run };
}

/** Which actions lead from the page. */
const offered = (visitor) =>
  visitor.page.locator('a[href*="/actions/"]').evaluateAll((all) => all.map(({ href }) => href));

test('a page that is for reading only offers nothing else', async (context) => {
  const { world, run } = await served(context, '--ui-read-only');
  const visitor = await Visitor.enter(browser, world.origin);
  for (const path of [
    '/namespaces',
    '/namespaces/default',
    '/namespaces/default/search-attributes',
    runPath(run),
    runPath(run, 'pending-activities'),
  ]) {
    await visitor.open(path);
    assert.deepEqual(await offered(visitor), [], path);
  }
  await visitor.open('/namespaces/default/workflows');
  assert.equal(await visitor.page.getByRole('link', { name: 'Start a workflow' }).count(), 0);
  assert.equal(await visitor.page.getByRole('button', { name: 'Terminate' }).count(), 0);
  visitor.forgive(/403/);
  for (const path of [
    runPath(run, 'actions/terminate'),
    '/namespaces/actions/create',
    '/namespaces/default/workflows/start-workflow',
  ]) {
    await visitor.open(path, { status: 403 });
  }
  await visitor.leave();
});

test('a single action is switched off, and a form that was open before is refused', async (context) => {
  const { world, run } = await served(context, '--ui-disable', 'terminate', '--ui-disable', 'batch');
  const visitor = await Visitor.enter(browser, world.origin);
  await visitor.open(runPath(run));
  const actions = await offered(visitor);
  assert(
    actions.some((href) => href.endsWith('/actions/signal')),
    actions.join()
  );
  assert(!actions.some((href) => href.endsWith('/actions/terminate')), actions.join());
  const token = await visitor.page.locator('input[name=_csrf]').first().inputValue();
  const answer = await visitor.page.request.post(world.origin + runPath(run, 'actions/terminate'), {
    form: { _csrf: token },
  });
  assert.equal(answer.status(), 403);
  assert.equal((await run.describe()).status.name, 'RUNNING');
  await visitor.leave();
});
