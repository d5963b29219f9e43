import type { ExchangeAdapter } from '@tse/exchange';
import { type Funding, fundingFor } from '../participants/funding.ts';
import { type MarketTerms, marketTerms } from '../participants/market-terms.ts';
import { ACCOUNTS } from '../participants/orders.ts';
import { stepsOf } from '../participants/participants.ts';
import type { PrintSource } from '../prints/print.ts';
import { startProgress } from '../progress.ts';
import { type Survey, surveyPrints } from '../prints/survey.ts';

const FEES = { version: 2, tiers: [{ tier: 'standard', maker: '0.0005', taker: '0.001' }] };

/** What has to be known before the first print: the market's terms and what the accounts need, both from all of the input. */
export interface Plan {
  readonly source: PrintSource;
  readonly survey: Survey;
  readonly terms: MarketTerms;
  readonly funding: Funding;
}

export async function planOf(source: PrintSource, { quiet = true } = {}): Promise<Plan> {
  const reading = startProgress({ doing: 'Reading', what: 'prints', quiet });
  const survey = await surveyPrints(source, reading.through(source.read()));
  reading.end();
  const terms = marketTerms(survey, FEES.tiers[0]!.taker);
  return { source, survey, terms, funding: await fundingFor(stepsOf(source.read(), terms), terms) };
}

/** Opens the market of the tape and the accounts that trade it, each with what its orders will need. */
export async function openMarket({ survey, terms, funding }: Plan, exchange: ExchangeAdapter): Promise<void> {
  const { accounts, ledger, markets } = exchange;
  await markets.registerAsset({ asset: terms.base, scale: terms.baseScale });
  await markets.registerAsset({ asset: terms.quote, scale: terms.quoteScale });
  await markets.defineFees(FEES);
  await markets.open({
    symbol: terms.symbol,
    tickSize: survey.tickSize,
    lotSize: survey.lotSize,
    maxQuantity: funding.largestQuantity,
    feeVersion: FEES.version,
  });
  for (const accountId of ACCOUNTS) await accounts.open({ accountId, ownerId: accountId });
  for (const { accountId, asset, amount } of funding.deposits)
    await ledger.deposit({ reference: `${accountId}-${asset}`, accountId, asset, amount });
}
