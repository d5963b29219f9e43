import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditAdapter, type CausalChain, type TrailEvent, causalTree } from '@tse/audit';

/** What a chain is asked for by: an event, or a trade of an exchange. */
export type ChainOf = { readonly eventId: string } | { readonly tradeId: string; readonly source?: string };

const POLL_MS = 50;
const LOOKED_AT_ONCE = 1000;

/**
 * The causal chain of one event or trade, as lines to print: what it followed from, and as a tree what followed from it. Waits until links
 * are derived up to what the trail holds now. Nothing where the trail holds no such trade; an event that it
 * does not hold is `not-found`.
 */
export async function causalChain(audit: AuditAdapter, of: ChainOf, signal?: AbortSignal): Promise<string[]> {
  const chain = await findChain(audit, of, signal);
  return chain === undefined ? [] : causalTree(chain);
}

/** As `causalChain`, as data. */
export async function findChain(
  audit: AuditAdapter,
  of: ChainOf,
  signal?: AbortSignal,
): Promise<CausalChain | undefined> {
  const { position: head } = await audit.trail.head();
  while ((await audit.chains.progress()).position < head) await sleep(POLL_MS, undefined, { signal });
  if ('eventId' in of) return await audit.chains.get({ eventId: of.eventId });
  const traded = await eventOfTrade(audit, of.tradeId, of.source);
  return traded && (await audit.chains.get({ eventId: traded.eventId, source: traded.source }));
}

/** A trade's event is one of its market's: it is found by what it says. */
async function eventOfTrade(audit: AuditAdapter, tradeId: string, source?: string): Promise<TrailEvent | undefined> {
  const trades = audit.trail.list({
    types: ['trade.settled'],
    sort: 'newest',
    limit: LOOKED_AT_ONCE,
    ...(source !== undefined && { source }),
  });
  for await (const event of trades) {
    if ((event.payload as { tradeId?: unknown }).tradeId === tradeId) return event;
  }
  return undefined;
}
