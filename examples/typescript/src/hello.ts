// One workflow that calls one activity, and a worker that does both.
import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import * as activities from './activities';
import { hello } from './workflows';

async function main(): Promise<void> {
  const client = new Client();
  const taskQueue = 'hello-typescript';
  const worker = await Worker.create({ workflowsPath: require.resolve('./workflows'), activities, taskQueue });
  const options = { workflowId: `hello-${randomUUID()}`, taskQueue, args: ['TypeScript'] as [string] };
  console.log(await worker.runUntil(client.workflow.execute(hello, options)));
  await client.connection.close();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
