import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

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
