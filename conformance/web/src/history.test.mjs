// Histories of any size: a window of them is sent and shown, and all of it can be reached, found and taken away. The times
// are told, and are judged by a person: no test depends on them.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { longRun } from './harness/long.mjs';
import { browse, Visitor } from './harness/visitor.mjs';
import { runPath, World } from './harness/world.mjs';

const EVENTS = 20_000;
/** More rows than any page begins with. */
const ROWS_MAX = 500;

let world, browser, long, length;

before(async () => {
  [world, browser] = await Promise.all([World.open(), browse()]);
  long = await longRun(world, 'long-1', EVENTS);
  length = Number((await long.describe()).raw.workflowExecutionInfo.historyLength);
});

after(async () => {
  await browser?.close();
  await world?.close();
});

const rows = (visitor) => visitor.page.locator('main [data-row]');
const number = (locator) => locator.getAttribute('data-key').then(Number);

/** Opens a page, and returns how long it took until the browser had painted its content. */
async function opened(visitor, path) {
  const begun = performance.now();
  await visitor.open(path);
  await visitor.page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
  );
  return Math.round(performance.now() - begun);
}

test('a history of twenty thousand events opens at its end, and goes on as one scrolls', async () => {
  const visitor = await Visitor.enter(browser, world.origin);
  const times = [];
  for (let each = 0; each < 3; each += 1) times.push(await opened(visitor, runPath(long, 'history')));
  console.log(`${length} events: the history is painted after ${times.join(', ')} ms`);
  const count = await rows(visitor).count();
  assert(count > 20 && count <= ROWS_MAX, `${count} rows`);
  assert.equal(await number(rows(visitor).first()), length);
  await visitor.shot('long-history');
  const begun = performance.now();
  const wanted = count * 3;
  while ((await rows(visitor).count()) < wanted) {
    await rows(visitor).last().scrollIntoViewIfNeeded();
    await visitor.page.waitForFunction(
      (before) => document.querySelectorAll('main [data-row]').length > before,
      await rows(visitor).count()
    );
  }
  console.log(`two more windows are there after ${Math.round(performance.now() - begun)} ms`);
  const ids = await rows(visitor).evaluateAll((all) => all.map(({ dataset }) => Number(dataset.key)));
  assert.deepEqual(
    ids,
    ids.map((_, index) => length - index),
    'no event is missing or twice'
  );
  await visitor.leave();
});

test('a long history is read from its beginning, without scripts as well', async () => {
  for (const javaScriptEnabled of [true, false]) {
    const visitor = await Visitor.enter(browser, world.origin, { javaScriptEnabled });
    await visitor.open(runPath(long, 'history'));
    await visitor.page.getByRole('link', { name: /Newest first/ }).click();
    await visitor.page.getByRole('link', { name: /Oldest first/ }).waitFor();
    assert.equal(await number(rows(visitor).first()), 1);
    if (!javaScriptEnabled) {
      const last = await number(rows(visitor).last());
      await visitor.page.getByRole('link', { name: 'More events' }).click();
      await visitor.page.getByRole('link', { name: 'Back to the beginning of the list' }).waitFor();
      assert.equal(await number(rows(visitor).first()), last + 1);
    }
    await visitor.leave();
  }
});

test('what failed is found among twenty thousand events, and by an expression', async () => {
  const visitor = await Visitor.enter(browser, world.origin);
  const begun = performance.now();
  await visitor.open(runPath(long, 'history?failed=1'));
  console.log(`what failed is found after ${Math.round(performance.now() - begun)} ms`);
  await visitor.page.locator('main').getByText('is lost').first().waitFor();
  // What does not fit into one answer follows by itself as long as there is room for it.
  const batches = Math.floor(length / 2_500);
  await visitor.page.waitForFunction((count) => document.querySelectorAll('main [data-row]').length === count, batches);
  await visitor.page.getByRole('searchbox').fill('timer-[03]-77[0-9]\\b');
  await visitor.page.getByLabel('Failed').uncheck();
  await visitor.page.getByRole('button', { name: 'Find' }).click();
  await visitor.page.locator('main').getByText('timer-3-779').first().waitFor();
  const texts = await rows(visitor).allInnerTexts();
  assert(
    texts.every((text) => /timer-[03]-77\d/.test(text)),
    texts.find((text) => !/timer-[03]-77\d/.test(text))
  );
  await visitor.page.getByRole('searchbox').fill('(');
  visitor.forgive(/400/);
  await visitor.page.getByRole('button', { name: 'Find' }).click();
  await visitor.page.getByRole('alert').waitFor();
  await visitor.leave();
});

test('a long history is shown in groups, as JSON and on a timeline', async () => {
  const visitor = await Visitor.enter(browser, world.origin);
  for (const page of ['history?view=compact', 'history?view=json', 'timeline']) {
    const times = [await opened(visitor, runPath(long, page)), await opened(visitor, runPath(long, page))];
    console.log(`${page}: painted after ${times.join(', ')} ms`);
    const elements = await visitor.page.evaluate(() => document.querySelectorAll('main *').length);
    assert(elements < 20_000, `${page} has ${elements} elements`);
    await visitor.shot(`long-${page.replace(/\W/g, '-')}`);
  }
  await visitor.leave();
});

test('an event has an address, from which one goes to its neighbours', async () => {
  const visitor = await Visitor.enter(browser, world.origin);
  await visitor.open(runPath(long, 'history'));
  await visitor.page.getByRole('link', { name: `Event ${length - 5}`, exact: true }).click();
  await visitor.page.waitForURL(`**/history/events/${length - 5}`);
  await visitor.page
    .getByRole('link', { name: `Event ${length - 6}` })
    .first()
    .click();
  await visitor.page.waitForURL(`**/history/events/${length - 6}`);
  await visitor.open(runPath(long, `history/events/${Math.floor(length / 2)}`));
  visitor.forgive(/404/);
  await visitor.open(runPath(long, `history/events/${length + 1_000}`), { status: 404 });
  await visitor.leave();
});

test('a history can be taken away', async () => {
  const visitor = await Visitor.enter(browser, world.origin);
  await visitor.open(runPath(long, 'history'));
  const download = visitor.page.waitForEvent('download');
  await visitor.page.getByRole('link', { name: 'download' }).click();
  const path = await (await download).path();
  const history = JSON.parse(await readFile(path, 'utf8'));
  assert.equal((history.events ?? history).length, length);
  await visitor.leave();
});
