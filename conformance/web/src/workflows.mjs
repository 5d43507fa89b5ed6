// The workflows that the pages show. They are bundled by the SDK and run in its sandbox.
import * as wf from '@temporalio/workflow';

const { charge, pack } = wf.proxyActivities({ startToCloseTimeout: '20s' });
const stubborn = wf.proxyActivities({
  startToCloseTimeout: '20s',
  heartbeatTimeout: '20s',
  retry: { initialInterval: '10 minutes', maximumInterval: '1 hour' },
});

export const approve = wf.defineSignal('approve');
export const state = wf.defineQuery('state');
export const amend = wf.defineUpdate('amend');

/** Waits for a signal; answers a query and an update. */
export async function approval(order) {
  const notes = [];
  let approved;
  wf.setHandler(state, (prefix = 'order') => `${prefix} ${order}: ${approved === undefined ? 'waiting' : 'approved'}`);
  wf.setHandler(approve, (by) => {
    approved = by ?? 'nobody';
  });
  wf.setHandler(amend, (note) => notes.push(note), {
    validator: (note) => {
      if (!note) throw wf.ApplicationFailure.create({ message: 'an amendment needs a text', type: 'Empty' });
    },
  });
  await wf.condition(() => approved !== undefined);
  return { order, approved, notes };
}

export async function ships(order) {
  const receipt = await charge(order);
  await wf.sleep('1ms');
  const [parcel, label] = await Promise.all([pack(order), pack(`${order}, the label`)]);
  return { receipt, parcel, label };
}

/** Fails, with a chain of causes. */
export async function breaks(message) {
  const root = wf.ApplicationFailure.create({ message: `${message}: the disk is full`, type: 'DiskFull' });
  const middle = wf.ApplicationFailure.create({
    message: `${message}: the ledger was not written`,
    type: 'Ledger',
    cause: root,
  });
  throw wf.ApplicationFailure.create({
    message: `${message}: the order failed`,
    type: 'OrderFailed',
    nonRetryable: true,
    details: [{ order: message }],
    cause: middle,
  });
}

/** Its activity fails, and is tried again much later. */
export async function retries() {
  await stubborn.callCarrier();
}

export async function child(order, waits) {
  if (waits) await wf.condition(() => false);
  return `child of ${wf.workflowInfo().parent?.workflowId}: ${order}`;
}

/** Has two children: one that ends and one that goes on. */
export async function family(id) {
  await wf.executeChild(child, { workflowId: `${id}-done`, args: ['first', false] });
  await wf.executeChild(child, { workflowId: `${id}-waits`, args: ['second', true] });
}

export async function countsDown(left) {
  if (left > 0) await wf.continueAsNew(left - 1);
  await wf.condition(() => false);
}

export async function sleeps() {
  await wf.sleep('1 hour');
}

/** Does something else when it is replayed: what a change of code without a patch does. */
export async function drifts() {
  if (wf.workflowInfo().unsafe.isReplaying) await wf.sleep('1 hour');
  else await charge('drift');
  await wf.condition(() => false);
}
