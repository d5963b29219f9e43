import { finished, pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';

/** Streams encoded rows into a `COPY … FROM STDIN`; memory stays that of a few chunks. */
export async function copyInto(
  client: pg.PoolClient,
  copy: string,
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<number> {
  const target = client.query(copyFrom(copy));
  await pipeline(Readable.from(chunks, { objectMode: true, highWaterMark: 4 }), target);
  return target.rowCount ?? 0;
}

/**
 * Hands the chunks of a `COPY … TO STDOUT` to a reader, at the reader's pace. What a reader leaves unread is read to its end: the
 * connection would be of no use before.
 */
export async function copyOutOf<T>(
  client: pg.PoolClient,
  copy: string,
  read: (chunks: AsyncIterable<Buffer>) => Promise<T>,
): Promise<T> {
  const source = client.query(copyTo(copy));
  const ended = finished(source);
  ended.catch(() => {});
  try {
    const result = await read(source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>);
    source.resume();
    await ended;
    return result;
  } catch (error) {
    source.resume();
    await ended;
    throw error;
  }
}
