// What one can do with a run, each thing once with scripts and once without: by the plain form that it is, and what the server
// says of the run afterwards is the truth.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browse, Visitor } from './harness/visitor.mjs';
import { runPath, World } from './harness/world.mjs';

let world, browser;

before(async () => {
  const flags = ['--dynamic-config-value', 'frontend.WorkflowPauseEnabled=true'];
  [world, browser] = await Promise.all([World.open({ flags }), browse()]);
});

after(async () => {
  await browser?.close();
  await world?.close();
});

/** The same with scripts and without. `body` gets a visitor at a run of the workflow, and the run. */
function each(name, [type, args], body) {
  for (const javaScriptEnabled of [true, false]) {
    test(`${name}, ${javaScriptEnabled ? 'with' : 'without'} scripts`, async () => {
      const id = `${name.replaceAll(/\W+/g, '-')}-${javaScriptEnabled ? 1 : 2}`;
      const run = await world.start(type, id, args);
      const visitor = await Visitor.enter(browser, world.origin, { javaScriptEnabled });
      await visitor.open(runPath(run));
      await body(visitor, run);
      await visitor.leave();
    });
  }
}

const status = async (run) => (await run.describe()).status.name;

each('a signal is sent', ['approval', ['1']], async (visitor, run) => {
  const form = await visitor.form('Signal');
  await visitor.fill(form, { 'Signal name': 'approve', 'Input 1': '"by hand"' });
  if (visitor.scripted) {
    const command = await form.locator('[data-command]').innerText();
    assert(command.includes('workflow signal') && command.includes(`--name approve --input '"by hand"'`), command);
    await visitor.accessible('the dialog of a signal');
    await visitor.shot('dialog-signal');
  }
  await visitor.act(form, {}, 'Send the signal', 'approve was sent');
  assert.equal((await run.result()).approved, 'by hand');
});

each('what is no JSON is refused, and what was typed is still there', ['approval', ['1']], async (visitor) => {
  visitor.forgive(/400/);
  const form = await visitor.form('Signal');
  await visitor.fill(form, { 'Signal name': 'approve', 'Input 1': 'no JSON' });
  await form.getByRole('button', { name: 'Send the signal' }).click();
  await visitor.page.getByRole('alert').getByText('is not JSON').waitFor();
  if (visitor.scripted) assert.equal(await form.getByLabel('Input 1').inputValue(), 'no JSON');
});

each('an update is sent and its answer is shown', ['approval', ['1']], async (visitor) => {
  const form = await visitor.form('Update');
  await visitor.act(form, { 'Update name': 'amend', 'Input 1': '"no onions"' }, 'Send the update', 'amend has ended');
  await visitor.page.getByRole('heading', { name: 'What came of it' }).waitFor();
  await visitor.page.locator('abide-payload').getByText('1', { exact: true }).waitFor();
});

each('an update that is turned down says why', ['approval', ['1']], async (visitor) => {
  visitor.forgive(/400/);
  const form = await visitor.form('Update');
  await visitor.fill(form, { 'Update name': 'amend', 'Input 1': '""' });
  await form.getByRole('button', { name: 'Send the update' }).click();
  await visitor.page.getByRole('alert').getByText('an amendment needs a text').waitFor();
});

each('cancellation is requested', ['sleeps', []], async (visitor, run) => {
  await world.event(run, 'TimerStarted');
  const form = await visitor.form('Cancel');
  await visitor.act(form, { Reason: 'for a test' }, 'Request cancellation', 'Cancellation was requested');
  await run.result().catch(() => {});
  assert.equal(await status(run), 'CANCELLED');
});

each('a run is terminated', ['sleeps', []], async (visitor, run) => {
  const form = await visitor.form('Terminate');
  await visitor.act(form, { Reason: 'no longer wanted' }, 'Terminate', 'was terminated');
  assert.equal(await status(run), 'TERMINATED');
  await visitor.page.locator('main').getByText('Terminated').first().waitFor();
  await visitor.page.locator('main').getByText('no longer wanted').first().waitFor();
});

each('a run is reset', ['ships', ['1']], async (visitor, run) => {
  await run.result();
  await visitor.open(runPath(run));
  const form = await visitor.form('Reset');
  await visitor.act(form, { Reason: 'once more' }, 'Reset', 'was reset');
  const newest = world.client.workflow.getHandle(run.workflowId);
  const { runId } = await newest.describe();
  assert.notEqual(runId, run.firstExecutionRunId);
  assert(visitor.page.url().includes(runId), visitor.page.url());
  assert.equal((await newest.result()).receipt.order, '1');
});

each('a run is paused, and goes on', ['approval', ['1']], async (visitor, run) => {
  await visitor.act(await visitor.form('Pause'), { Reason: 'lunch' }, 'Pause', 'was paused');
  assert.equal(await status(run), 'PAUSED');
  await visitor.page.locator('main').getByText('Paused').first().waitFor();
  await visitor.act(await visitor.form('Unpause', visitor.page.locator('#live-actions')), {}, 'Unpause', 'goes on');
  assert.equal(await status(run), 'RUNNING');
});

each('the priority of a run is changed', ['approval', ['1']], async (visitor, run) => {
  const form = await visitor.form('Priority');
  await visitor.act(form, { 'Priority key': '2', 'Fairness key': 'a customer' }, 'Change the priority', 'was changed');
  const { priority } = (await run.describe()).raw.workflowExecutionInfo;
  assert.equal(priority.priorityKey, 2);
  assert.equal(priority.fairnessKey, 'a customer');
});

each('a run is deleted', ['approval', ['1']], async (visitor, run) => {
  await visitor.act(await visitor.form('Delete'), {}, 'Delete', 'is being deleted');
  await visitor.page.locator('h1').getByText('Workflows').waitFor();
  await assert.rejects(async () => {
    for (;;) await run.describe();
  }, /not found/i);
});

each('an activity is paused, changed, reset, and goes on', ['retries', []], async (visitor, run) => {
  await world.described(run, (raw) => raw.pendingActivities?.[0]?.lastFailure);
  await visitor.open(runPath(run, 'pending-activities'));
  const [activity] = (await run.describe()).raw.pendingActivities;
  const on = (what) => `${what} activity ${activity.activityId}`;
  await visitor.act(await visitor.form(on('Pause')), { Reason: 'lunch' }, 'Pause the activity', 'was paused');
  assert((await run.describe()).raw.pendingActivities[0].paused);
  await visitor.page.locator('main').getByText('lunch').first().waitFor();
  await visitor.act(
    await visitor.form(on('Options')),
    { 'First retry after': '20m' },
    'Change the options',
    'were changed'
  );
  const { activityOptions } = (await run.describe()).raw.pendingActivities[0];
  assert.equal(Number(activityOptions.retryPolicy.initialInterval.seconds), 1200);
  await visitor.act(await visitor.form(on('Unpause')), {}, 'Unpause the activity', 'goes on');
  await visitor.act(await visitor.form(on('Reset')), {}, 'Reset the activity', 'begins again');
  await world.described(run, (raw) => raw.pendingActivities[0].attempt <= 2);
});
