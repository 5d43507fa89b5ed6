// One of everything that the pages show: open and closed runs, failures, children, chains, what is stuck.
import { longRun } from './long.mjs';
import { EMPTY_QUEUE, runPath } from './world.mjs';

/** Starts it all and waits until it stands. Returns the handles by name, and paths to begin with. */
export async function everything(world) {
  const all = {};
  all.waiting = await world.start('approval', 'order-1-waiting', ['1001'], {
    memo: { customer: 'a customer', notes: ['fragile', 'blue'] },
    staticSummary: 'Waits for an approval',
    staticDetails: 'The order is **large**.',
  });
  all.shipped = await world.start('ships', 'order-1-shipped', ['1002']);
  all.broken = await world.start('breaks', 'order-1-broken', ['1003']);
  all.retrying = await world.start('retries', 'order-1-retrying');
  all.family = await world.start('family', 'order-1-family', ['order-1-family']);
  all.chain = await world.start('countsDown', 'order-1-chain', [2]);
  all.sleeping = await world.start('sleeps', 'order-1-sleeping');
  all.nobody = await world.start('approval', 'order-1-nobody', ['1004'], { taskQueue: EMPTY_QUEUE });
  all.canceled = await world.start('sleeps', 'order-1-canceled');
  all.terminated = await world.start('approval', 'order-1-terminated', ['1005']);
  await world.work('uncached-1', { maxCachedWorkflows: 0 });
  all.drifting = await world.start('drifts', 'order-1-drifting', [], { taskQueue: 'uncached-1' });

  await all.waiting.query('state');
  await all.waiting.executeUpdate('amend', { args: ['without onions'] });
  await all.shipped.result();
  await all.broken.result().catch(() => {});
  await world.described(all.retrying, (raw) => raw.pendingActivities?.[0]?.lastFailure);
  await world.described(
    all.family,
    (raw) => raw.pendingChildren?.length === 1 && raw.pendingChildren[0].workflowId.endsWith('waits')
  );
  await world.event(all.drifting, 'WorkflowTaskFailed');
  await world.event(all.sleeping, 'TimerStarted');
  await world.event(all.canceled, 'TimerStarted');
  await all.canceled.cancel();
  await all.canceled.result().catch(() => {});
  await all.terminated.terminate('no longer wanted');
  all.long = await longRun(world, 'order-1-long', 20_000);

  // One that waits is full of what can be done, one that has failed of what went wrong.
  all.paths = ['/', runPath(all.waiting), runPath(all.broken)];
  return all;
}
