// The activities of the scenarios.
import { Context } from '@temporalio/activity';

export async function greet(name: string): Promise<string> {
  return `Hello, ${name}`;
}

export async function succeedAtAttempt(wanted: number): Promise<number> {
  const { attempt } = Context.current().info;
  if (attempt < wanted) throw new Error(`attempt ${attempt}`);
  return attempt;
}

export async function heartbeatUntilCanceled(): Promise<void> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 10);
  try {
    await context.cancelled;
  } finally {
    clearInterval(beat);
  }
}
