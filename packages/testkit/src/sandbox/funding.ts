import { createHash } from 'node:crypto';
import { decimal } from '@tse/core';

interface Asset {
  readonly asset: string;
  readonly scale: number;
}

/** The ports of an exchange that funding goes through, by their shape: an adapter that has them is an exchange here. */
interface Exchange {
  readonly accounts: {
    find(accountId: string): Promise<unknown>;
    open(input: { accountId: string; ownerId: string }): Promise<unknown>;
  };
  readonly markets: {
    listAssets(): Promise<readonly Asset[]>;
    registerAsset(input: Asset): Promise<unknown>;
    find(symbol: string): Promise<unknown>;
    open(input: { symbol: string; tickSize: string; lotSize: string }): Promise<unknown>;
  };
  readonly ledger: {
    deposit(input: { reference: string; accountId: string; asset: string; amount: string }): Promise<unknown>;
  };
}

/** A quote asset has as many fraction digits as tick and lot of its markets together. */
const SCALES: Readonly<Record<string, number>> = { USD: 10, USDT: 10 };
const SCALE = 8;
const MARKETS = ['BTC-USD', 'ETH-USD', 'BTC-USDT', 'ETH-USDT'];

/**
 * Deposits balances, and makes before it what is missing: the assets, the account and, where both of its assets are there, each of the
 * usual markets, free of fees. What is there stays as it is; the same deposit again is the same one.
 */
export async function fund(
  adapters: Iterable<unknown>,
  accountId: string,
  balances: Readonly<Record<string, string>>,
): Promise<void> {
  const exchange = [...adapters].find(isExchange);
  if (exchange === undefined)
    throw new TypeError('fund: no adapter of this sandbox has the ports accounts, markets and ledger');
  const deposits = Object.entries(balances).map(([asset, amount]) => ({ asset, amount: decimal.of(amount) }));

  const scales = new Map((await exchange.markets.listAssets()).map(({ asset, scale }) => [asset, scale]));
  for (const { asset } of deposits) {
    if (scales.has(asset)) continue;
    const scale = SCALES[asset] ?? SCALE;
    await exchange.markets.registerAsset({ asset, scale });
    scales.set(asset, scale);
  }
  for (const symbol of MARKETS) {
    const [base, quote] = symbol.split('-').map((asset) => scales.get(asset));
    if (base !== undefined && quote !== undefined) await openMarket(exchange, symbol, base, quote);
  }
  if ((await exchange.accounts.find(accountId)) === undefined)
    await exchange.accounts.open({ accountId, ownerId: accountId });
  for (const { asset, amount } of deposits) {
    await exchange.ledger.deposit({ reference: referenceOf(accountId, asset, amount), accountId, asset, amount });
  }
}

/** Free of fees; in cents and satoshis, as far as the scales of its assets reach. */
async function openMarket({ markets }: Exchange, symbol: string, base: number, quote: number): Promise<void> {
  if ((await markets.find(symbol)) !== undefined) return;
  const tickDigits = Math.min(2, quote);
  const lotDigits = Math.min(8, base, quote - tickDigits);
  await markets.open({ symbol, tickSize: step(tickDigits), lotSize: step(lotDigits) });
}

const step = (digits: number): string => (digits === 0 ? '1' : `0.${'1'.padStart(digits, '0')}`);

/** An id of at most 64 characters for any account. */
const referenceOf = (...parts: string[]): string =>
  `sandbox-${createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)}`;

function isExchange(adapter: unknown): adapter is Exchange {
  const members = adapter as Readonly<Record<string, unknown>>;
  return ['accounts', 'markets', 'ledger'].every((port) => typeof members[port] === 'object');
}
