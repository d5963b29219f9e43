import type { CustodianAdapter, Settlement, SettlementFail } from '@tse/custodian';
import type { LateSettlement, Settlements } from './run-page.ts';
import { take } from './sampled.ts';

const MOST_READ = 50_000;
const MOST_LATE = 12;
const MOST_STEPS = 30;
/** With more days than this a bar is a month. */
const MOST_DAYS = 370;
const PAGE = 1000;

/** What was to settle, by the day it was due, and what did not do so in time. */
export async function collectSettlements({ settlements }: CustodianAdapter): Promise<Settlements> {
  const { items, cut } = await take(settlements.list({ limit: PAGE }), MOST_READ);
  const { items: fails } = await take(settlements.listFails({ ended: true, limit: PAGE }), PAGE);
  const failOf = new Map(fails.map((fail) => [fail.settlementId, fail]));
  const late = items.filter(({ settlementId, delayedUntil }) => failOf.has(settlementId) || delayedUntil !== undefined);
  const days = new Set(items.map(({ intendedDate }) => intendedDate));
  const dueOf = ({ intendedDate }: Settlement) => (days.size > MOST_DAYS ? intendedDate.slice(0, 7) : intendedDate);
  return {
    total: items.length,
    cut,
    byStatus: counted(items),
    days: [...Map.groupBy(items, dueOf)].map(([due, ofDay]) => ({ due, byStatus: counted(ofDay) })),
    late: await Promise.all(
      late.slice(0, MOST_LATE).map(async (settlement): Promise<LateSettlement> => {
        const events = await settlements.listEvents(settlement.settlementId);
        return lateSettlement(settlement, failOf.get(settlement.settlementId), events);
      }),
    ),
    fails: fails.length,
  };
}

function counted(settlements: readonly Settlement[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of settlements) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

function lateSettlement(
  { settlementId, reference, intendedDate, status, legs }: Settlement,
  fail: SettlementFail | undefined,
  events: readonly {
    occurredAt: LateSettlement['steps'][number]['at'];
    type: string;
    status: string;
    reason?: string;
  }[],
): LateSettlement {
  return {
    settlementId,
    reference,
    due: intendedDate,
    status,
    legs: legs.map(({ kind, from, to, asset, quantity }) => ({ kind, from, to, asset, quantity })),
    ...(fail !== undefined && {
      fail: {
        failedAt: fail.failedAt,
        reason: fail.reason,
        businessDays: fail.ageInBusinessDays,
        ...(fail.endedAt !== undefined && { endedAt: fail.endedAt }),
      },
    }),
    steps: events.slice(0, MOST_STEPS).map(({ occurredAt, type, reason }) => ({
      at: occurredAt,
      what: type,
      ...(reason !== undefined && { detail: reason }),
    })),
  };
}
