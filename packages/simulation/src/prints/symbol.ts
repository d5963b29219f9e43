import { basename } from 'node:path';
import { InputError } from '../input-error.ts';

export interface Pair {
  readonly base: string;
  readonly quote: string;
}

// Longest first, so that BTCTUSD is priced in TUSD and not a coin named BTCT in USD.
const QUOTES = [
  'FDUSD',
  'USDT',
  'USDC',
  'BUSD',
  'TUSD',
  'USDP',
  'BTC',
  'ETH',
  'BNB',
  'TRX',
  'DAI',
  'USD',
  'EUR',
  'GBP',
  'JPY',
  'KRW',
  'TRY',
  'BRL',
  'AUD',
];

/** Base and quote of `XRP-ETH`, `XRP/ETH`, `XRP_ETH` or, where it ends in a well-known quote asset, `XRPETH`. */
export function splitSymbol(symbol: string): Pair | undefined {
  const [, spelledBase, spelledQuote] = /^([A-Z0-9]{1,20})[-/_]([A-Z0-9]{1,20})$/.exec(symbol) ?? [];
  if (spelledBase && spelledQuote)
    return spelledBase === spelledQuote ? undefined : { base: spelledBase, quote: spelledQuote };
  const quote = /^[A-Z0-9]{2,40}$/.test(symbol)
    ? QUOTES.find((known) => symbol.endsWith(known) && symbol !== known)
    : undefined;
  return quote === undefined ? undefined : { base: symbol.slice(0, -quote.length), quote };
}

/** The pair that `--symbol` names, else the one a bulk file's name begins with, as in `XRPETH-aggTrades-2019-10.csv`. */
export function pairOf(path: string, symbol?: string): Pair {
  if (symbol !== undefined)
    return splitSymbol(symbol.toUpperCase()) ?? refuse(`--symbol "${symbol}" is not a pair such as XRP-ETH.`);
  const [, named = ''] = /^([A-Z0-9]+(?:[-_][A-Z0-9]+)?)[-_](?:agg)?trades/i.exec(basename(path)) ?? [];
  return (
    splitSymbol(named.toUpperCase()) ??
    refuse(`The name of ${path} does not tell its symbol; add --symbol, for example --symbol XRP-ETH.`)
  );
}

function refuse(message: string): never {
  throw new InputError(message);
}
