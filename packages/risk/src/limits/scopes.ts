import { idInput, symbolInput } from '@tse/core';
import { z } from 'zod';

/**
 * Whom something applies to: at most one of account, strategy and venue, narrowed to a symbol where one is given. A symbol alone is the
 * instrument, whoever trades it; nothing at all is the firm.
 */
export const scopeInput = z
  .strictObject({
    account: idInput.optional(),
    strategy: idInput.optional(),
    venue: idInput.optional(),
    symbol: symbolInput.optional(),
  })
  .refine(({ account, strategy, venue }) => [account, strategy, venue].filter((id) => id !== undefined).length <= 1, {
    message: 'expected at most one of account, strategy and venue',
  });
export type ScopeInput = z.input<typeof scopeInput>;
/** What a limit or state holds for: whatever is left out is any. */
export interface Scope {
  account?: string;
  strategy?: string;
  venue?: string;
  symbol?: string;
}

export const scopeKinds = ['firm', 'account', 'strategy', 'venue', 'instrument'] as const;
export type ScopeKind = (typeof scopeKinds)[number];

/** How a scope is kept: `firm`, `account:alice`, `account:alice|BTC-USD`, `instrument:BTC-USD`. */
export function scopeKey({ account, strategy, venue, symbol }: z.output<typeof scopeInput>): string {
  const named = Object.entries({ account, strategy, venue }).find(([, id]) => id !== undefined);
  if (named) return `${named[0]}:${named[1]}${symbol === undefined ? '' : `|${symbol}`}`;
  return symbol === undefined ? 'firm' : `instrument:${symbol}`;
}

export function scopeOfKey(key: string): Scope {
  const [base = '', symbol] = key.split('|');
  const colon = base.indexOf(':');
  const kind = colon === -1 ? base : base.slice(0, colon);
  const id = base.slice(colon + 1);
  if (kind === 'instrument') return { symbol: id };
  return { ...(kind !== 'firm' && { [kind]: id }), ...(symbol !== undefined && { symbol }) };
}

export function scopeKindOf(key: string): ScopeKind {
  return scopeKinds.find((kind) => key === kind || key.startsWith(`${kind}:`) || key.startsWith(`${kind}|`))!;
}
