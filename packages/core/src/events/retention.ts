import { setTimeout as sleep } from 'node:timers/promises';
import type { AdapterContext } from '../consistency/adapter-context.ts';
import { isAdapterError } from '../pipe/errors.ts';
import { coreFamilies, keysOf } from '../redis/keys.ts';
import { type Instant, instant } from '../values/instant.ts';
import type { EventStream } from './event-stream.ts';
import { STREAM, databaseTime, forgetMissing, pruneOutbox, replayFloor } from './outbox.ts';

const STREAM_DAYS = 7;
const OUTBOX_DAYS = 30;
const EVERY_MS = 5000;
const TRIMMED_AT_ONCE = 1000;
const PRUNED_AT_ONCE = 2000;

/** Lets go of events that nobody needs any more, a bounded number at once, until it is told to end. */
export async function retainEvents(context: AdapterContext, stream: EventStream, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    let more = false;
    try {
      await context.pg.one(forgetMissing, { stream: STREAM });
      const trimmed = await trimStream(context, stream);
      const pruned = await prune(context, stream);
      more = trimmed || pruned;
    } catch (err) {
      if (!isAdapterError(err)) throw err;
      context.telemetry.log.debug({ err }, 'old events stay for now');
    }
    await sleep(more ? 20 : EVERY_MS, undefined, { signal: stop, ref: false }).catch(() => {});
  }
}

/** One step; answers whether more may follow. Goes up to where all configured readers are, or seven days back. */
export async function trimStream(context: AdapterContext, stream: EventStream): Promise<boolean> {
  const oldest = await stream.first(0);
  if (!oldest) return false;
  const keepFrom = (await context.pg.maybe(replayFloor, {}))?.replay_from ?? Infinity;
  const passed = Math.min(await passedByReaders(context), keepFrom - 1);
  if (passed >= oldest.number) {
    const below = Math.min(passed + 1, oldest.number + TRIMMED_AT_ONCE);
    await stream.trim(below);
    return below <= passed;
  }
  if (oldest.number >= keepFrom) return false;
  const { now } = await context.pg.one(databaseTime, {});
  const cut = instant.plusMillis(now as Instant, -STREAM_DAYS * 86_400_000);
  // Numbers say nothing of time: a step goes to an entry that is known to be too old.
  for (const step of [TRIMMED_AT_ONCE, 100, 10, 1]) {
    const entry = await stream.first(Math.min(oldest.number + step - 1, keepFrom - 1));
    if (entry && entry.recordedAt < cut) {
      await stream.trim(entry.number + 1);
      return true;
    }
  }
  return false;
}

/** The number that every configured reader has passed; 0 where there are none, or one has told nothing yet. */
async function passedByReaders(context: AdapterContext): Promise<number> {
  const { config, redis, identity } = context;
  if (config.readers.length === 0) return 0;
  const passed = await redis.read('events.checkpoints', (client) =>
    Promise.all(
      config.readers.map((reader) => {
        const slash = reader.lastIndexOf('/');
        const key = keysOf(reader.slice(0, slash), coreFamilies).checkpoints('all');
        return client.hget(key, `${reader.slice(slash + 1)}/${identity.schema}`);
      }),
    ),
  );
  return Math.min(...passed.map((text) => Number(text ?? 0)));
}

/** One step; answers whether more may follow. Only what the stream has (had) is let go. */
export async function prune(context: AdapterContext, stream: EventStream): Promise<boolean> {
  const published = await stream.end();
  if (published === undefined) return false;
  const step = { published, days: OUTBOX_DAYS, limit: PRUNED_AT_ONCE };
  return (await context.pg.run(pruneOutbox, step)) === PRUNED_AT_ONCE;
}
