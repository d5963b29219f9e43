import 'reflect-metadata';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CandleInput } from '@tse/market-data';
import { sql as drizzleSql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { bigint, numeric, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { DataSource, EntitySchema } from 'typeorm';
import type { StageOf } from './stage.ts';

const execute = promisify(execFile);
const BATCH = 1000;

/** A row of the table as peers write it: the columns that the candles of the bench have. */
export interface CandleRow {
  symbol: string;
  interval: string;
  price_type: string;
  source: string;
  open_time: Date;
  open: string;
  high: string;
  low: string;
  close: string;
  base_volume: string;
  quote_volume: string;
  taker_base_volume: string;
  taker_quote_volume: string;
  trade_count: number;
}
const key = ['symbol', 'interval', 'price_type', 'source', 'open_time'] as const;
const values = [
  'open',
  'high',
  'low',
  'close',
  'base_volume',
  'quote_volume',
  'taker_base_volume',
  'taker_quote_volume',
  'trade_count',
] as const;
export const columns = [...key, ...values];

export const rowOf = (symbol: string, candle: CandleInput): CandleRow => ({
  symbol,
  interval: '1m',
  price_type: 'trade',
  source: 'bench',
  open_time: candle.openTime as Date,
  open: candle.open,
  high: candle.high,
  low: candle.low,
  close: candle.close,
  base_volume: candle.baseVolume,
  quote_volume: candle.quoteVolume!,
  taker_base_volume: candle.takerBaseVolume!,
  taker_quote_volume: candle.takerQuoteVolume!,
  trade_count: candle.tradeCount!,
});

/** Writes rows into the adapter's own table, in the way that is usual with it. */
export interface CandlePeer extends AsyncDisposable {
  upsert(rows: readonly CandleRow[]): Promise<void>;
}

function* batches<T>(rows: readonly T[]): Generator<T[]> {
  for (let i = 0; i < rows.length; i += BATCH) yield rows.slice(i, i + BATCH);
}

export function kyselyPeer({ postgres }: StageOf<unknown>): CandlePeer {
  const db = new Kysely<{ candles: CandleRow }>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ ...postgres, max: 1, options: '-c statement_timeout=0' }) }),
  });
  const set = Object.fromEntries(values.map((name) => [name, sql.ref(`excluded.${name}`)]));
  return {
    async upsert(rows) {
      for (const batch of batches(rows))
        await db
          .insertInto('candles')
          .values(batch)
          .onConflict((c) => c.columns([...key]).doUpdateSet(set))
          .execute();
    },
    [Symbol.asyncDispose]: () => db.destroy(),
  };
}

const drizzleCandles = pgTable(
  'candles',
  {
    symbol: text('symbol').notNull(),
    interval: text('interval').notNull(),
    price_type: text('price_type').notNull(),
    source: text('source').notNull(),
    open_time: timestamp('open_time', { withTimezone: true }).notNull(),
    open: numeric('open').notNull(),
    high: numeric('high').notNull(),
    low: numeric('low').notNull(),
    close: numeric('close').notNull(),
    base_volume: numeric('base_volume').notNull(),
    quote_volume: numeric('quote_volume'),
    taker_base_volume: numeric('taker_base_volume'),
    taker_quote_volume: numeric('taker_quote_volume'),
    trade_count: bigint('trade_count', { mode: 'number' }),
  },
  (t) => [primaryKey({ columns: [t.symbol, t.interval, t.price_type, t.source, t.open_time] })],
);

export function drizzlePeer({ postgres }: StageOf<unknown>): CandlePeer {
  const pool = new pg.Pool({ ...postgres, max: 1, options: '-c statement_timeout=0' });
  const db = drizzle(pool);
  const set = Object.fromEntries(values.map((name) => [name, drizzleSql.raw(`excluded.${name}`)]));
  const target = key.map((name) => drizzleCandles[name]);
  return {
    async upsert(rows) {
      for (const batch of batches(rows))
        await db.insert(drizzleCandles).values(batch).onConflictDoUpdate({ target, set });
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

export async function typeormPeer({ postgres: { user, ...postgres } }: StageOf<unknown>): Promise<CandlePeer> {
  const column = (type: 'text' | 'timestamptz' | 'numeric' | 'bigint', primary = false) => ({ type, primary });
  const entity = new EntitySchema<CandleRow>({
    name: 'candles',
    columns: {
      symbol: column('text', true),
      interval: column('text', true),
      price_type: column('text', true),
      source: column('text', true),
      open_time: column('timestamptz', true),
      open: column('numeric'),
      high: column('numeric'),
      low: column('numeric'),
      close: column('numeric'),
      base_volume: column('numeric'),
      quote_volume: column('numeric'),
      taker_base_volume: column('numeric'),
      taker_quote_volume: column('numeric'),
      trade_count: column('bigint'),
    },
  });
  const source = new DataSource({ type: 'postgres', ...postgres, username: user, entities: [entity], poolSize: 1 });
  await source.initialize();
  const repository = source.getRepository(entity);
  return {
    async upsert(rows) {
      for (const batch of batches(rows)) await repository.upsert(batch, [...key]);
    },
    [Symbol.asyncDispose]: () => source.destroy(),
  };
}

/** psql with files that were written before: copied into a temporary table and upserted from there, or copied right in. */
export async function psqlPeer(program: string, { postgres }: StageOf<unknown>, rows: readonly CandleRow[]) {
  const folder = await mkdtemp(join(tmpdir(), 'tse-candles-'));
  const data = join(folder, 'candles.csv');
  await writeFile(
    data,
    rows
      .map((row) => columns.map((name) => (name === 'open_time' ? row.open_time.toISOString() : row[name])).join(','))
      .join('\n'),
  );
  const names = columns.join(', ');
  const copy = (table: string) => `\\copy ${table} (${names}) from '${data}' csv`;
  const script = async (name: string, lines: readonly string[]) => {
    const path = join(folder, name);
    await writeFile(path, `${lines.join('\n')}\n`);
    return path;
  };
  const conflict = `on conflict (${key.join(', ')}) do update set ${values.map((name) => `${name} = excluded.${name}`).join(', ')}`;
  const of = (table: string) => `(${values.map((name) => `${table}.${name}`).join(', ')})`;
  const staged = (onConflict: string) => [
    'set statement_timeout = 0;',
    `create temp table staged as select ${names} from candles limit 0;`,
    copy('staged'),
    `insert into candles (${names}) select ${names} from staged ${onConflict};`,
  ];
  const upsert = await script('upsert.sql', staged(conflict));
  const repeat = await script(
    'repeat.sql',
    staged(`${conflict} where ${of('candles')} is distinct from ${of('excluded')}`),
  );
  const append = await script('append.sql', ['set statement_timeout = 0;', copy('candles')]);
  const { host, port, database, user, password } = postgres;
  const run = async (file: string) => {
    await execute(
      program,
      ['-h', host, '-p', String(port), '-U', user, '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', file, database],
      {
        env: { ...process.env, PGPASSWORD: password },
        maxBuffer: 1 << 24,
      },
    );
  };
  return {
    upsert: () => run(upsert),
    /** As `upsert`, and leaves rows alone that are as they should be. */
    repeat: () => run(repeat),
    append: () => run(append),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
