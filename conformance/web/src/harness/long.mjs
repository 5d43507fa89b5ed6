// A run with a long history, made by a worker of a few lines that speaks the protocol: no SDK has to replay it. Every
// batch is one workflow task: markers, timers that are started and canceled, and activities of which some fail.
import { defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';

const { CommandType } = proto.temporal.api.enums.v1;
const identity = 'a worker by hand';
const BATCH = 1_000;
const ACTIVITIES = 10;

const payload = (value) => ({ payloads: [defaultPayloadConverter.toPayload(value)] });
const seconds = (count) => ({ seconds: count });

/** Starts a run and works on it until its history has at least that many events. Returns its handle; it stays open. */
export async function longRun(world, workflowId, events) {
  const taskQueue = `queue of ${workflowId}`;
  const handle = await world.start('Long', workflowId, [], { taskQueue });
  // A poll has to say how long it waits.
  await world.connection.withDeadline(Date.now() + 120_000, () => work(world, handle, taskQueue, events));
  return handle;
}

async function work(world, handle, taskQueue, events) {
  const service = world.client.workflowService;
  const namespace = 'default';
  const queue = { name: taskQueue };
  const describe = async () => Number((await handle.describe()).raw.workflowExecutionInfo.historyLength);
  for (let made = 0, batch = 0; made < events; batch += 1) {
    const { taskToken } = await service.pollWorkflowTaskQueue({ namespace, taskQueue: queue, identity });
    await service.respondWorkflowTaskCompleted({ namespace, taskToken, identity, commands: commands(batch, queue) });
    for (let each = 0; each < ACTIVITIES; each += 1) {
      const { taskToken } = await service.pollActivityTaskQueue({ namespace, taskQueue: queue, identity });
      if (each === 3)
        await service.respondActivityTaskFailed({ namespace, taskToken, identity, failure: failure(batch) });
      else
        await service.respondActivityTaskCompleted({
          namespace,
          taskToken,
          identity,
          result: payload({ batch, each }),
        });
    }
    made = await describe();
  }
}

const failure = (batch) => ({
  message: `parcel ${batch} is lost`,
  source: 'hand',
  applicationFailureInfo: { type: 'Lost', nonRetryable: true },
});

function commands(batch, taskQueue) {
  const list = [];
  for (let each = 0; each < ACTIVITIES; each += 1) {
    list.push({
      commandType: CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
      scheduleActivityTaskCommandAttributes: {
        activityId: `activity-${batch}-${each}`,
        activityType: { name: each % 2 ? 'Pack' : 'Ship' },
        taskQueue,
        input: payload({ batch, each, text: 'x'.repeat(200) }),
        startToCloseTimeout: seconds(60),
      },
    });
  }
  for (let each = 0; each < BATCH; each += 1) {
    const timerId = `timer-${batch}-${each}`;
    list.push({
      commandType: CommandType.COMMAND_TYPE_START_TIMER,
      startTimerCommandAttributes: { timerId, startToFireTimeout: seconds(3600) },
    });
    list.push({ commandType: CommandType.COMMAND_TYPE_CANCEL_TIMER, cancelTimerCommandAttributes: { timerId } });
    if (each % 2 === 0) {
      list.push({
        commandType: CommandType.COMMAND_TYPE_RECORD_MARKER,
        recordMarkerCommandAttributes: { markerName: 'step', details: { data: payload({ batch, each }) } },
      });
    }
  }
  return list;
}
