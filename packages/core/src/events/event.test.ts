import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { type Event, type EventOf, type EventType, defineEvents } from './event.ts';
import { definePriceFeed } from './price-feed.ts';

const identity = { name: 'sample', schema: 'sample', prefix: 'sample' };
const notes = defineEvents(identity, {
  'note.added': { payload: z.object({ text: z.string() }), example: { text: 'hello' } },
  'note.rated': { payload: z.object({ stars: z.int() }), example: { stars: 5 }, version: 2 },
});

test('an example is an event as a consumer gets it', () => {
  expect(notes.example('note.rated')).toMatchObject({
    type: 'note.rated',
    version: 2,
    source: 'sample',
    aggregate: 'note',
    payload: { stars: 5 },
  });
  const wrong = defineEvents(identity, {
    // @ts-expect-error an example that its own schema refuses is an error where it is written …
    'note.added': { payload: z.object({ text: z.string() }), example: { text: 1 } },
  });
  expect(() => wrong.example('note.added')).toThrow(); // … and where it is used
});

test('types tell the events of a catalog apart', () => {
  expectTypeOf<EventType<typeof notes>>().toEqualTypeOf<'note.added' | 'note.rated'>();
  expectTypeOf<EventOf<typeof notes, 'note.rated'>>().toEqualTypeOf<Event<'note.rated', { stars: number }>>();
  const textOf = (event: EventOf<typeof notes>) =>
    event.type === 'note.added' ? event.payload.text : `${event.payload.stars}`;
  expect([textOf(notes.example('note.added')), textOf(notes.example('note.rated'))]).toEqual(['hello', '5']);
});

test('a feed knows what a newer value replaces', () => {
  const feed = definePriceFeed(identity, {
    payload: z.object({ symbol: z.string(), last: z.string() }),
    example: { symbol: 'BTC-USD', last: '29900' },
    keyOf: ({ symbol }) => symbol,
  });
  expect(feed.keyOf({ symbol: 'BTC-USD', last: '1' })).toBe('BTC-USD');
});

test('what an events module imports brings no driver along', async () => {
  const code = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ resolve(name, context, next) { loaded.push(name); return next(name, context); } });
    await import(${JSON.stringify(new URL('index.ts', import.meta.url).href)});
    console.log(JSON.stringify(loaded.filter((name) => !name.startsWith('.') && !name.startsWith('node:'))));`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@tse/source',
    '--input-type=module',
    '-e',
    code,
  ]);
  const packages = new Set(
    (JSON.parse(stdout) as string[]).filter((name) => /^[a-z@]/.test(name) && !name.startsWith('file:')),
  );
  for (const driver of ['pg', 'ioredis', 'kysely', 'opossum', 'pino', 'prom-client'])
    expect(packages).not.toContain(driver);
  expect(packages).toContain('zod');
});
