// What changes is on the page at once, and nothing that its visitor is doing is lost by it. The delays are told, and are
// judged by a person: a busy machine makes them long, and no test depends on them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { proxy } from './harness/proxy.mjs';
import { browse, Visitor } from './harness/visitor.mjs';
import { runPath, World } from './harness/world.mjs';

let world, browser;

before(async () => {
  [world, browser] = await Promise.all([World.open({ stored: true }), browse()]);
});

after(async () => {
  await browser?.close();
  await world?.close();
});

const told = (what, delays) => {
  const sorted = delays.toSorted((one, other) => one - other);
  console.log(`${what}: on the page after ${sorted[sorted.length >> 1]} ms in the median, ${sorted.at(-1)} ms at most`);
};

test('a workflow that is started appears in the list', async () => {
  const visitor = await Visitor.enter(browser, world.origin);
  await visitor.open('/namespaces/default/workflows');
  await visitor.live();
  const delays = [];
  for (let each = 0; each < 5; each += 1) {
    const id = `appears-${each}`;
    delays.push(await visitor.delay(id, () => world.start('approval', id, [id])));
  }
  told('a new run in the list', delays);
  await visitor.leave();
});

test('a signal appears in the history of the run', async () => {
  const run = await world.start('sleeps', 'is-signaled');
  const visitor = await Visitor.enter(browser, world.origin);
  await visitor.open(runPath(run, 'history'));
  await visitor.live();
  const delays = [];
  for (let each = 0; each < 5; each += 1) {
    const name = `signal-number-${each}`;
    delays.push(await visitor.delay(name, () => run.signal(name)));
  }
  told('a signal in the history', delays);
  await visitor.leave();
});

test('the status of a run follows it', async () => {
  const run = await world.start('approval', 'is-approved', ['7']);
  const visitor = await Visitor.enter(browser, world.origin);
  await visitor.open(runPath(run));
  await visitor.live();
  const delay = await visitor.delay('Completed', () => run.signal('approve', 'somebody'));
  told('the end of a run', [delay]);
  await visitor.leave();
});

test('a page is connected again after the server was away, and shows what it has missed', async () => {
  const run = await world.start('sleeps', 'is-away');
  const visitor = await Visitor.enter(browser, world.origin);
  visitor.forgive(
    /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_FAILED/
  );
  await visitor.open(runPath(run, 'history'));
  await visitor.live();
  await world.server.stop();
  await visitor.page.getByText('Not connected').waitFor();
  await visitor.shot('not-connected');
  await world.server.start();
  await run.signal('after-the-restart');
  await visitor.page.locator('main').getByText('after-the-restart').first().waitFor();
  await visitor.page.getByText('Not connected').waitFor({ state: 'hidden' });
  await visitor.leave();
});

test('a page is live behind a proxy that holds streams back', async (context) => {
  const front = await proxy(world.origin, { holds: true });
  context.after(() => front.close());
  const run = await world.start('sleeps', 'is-held-back');
  const visitor = await Visitor.enter(browser, front.origin);
  await visitor.open(runPath(run, 'history'));
  await run.signal('past-the-proxy');
  await visitor.page.locator('main').getByText('past-the-proxy').first().waitFor();
  await visitor.leave();
});

test('what is typed into a dialog, and where the focus is, survives changes behind it', async () => {
  const run = await world.start('sleeps', 'is-typed-at');
  const visitor = await Visitor.enter(browser, world.origin);
  await visitor.open(runPath(run));
  await visitor.live();
  const form = await visitor.form('Signal');
  const field = form.getByRole('textbox').first();
  await field.fill('half a wo');
  await visitor.changes(() => run.signal('behind the dialog'));
  assert.equal(await field.inputValue(), 'half a wo');
  assert(await field.evaluate((element) => element === document.activeElement), 'the focus has moved');
  await visitor.leave();
});
