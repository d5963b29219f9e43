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
import { chainSteps } from './collect-chain.ts';
import { collectSettlements } from './collect-custody.ts';
import { collectDesk } from './collect-desk.ts';
import { collectLimits } from './collect-limits.ts';
import { causedMoves, depths, manipulationSpans, priceLines } from './collect-market.ts';
import { collectTestRun } from './collect-run.ts';
import type { Detection, RunPage } from './run-page.ts';

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
  /** Whose causal chain is shown. */
  readonly chainOf?: ChainOf;
  readonly scenario?: string;
  readonly seed?: number;
  readonly scenarioRoot?: string;
  readonly detection?: Detection;
  readonly signal?: AbortSignal;
}

/** Reads all that a run left behind, by the adapters' own ports. What is long is cut or thinned out, and says so. */
export async function collectRun(adapters: RunAdapters, of: CollectRun): Promise<RunPage> {
  const { marketData, exchange, custodian, risk, trading, testCoordinator, audit } = adapters;
  const { report, symbol, symbols = [], runId, chainOf, scenario, seed, scenarioRoot, detection, signal } = of;
  const told = await priceLines(marketData, [...new Set([symbol, ...symbols])]);
  const { causes, lines } = await causedMoves(marketData);
  const untold = lines.filter((line) => told.every((other) => other.symbol !== line.symbol));
  const run = runId === undefined ? undefined : await collectTestRun(testCoordinator, runId);
  const chain = chainOf === undefined ? undefined : await findChain(audit, chainOf, signal);
  return {
    report,
    symbol,
    from: instant.of(of.from),
    to: instant.of(of.to),
    ...(scenario !== undefined && { scenario }),
    ...(seed !== undefined && { seed }),
    ...(scenarioRoot !== undefined && { scenarioRoot }),
    ...(detection !== undefined && { detection }),
    ...(run !== undefined && { run }),
    prices: [...told, ...untold],
    causes,
    manipulations: await manipulationSpans(marketData),
    depth: await depths(exchange),
    ...(await collectDesk(risk, trading)),
    ...(await collectLimits(risk)),
    settlements: await collectSettlements(custodian),
    ...(chain !== undefined && { chain: chainSteps(chain) }),
  };
}
