// A server with real workers on it, and what a test starts there. Knows no page.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import * as activities from '../activities.mjs';
import { Server } from './server.mjs';
import { silent } from './silent.mjs';

/** The queue of the worker, and one on which nobody works. A number tells ids from the words of addresses. */
export const QUEUE = 'orders-1';
export const EMPTY_QUEUE = 'nobody-1';

const codePath = fileURLToPath(new URL('../../build/workflows.js', import.meta.url));

export class World {
  #native;
  #workers = [];

  /** @param options those of {@link Server}, and `worker: false` for a server on which nobody works. */
  static async open({ worker = true, ...options } = {}) {
    const world = new World();
    world.server = await Server.start(options);
    world.connection = await Connection.connect({ address: world.server.address });
    world.client = new Client({ connection: world.connection });
    if (worker) await world.work(QUEUE);
    return world;
  }

  get origin() {
    return this.server.origin;
  }

  /** Has a worker poll a queue until the world is closed. */
  async work(taskQueue, options = {}) {
    if (!this.#native) {
      Runtime.install({ logger: silent, telemetryOptions: { logging: { filter: 'OFF', forward: {} } } });
      this.#native = await NativeConnection.connect({ address: this.server.address });
    }
    const worker = await Worker.create({
      connection: this.#native,
      workflowBundle: { codePath },
      activities,
      taskQueue,
      identity: `worker of ${taskQueue}`,
      shutdownGraceTime: 0,
      ...options,
    });
    const ended = worker.run();
    this.#workers.push({ worker, ended });
    return {
      async stop() {
        worker.shutdown();
        await ended;
      },
    };
  }

  async start(type, workflowId, args = [], options = {}) {
    return await this.client.workflow.start(type, { taskQueue: QUEUE, workflowId, args, ...options });
  }

  /** Waits until the history of a run has an event of that type, by a long poll, and returns it. */
  async event(handle, type) {
    const name = `EVENT_TYPE_${type.replace(/(?<!^)([A-Z])/g, '_$1').toUpperCase()}`;
    const { namespace } = this.client.options;
    const request = { namespace, execution: { workflowId: handle.workflowId }, waitNewEvent: true };
    for (;;) {
      const page = await this.client.workflowService.getWorkflowExecutionHistory(request);
      const event = page.history.events.find((each) => typeName(each.eventType) === name);
      if (event) return event;
      request.nextPageToken = page.nextPageToken;
      assert(page.nextPageToken?.length, `the run closed before ${type}`);
    }
  }

  /** Waits until a description of the run satisfies `condition`; the server tells nobody of what is not an event. */
  async described(handle, condition) {
    for (;;) {
      const description = await handle.describe();
      if (condition(description.raw)) return description;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async close() {
    for (const { worker } of this.#workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await Promise.all(this.#workers.map(({ ended }) => ended));
    await this.#native?.close();
    await this.connection.close();
    await this.server.remove();
  }
}

const EVENT_TYPES = new Map(
  Object.entries(proto.temporal.api.enums.v1.EventType).map(([name, number]) => [number, name])
);
const typeName = (number) => EVENT_TYPES.get(number) ?? '';

/** The path of a run's pages, as the official web UI has it. */
export function runPath(handle, page = '', namespace = 'default') {
  const run = handle.firstExecutionRunId ?? handle.runId;
  const path = ['namespaces', namespace, 'workflows', handle.workflowId, run].map(encodeURIComponent).join('/');
  return `/${path}${page && `/${page}`}`;
}
