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

test('what is typed is encoded by the codec server before it is sent', async (context) => {
  const other = await World.open({ worker: false, flags: ['--ui-codec-endpoint', decoder.origin] });
  context.after(() => other.close());
  const run = await other.start('Secret', 'signaled-1', [], { taskQueue: EMPTY_QUEUE });
  const visitor = await Visitor.enter(browser, other.origin);
  visitor.known.add(decoder.origin);
  await visitor.open(runPath(run));
  const form = await visitor.form('Signal');
  const fields = { 'Signal name': 'tell', 'Input 1': '"nobody else reads this"' };
  await visitor.act(form, fields, 'Send the signal', 'tell was sent');
  const event = await other.event(run, 'WorkflowExecutionSignaled');
  const [payload] = event.workflowExecutionSignaledEventAttributes.input.payloads;
  assert.equal(Buffer.from(payload.metadata.encoding).toString(), 'binary/turned');
  const [decoded] = await codec.decode([payload]);
  assert.equal(Buffer.from(decoded.data).toString(), '"nobody else reads this"');
  await visitor.open(runPath(run, `history/events/${event.eventId}`));
  await visitor.page.getByText('nobody else reads this').first().waitFor();
  await visitor.leave();
});

test('a codec server that does not answer is named, and nothing is sent in its place', async (context) => {
  const other = await World.open({ worker: false, flags: ['--ui-codec-endpoint', 'http://127.0.0.1:9'] });
  context.after(() => other.close());
  const run = await other.start('Secret', 'unsent-1', [], { taskQueue: EMPTY_QUEUE });
  const visitor = await Visitor.enter(browser, other.origin);
  visitor.known.add('http://127.0.0.1:9');
  visitor.forgive(/127\.0\.0\.1:9\b|ERR_/);
  await visitor.open(runPath(run));
  const form = await visitor.form('Signal');
  await visitor.fill(form, { 'Signal name': 'tell', 'Input 1': '"nobody else reads this"' });
  await form.getByRole('button', { name: 'Send the signal' }).click();
  await form.getByRole('alert').getByText('codec').waitFor();
  const { events } = await run.fetchHistory();
  assert.equal(events.length, 2);
  await visitor.leave();
});

test('the codec server that the operator names is asked', async (context) => {
  const other = await World.open({ worker: false, flags: ['--ui-codec-endpoint', decoder.origin] });
  context.after(() => other.close());
  const client = new Client({ connection: other.connection, dataConverter: { payloadCodecs: [codec] } });
  const run = await client.workflow.start('Secret', {
    taskQueue: EMPTY_QUEUE,
    workflowId: 'secret',
    args: ['another secret'],
  });
  const visitor = await Visitor.enter(browser, other.origin);
  visitor.known.add(decoder.origin);
  await visitor.open(runPath(run));
  await visitor.page.getByText('another secret').first().waitFor();
  await visitor.leave();
});
