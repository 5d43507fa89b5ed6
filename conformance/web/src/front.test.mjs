// The first page that people see.
import { after, before, test } from 'node:test';
import { browse, Visitor } from './harness/visitor.mjs';
import { World } from './harness/world.mjs';

let world, browser;

before(async () => {
  [world, browser] = await Promise.all([World.open({ worker: false }), browse()]);
});

after(async () => {
  await browser?.close();
  await world?.close();
});

for (const colorScheme of ['light', 'dark']) {
  test(`the first page opens without an error and is accessible when it is ${colorScheme}`, async () => {
    const visitor = await Visitor.enter(browser, world.origin, { colorScheme });
    await visitor.open('/');
    await visitor.accessible();
    await visitor.leave();
  });
}
