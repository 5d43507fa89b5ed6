// The activities of the workflows that the pages show.
import { ApplicationFailure, Context } from '@temporalio/activity';

export async function charge(order) {
  return { order, receipt: `receipt of ${order}`, cents: 4200 };
}

export async function pack(order) {
  return { parcel: `parcel of ${order}`, kilograms: 1.5 };
}

/** Fails at every attempt, and leaves details of how far it had come. */
export async function callCarrier() {
  Context.current().heartbeat({ asked: 3, of: 10 });
  throw ApplicationFailure.create({
    message: 'the carrier does not answer',
    type: 'CarrierAway',
    details: [{ carrier: 'post' }],
    cause: new Error('connection refused'),
  });
}
