import { once } from 'node:events';
import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createExchangeAdapter } from '@tse/exchange';
import { exchangeEvents } from '@tse/exchange/events';
import { createMarketDataAdapter } from '@tse/market-data';
import { sandbox } from '@tse/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTracing } from './traces.ts';

interface Sent {
  service: string;
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  kind: number;
}
interface Batch {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue: string } }[] };
    scopeSpans: { spans: Omit<Sent, 'service'>[] }[];
  }[];
}

/** Of OTLP: a statement may be called as the method is. */
const CLIENT = 3;
const spans: Sent[] = [];
let collector: Server;
let url: string;
async function take(request: IncomingMessage): Promise<void> {
  const batch = JSON.parse(await text(request)) as Batch;
  for (const { resource, scopeSpans } of request.url === '/v1/traces' ? batch.resourceSpans : []) {
    const service = resource.attributes.find(({ key }) => key === 'service.name')!.value.stringValue;
    spans.push(...scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, service }))));
  }
}

beforeAll(async () => {
  collector = createServer((request, response) => {
    void take(request).finally(() => response.setHeader('content-type', 'application/json').end('{}'));
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
});
afterAll(() => void collector.close());

function causesOf({ parentSpanId }: Sent): Sent[] {
  const parent = spans.find(({ spanId }) => spanId === parentSpanId);
  return parent ? [parent, ...causesOf(parent)] : [];
}

test('one trace goes from the write of a service, by its event, to what another does of it', async () => {
  await using box = await sandbox({ exchange: createExchangeAdapter, marketData: createMarketDataAdapter });
  {
    await using tracing = openTracing(url);
    const exchange = box.open('exchange', { tracer: tracing.of('exchange') });
    const marketData = box.open('marketData', { tracer: tracing.of('market-data') });
    const handled = Promise.withResolvers<void>();
    marketData.inbox.consume(
      { name: 'watch', from: exchangeEvents, types: ['account.changed'], start: 'earliest' },
      async () => {
        await marketData.instruments.find('BTC-USD');
        handled.resolve();
      },
    );
    await exchange.accounts.open({ accountId: 'alice', ownerId: 'alice' });
    await handled.promise;
    await marketData.close();
  }
  const one = (name: string) => spans.find((span) => span.name === name && span.kind !== CLIENT)!;
  const [opened, heard, found] = [
    one('exchange.accounts.open'),
    one('inbox.watch'),
    one('market-data.instruments.find'),
  ];
  expect(opened).toMatchObject({ service: 'exchange' });
  expect(heard).toMatchObject({ service: 'market-data', traceId: opened.traceId });
  expect(causesOf(heard)).toContain(opened);
  expect(found).toMatchObject({ service: 'market-data', traceId: opened.traceId });
  expect(causesOf(found)).toContain(heard);
});

test('where nobody takes them the work goes on, and closing ends', async () => {
  await using box = await sandbox({ exchange: createExchangeAdapter });
  await using tracing = openTracing('http://127.0.0.1:9');
  const exchange = box.open('exchange', { tracer: tracing.of('exchange') });
  expect(await exchange.accounts.open({ accountId: 'bob', ownerId: 'bob' })).toMatchObject({ accountId: 'bob' });
});
