import { type Instant, decimal } from '@tse/core';
import type { RiskAdapter } from '@tse/risk';

/** What a price must not do: leave its peg, or move from one price to the next, by more than a share of it. */
export interface PriceRule {
  readonly symbol: string;
  readonly peg?: string;
  readonly beyond: string;
}

/** Raises an alert when a price breaks a rule, and resolves it once the price is back. Sees prices alone, nothing of their causes. */
export interface PriceWatch {
  sees(price: { symbol: string; price: string; at: Instant }): Promise<void>;
}

export function watchPrices(
  { alerts }: Pick<RiskAdapter, 'alerts'>,
  rules: readonly PriceRule[],
  policyId: string,
): PriceWatch {
  const watched = rules.map((rule) => ({ rule, last: rule.peg, before: undefined as string | undefined, alertId: '' }));
  const isBeyond = (price: string, reference: string, beyond: string) =>
    decimal.compare(decimal.abs(decimal.minus(price, reference)), decimal.times(reference, beyond)) > 0;
  return {
    async sees({ symbol, price, at }) {
      for (const watch of watched) {
        const { rule } = watch;
        if (rule.symbol !== symbol) continue;
        const reference = watch.before ?? watch.last ?? price;
        const broken = isBeyond(price, reference, rule.beyond);
        if (broken && watch.alertId === '') {
          watch.before = reference;
          watch.alertId = `price/${symbol}/${at}`;
          const whence = rule.peg === undefined ? 'the price before' : 'its peg';
          await alerts.raise({
            alertId: watch.alertId,
            dedupKey: `price/${symbol}`,
            severity: 'critical',
            summary: `${symbol} is ${price}, ${whence} ${reference}`,
            labels: { kind: 'price', symbol },
            policyId,
          });
        } else if (!broken && watch.alertId !== '') {
          await alerts.resolve({ alertId: watch.alertId, by: 'risk-monitor', reason: 'the price is back' });
          watch.alertId = '';
          watch.before = undefined;
        }
        if (rule.peg === undefined) watch.last = price;
      }
    },
  };
}
