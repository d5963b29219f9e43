import { afterAll, expect, test } from 'vitest';
import { encodedRows } from '../trail/event-rows.ts';
import { type LeafFields, leafHash } from '../trail/leaf.ts';
import { MalformedRowsError } from '../trail/walk-rows.ts';
import { merkleRoot } from './merkle-tree.ts';
import { type Portion, type PortionReport, walkPortion } from './portion.ts';
import { PortionThreads } from './portion-threads.ts';
import { Verification } from './verification.ts';

const threads = new PortionThreads();
afterAll(() => threads.close());

const second = (position: number) => new Date(Date.UTC(2026, 0, 1) + position * 1000).toISOString().slice(0, 19);

/** Of two sources, whose numbers follow each other. */
const events = (first: number, last: number): LeafFields[] =>
  Array.from({ length: last - first + 1 }, (_, i) => {
    const position = first + i;
    return {
      position,
      recordedAt: `${second(position)}.000001Z`,
      source: position % 2 ? 'exchange' : 'señal',
      sourceSeq: Math.ceil(position / 2),
      eventId: `e-${position}`,
      type: 'order.placed',
      schemaVersion: 1,
      aggregate: 'order',
      aggregateId: 'o-1',
      occurredAt: '2026-01-01T00:00:00.000001Z',
      payloadText: JSON.stringify({ note: 'é'.repeat(position % 700) }),
    };
  });

const portion = (given: readonly LeafFields[]): Portion => {
  const [first, last] = [given[0]!.position, given.at(-1)!.position];
  const root = merkleRoot(Buffer.concat(given.map(leafHash))).toString('hex');
  return { first, last, blocks: [{ n: 1, first_position: first, last_position: last, merkle_root: root }] };
};

/** As COPY has them, cut into chunks without regard to rows; some are larger than what of buffers is pooled, some not. */
async function* chunksOf(given: readonly LeafFields[], change?: (all: Buffer) => Buffer) {
  const encoded = Buffer.concat([...encodedRows(given)]);
  const all = change ? change(encoded) : encoded;
  for (let at = 0, n = 1; at < all.length; n += 1) {
    const bytes = n % 3 ? 50_000 : 777;
    yield Buffer.from(all.subarray(at, (at += bytes)));
  }
}

/** A thread reads its program first, which on a busy machine takes seconds. */
const patient = { timeout: 30_000 };

test('a thread finds in a portion what this one finds, and takes the next', patient, async () => {
  const given = events(1, 4000);
  const flip = (all: Buffer) => {
    all[all.indexOf('e-2000') + 2]! ^= 1;
    return all;
  };
  for (const change of [undefined, flip]) {
    const found = await threads.walk(portion(given), chunksOf(given, change));
    expect(found).toEqual(await walkPortion(portion(given), chunksOf(given, change)));
    expect(found).toMatchObject({ events: 4000, found: change ? 1 : 0 });
  }
  const gap = given.filter(({ position }) => position !== 3000);
  const [one, two] = await Promise.all([
    threads.walk(portion(given), chunksOf(given)),
    threads.walk(portion(given), chunksOf(gap)),
  ]);
  expect(one.findings).toEqual([]);
  expect(two.findings).toMatchObject([{ kind: 'event-missing', position: 3000 }, { kind: 'source-gap' }]);
});

test('rows that end in the middle are an error here, and a chunk after them harms nobody', patient, async () => {
  const given = events(1, 500);
  const cut = (all: Buffer) => all.subarray(0, -100);
  await expect(threads.walk(portion(given), chunksOf(given, cut))).rejects.toThrow(MalformedRowsError);
  const broken = (all: Buffer) => Buffer.concat([all.subarray(0, 19), Buffer.alloc(300_000)]);
  await expect(threads.walk(portion(given), chunksOf(given, broken))).rejects.toThrow(MalformedRowsError);
  const failing = async function* () {
    yield Buffer.alloc(100_000);
    await Promise.reject(new RangeError('no more'));
  };
  await expect(threads.walk(portion(given), failing())).rejects.toThrow(/no more|no rows/);
  expect(await threads.walk(portion(given), chunksOf(given))).toMatchObject({ events: 500, found: 0 });
});

test('what two portions say of one source and of time must follow each other', async () => {
  const walked = (given: LeafFields[]) => walkPortion(portion(given), chunksOf(given));
  const judged = (reports: PortionReport[]) => {
    const found = new Verification();
    for (const report of reports) found.add(report);
    return found.report();
  };
  const [a, b, c] = [await walked(events(1, 100)), await walked(events(101, 200)), await walked(events(201, 300))];
  expect(judged([a, b, c])).toMatchObject({ ok: true, events: 300, sources: { exchange: 150, señal: 150 } });
  expect(judged([a, c]).findings).toMatchObject([
    { kind: 'source-gap', position: 201, source: 'exchange' },
    { kind: 'source-gap', position: 202, source: 'señal' },
  ]);
  expect(judged([b, a]).findings).toMatchObject([
    { kind: 'time-reversed', position: 1 },
    { kind: 'event-foreign', position: 1 },
    { kind: 'event-foreign', position: 2 },
  ]);
  expect(judged([a, b, b])).toMatchObject({ ok: false, sources: { exchange: 100, señal: 100 } });
});
