import { type Decimal, type Instant, answers, functionCall, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { HoldingRefusal } from './holdings.ts';

const db = queryBuilder<Tables>();

export const reservationColumns = [
  'id',
  'kind',
  'reference',
  'account_id',
  'asset',
  'amount',
  'used',
  'released',
  'state',
  'made_at',
  'closed_at',
] as const;

type Outcome = HoldingRefusal | 'ok' | 'same';

export const statements = {
  list: statement('custodian.holdings.list', 'read', (p: { accountId: string }) =>
    db
      .selectFrom('custody_accounts as a')
      .leftJoin('holdings as h', 'h.account_id', 'a.id')
      .select(['a.id', 'h.asset', 'h.settled', 'h.reserved', 'h.version'])
      .where('a.id', '=', p.accountId)
      .orderBy('h.asset'),
  ),
  getAt: statement('custodian.holdings.getAt', 'read', (p: { accountId: string; asset: string; at: string }) =>
    db
      .selectFrom('custody_accounts as a')
      .select([
        sql<Instant>`clock_timestamp()`.as('read_at'),
        sql<Decimal | null>`(select m.holding_after from movements as m
          where m.account_id = a.id and m.asset = ${p.asset} and m.recorded_at <= ${p.at}::timestamptz
          order by m.recorded_at desc, m.holding_version desc limit 1)`.as('settled'),
      ])
      .where('a.id', '=', p.accountId),
  ),
  total: statement('custodian.holdings.total', 'read', (p: { accountId: string }) =>
    db
      .withRecursive('below', (qb) =>
        qb
          .selectFrom('custody_accounts')
          .select('id')
          .where('id', '=', p.accountId)
          .unionAll(
            qb.selectFrom('custody_accounts as c').innerJoin('below as b', 'b.id', 'c.parent_id').select('c.id'),
          ),
      )
      .selectFrom('below as b')
      .leftJoin('holdings as h', 'h.account_id', 'b.id')
      .select([
        'h.asset',
        sql<Decimal | null>`sum(h.settled)`.as('settled'),
        sql<Decimal | null>`sum(h.reserved)`.as('reserved'),
      ])
      .groupBy('h.asset')
      .orderBy('h.asset'),
  ),
  adjust: functionCall(
    'custodian.holdings.adjust',
    'write',
    'adjust_holdings',
    ['reference', 'accountIds', 'assets', 'amounts', 'reason', 'requestHash', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  findTransaction: statement('custodian.holdings.findTransaction', 'read', (p: { id: string }) =>
    db
      .selectFrom('movement_transactions as t')
      .innerJoin('movements as m', 'm.tx_id', 't.id')
      .select(['t.id', 't.kind', 't.reference', 't.effective_at', 't.recorded_at', 't.reason'])
      .select(['m.account_id', 'm.asset', 'm.amount', 'm.holding_after'])
      .where('t.id', '=', p.id)
      .orderBy('m.n'),
  ),
  reserve: functionCall(
    'custodian.holdings.reserve',
    'write',
    'reserve_holding',
    ['kind', 'reference', 'accountId', 'asset', 'amount', 'at'],
    answers<{ reserve_holding: Outcome }>(),
  ),
  release: functionCall(
    'custodian.holdings.release',
    'write',
    'release_reservation',
    ['id', 'at'],
    answers<{ release_reservation: Outcome }>(),
  ),
  findReservation: statement('custodian.holdings.findReservation', 'read', (p: { id: string }) =>
    db.selectFrom('reservations').select(reservationColumns).where('id', '=', p.id),
  ),
};
