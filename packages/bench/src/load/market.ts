import type { Decimal, Lease } from '@tse/core';
import { decimal } from '@tse/core';
import {
  type MarketTerms,
  OUTSIDE,
  type PrintSource,
  custodyAccountOf,
  marketTerms,
  openFor,
  openHouse,
  surveyPrints,
} from '@tse/simulation';
import type { Seven } from './adapters.ts';

const FEES = { version: 2, tiers: [{ tier: 'standard', maker: '0.0005', taker: '0.001' }] };
/** Of each asset: more than any run trades. */
const FUNDS = '1000000000000000000';
const LIMIT = '10000000000000000';
const TRADERS = 32;
const DESKS = 4;
const SCENARIO = `scenario: load
name: Recorded trades at rising multiples
type: combined
description: All seven adapters at once, under the arrival times of recorded trades.
servicesUnderTest: [market-data, exchange, custodian, risk, trading, audit]
lock: load
steps:
  - { probe: all-is-done, assertion: data-consistency, target: exchange, measure: broken-identities, tolerance: { max: 0 } }
`;

/** A strategy with its account: each of its orders is checked first. */
export interface Desk {
  readonly deploymentId: string;
  readonly accountId: string;
  readonly epoch: number;
}

/** What has to be there before the first print. */
export interface Market extends AsyncDisposable {
  readonly terms: MarketTerms;
  /** Of a price. */
  readonly tick: Decimal;
  readonly venue: string;
  readonly accounts: readonly string[];
  readonly desks: readonly Desk[];
  /** Of the one matcher. */
  readonly matching: Lease;
  /** The test run that all this is. */
  readonly run: { readonly runId: string; readonly fence: number };
}

export async function openMarket({ adapters }: Seven, source: PrintSource): Promise<Market> {
  await using opening = new AsyncDisposableStack();
  const { marketData, exchange, custodian, risk, testCoordinator } = adapters;
  const survey = await surveyPrints(source);
  const terms = marketTerms(survey, FEES.tiers[0]!.taker);
  const { symbol, base, quote, baseScale, quoteScale } = terms;
  const venue = exchange.identity.label;

  await marketData.instruments.register({ symbol, tickSize: survey.tickSize, stepSize: survey.lotSize });
  await exchange.markets.registerAsset({ asset: base, scale: baseScale });
  await exchange.markets.registerAsset({ asset: quote, scale: quoteScale });
  await exchange.markets.defineFees(FEES);
  await exchange.markets.open({
    symbol,
    tickSize: survey.tickSize,
    lotSize: survey.lotSize,
    maxQuantity: survey.largestQuantity,
    feeVersion: FEES.version,
  });
  await openHouse(custodian, venue);

  const accounts = Array.from({ length: TRADERS }, (_, i) => `trader-${i + 1}`);
  const desks: Desk[] = [];
  for (const accountId of accounts) await openAccount(accountId);
  for (let i = 1; i <= DESKS; i += 1) {
    const accountId = `desk-${i}`;
    await openAccount(accountId, true);
    await risk.limits.define({
      limitId: `${accountId}-position`,
      metric: 'position',
      scope: { strategy: accountId },
      hard: LIMIT,
    });
    desks.push({
      deploymentId: accountId,
      accountId,
      epoch: await deploy(adapters, accountId, { venue, symbol, quote }),
    });
  }

  async function openAccount(accountId: string, checkRequired = false): Promise<void> {
    await exchange.accounts.open({ accountId, ownerId: accountId, checkRequired });
    await openFor(custodian.accounts, venue, { accountId, ownerId: accountId, kind: 'segregated' });
    for (const asset of [base, quote]) {
      const reference = `${accountId}-${asset}`;
      await exchange.ledger.deposit({ reference, accountId, asset, amount: FUNDS });
      await custodian.holdings.adjust({
        reference,
        reason: 'deposited at the venue',
        movements: [
          { accountId: OUTSIDE, asset, amount: decimal.negate(FUNDS) },
          { accountId: custodyAccountOf(accountId), asset, amount: FUNDS },
        ],
      });
    }
  }

  const { scenarioId } = await testCoordinator.scenarios.publish({ text: SCENARIO, status: 'active' });
  const { runId } = await testCoordinator.runs.request({ runId: 'load', scenarioId });
  const lock = opening.use(await testCoordinator.locks.hold('load'));
  await testCoordinator.runs.start({ runId, fence: lock.fence, lockName: lock.name });
  const matching = opening.use(await exchange.leases.hold(`matching/${symbol}`));
  const opened = opening.move();
  return {
    terms,
    tick: decimal.of(survey.tickSize),
    venue,
    accounts,
    desks,
    matching,
    run: { runId, fence: lock.fence },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function deploy(
  { trading: { strategies, deployments } }: Seven['adapters'],
  name: string,
  { venue, symbol, quote }: { venue: string; symbol: string; quote: string },
): Promise<number> {
  await strategies.create({ strategyId: name, name, symbols: [symbol] });
  const { version } = await strategies.publishVersion({ strategyId: name, codeHash: 'load' });
  await deployments.create({
    deploymentId: name,
    strategyId: name,
    strategyVersion: version,
    accountId: name,
    venue,
    currency: quote,
    startingEquity: LIMIT,
  });
  const { epoch } = await deployments.attach({ deploymentId: name });
  await deployments.report({ deploymentId: name, epoch, actual: 'running' });
  return epoch;
}
