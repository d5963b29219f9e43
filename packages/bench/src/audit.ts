import { hash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type AuditAdapter, createAuditAdapter } from '@tse/audit';
import { canonicalForm } from '@tse/audit/verifier';
import { fetchTools } from '@tse/testkit/servers';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { type Contender, type Rounds, type Row, type Sample, compare, interleave, skipped } from './measure.ts';
import { type StageOf, openStageOf } from './stage.ts';

const execute = promisify(execFile);

const BATCH = 10_000;
const WRITERS = 1;
const COPIED = 20_000;
const KYSELY_BATCH = 500;
const VERIFIED = 60_000;
/** 487 bytes of JSON, as an order's event has about. */
const PAYLOAD = JSON.stringify({
  note: 'x'.repeat(398),
  price: '64123.45',
  quantity: '0.00120000',
  side: 'buy',
  symbol: 'BTC-USD',
});

let made = 0;
const hex = (n: number, digits: number) => n.toString(16).padStart(digits, '0');

/** Events as a service sends them: a new one each. */
const events = (count: number) =>
  Array.from({ length: count }, () => {
    const n = (made += 1);
    return {
      source: 'bench',
      eventId: `019b76da-${hex(n, 12)}`,
      type: 'order.placed',
      aggregateId: `order-${n}`,
      occurredAt: '2026-01-01T00:00:00.000001Z',
      traceId: hex(n >> 3, 32),
      spanId: hex(n, 16),
      correlationId: `flow-${n >> 3}`,
      causationId: `019b76da-${hex(n - 1, 12)}`,
      payloadText: PAYLOAD,
    };
  });

/** Ingest and verification of the audit's trail, against what the server and the hash do by themselves. */
export async function audit(rounds: Rounds): Promise<Row[]> {
  await using stage = await openStageOf(createAuditAdapter, rounds.progress);
  await using quiet = createAuditAdapter({ ...stage.options, workers: false });
  await stage.adapter.close();
  return [...(await ingests({ ...stage, adapter: quiet }, rounds)), ...(await verifications(quiet, rounds))];
}

async function ingests(stage: StageOf<AuditAdapter>, rounds: Rounds): Promise<Row[]> {
  await using stack = new AsyncDisposableStack();
  const admin = new pg.Client(stage.adminUrl);
  await admin.connect();
  stack.defer(() => admin.end());
  const folder = await mkdtemp(join(tmpdir(), 'bench-audit-'));
  stack.defer(() => rm(folder, { recursive: true }));

  const { trail } = stage.adapter;
  for (let i = 0; i < COPIED; i += BATCH) await trail.ingest(events(BATCH));
  const { psql: program } = await fetchTools();
  if (!program) return [skipped('audit ingest, hashed', 'psql could not be had')];
  const file = join(folder, 'rows');
  const script = join(folder, 'copy.sql');
  /** Runs psql's script; answers the milliseconds of its last command. */
  const psql = async (...lines: string[]): Promise<number> => {
    await writeFile(script, ['set search_path = audit;', '\\timing on', ...lines, ''].join('\n'));
    const { host, port, database, user, password } = stage.postgres;
    const { stdout } = await execute(
      program,
      ['-h', host, '-p', String(port), '-U', user, '-X', '-v', 'ON_ERROR_STOP=1', '-f', script, database],
      {
        env: { ...process.env, PGPASSWORD: password },
      },
    );
    return Number(/Time: ([\d.]+) ms(?![\s\S]*Time:)/.exec(stdout)![1]);
  };
  await admin.query('set search_path = audit');
  await admin.query('create table bench_copied (like events including all)');
  await admin.query('create table bench_values (like events including all)');
  await admin.query('grant all on bench_values, bench_copied to audit_adapter');
  await psql(`\\copy (select * from events where source = 'bench' order by position limit ${COPIED}) to '${file}'`);

  const pool = new pg.Pool({ ...stage.postgres, max: WRITERS, options: '-c search_path=audit' });
  const kysely = new Kysely<{ bench_values: Record<string, unknown> }>({ dialect: new PostgresDialect({ pool }) });
  stack.defer(() => kysely.destroy());

  const ingest: Contender = {
    name: 'ingest',
    run: async (seconds) => {
      const batches = [events(BATCH), events(BATCH)];
      return inBatches(seconds, async () => {
        await trail.ingest(batches.pop() ?? events(BATCH));
        return BATCH;
      });
    },
  };
  const copy: Contender = {
    name: 'COPY',
    run: async (seconds) => {
      const sample: Sample = { done: 0, seconds: 0 };
      while (sample.seconds < seconds) {
        await admin.query('truncate bench_copied');
        sample.seconds += (await psql(`\\copy bench_copied from '${file}'`)) / 1000;
        sample.done += COPIED;
      }
      return sample;
    },
  };
  let position = 0;
  const values: Contender = {
    name: 'Kysely VALUES',
    run: async (seconds) => {
      await admin.query('truncate bench_values');
      return inBatches(seconds, async () => {
        const rows = events(KYSELY_BATCH).map((event) => ({
          position: (position += 1),
          recorded_at: event.occurredAt,
          source: event.source,
          event_id: event.eventId,
          type: event.type,
          schema_version: 1,
          aggregate: 'order',
          aggregate_id: event.aggregateId,
          occurred_at: event.occurredAt,
          trace_id: event.traceId,
          span_id: event.spanId,
          correlation_id: event.correlationId,
          causation_id: event.causationId,
          payload: event.payloadText,
          leaf_hash: sql`decode(repeat('00', 32), 'hex')`,
        }));
        await kysely.insertInto('bench_values').values(rows).execute();
        return KYSELY_BATCH;
      });
    },
  };
  const samples = await interleave([ingest, copy, values], rounds);
  await admin.query('drop table bench_copied, bench_values');
  return [
    compare(samples, {
      bench: 'audit ingest, hashed',
      ours: 'ingest',
      peer: 'COPY',
      target: 0.65,
      note: note(samples),
    }),
    compare(samples, { bench: 'audit ingest, hashed', ours: 'ingest', peer: 'Kysely VALUES', target: 1.5 }),
  ];
}

async function inBatches(seconds: number, work: () => Promise<number>): Promise<Sample> {
  const started = performance.now();
  const ends = started + seconds * 1000;
  let done = 0;
  const loop = async () => {
    while (performance.now() < ends) done += await work();
  };
  await Promise.all(Array.from({ length: WRITERS }, loop));
  return { done, seconds: (performance.now() - started) / 1000 };
}

const note = (samples: ReadonlyMap<string, readonly Sample[]>): string =>
  [...samples]
    .map(([name, all]) => {
      const rates = all.map(({ done, seconds }) => done / seconds).toSorted((a, b) => a - b);
      return `${name} ${Math.round(rates[rates.length >> 1]! / 100) / 10} k/s`;
    })
    .join(', ');

async function verifications(adapter: AuditAdapter, rounds: Rounds): Promise<Row[]> {
  rounds.progress('sealing what is to be verified');
  const { position } = await adapter.trail.head();
  for (let i = position; i < VERIFIED; i += BATCH) await adapter.trail.ingest(events(BATCH));
  await adapter.blocks.seal();
  const last = (await adapter.trail.head()).position;
  const first = Math.max(1, last - VERIFIED);
  const leaves: Buffer[] = [];
  for await (const event of adapter.trail.list({ firstPosition: first, limit: 1000 }))
    leaves.push(Buffer.concat([Buffer.of(0), canonicalForm(event)]));
  const { block: fromBlock } = (await Array.fromAsync(adapter.blocks.list({ limit: 1000 }))).find(
    ({ lastPosition }) => lastPosition >= first,
  )!;

  const verify: Contender = {
    name: 'verify',
    run: async (seconds) => {
      const sample: Sample = { done: 0, seconds: 0 };
      while (sample.seconds < seconds) {
        const started = performance.now();
        const report = await adapter.blocks.verify({ fromBlock });
        if (!report.ok) throw new Error(`the trail does not verify: ${JSON.stringify(report.findings[0])}`);
        sample.seconds += (performance.now() - started) / 1000;
        sample.done += report.events;
      }
      return sample;
    },
  };
  const alone: Contender = {
    name: 'sha256',
    run: (seconds) => {
      const started = performance.now();
      let done = 0;
      while (performance.now() - started < seconds * 1000) {
        for (const leaf of leaves) hash('sha256', leaf);
        done += leaves.length;
      }
      return Promise.resolve({ done, seconds: (performance.now() - started) / 1000 });
    },
  };
  const samples = await interleave([verify, alone], rounds);
  return [
    compare(samples, { bench: 'audit verify', ours: 'verify', peer: 'sha256', target: 0.5, note: note(samples) }),
  ];
}
