// One of everything that the pages show: open and closed runs, failures, children, chains, what is stuck.
import { longRun } from './long.mjs';
import { EMPTY_QUEUE, runPath } from './world.mjs';

/** The pages of a run. */
export const RUN_PAGES = ['timeline', 'history', 'relationships', 'workers', 'pending-activities', 'call-stack', 'query', 'metadata'];

/** Starts it all and waits until it stands. Returns the handles by name, and paths to begin with. */
export async function everything(world) {
  const all = {};
  all.waiting = await world.start('approval', 'order-waiting', ['1001'], {
    memo: { customer: 'a customer', notes: ['fragile', 'blue'] },
    staticSummary: 'Waits for an approval',
    staticDetails: 'The order is **large**.',
  });
  all.shipped = await world.start('ships', 'order-shipped', ['1002']);
  all.broken = await world.start('breaks', 'order-broken', ['1003']);
  all.retrying = await world.start('retries', 'order-retrying');
  all.family = await world.start('family', 'order-family', ['order-family']);
  all.chain = await world.start('countsDown', 'order-chain', [2]);
  all.sleeping = await world.start('sleeps', 'order-sleeping');
  all.nobody = await world.start('approval', 'order-nobody', ['1004'], { taskQueue: EMPTY_QUEUE });
  all.canceled = await world.start('sleeps', 'order-canceled');
  all.terminated = await world.start('approval', 'order-terminated', ['1005']);
  await world.work('uncached', { maxCachedWorkflows: 0 });
  all.drifting = await world.start('drifts', 'order-drifting', [], { taskQueue: 'uncached' });

  await all.waiting.query('state');
  await all.waiting.executeUpdate('amend', { args: ['without onions'] });
  await all.shipped.result();
  await all.broken.result().catch(() => {});
  await world.described(all.retrying, (raw) => raw.pendingActivities?.[0]?.lastFailure);
  await world.described(all.family, (raw) => raw.pendingChildren?.length === 1 && raw.pendingChildren[0].workflowId.endsWith('waits'));
  await world.event(all.drifting, 'WorkflowTaskFailed');
  await world.event(all.sleeping, 'TimerStarted');
  await world.event(all.canceled, 'TimerStarted');
  await all.canceled.cancel();
  await all.canceled.result().catch(() => {});
  await all.terminated.terminate('no longer wanted');
  all.long = await longRun(world, 'order-long', 20_000);

  const paths = ['/namespaces/default/workflows'];
  for (const run of [all.broken, all.waiting]) for (const page of RUN_PAGES) paths.push(runPath(run, page));
  all.paths = paths;
  return all;
}
