import { type Instant, answers, functionCall, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import { type LegRow, type SettlementRow, settlementColumns } from './settlement-rows.ts';
import type { SettlementRef, SettlementRefusal, WaitReason } from './settlements.ts';

const db = queryBuilder<Tables>();

type Refused = SettlementRefusal | 'ok' | 'same';

export interface ProcessedRow extends Omit<SettlementRow, 'source' | 'reference' | 'cycle' | 'lots'> {
  outcome: Refused;
  reason: WaitReason | null;
}

export const legs = sql<
  LegRow[]
>`(select jsonb_agg(jsonb_build_object('n', l.n, 'kind', l.kind, 'from', l.from_account_id, 'to', l.to_account_id,
  'asset', l.asset, 'quantity', trim_scale(l.qty)::text, 'lot', trim_scale(l.lot_qty)::text) order by l.n)
  from settlement_legs as l where l.instruction_id = s.id)`.as('legs');

export const statements = {
  process: functionCall(
    'custodian.settlements.process',
    'write',
    'process_settlements',
    [
      'ids',
      'sources',
      'references',
      'tradedAts',
      'cycles',
      'priorities',
      'onHolds',
      'lots',
      'minimumLots',
      'requestHashes',
      'legMembers',
      'legNumbers',
      'legKinds',
      'legFroms',
      'legTos',
      'legAssets',
      'legLots',
      'at',
      'registeredEventIds',
      'settledEventIds',
      'contexts',
    ],
    answers<ProcessedRow>(),
  ),
  settleDue: functionCall(
    'custodian.settlements.settleDue',
    'write',
    'settle_due_settlements',
    ['at', 'limit', 'retryAfter', 'settledEventIds', 'failedEventIds', 'context'],
    answers<{
      id: string;
      status: string;
      reason: WaitReason | null;
      moved_lots: number;
      next_attempt_at: Instant | null;
    }>(),
  ),
  change: functionCall(
    'custodian.settlements.change',
    'write',
    'change_settlement',
    ['id', 'version', 'action', 'priority', 'leg', 'until', 'reason', 'run', 'fence', 'at', 'eventId', 'context'],
    answers<{ outcome: Refused }>(),
  ),
  find: statement('custodian.settlements.find', 'read', (p: { id: string }) =>
    db.selectFrom('settlement_instructions as s').select(settlementColumns).select(legs).where('s.id', '=', p.id),
  ),
  findByReference: statement('custodian.settlements.findByReference', 'read', (p: SettlementRef) =>
    db
      .selectFrom('settlement_instructions as s')
      .select(settlementColumns)
      .select(legs)
      .where('source', '=', p.source)
      .where('reference', '=', p.reference),
  ),
  listEvents: statement('custodian.settlements.listEvents', 'read', (p: { id: string }) =>
    db
      .selectFrom('settlement_events')
      .select(['version', 'type', 'status', 'settled_lots', 'tx_id', 'reason', 'actor', 'occurred_at'])
      .where('instruction_id', '=', p.id)
      .orderBy('version'),
  ),
};
