import type { BaseAdapter } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Boxed, type Subject, boxOf, errorOf } from './subject.ts';

const SOON = { timeout: 15_000, interval: 50 };

/** The circuit breakers of the two stores. */
export function breakerContract<A extends BaseAdapter>(subject: Subject<A>): void {
  const { calls } = subject;
  let box: Boxed<A>;
  beforeAll(async () => {
    box = await boxOf(subject);
  });
  afterAll(() => box[Symbol.asyncDispose]());

  const cases = [
    ['postgres', calls.read],
    ['redis', calls.live],
  ] as const;
  test.each(cases.filter(([, call]) => call !== undefined))(
    'of %s opens while calls fail, spares the store, and closes by itself',
    async (store, call) => {
      const many = () => Promise.all(Array.from({ length: 30 }, () => errorOf(() => call!(box.adapter))));
      {
        using _ = box[store].down();
        await expect
          .poll(
            async () => (await many()).every((error) => error?.['message'].toString().includes('breaker is open')),
            SOON,
          )
          .toBe(true);
        expect(await errorOf(() => call!(box.adapter))).toMatchObject({
          kind: 'unavailable',
          code: `${store}-unavailable`,
          retryAfterMs: expect.any(Number),
        });
        await expect.poll(async () => (await box.adapter.health())[store].breaker, SOON).not.toBe('closed');
        expect(await box.adapter.metrics.metrics()).toMatch(
          new RegExp(`adapter_breaker_open\\{[^}]*store="${store}"[^}]*\\} 1`),
        );
      }
      await expect.poll(() => errorOf(() => call!(box.adapter)), SOON).toBeUndefined();
      await expect
        .poll(async () => (await box.adapter.health())[store], SOON)
        .toMatchObject({ state: 'up', breaker: 'closed' });
      expect((await many()).filter(Boolean)).toEqual([]);
    },
  );
}
