import {
  type AdapterContext,
  type Decimal,
  type Instant,
  answers,
  functionCall,
  queryBuilder,
  refusal,
  requestHash,
  statement,
} from '@tse/core';
import { sql } from 'kysely';
import type { z } from 'zod';
import { present } from '../present.ts';
import type { Tables } from '../schema.ts';
import { type ParityRow, pairDecisions } from './parity.ts';
import type { ParityRun, StudyRefusal, compareParity } from './studies.ts';

const db = queryBuilder<Tables>();
const MOST_DECISIONS = 50_000;

const statements = {
  record: functionCall(
    'trading.studies.compareParity',
    'write',
    'record_parity',
    [
      'id',
      'deploymentId',
      'backtestId',
      'from',
      'to',
      'toleranceMs',
      'live',
      'backtested',
      'matched',
      'matchRate',
      'rows',
      'requestHash',
      'at',
    ],
    answers<{ outcome: StudyRefusal | 'ok' | 'same' }>(),
  ),
  owners: statement('trading.studies.parityOwners', 'read', (p: { deploymentId: string; backtestId: string }) =>
    db.selectNoFrom([
      sql<boolean>`exists (select from deployments where id = ${p.deploymentId})`.as('deployment'),
      sql<boolean>`exists (select from backtests where id = ${p.backtestId})`.as('backtest'),
    ]),
  ),
  live: statement('trading.studies.parityLive', 'read', (p: { deploymentId: string; from: Instant; to: Instant }) =>
    db
      .selectFrom('orders')
      .select([
        'symbol',
        'side',
        'submitted_at as at',
        'filled_qty as quantity',
        sql<Decimal>`average(filled_quote, filled_qty)`.as('price'),
        'id as orderId',
      ])
      .where('deployment_id', '=', p.deploymentId)
      .where(sql<boolean>`filled_qty > 0`)
      .where('submitted_at', '>=', p.from)
      .where('submitted_at', '<', p.to)
      .orderBy('submitted_at')
      .limit(MOST_DECISIONS + 1),
  ),
  backtested: statement(
    'trading.studies.parityBacktested',
    'read',
    (p: { backtestId: string; from: Instant; to: Instant }) =>
      db
        .selectFrom('bt_orders')
        .select([
          'symbol',
          'side',
          'placed_at as at',
          'filled_qty as quantity',
          sql<Decimal>`coalesce(average_price, price)`.as('price'),
          'n',
        ])
        .where('backtest_id', '=', p.backtestId)
        .where(sql<boolean>`filled_qty > 0 and coalesce(average_price, price) is not null`)
        .where('placed_at', '>=', p.from)
        .where('placed_at', '<', p.to)
        .orderBy('placed_at')
        .limit(MOST_DECISIONS + 1),
  ),
  find: statement('trading.studies.getParity', 'read', (p: { id: string }) =>
    db
      .selectFrom('parity_runs')
      .select([
        'id',
        'deployment_id',
        'backtest_id',
        'from_at',
        'to_at',
        'tolerance_ms',
        'live',
        'backtested',
        'matched',
        'match_rate',
        'compared_at',
      ])
      .where('id', '=', p.id),
  ),
  rows: statement('trading.studies.parityRows', 'read', (p: { id: string }) =>
    db
      .selectFrom('parity_rows')
      .select([
        'verdict',
        'symbol',
        'side',
        'order_id as orderId',
        'backtest_n as backtestN',
        'live_at as liveAt',
        'backtest_at as backtestAt',
        'live_qty as liveQuantity',
        'backtest_qty as backtestQuantity',
        'live_price as livePrice',
        'backtest_price as backtestPrice',
        'slippage',
      ])
      .where('run_id', '=', p.id)
      .orderBy('n'),
  ),
};

/** What became of decisions live and in a backtest: the part of `Studies` that compares the two. */
export class ParityRepository {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  async compare(input: z.output<typeof compareParity>): Promise<ParityRun> {
    const { parityId, deploymentId, backtestId, from, to, tolerance } = input;
    const { pg, clock } = this.#context;
    const { deployment, backtest } = await pg.one(statements.owners, { deploymentId, backtestId });
    if (!deployment) throw refusal('unknown-deployment', { deploymentId });
    if (!backtest) throw refusal('unknown-backtest', { backtestId });
    const [live, backtested] = await Promise.all([
      pg.many(statements.live, { deploymentId, from, to }),
      pg.many(statements.backtested, { backtestId, from, to }),
    ]);
    if (live.length > MOST_DECISIONS || backtested.length > MOST_DECISIONS)
      throw refusal('too-many-decisions', { parityId });
    const rows = pairDecisions(live, backtested, tolerance);
    const matched = rows.filter(({ verdict }) => verdict === 'same').length;
    const { outcome } = await pg.one(statements.record, {
      id: parityId,
      deploymentId,
      backtestId,
      from,
      to,
      toleranceMs: tolerance,
      live: live.length,
      backtested: backtested.length,
      matched,
      matchRate: rows.length === 0 ? undefined : matched / rows.length,
      rows: JSON.stringify(rows.map((row, i) => toRow(row, i + 1))),
      requestHash: requestHash(deploymentId, backtestId, from, to, tolerance),
      at: clock.now(),
    });
    if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { parityId });
    return this.get(parityId);
  }

  async get(parityId: string): Promise<ParityRun> {
    const { pg } = this.#context;
    const run = await pg.maybe(statements.find, { id: parityId });
    if (!run) throw refusal('unknown-parity', { parityId });
    const rows = await pg.many(statements.rows, { id: parityId });
    return present({
      parityId: run.id,
      deploymentId: run.deployment_id,
      backtestId: run.backtest_id,
      from: run.from_at,
      to: run.to_at,
      toleranceMs: run.tolerance_ms,
      live: run.live,
      backtested: run.backtested,
      matched: run.matched,
      matchRate: run.match_rate,
      rows: rows.map((row): ParityRow => present(row)),
      comparedAt: run.compared_at,
    });
  }
}

const toRow = (row: ParityRow, n: number) => ({
  n,
  verdict: row.verdict,
  symbol: row.symbol,
  side: row.side,
  order_id: row.orderId,
  backtest_n: row.backtestN,
  live_at: row.liveAt,
  backtest_at: row.backtestAt,
  live_qty: row.liveQuantity,
  backtest_qty: row.backtestQuantity,
  live_price: row.livePrice,
  backtest_price: row.backtestPrice,
  slippage: row.slippage,
});
