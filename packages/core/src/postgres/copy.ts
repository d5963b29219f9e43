import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { CopyOut } from './copy-out.ts';

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
 * connection would be of no use before. Each chunk is the reader's own, to change or to move to another thread.
 */
export async function copyOutOf<T>(
  client: pg.PoolClient,
  copy: string,
  read: (chunks: AsyncIterable<Buffer>) => Promise<T>,
): Promise<T> {
  const source = client.query(new CopyOut(copy));
  const chunks = async function* () {
    for (let chunk = await source.next(); chunk; chunk = await source.next()) yield chunk;
  };
  try {
    return await read(chunks());
  } finally {
    while (await source.next());
  }
}

/** The same for what may take longer than any one statement is given: the timeout of the role, which counts the reader's time too, is off for it. */
export async function longCopyOutOf<T>(
  client: pg.PoolClient,
  copy: string,
  read: (chunks: AsyncIterable<Buffer>) => Promise<T>,
): Promise<T> {
  await client.query('begin read only; set local statement_timeout = 0');
  try {
    const result = await copyOutOf(client, copy, read);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}
