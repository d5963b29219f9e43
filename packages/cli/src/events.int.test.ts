import type { OpenedAdapter } from '@tse/core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openBare } from './adapters.ts';
import { adapterOptions } from './environment.ts';
import { type TestCli, type TestInstance, sample, testCli } from './test-cli.ts';

let cli: TestCli;
let it: TestInstance;
let opened: OpenedAdapter<string>;
beforeAll(async () => {
  cli = await testCli(inject('servers'));
  it = cli.fresh();
  await it.run('migrate');
  opened = openBare(sample, adapterOptions(sample.definition.identity, it.instance, it.env));
  for (let n = 1; n <= 5; n += 1) await write(n);
  await sql('select number_events($1, 1, 4)', ['events']);
});
afterAll(async () => {
  await opened.mount().close();
  await cli[Symbol.asyncDispose]();
});

const sql = (text: string, parameters: unknown[]) =>
  opened.context.pg.query('test', 'write', { compile: () => ({ sql: text, parameters }) as never });

const write = (n: number) =>
  sql(
    `insert into outbox (event_id, type, aggregate, aggregate_id, aggregate_version, payload, occurred_at, correlation_id)
     values ($1, $2, 'thing', $3, $4, $5, '2026-01-01T00:00:00Z', $6)`,
    [`e${n}`, n % 2 ? 'thing.made' : 'thing.sold', `t${n}`, n, JSON.stringify({ n }), n > 3 ? 'flow-1' : 'flow-0'],
  );

const listed = async (line: string) =>
  (
    (await it.run(`events list ${line} --json`)).json() as unknown as {
      events: { eventId: string; publishSeq: number | null }[];
    }
  ).events;

test('lists the newest, in order, those without a number last', async () => {
  expect((await listed('')).map(({ eventId, publishSeq }) => [eventId, publishSeq])).toEqual([
    ['e1', 1],
    ['e2', 2],
    ['e3', 3],
    ['e4', 4],
    ['e5', null],
  ]);
  expect((await listed('--limit 2')).map(({ eventId }) => eventId)).toEqual(['e4', 'e5']);
  const { out } = await it.run('events list sample --limit 2');
  expect(out).toBe(
    '       4  2026-01-01T00:00:00.000000Z  thing.sold                t4  flow-1\n' +
      '       -  2026-01-01T00:00:00.000000Z  thing.made                t5  flow-1\n',
  );
});

test.each([
  ['--from 3', ['e3', 'e4']],
  ['--from 2 --limit 2', ['e2', 'e3']],
  ['--type thing.sold', ['e2', 'e4']],
  ['--type thing.sold --type thing.made --correlation flow-1', ['e4', 'e5']],
  ['--aggregate t3', ['e3']],
])('%s', async (line, ids) => {
  expect((await listed(line)).map(({ eventId }) => eventId)).toEqual(ids);
});

test('says when there is nothing, or what it does not understand', async () => {
  expect(await it.run('events list --aggregate nobody')).toMatchObject({ code: 0, out: '', err: 'No events.\n' });
  expect(await it.run('events list --from soon')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--from takes a number') as string,
  });
});

test('tails what is numbered, each event once, until it is stopped', async () => {
  const stop = new AbortController();
  let heard = '';
  const tailing = it.run('events tail --from 4 --json', { signal: stop.signal, onOutput: (text) => (heard += text) });
  await expect.poll(() => heard).toContain('"e4"');
  await write(6);
  await sql('select number_events($1, 1, 100)', ['events']);
  await expect.poll(() => heard, { timeout: 5000 }).toContain('"e6"');
  stop.abort();
  const { code, out } = await tailing;
  expect(code).toBe(0);
  expect(
    out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { eventId: string }).eventId),
  ).toEqual(['e4', 'e5', 'e6']);
});

const stream = () => opened.context.coreKeys.events('all');

test('replay drops the stream and has it begin with a number that the outbox holds', async () => {
  await opened.context.redis.write('test', (client) => client.xadd(stream(), '6-0', 'event', '{}', 'payload', '{}'));
  expect(await it.run('events replay --from 7')).toMatchObject({
    code: 1,
    err: expect.stringContaining('the outbox holds the events 1 to 6') as string,
  });
  expect(await opened.context.redis.read('test', (client) => client.xlen(stream()))).not.toBe(0);
  expect(await it.run('events replay --from 3')).toMatchObject({ code: 0, out: 'events 3 to 6 are published again\n' });
  const left = await opened.context.redis.read('test', (client) => client.exists(stream()));
  expect(`${left}`).toBe('0');
  expect(await sql('select replay_from from publications', [])).toEqual([{ replay_from: 3 }]);
  expect(await it.run('events replay')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--from is missing') as string,
  });
});

test('after an older database was brought back, numbers go on above those of the stream, in another epoch', async () => {
  const epoch = async () => JSON.stringify(await sql('select epoch from epoch', []));
  const before = await epoch();
  await opened.context.redis.write('test', (client) => client.xadd(stream(), '40-0', 'event', '{}', 'payload', '{}'));
  expect((await it.run('restored --json')).json()).toEqual({ nextNumber: 41 });
  expect(await sql('select last_publish_seq from publications', [])).toEqual([{ last_publish_seq: 40 }]);
  expect(await epoch()).not.toBe(before);
});

test('what Redis holds is rebuilt by a process of the adapter, which the command waits for', async () => {
  const { epoch } = opened;
  const stop = new AbortController();
  let rebuilt = 0;
  epoch.onMismatch('test', async () => void (rebuilt += 1));
  const working = epoch.run(stop.signal);
  await expect.poll(() => epoch.state).toBe('current');
  const before = rebuilt;
  expect(await it.run('redis rebuild --wait')).toMatchObject({ code: 0, out: 'Redis is rebuilt\n' });
  expect(rebuilt).toBe(before + 1);
  stop.abort();
  await working;

  expect((await it.run('redis rebuild --json')).json()).toEqual({ rebuilt: false });
  expect(await it.run('redis')).toMatchObject({ code: 2 });
});
