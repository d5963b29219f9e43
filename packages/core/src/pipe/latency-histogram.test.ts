import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { LatencyHistogram } from './latency-histogram.ts';

test('observations are counted in every bucket they fit, under the labels they were bound to', async () => {
  const registry = new Registry();
  const histogram = new LatencyHistogram('call_seconds', 'Calls', registry);
  const ok = histogram.bind({ op: 'a', outcome: 'ok' });
  const failed = histogram.bind({ op: 'a', outcome: 'failed' });
  for (const seconds of [0.0004, 0.0005, 0.02, 7]) ok(seconds);
  failed(0.3);
  const text = await registry.metrics();
  expect(text).toContain('# TYPE call_seconds histogram');
  for (const [le, count] of [
    ['0.0005', 2],
    ['0.01', 2],
    ['0.025', 3],
    ['5', 3],
    ['+Inf', 4],
  ])
    expect(text).toContain(`call_seconds_bucket{op="a",outcome="ok",le="${le}"} ${count}\n`);
  expect(text).toContain('call_seconds_count{op="a",outcome="ok"} 4');
  expect(Number(/call_seconds_sum\{op="a",outcome="ok"\} (\S+)/.exec(text)![1])).toBeCloseTo(7.0209);
  expect(text).toContain('call_seconds_count{op="a",outcome="failed"} 1');
});

test('binding the same labels twice counts in one series, and a reset registry counts from zero', async () => {
  const registry = new Registry();
  const histogram = new LatencyHistogram('call_seconds', 'Calls', registry);
  histogram.bind({ op: 'a' })(1);
  histogram.bind({ op: 'a' })(1);
  expect(await registry.metrics()).toContain('call_seconds_count{op="a"} 2');
  registry.resetMetrics();
  histogram.bind({ op: 'a' })(1);
  expect(await registry.metrics()).toContain('call_seconds_count{op="a"} 1');
});

test('what takes longer than a call has bounds of its own', async () => {
  const registry = new Registry();
  const observe = new LatencyHistogram('detection_seconds', 'Detections', registry, [5, 15]).bind({});
  for (const seconds of [4, 12, 40]) observe(seconds);
  const text = await registry.metrics();
  expect(text.match(/^detection_seconds_bucket.*$/gm)).toEqual([
    'detection_seconds_bucket{le="5"} 1',
    'detection_seconds_bucket{le="15"} 2',
    'detection_seconds_bucket{le="+Inf"} 3',
  ]);
});
