import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Breaker, outage } from './breaker.ts';
import { ConflictError, UnavailableError } from './errors.ts';
import { Telemetry } from './telemetry.ts';

function open(resetMs = 50) {
  const telemetry = new Telemetry({ adapter: 'x', adapter_instance: 'x' }, { logger: pino({ level: 'silent' }) });
  return { telemetry, breaker: new Breaker('postgres', { resetMs, volume: 5, threshold: 50 }, telemetry) };
}
const lost = () =>
  Promise.reject(Object.defineProperty(new UnavailableError('postgres-unavailable', 'gone'), outage, { value: true }));
const refused = () => Promise.reject(new ConflictError('insufficient-funds', 'no'));
const times = (count: number, breaker: Breaker, unit: () => Promise<unknown>) =>
  Promise.allSettled(Array.from({ length: count }, () => breaker.admit(unit)));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('refusals of the domain never open it, however many', async () => {
  const { breaker } = open();
  const outcomes = await times(100, breaker, refused);
  expect(
    outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason.code === 'insufficient-funds'),
  ).toBe(true);
  expect(breaker.state).toBe('closed');
});

test('outages open it; then nothing is let through, and the caller hears when to come again', async () => {
  const { breaker, telemetry } = open(1000);
  await times(5, breaker, lost);
  expect(breaker.state).toBe('open');
  let ran = false;
  await expect(breaker.admit(async () => (ran = true))).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'postgres-unavailable',
  });
  expect(ran).toBe(false);
  expect(await telemetry.registry.metrics()).toContain('store="postgres"} 1');
  breaker.shutdown();
});

test('after its pause one unit tries: a failure keeps it open, a success or a refusal closes it', async () => {
  for (const [trial, after] of [
    [lost, 'open'],
    [async () => 1, 'closed'],
    [refused, 'closed'],
  ] as const) {
    const { breaker } = open();
    await times(5, breaker, lost);
    await pause(80);
    expect(breaker.state).toBe('half-open');
    const outcomes = await times(3, breaker, trial);
    expect(breaker.state).toBe(after);
    expect(outcomes.slice(1).every((outcome) => outcome.status === 'rejected')).toBe(true);
    breaker.shutdown();
  }
});

test('a few failures among many successes do not open it', async () => {
  const { breaker } = open();
  await times(20, breaker, async () => 1);
  await times(5, breaker, lost);
  expect(breaker.state).toBe('closed');
});
