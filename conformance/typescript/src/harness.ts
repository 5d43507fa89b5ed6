// What every scenario uses: a workflow id and task queue of its own, a worker on it, and `finish`, which compares the
// event types of the closed run with the expected list and replays the history in the SDK.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Client, Connection, WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { bundleWorkflowCode, NativeConnection, Runtime, Worker, WorkerOptions, WorkflowBundle } from '@temporalio/worker';
import * as activities from './activities';

/** The events of a workflow task and of an activity that go well, in short names. */
export const TASK = ['TaskScheduled', 'TaskStarted', 'TaskCompleted'];
export const ACTIVITY = ['ActivityScheduled', 'ActivityStarted', 'ActivityCompleted'];
export const UPDATE = ['UpdateAccepted', 'UpdateCompleted'];

/** No scenario needs this long; it turns a hanging server into a failure with a name. */
const PATIENCE = '30s';

const { EventType } = temporal.api.enums.v1;
type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** The connections, and the workflows' code, which is bundled only once. */
export class Bench {
  private constructor(
    private readonly connection: Connection,
    private readonly native: NativeConnection,
    private readonly workflowBundle: WorkflowBundle
  ) {}

  static async open(): Promise<Bench> {
    const address = process.env.ABIDE_ADDRESS;
    assert(address, 'set ABIDE_ADDRESS to the host:port of the server under test');
    // The SDK warns of each failure that a scenario provokes.
    const silent = { log: () => {}, trace: () => {}, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    Runtime.install({ logger: silent });
    const [connection, native, bundle] = await Promise.all([
      Connection.connect({ address }),
      NativeConnection.connect({ address }),
      bundleWorkflowCode({ workflowsPath: require.resolve('./workflows'), logger: silent }),
    ]);
    return new Bench(connection, native, bundle);
  }

  async close(): Promise<void> {
    await this.connection.close();
    await this.native.close();
  }

  corner(): Corner {
    return new Corner(new Client({ connection: this.connection }), this.native, this.workflowBundle);
  }
}

/** One scenario's corner of the server. */
export class Corner {
  readonly id = `conformance-${randomUUID()}`;

  constructor(
    readonly client: Client,
    private readonly connection: NativeConnection,
    private readonly workflowBundle: WorkflowBundle
  ) {}

  /** Runs a worker for as long as `scenario` takes. */
  async work<R>(scenario: () => Promise<R>, options: Partial<WorkerOptions> = {}): Promise<R> {
    const { connection, workflowBundle, id: taskQueue } = this;
    const worker = await Worker.create({ connection, workflowBundle, activities, taskQueue, ...options });
    return await worker.runUntil(scenario());
  }

  get options() {
    return { workflowId: this.id, taskQueue: this.id, workflowExecutionTimeout: PATIENCE } as const;
  }

  async history(handle: WorkflowHandle): Promise<temporal.api.history.v1.IHistory> {
    const history = await handle.fetchHistory();
    history.events?.forEach((event, index) => assert.equal(Number(event.eventId), index + 1));
    return history;
  }

  /** Waits until the run has that many events of one type. */
  async seen(handle: WorkflowHandle, name: string, times = 1): Promise<void> {
    const { namespace } = this.client.options;
    const execution = { workflowId: handle.workflowId };
    let nextPageToken: Uint8Array | undefined;
    do {
      const page = await this.client.workflowService.getWorkflowExecutionHistory({
        namespace,
        execution,
        nextPageToken,
        waitNewEvent: true,
      });
      times -= (page.history?.events ?? []).filter((event) => eventName(event) === name).length;
      if (times <= 0) return;
      nextPageToken = page.nextPageToken;
    } while (nextPageToken?.length);
    assert.fail(`the run closed before ${name}`);
  }

  /** Checks the events of a closed run and replays it. */
  async finish(handle: WorkflowHandle, expected: string[]): Promise<HistoryEvent[]> {
    const history = await this.history(handle);
    assert.deepEqual(history.events?.map(eventName), expected);
    await Worker.runReplayHistory({ workflowBundle: this.workflowBundle }, history, handle.workflowId);
    return history.events ?? [];
  }
}

/** `EVENT_TYPE_WORKFLOW_TASK_STARTED` is `TaskStarted`, `EVENT_TYPE_ACTIVITY_TASK_STARTED` is `ActivityStarted`. */
function eventName(event: HistoryEvent): string {
  return EventType[event.eventType ?? 0]
    .replace(/EVENT_TYPE_|WORKFLOW_EXECUTION_|WORKFLOW_|(?<=ACTIVITY_)TASK_/g, '')
    .toLowerCase()
    .replace(/(^|_)([a-z])/g, (_match, _start, letter: string) => letter.toUpperCase());
}
