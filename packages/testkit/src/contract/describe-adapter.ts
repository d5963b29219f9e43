import type { BaseAdapter } from '@tse/core';
import { describe } from 'vitest';
import type { AdapterFactory } from '../sandbox/sandbox.ts';
import { badInputContract } from './bad-input.ts';
import { breakerContract } from './breaker.ts';
import { closeContract } from './close.ts';
import { healthContract } from './health.ts';
import { isolationContract } from './isolation.ts';
import { metricsContract } from './metrics.ts';
import { recoveryContract } from './recovery.ts';
import { runFencesContract } from './run-fences.ts';
import { secretsContract } from './secrets.ts';
import { setupContract } from './setup.ts';
import { startContract } from './start.ts';
import type { AdapterContract, Subject } from './subject.ts';

/**
 * Registers the tests that every adapter passes, on real servers and as its own role. Call it at the top of a test file:
 * `describeAdapter(createExchangeAdapter, { read: (exchange) => exchange.accounts.list(), write: …, inputs: { … } })`.
 */
export function describeAdapter<A extends BaseAdapter>(create: AdapterFactory<A>, calls: AdapterContract<A>): void {
  const subject: Subject<A> = { create, calls };
  const themes = {
    setup: setupContract,
    start: startContract,
    health: healthContract,
    breaker: breakerContract,
    recovery: recoveryContract,
    'bad input': badInputContract,
    'run fences': runFencesContract,
    isolation: isolationContract,
    metrics: metricsContract,
    close: closeContract,
    secrets: secretsContract,
  };
  describe(`the contract of an adapter: ${create.definition.identity.name}`, () => {
    for (const [theme, register] of Object.entries(themes)) describe(theme, () => register(subject));
  });
}
