import type { AuditAdapter } from '@tse/audit';
import { instant } from '@tse/core';
import type { CustodianAdapter } from '@tse/custodian';
import type { ExchangeAdapter } from '@tse/exchange';
import type { MarketDataAdapter } from '@tse/market-data';
import type { RiskAdapter } from '@tse/risk';
import type { TestCoordinatorAdapter } from '@tse/test-coordinator';
import type { TradingAdapter } from '@tse/trading';
import { type ChainOf, findChain } from '../causal-chain.ts';
import type { Report } from '../report.ts';
import { aroundManipulation } from './around.ts';
import { chainSteps } from './collect-chain.ts';
import { collectSettlements } from './collect-custody.ts';
import { collectDesk } from './collect-desk.ts';
import { collectLimits } from './collect-limits.ts';
import { causedMoves, depths, manipulationSpans, priceLines } from './collect-market.ts';
import { collectTestRun } from './collect-run.ts';
import type { Chain, Detection, RunPage, TestRun } from './run-page.ts';

/** The adapters of a run. */
export interface RunAdapters {
  readonly marketData: MarketDataAdapter;
  readonly exchange: ExchangeAdapter;
  readonly custodian: CustodianAdapter;
  readonly risk: RiskAdapter;
  readonly trading: TradingAdapter;
  readonly testCoordinator: TestCoordinatorAdapter;
  readonly audit: AuditAdapter;
}

export interface CollectRun {
  readonly report: Report;
  /** The market that was traded; its price stands first. */
  readonly symbol: string;
  /** Further prices to show, of any instruments. */
  readonly symbols?: readonly string[];
  /** Of the run, in business time. */
  readonly from: string;
  readonly to: string;
  /** Of the test coordinator's run. */
  readonly runId?: string;
  /** Whose causal chains are shown. */
  readonly chainsOf?: readonly { readonly title: string; readonly of: ChainOf }[];
  /** Where left out, what the ledger of the test run says of the first fault in market data. */
  readonly detection?: Detection;
  readonly signal?: AbortSignal;
}

/** Reads all that a run left behind, by the adapters' own ports. What is long is cut or thinned out, and says so. */
export async function collectRun(adapters: RunAdapters, of: CollectRun): Promise<RunPage> {
  const { marketData, exchange, custodian, risk, trading, testCoordinator, audit } = adapters;
  const { report, symbol, symbols = [], runId, chainsOf = [], signal } = of;
  const told = await priceLines(marketData, [...new Set([symbol, ...symbols])]);
  const span = { from: instant.of(of.from), to: instant.of(of.to) };
  const manipulations = await manipulationSpans(marketData);
  const { causes, lines } = await causedMoves(marketData, (moved) => aroundManipulation(manipulations, moved, span));
  const untold = lines.filter((line) => told.every((other) => other.symbol !== line.symbol));
  const run = runId === undefined ? undefined : await collectTestRun(testCoordinator, runId);
  const chains: Chain[] = [];
  for (const { title, of: one } of chainsOf) {
    const chain = await findChain(audit, one, signal);
    if (chain !== undefined) chains.push({ title, ...chainSteps(chain) });
  }
  const detection = of.detection ?? (run && detectionIn(run));
  return {
    report,
    symbol,
    ...span,
    ...(detection !== undefined && { detection }),
    ...(run !== undefined && { run }),
    prices: [...told, ...untold],
    causes,
    manipulations,
    depth: await depths(exchange),
    ...(await collectDesk(risk, trading)),
    ...(await collectLimits(risk)),
    settlements: await collectSettlements(custodian),
    chains,
  };
}

/** When the first fault in market data began, and when it was noticed. */
function detectionIn({ faults }: TestRun): Detection | undefined {
  const fault = faults.find(({ target, injectedAt }) => target === 'market-data' && injectedAt !== undefined);
  if (fault?.injectedAt === undefined) return undefined;
  const { injectedAt: changedAt, detectionMs } = fault;
  if (detectionMs === undefined) return { changedAt };
  return { changedAt, alertAt: instant.plusMillis(changedAt, detectionMs), seconds: detectionMs / 1000 };
}
