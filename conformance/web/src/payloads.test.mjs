// Payloads are decoded where they are read: JSON is made readable, bytes are a size and a download, and what a codec has
// encoded goes from the browser to the codec server, and never through ours.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Client } from '@temporalio/client';
import { codec, codecServer } from './harness/codec.mjs';
import { browse, Visitor } from './harness/visitor.mjs';
import { EMPTY_QUEUE, runPath, World } from './harness/world.mjs';

let world, browser, decoder, secret;

before(async () => {
  [world, browser, decoder] = await Promise.all([World.open({ worker: false }), browse(), codecServer()]);
  const client = new Client({ connection: world.connection, dataConverter: { payloadCodecs: [codec] } });
  secret = await client.workflow.start('Secret', {
    taskQueue: EMPTY_QUEUE,
    workflowId: 'secret',
    args: [{ account: 'DE-12', words: ['a secret'] }],
  });
});

after(async () => {
  await browser?.close();
  await decoder?.close();
  await world?.close();
});

test('JSON is made readable, and bytes are a size and a download', async () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, index) => index % 256);
  const args = [{ b: 1, a: [1, { deep: 'x' }], exact: 12345678901234 }, bytes, null, undefined, ''];
  const run = await world.start('Anything', 'anything', args, { taskQueue: EMPTY_QUEUE });
  const visitor = await Visitor.enter(browser, world.origin);
  await visitor.open(runPath(run));
  const text = await visitor.page.locator('abide-payload').first().innerText();
  assert.equal(text.trim(), JSON.stringify(args[0], null, 2));
  const download = visitor.page.waitForEvent('download');
  await visitor.page.getByRole('link', { name: '300 bytes' }).first().click();
  assert.deepEqual(new Uint8Array(await readFile(await (await download).path())), bytes);
  await visitor.leave();
});

test('what a codec has encoded is decoded by the browser, once its owner has said where', async () => {
  const visitor = await Visitor.enter(browser, world.origin);
  visitor.known.add(decoder.origin);
  await visitor.open(runPath(secret));
  await visitor.page.getByText('binary/turned').first().waitFor();
  await visitor.page.getByText('Settings', { exact: true }).click();
  await visitor.page.getByLabel(/Codec server/).fill(decoder.origin);
  await visitor.page.getByRole('button', { name: 'Save' }).click();
  await visitor.page.getByText('a secret').first().waitFor();
  assert.equal(decoder.asked[0].url.split('?')[0], '/decode');
  assert.equal(decoder.asked[0].headers['x-namespace'], 'default');
  await visitor.open(runPath(secret, 'history'));
  await visitor.page.getByText('a secret').first().waitFor();
  await visitor.leave();
});

test('the codec server that the operator names is asked', async (context) => {
  const other = await World.open({ worker: false, flags: ['--ui-codec-endpoint', decoder.origin] });
  context.after(() => other.close());
  const client = new Client({ connection: other.connection, dataConverter: { payloadCodecs: [codec] } });
  const run = await client.workflow.start('Secret', { taskQueue: EMPTY_QUEUE, workflowId: 'secret', args: ['another secret'] });
  const visitor = await Visitor.enter(browser, other.origin);
  visitor.known.add(decoder.origin);
  await visitor.open(runPath(run));
  await visitor.page.getByText('another secret').first().waitFor();
  await visitor.leave();
});
