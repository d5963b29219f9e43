import type { AuditAdapter, TrailEvent } from '@tse/audit';
import type { ChainOf } from './causal-chain.ts';
import type { DemoAdapters } from './demo-adapters.ts';
import { DEMO_RUN } from './demo-run.ts';
import { DESK_ACCOUNTS } from './ecosystem/desk.ts';
import { type CollectRun, collectRun } from './report-page/collect.ts';
import { writeReportPage } from './report-page/write-report-page.ts';

const MOST_SYMBOLS = 6;
const MOST_LOOKED_AT = 1000;

/** Writes the run of a demo as a page. */
export async function writeDemoPage(
  file: string,
  demo: DemoAdapters,
  of: Pick<CollectRun, 'report' | 'symbol' | 'from' | 'to'> & { readonly signal: AbortSignal },
): Promise<void> {
  const { items } = await demo.marketData.instruments.list({ limit: MOST_SYMBOLS });
  const symbols = items.map(({ symbol }) => symbol);
  const run = await collectRun(demo, { ...of, symbols, runId: DEMO_RUN, chainsOf: await chainsOf(demo, of.symbol) });
  await writeReportPage(file, run);
}

/** What is worth following: what was broken on purpose, the first alert, and a trade of a strategy, or else of anybody. */
async function chainsOf(
  { audit, exchange }: DemoAdapters,
  symbol: string,
): Promise<NonNullable<CollectRun['chainsOf']>> {
  const chains: { title: string; of: ChainOf }[] = [];
  const add = (title: string, event: TrailEvent | undefined) => {
    if (event !== undefined) chains.push({ title, of: { eventId: event.eventId } });
  };
  add(
    'What followed from the first fault',
    await firstEvent(audit, 'fault.changed', ({ state }) => state === 'injecting'),
  );
  add('The first alert', await firstEvent(audit, 'alert.changed', ({ type }) => type === 'opened'));
  const [ofDesk] = (await exchange.trades.listOfAccount({ accountId: DESK_ACCOUNTS[0], limit: 1 })).items;
  const [ofAnybody] = (await exchange.trades.listOfMarket({ symbol, limit: 1 })).items;
  const trade = ofDesk ?? ofAnybody;
  if (trade) chains.push({ title: ofDesk ? 'A trade of a strategy' : 'The first trade', of: { tradeId: trade.id } });
  return chains;
}

async function firstEvent(
  audit: AuditAdapter,
  type: string,
  is: (payload: Readonly<Record<string, unknown>>) => boolean,
): Promise<TrailEvent | undefined> {
  const { items } = await audit.trail.list({ types: [type], limit: MOST_LOOKED_AT });
  return items.find(({ payload }) => is(payload as Readonly<Record<string, unknown>>));
}
