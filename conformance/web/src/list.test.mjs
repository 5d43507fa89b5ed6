// The list of workflows: found by chips and by query, kept as views, sorted, with columns as one likes; started from a form, and
// worked on in bulk. Everything once with scripts and once without.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browse, Visitor } from './harness/visitor.mjs';
import { EMPTY_QUEUE, QUEUE, World } from './harness/world.mjs';

const LIST = '/namespaces/default/workflows';

let world, browser;

before(async () => {
  const flags = ['--search-attribute', 'Customer=Keyword'];
  [world, browser] = await Promise.all([World.open({ flags }), browse()]);
});

after(async () => {
  await browser?.close();
  await world?.close();
});

/** The same with scripts and without; `how` is a word for ids. */
function each(name, body) {
  for (const javaScriptEnabled of [true, false]) {
    test(`${name}, ${javaScriptEnabled ? 'with' : 'without'} scripts`, async () => {
      const visitor = await Visitor.enter(browser, world.origin, { javaScriptEnabled });
      await body(visitor, javaScriptEnabled ? 'scripted' : 'plain');
      await visitor.leave();
    });
  }
}

const rows = (visitor) => visitor.page.locator('tbody [data-row]');
const query = (text) => `${LIST}?query=${encodeURIComponent(text)}`;

/** Waits until the list has so many rows. */
async function listed(visitor, count) {
  await rows(visitor)
    .nth(count - 1)
    .waitFor();
  assert.equal(await rows(visitor).count(), count);
}

each('workflows are found by a chip and by a query, and a wrong query says what is wrong', async (visitor, how) => {
  for (const name of ['a', 'b'])
    await world.start('approval', `found-${how}-${name}`, [name], { taskQueue: EMPTY_QUEUE });
  await visitor.open(query(`WorkflowId STARTS_WITH 'found-${how}'`));
  await listed(visitor, 2);
  await visitor.page.getByText('Add a filter', { exact: true }).click();
  await visitor.page.getByRole('button', { name: 'Workflow id', exact: true }).click();
  await visitor.page.getByLabel('Value of Workflow id').fill(`found-${how}-b`);
  await visitor.page.getByRole('button', { name: 'Add', exact: true }).click();
  await listed(visitor, 1);
  await visitor.page.getByRole('link', { name: /^Remove WorkflowId =/ }).click();
  await listed(visitor, 2);
  await visitor.page.getByRole('searchbox', { name: 'Query' }).fill(`WorkflowId = 'found-${how}-a'`);
  await visitor.page.getByRole('button', { name: 'Search' }).click();
  await listed(visitor, 1);
  visitor.forgive(/400/);
  await visitor.page.getByRole('searchbox', { name: 'Query' }).fill('WorkflowId = ');
  await visitor.page.getByRole('button', { name: 'Search' }).click();
  await visitor.page.getByRole('alert').waitFor();
});

each('a query is kept as a view, and forgotten', async (visitor, how) => {
  await visitor.open(query(`WorkflowId = 'kept-${how}'`));
  await visitor.page.getByText('Views', { exact: true }).click();
  await visitor.page.getByLabel('Keep this query in this browser as').fill('Mine & "yours"');
  await visitor.page.getByRole('button', { name: 'Keep', exact: true }).click();
  await visitor.page.locator('.said').waitFor();
  await visitor.open(LIST);
  await visitor.page.getByRole('link', { name: 'Mine & "yours"' }).click();
  await visitor.page.waitForURL((url) => url.searchParams.get('query') === `WorkflowId = 'kept-${how}'`);
  await visitor.page.getByText('Views', { exact: true }).click();
  await visitor.page.getByRole('button', { name: 'Forget' }).click();
  await visitor.page.locator('.said').waitFor();
  assert.equal(await visitor.page.getByRole('link', { name: 'Mine & "yours"' }).count(), 0);
});

each('the list is sorted, and has other columns', async (visitor, how) => {
  for (const name of ['b', 'a', 'c'])
    await world.start('approval', `sorted-${how}-${name}`, [name], { taskQueue: EMPTY_QUEUE });
  await visitor.open(query(`WorkflowId STARTS_WITH 'sorted-${how}'`));
  await listed(visitor, 3);
  await visitor.page.getByRole('columnheader', { name: 'Workflow id' }).getByRole('link').click();
  await visitor.page.locator('th[aria-sort]').getByText('Workflow id').waitFor();
  const ids = await visitor.page.locator('[data-row-link]').allInnerTexts();
  assert.deepEqual(
    ids.map((id) => id.trim()),
    ids.map((id) => id.trim()).toSorted()
  );
  const form = await visitor.form('Columns');
  const place = form.getByRole('row', { name: /Task queue/ }).getByRole('spinbutton');
  await place.fill('1');
  await form.getByRole('button', { name: 'Save' }).click();
  await visitor.page.getByRole('columnheader', { name: 'Task queue' }).waitFor();
});

each('a workflow is started from a form, and another one like it', async (visitor, how) => {
  await visitor.open(LIST);
  await visitor.page.getByRole('link', { name: 'Start a workflow' }).click();
  const form = visitor.page.locator('main');
  const fields = { 'Workflow id': `started-${how}`, Type: 'approval', 'Task queue': QUEUE, 'Input 1': '"from a form"' };
  await visitor.fill(form, fields);
  if (visitor.scripted) {
    await visitor.accessible('the form to start a workflow');
    const command = await form.locator('[data-command]').first().innerText();
    assert(command.includes(`--workflow-id started-${how}`) && command.includes('--type approval'), command);
  }
  await visitor.act(form, {}, 'Start', `started-${how} was started`);
  const run = world.client.workflow.getHandle(`started-${how}`);
  await run.signal('approve', 'a test');
  assert.equal((await run.result()).order, 'from a form');
  await visitor.open(`${LIST}/started-${how}`);
  await visitor.page.getByRole('link', { name: 'Start again' }).click();
  await visitor.page.getByLabel('Type', { exact: true }).waitFor();
  await visitor.act(form, { 'Workflow id': `again-${how}` }, 'Start', `again-${how} was started`);
  const again = world.client.workflow.getHandle(`again-${how}`);
  await again.signal('approve', 'a test');
  assert.equal((await again.result()).order, 'from a form');
});

each('chosen workflows, and all that match, are worked on in bulk', async (visitor, how) => {
  const names = ['a', 'b', 'c', 'd'].map((name) => `bulk-${how}-${name}`);
  for (const name of names) await world.start('approval', name, [name], { taskQueue: EMPTY_QUEUE });
  await visitor.open(query(`WorkflowId STARTS_WITH 'bulk-${how}'`));
  await listed(visitor, 4);
  await visitor.page.getByLabel(`Choose ${names[0]}`).check();
  await visitor.page.getByLabel(`Choose ${names[2]}`).check();
  await visitor.page.getByRole('button', { name: 'Terminate', exact: true }).click();
  await visitor.page.getByText('2 open workflows').waitFor();
  await visitor.act(visitor.page.locator('main'), { Reason: 'for a test' }, 'Terminate', 'was started');
  await visitor.says('Completed');
  const status = async (name) => (await world.client.workflow.getHandle(name).describe()).status.name;
  assert.deepEqual(await Promise.all(names.map(status)), ['TERMINATED', 'RUNNING', 'TERMINATED', 'RUNNING']);
  await visitor.open(query(`WorkflowId STARTS_WITH 'bulk-${how}'`));
  await visitor.page.getByLabel('all that match').check();
  await visitor.page.getByRole('button', { name: 'Signal', exact: true }).click();
  const fields = { 'Name of the signal': 'approve', Reason: 'for a test' };
  await visitor.act(visitor.page.locator('main'), fields, 'Signal', 'was started');
  await visitor.says('Completed');
  for (const name of [names[1], names[3]])
    await world.event(world.client.workflow.getHandle(name), 'WorkflowExecutionSignaled');
  await visitor.open('/namespaces/default/batch-operations');
  await visitor.page.locator('main').getByText('for a test').first().waitFor();
});

each('chosen workflows are reset, canceled and deleted in bulk', async (visitor, how) => {
  const names = ['a', 'b'].map((name) => `reset-${how}-${name}`);
  const handles = await Promise.all(names.map((name) => world.start('approval', name, [name])));
  for (const handle of handles) await world.event(handle, 'WorkflowTaskCompleted');
  const within = (condition) => `WorkflowId STARTS_WITH 'reset-${how}' ${condition}`;
  const newest = () => Promise.all(names.map((name) => world.client.workflow.getHandle(name).describe()));
  const before = (await newest()).map(({ runId }) => runId);
  /** Does something to the two that are open. */
  const both = async (name, fields = {}) => {
    await visitor.open(query(within(`AND ExecutionStatus = 'Running'`)));
    await listed(visitor, 2);
    for (const each of names) await visitor.page.getByLabel(`Choose ${each}`).check();
    await visitor.page.getByRole('button', { name, exact: true }).click();
    await visitor.page.getByText('Which these are').waitFor();
    if (visitor.scripted) await visitor.accessible(`${name} in bulk`);
    await visitor.act(visitor.page.locator('main'), { ...fields, Reason: 'for a test' }, name, 'was started');
    await visitor.says('Completed');
  };
  await both('Reset', { 'Go back to': ['The first workflow task'] });
  const after = await newest();
  assert(after.every(({ runId, status }, index) => runId !== before[index] && status.name === 'RUNNING'));
  await both('Cancel');
  for (const name of names) {
    await assert.rejects(world.client.workflow.getHandle(name).result(), /cancel/i);
  }
  await visitor.open(query(within('')));
  await listed(visitor, 4);
  await visitor.page.getByLabel('all that match').check();
  await visitor.page.getByRole('button', { name: 'Delete', exact: true }).click();
  await visitor.page.getByText('4 workflows').waitFor();
  await visitor.act(visitor.page.locator('main'), { Reason: 'for a test' }, 'Delete', 'was started');
  await visitor.says('Completed');
  const left = async () => (await world.client.workflow.count(within(''))).count;
  while ((await left()) > 0) await new Promise(setImmediate);
});
