import { inject } from 'vitest';
import type { Print, PrintSource } from './prints/print.ts';

/** The servers of this test run, as the demo takes them. */
export function givenServers() {
  const { postgres, redis } = inject('servers');
  const given = { origin: 'url', version: '' } as const;
  return { postgres: { adminUrl: postgres, ...given }, redis: { adminUrl: redis, ...given } };
}

const START = Date.parse('2026-03-02T09:00:00Z');
/** A market that goes up and down, on two days. */
export const prints = Array.from({ length: 64 }, (_, i): Print => {
  const cents = 10_000 + Math.round(80 * Math.sin(i / 4));
  return {
    id: `p${i}`,
    price: `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`,
    quantity: `${1000 + ((i * 13) % 7) * 100}`,
    taker: i % 5 < 2 ? 'buy' : 'sell',
    at: new Date(START + (i < 48 ? i * 90_000 : 86_400_000 + i * 90_000)).toISOString().replace('Z', '000Z'),
    sequence: i + 1,
  };
});
export const source: PrintSource = {
  name: 'two days',
  base: 'BTC',
  quote: 'USD',
  read: async function* read() {
    yield* prints;
  },
};
