// A run on its time axis: what is drawn is in the rows of names beside it, and that is what is looked at here.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { longRun } from './harness/long.mjs';
import { browse, Visitor } from './harness/visitor.mjs';
import { runPath, World } from './harness/world.mjs';

/** The scripts of a frame may take this long in the middle of many frames: half of what 60 frames a second leave. */
const FRAME_MILLISECONDS = 8;

let world, browser;

before(async () => {
  [world, browser] = await Promise.all([World.open(), browse()]);
});

after(async () => {
  await browser?.close();
  await world?.close();
});

async function look(handle, options) {
  const visitor = await Visitor.enter(browser, world.origin, options);
  await visitor.open(runPath(handle, 'timeline'));
  const rows = visitor.page.locator('abide-timeline li');
  await rows.first().waitFor();
  await visitor.live();
  return { visitor, page: visitor.page, rows };
}

const view = (page) => page.locator('abide-timeline').evaluate(({ from, per, fitted }) => ({ from, per, fitted }));

for (const colorScheme of ['light', 'dark']) {
  test(`what happens in a run is drawn while one looks, when it is ${colorScheme}`, async () => {
    const handle = await world.start('approval', `timeline-${colorScheme}`, ['1'], {
      staticSummary: 'Waits for an approval',
    });
    const { visitor, page, rows } = await look(handle, { colorScheme });
    assert.match(await rows.first().innerText(), /approval · Waits for an approval.*Running/s);
    await handle.executeUpdate('amend', { args: ['without onions'], updateId: 'first' });
    await rows.filter({ hasText: 'amend · first' }).filter({ hasText: 'Completed' }).waitFor();
    await handle.signal('approve', 'somebody');
    await handle.result();
    await rows.first().filter({ hasText: 'Completed' }).waitFor();
    assert.equal(await rows.count(), 3);
    await visitor.accessible();
    await visitor.shot(`timeline-${colorScheme}`);
    await visitor.leave();
  });
}

test('an attempt that waits says so, with its number and why the last one failed', async () => {
  const handle = await world.start('retries', 'timeline-retrying');
  await world.described(handle, (raw) => raw.pendingActivities?.[0]?.lastFailure);
  const { visitor, rows } = await look(handle);
  await rows.filter({ hasText: 'callCarrier' }).filter({ hasText: 'waiting to be tried again' }).waitFor();
  assert.match(await rows.nth(1).locator('b').textContent(), /attempt 2: waiting to be tried again, in .*refused/);
  await visitor.leave();
});

test('everything can be done with the keyboard, and filters hold', async () => {
  const handle = await world.start('ships', 'timeline-keys', ['2']);
  await handle.result();
  const { visitor, page, rows } = await look(handle);
  const name = page.getByRole('searchbox', { name: 'Filter by name' });
  await name.fill('pack');
  await page.waitForFunction(() => document.querySelector('abide-timeline').rows.length === 2);
  await name.fill('');
  await page.waitForFunction(() => document.querySelector('abide-timeline').rows.length > 2);
  await rows.first().locator('a').focus();
  const whole = await view(page);
  await page.keyboard.press('ArrowDown');
  const tip = page.locator('abide-timeline').getByText('Activity, Completed');
  await tip.filter({ visible: true }).first().waitFor();
  assert(
    await rows
      .nth(1)
      .locator('a')
      .evaluate((link) => link.matches(':focus'))
  );
  await page.keyboard.press('+');
  assert.equal((await view(page)).per, whole.per / 2);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('z');
  assert(!(await view(page)).fitted);
  await page.keyboard.press('0');
  assert((await view(page)).fitted);
  await page.keyboard.press('End');
  assert(
    await rows
      .last()
      .locator('a')
      .evaluate((link) => link.matches(':focus'))
  );
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/history\/events\/\d+$/);
  await visitor.leave();
});

test('a part of the time is chosen on the axis, all of it is shown again, and a bar leads to its event', async () => {
  const handle = await world.start('ships', 'timeline-range', ['3']);
  await handle.result();
  const { visitor, page } = await look(handle);
  const count = () => page.locator('abide-timeline').evaluate((timeline) => timeline.rows.length);
  const all = await count();
  const { x, y } = await page.locator('abide-timeline canvas').boundingBox();
  await page.mouse.move(x + 20, y + 10);
  await page.mouse.down();
  await page.mouse.move(x + 40, y + 10, { steps: 3 });
  await page.mouse.up();
  assert((await count()) < all);
  await page.getByRole('button', { name: /^All, not only/ }).click();
  assert.equal(await count(), all);
  await page.locator('abide-timeline canvas').click({ position: { x: 200, y: 45 } });
  await page.waitForURL(/\/history\/events\/1$/);
  await visitor.leave();
});

test('a history of twenty thousand events stays fluid', async () => {
  const handle = await longRun(world, 'timeline-long', 20_000);
  const { visitor, page } = await look(handle);
  const took = await page.locator('abide-timeline').evaluate(async (timeline) => {
    const times = [];
    const frame = async (change) => {
      change();
      const begun = performance.now();
      timeline.draw();
      times.push(performance.now() - begun);
      await new Promise(requestAnimationFrame);
    };
    for (let each = 0; each < 40; each += 1) await frame(() => timeline.zoom(0.9));
    for (let each = 0; each < 40; each += 1) await frame(() => timeline.pan(20));
    for (let each = 0; each < 40; each += 1) await frame(() => (timeline.scroll.scrollTop += 900));
    return times.sort((one, other) => one - other)[times.length >> 1];
  });
  assert(took < FRAME_MILLISECONDS, `${took} ms`);
  assert((await page.locator('abide-timeline li').count()) < 60, 'only what is in sight is there');
  await visitor.leave();
});

test('without scripts it is a table', async () => {
  const handle = await world.start('ships', 'timeline-table', ['4']);
  await handle.result();
  const visitor = await Visitor.enter(browser, world.origin, { javaScriptEnabled: false });
  await visitor.open(runPath(handle, 'timeline'));
  const row = visitor.page.getByRole('row').filter({ hasText: 'charge' });
  assert.match(await row.innerText(), /Activity\s+charge 1\s+Completed/);
  await visitor.leave();
});
