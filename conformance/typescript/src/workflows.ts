// The workflows of the scenarios. They are bundled by the SDK and run in its sandbox.
import { defineSearchAttributeKey } from '@temporalio/common';
import * as wf from '@temporalio/workflow';
import type * as activities from './activities';

const retry = { initialInterval: '1ms', maximumAttempts: 3 };
const { greet, succeedAtAttempt } = wf.proxyActivities<typeof activities>({ startToCloseTimeout: '10s', retry });
const local = wf.proxyLocalActivities<typeof activities>({ startToCloseTimeout: '10s' });

export async function greets(name: string): Promise<string> {
  return await greet(name);
}

export async function retries(wanted: number): Promise<number> {
  return await succeedAtAttempt(wanted);
}

export async function stopsAnActivity(): Promise<string> {
  const { heartbeatUntilCanceled } = wf.proxyActivities<typeof activities>({
    startToCloseTimeout: '20s',
    heartbeatTimeout: '1s',
    cancellationType: wf.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
  const scope = new wf.CancellationScope();
  const work = scope.run(() => heartbeatUntilCanceled());
  wf.setHandler(stop, () => scope.cancel());
  try {
    await work;
    return 'completed';
  } catch (error) {
    return wf.isCancellation(error) ? 'canceled' : 'failed';
  }
}

export async function cancelsATimer(): Promise<string> {
  const scope = new wf.CancellationScope();
  const long = scope.run(() => wf.sleep('1 hour')).catch((error) => (wf.isCancellation(error) ? 'canceled' : 'failed'));
  await wf.sleep('1ms');
  scope.cancel();
  const end = await long;
  await wf.sleep('1ms');
  return String(end);
}

export const word = wf.defineSignal<[string]>('word');
export const stop = wf.defineSignal('stop');
export const joined = wf.defineQuery<string>('joined');

export async function joins(wanted: number): Promise<string> {
  const words: string[] = [];
  wf.setHandler(word, (next) => void words.push(next));
  wf.setHandler(joined, () => words.join(''));
  await wf.condition(() => words.length >= wanted);
  return words.join('');
}

export async function cleansUp(): Promise<void> {
  try {
    await wf.sleep('1 hour');
  } finally {
    await wf.CancellationScope.nonCancellable(() => wf.sleep('1ms'));
  }
}

export async function countsDown(left: number): Promise<string | undefined> {
  if (left > 0) await wf.continueAsNew<typeof countsDown>(left - 1);
  return wf.workflowInfo().continuedFromExecutionRunId;
}

export async function marks(): Promise<string[]> {
  const drawn = wf.uuid4();
  const greeting = wf.patched('politeness') ? await local.greet('patch') : 'rude';
  wf.upsertMemo({ stage: 'marked' });
  wf.upsertSearchAttributes([{ key: defineSearchAttributeKey('CustomKeywordField', 'KEYWORD'), value: 'blue' }]);
  await wf.sleep('1ms');
  return [drawn, greeting];
}

export async function waits(): Promise<void> {
  await wf.condition(() => false);
}

export async function fails(): Promise<void> {
  throw wf.ApplicationFailure.nonRetryable('on purpose', 'Deliberate', { detail: 1 });
}

export const add = wf.defineUpdate<number, [number]>('add');

export async function sums(wanted: number): Promise<number> {
  let sum = 0;
  wf.setHandler(add, (number) => (sum += number), {
    validator: (number) => {
      if (number < 0) throw wf.ApplicationFailure.create({ message: 'not negative', type: 'Negative' });
    },
  });
  await wf.condition(() => sum >= wanted);
  return sum;
}

export async function child(well: boolean): Promise<string> {
  if (!well) throw wf.ApplicationFailure.nonRetryable("the child's fault", 'Fault');
  return `from ${wf.workflowInfo().parent?.workflowId}`;
}

export async function parent(workflowId: string, well: boolean): Promise<string> {
  return await wf.executeChild(child, { workflowId, args: [well] });
}

export async function tells(target: string): Promise<void> {
  await wf.getExternalWorkflowHandle(target).signal(word, 'hello');
}

export async function succeedsAt(attempt: number): Promise<number> {
  const current = wf.workflowInfo().attempt;
  if (current < attempt) throw wf.ApplicationFailure.create({ message: `attempt ${current}` });
  return current;
}
