import type { AdapterContext } from '../consistency/adapter-context.ts';
import type { Epoch } from '../consistency/epoch.ts';
import { ConflictError } from '../pipe/errors.ts';
import { EventStream } from './event-stream.ts';
import { firstToPublish, lastNumber, skipNumbers, wishReplay } from './outbox.ts';

const KEPT_DAYS = 7;

/**
 * Has events published again for a reader that came too late (`events-trimmed`). Ids of a stream only grow, so the stream is dropped
 * and the active relay begins it anew with `from`; it keeps them for seven days. Readers that are further on notice nothing. Refused
 * where the outbox does not hold `from` any more.
 */
export async function replayEvents(
  context: AdapterContext,
  { from }: { from: number },
): Promise<{ from: number; to: number }> {
  const { pg } = context;
  const to = (await pg.maybe(lastNumber, {}))?.last_publish_seq ?? 0;
  await pg.run(wishReplay, { from: 1, days: 0 });
  const { seq: oldest } = await pg.one(firstToPublish, {});
  if (from < oldest || from > to) {
    throw new ConflictError(
      'events-not-held',
      to < oldest ? 'the outbox holds no events' : `the outbox holds the events ${oldest} to ${to}`,
      { oldest, last: to },
    );
  }
  await pg.run(wishReplay, { from, days: KEPT_DAYS });
  await new EventStream(context).drop();
  return { from, to };
}

/**
 * For an operator who brought back an older database (`stream-ahead`): numbers go on above those that the stream has, as its readers
 * have seen them, and Redis is rebuilt. What was published and is not in the database any more stays in the stream.
 */
export async function acceptRestoredDatabase(context: AdapterContext, epoch: Epoch): Promise<{ nextNumber: number }> {
  const end = (await new EventStream(context).end()) ?? 0;
  await context.pg.run(skipNumbers, { to: end });
  await epoch.renew();
  return { nextNumber: end + 1 };
}
