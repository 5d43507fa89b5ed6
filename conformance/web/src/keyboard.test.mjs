// Everything without a mouse: the focus is always seen, reaches what one can do, and comes back to where it was.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browse, Visitor } from './harness/visitor.mjs';
import { runPath, World } from './harness/world.mjs';

/** More presses of the key than any page has places. */
const PLACES_MAX = 120;

let world, browser;

before(async () => {
  [world, browser] = await Promise.all([World.open(), browse()]);
});

after(async () => {
  await browser?.close();
  await world?.close();
});

/** What has the focus: its text or label, and whether one can see that it has it. */
const focused = (visitor) =>
  visitor.page.evaluate(() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    const { width, height } = element.getBoundingClientRect();
    const name =
      element.ariaLabel || element.labels?.[0]?.innerText || element.innerText || element.value || element.tagName;
    const isOutlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    return {
      name: name.trim().split('\n')[0],
      isSeen: isOutlined && width > 0 && height > 0,
      isBody: element === document.body,
    };
  });

/** Presses the tabulator until it is at what has that name, and insists that all on the way can be seen. */
async function tabTo(visitor, name) {
  const way = [];
  for (let presses = 0; presses < PLACES_MAX; presses += 1) {
    await visitor.page.keyboard.press('Tab');
    const at = await focused(visitor);
    way.push(at.name);
    assert(at.isSeen || at.isBody, `nobody sees that ${at.name} has the focus`);
    if (at.name === name) return;
  }
  assert.fail(`the keyboard does not lead to ${name}, but to ${way.join(' | ')}`);
}

test('a run is found in the list and signaled without a mouse', async () => {
  const run = await world.start('approval', 'keyboard-1', ['1']);
  const visitor = await Visitor.enter(browser, world.origin);
  const { keyboard } = visitor.page;
  await visitor.open('/namespaces/default/workflows');
  await visitor.page.getByRole('link', { name: 'keyboard-1' }).waitFor();
  await keyboard.press('j');
  assert.equal((await focused(visitor)).name, 'keyboard-1');
  await keyboard.press('Enter');
  await visitor.page.waitForURL(`**${runPath(run)}**`);
  await tabTo(visitor, 'Signal');
  await keyboard.press('Enter');
  const dialog = visitor.page.locator('dialog[open]');
  await dialog.waitFor();
  await tabTo(visitor, 'Signal name');
  await keyboard.type('approve');
  await tabTo(visitor, 'Input 1');
  await keyboard.type('"a keyboard"');
  await tabTo(visitor, 'Send the signal');
  await keyboard.press('Enter');
  await visitor.page.locator('.said').getByText('approve was sent').waitFor();
  assert.equal((await run.result()).approved, 'a keyboard');
  await visitor.leave();
});

test('the first place of every page leads past the navigation', async () => {
  const visitor = await Visitor.enter(browser, world.origin);
  await visitor.open('/namespaces/default/workflows');
  await visitor.page.keyboard.press('Tab');
  assert.equal((await focused(visitor)).name, 'Skip to the content');
  await visitor.page.keyboard.press('Enter');
  assert.equal(await visitor.page.evaluate(() => document.activeElement.id), 'main');
  await visitor.leave();
});

test('a dialog keeps the focus, and gives it back when it is closed', async () => {
  const run = await world.start('approval', 'keyboard-2', ['1']);
  const visitor = await Visitor.enter(browser, world.origin);
  const { keyboard } = visitor.page;
  await visitor.open(runPath(run));
  await tabTo(visitor, 'Terminate');
  await keyboard.press('Enter');
  await visitor.page.locator('dialog[open]').waitFor();
  const inside = () => visitor.page.evaluate(() => document.activeElement.closest('dialog') !== null);
  assert(await inside(), 'the focus is not in the dialog');
  await visitor.accessible('the dialog of a termination');
  await keyboard.press('Escape');
  await visitor.page.locator('dialog').waitFor({ state: 'detached' });
  assert.equal((await focused(visitor)).name, 'Terminate');
  await visitor.leave();
});

test('keys lead to all places, and a page says which', async () => {
  const visitor = await Visitor.enter(browser, world.origin);
  const { keyboard } = visitor.page;
  await visitor.open('/namespaces/default/workflows');
  await keyboard.press('?');
  await visitor.page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await visitor.accessible('the dialog of keys');
  await visitor.shot('dialog-keys');
  await keyboard.press('Escape');
  await visitor.page.locator('dialog').waitFor({ state: 'detached' });
  const places = {
    q: 'task-queues',
    k: 'workers',
    b: 'batch-operations',
    a: 'search-attributes',
    n: 'namespaces',
    i: 'import',
    s: 'system',
    w: 'workflows',
  };
  for (const [key, place] of Object.entries(places)) {
    await keyboard.press('g');
    await keyboard.press(key);
    await visitor.page.waitForURL((url) => url.pathname.endsWith(`/${place}`));
    await visitor.page.locator('body[data-ready]').waitFor();
  }
  await keyboard.press('/');
  assert(
    await visitor.page.evaluate(() => document.activeElement.matches('input, textarea')),
    'the search has no focus'
  );
  await visitor.leave();
});
