import { type Decimal, type Instant, decimal } from '@tse/core';
import type { Cycle } from '../calendars/calendars.ts';
import type { LegKind, SettlementStatus } from './settlement-states.ts';
import type { Settlement, SettlementLeg } from './settlements.ts';

export const settlementColumns = [
  'id',
  'source',
  'reference',
  'traded_at',
  'cycle',
  'intended_date',
  'due_at',
  'cuts_off_at',
  'priority',
  'on_hold',
  'delayed_until',
  'lots',
  'settled_lots',
  'status',
  'netting_batch_id',
  'registered_at',
  'closed_at',
  'version',
] as const;

export interface SettlementRow {
  id: string;
  source: string;
  reference: string;
  traded_at: Instant;
  cycle: number;
  intended_date: string;
  due_at: Instant;
  cuts_off_at: Instant;
  priority: number;
  on_hold: boolean;
  delayed_until: Instant | null;
  lots: number;
  settled_lots: number;
  status: SettlementStatus;
  netting_batch_id: string | null;
  registered_at: Instant;
  closed_at: Instant | null;
  version: number;
}

export interface LegRow {
  n: number;
  kind: LegKind;
  from: string;
  to: string;
  asset: string;
  quantity: Decimal;
  lot: Decimal;
}

export const toSettlement = (row: SettlementRow, legs: readonly LegRow[]): Settlement => ({
  settlementId: row.id,
  source: row.source,
  reference: row.reference,
  tradedAt: row.traded_at,
  cycle: row.cycle as Cycle,
  intendedDate: row.intended_date,
  dueAt: row.due_at,
  cutsOffAt: row.cuts_off_at,
  priority: row.priority,
  onHold: row.on_hold,
  ...(row.delayed_until !== null && { delayedUntil: row.delayed_until }),
  lots: row.lots,
  settledLots: row.settled_lots,
  status: row.status,
  ...(row.netting_batch_id !== null && { nettingBatchId: row.netting_batch_id }),
  legs: legs.map((leg) => toLeg(leg, row)),
  registeredAt: row.registered_at,
  ...(row.closed_at !== null && { closedAt: row.closed_at }),
  version: row.version,
});

const toLeg = ({ n, kind, from, to, asset, quantity, lot }: LegRow, row: SettlementRow): SettlementLeg => ({
  leg: n,
  kind,
  from,
  to,
  asset,
  quantity,
  settled: row.settled_lots === row.lots ? quantity : decimal.times(lot, String(row.settled_lots)),
});
