import type { BaseAdapter } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Boxed, type Subject, boxOf, errorOf } from './subject.ts';

const MOST_SERIES = 1000;
const ROUNDS = 5;

/** Metrics: few, bounded, and told apart by the instance. */
export function metricsContract<A extends BaseAdapter>(subject: Subject<A>): void {
  const { calls } = subject;
  let box: Boxed<A>;
  beforeAll(async () => {
    box = await boxOf(subject);
  });
  afterAll(() => box[Symbol.asyncDispose]());

  const series = async (): Promise<string[]> => {
    const text = await box.adapter.metrics.metrics();
    return text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.slice(0, line.lastIndexOf(' ')));
  };
  const use = async (from: number, to: number): Promise<void> => {
    for (let i = from; i < to; i += 1) {
      await calls.write(box.adapter, `metrics-${i}`);
      await calls.read(box.adapter);
      await calls.live?.(box.adapter);
      await errorOf(() => calls.write(box.adapter, `no id: ${'\0'.repeat(i + 1)}`));
    }
    await box.adapter.health();
  };

  test('do not grow with what is written, and carry neither ids nor texts', async () => {
    await use(0, 10);
    let before = await series();
    let after: string[] = [];
    let grown: string[] = [];
    // What workers do for the first time may still add to them, once; what is written would add each time.
    for (let round = 1; round <= ROUNDS; round += 1) {
      await use(round * 20, round * 20 + 20);
      after = await series();
      const known = new Set(before);
      grown = after.filter((line) => !known.has(line));
      if (grown.length === 0) break;
      before = after;
    }
    expect(grown).toEqual([]);
    expect(after.length).toBeLessThan(MOST_SERIES);
    expect(after.join('\n')).not.toMatch(/metrics-\d|no id/);
  });

  test('each names the adapter and its instance, and says what it is', async () => {
    const { name, label } = box.adapter.identity;
    await use(0, 1);
    for (const line of await series()) {
      expect(line).toContain(`adapter="${name}"`);
      expect(line).toContain(`adapter_instance="${label}"`);
    }
    const kinds = await box.adapter.metrics.getMetricsAsJSON();
    expect(kinds.filter(({ help }) => help === '')).toEqual([]);
    expect(kinds.map((metric) => metric.name)).toEqual(
      expect.arrayContaining(['adapter_operation_seconds', 'adapter_breaker_open', 'adapter_up', 'adapter_store_up']),
    );
  });
}
