import { inspect } from 'node:util';
import type { ExchangeAdapter } from '@tse/exchange';
import type { Arena } from './arena.ts';

/** The places where a password came out. */
export async function findSecrets(
  { logs, secrets }: Arena,
  exchanges: readonly ExchangeAdapter[],
  errors: readonly unknown[],
): Promise<string[]> {
  const outputs = {
    logs: logs.join(''),
    errors: errors
      .map((error) => `${inspect(error, { depth: 8 })} ${JSON.stringify(error)} ${String(error)}`)
      .join('\n'),
    metrics: (await Promise.all(exchanges.map(({ metrics }) => metrics.metrics()))).join('\n'),
    health: JSON.stringify(await Promise.all(exchanges.map((exchange) => exchange.health()))),
  };
  return Object.entries(outputs).flatMap(([place, text]) => {
    if (text === '') return [`${place}: nothing to look at`];
    return secrets.some((secret) => text.includes(secret)) ? [place] : [];
  });
}
