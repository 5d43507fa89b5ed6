// What holds for all pages alike: they open without an error behind the page's back, in light and dark, also under a
// sub-path and without scripts, and nobody stumbles over them who hears them or has no mouse.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { crawl } from './harness/crawl.mjs';
import { everything } from './harness/everything.mjs';
import { proxy } from './harness/proxy.mjs';
import { browse, Visitor } from './harness/visitor.mjs';
import { runPath, World } from './harness/world.mjs';

let world, browser;

before(async () => {
  [world, browser] = await Promise.all([World.open({ stored: true }), browse()]);
  world.all = await everything(world);
});

after(async () => {
  await browser?.close();
  await world?.close();
});

for (const colorScheme of ['light', 'dark']) {
  test(`every page opens and is accessible when it is ${colorScheme}`, async () => {
    const visitor = await Visitor.enter(browser, world.origin, { colorScheme });
    const kinds = await crawl(
      visitor,
      world.all.paths,
      async (path, kind) => {
        await visitor.shot(`${colorScheme}${kind.replaceAll('/', '-').replaceAll(':', 'x') || '-front'}`, {
          fullPage: true,
        });
        await visitor.accessible(path);
      },
      { times: colorScheme === 'light' ? 2 : 1 }
    );
    console.log(`${kinds.length} kinds of pages: ${kinds.join(' ')}`);
    await visitor.leave();
  });
}

for (const strip of [true, false]) {
  const who = strip ? 'a proxy that strips it and says so' : 'a proxy that keeps it';
  test(`every page works under a sub-path, behind ${who}`, async (context) => {
    const prefix = '/temporal';
    const other = strip ? world : await World.open({ worker: false, flags: ['--ui-public-path', prefix] });
    if (!strip) {
      context.after(() => other.close());
    }
    const run = await other.start('approval', `path-${strip ? 1 : 2}`);
    const front = await proxy(other.origin, { prefix, strip });
    context.after(() => front.close());
    const visitor = await Visitor.enter(browser, front.origin);
    const kinds = await crawl(visitor, [`${prefix}/`], async () => {}, { prefix });
    assert(kinds.length > 5, kinds.join(' '));
    await visitor.open(prefix + runPath(run, 'history'));
    await visitor.live();
    await visitor.changes(() => run.signal('from elsewhere'));
    const form = await visitor.form('Signal');
    await visitor.act(form, { 'Signal name': 'from-the-page' }, 'Send the signal', 'from-the-page was sent');
    assert(visitor.requests.every((path) => path.startsWith(`${prefix}/`) || path === prefix));
    await visitor.leave();
  });
}

test('every page can be read without scripts', async () => {
  const plain = await Visitor.enter(browser, world.origin, { javaScriptEnabled: false });
  await crawl(plain, world.all.paths, async (path) => {
    const text = await plain.page.locator('main').innerText();
    assert(text.trim().length > 40, `${path} says only: ${text}`);
  });
  await plain.leave();
});
