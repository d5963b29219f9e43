import { queryBuilder } from '@tse/core';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Tables } from '../../exchange/src/schema.ts';
import { type Rounds, type Row, callers, compare, interleave } from './measure.ts';
import type { Stage } from './stage.ts';

const ACCOUNTS = 1000;

const columns = [
  'id',
  'scope_id',
  'parent_id',
  'owner_id',
  'kind',
  'type',
  'status',
  'kyc_status',
  'fee_tier',
  'check_required',
  'metadata',
  'opened_at',
  'version',
] as const;

/** `accounts.find` through every layer, against the same row by pg and by Kysely. */
export async function pointRead({ exchange, postgres }: Stage, rounds: Rounds): Promise<Row[]> {
  for (let i = 0; i < ACCOUNTS; i += 1)
    await exchange.accounts.open({ accountId: `reader-${i}`, ownerId: `owner-${i}` });
  const pool = new pg.Pool({ ...postgres, max: 10 });
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: new pg.Pool({ ...postgres, max: 10 }) }) });
  const { sql: text } = queryBuilder<Tables>().selectFrom('accounts').select(columns).where('id', '=', 'x').compile();
  const some = () => `reader-${Math.floor(Math.random() * ACCOUNTS)}`;
  const at = (concurrency: number) => [
    {
      name: `adapter, ${concurrency}`,
      run: (s: number) => callers(concurrency, s, () => exchange.accounts.find(some())),
    },
    {
      name: `pg pool, named, ${concurrency}`,
      run: (s: number) => callers(concurrency, s, () => pool.query({ name: 'find', text, values: [some()] })),
    },
    {
      name: `stock Kysely, ${concurrency}`,
      run: (s: number) =>
        callers(concurrency, s, () =>
          kysely.selectFrom('accounts').select(columns).where('id', '=', some()).executeTakeFirst(),
        ),
    },
  ];
  try {
    const alone = await interleave(at(1), rounds);
    const crowd = await interleave(at(32).slice(0, 2), rounds);
    return [
      compare(alone, { bench: 'point read, 1 caller', ours: 'adapter, 1', peer: 'pg pool, named, 1', target: 0.95 }),
      compare(alone, { bench: 'point read, 1 caller', ours: 'adapter, 1', peer: 'stock Kysely, 1', target: 1.5 }),
      compare(crowd, {
        bench: 'point read, 32 callers, coalesced',
        ours: 'adapter, 32',
        peer: 'pg pool, named, 32',
        target: 2.5,
      }),
    ];
  } finally {
    await pool.end();
    await kysely.destroy();
  }
}
