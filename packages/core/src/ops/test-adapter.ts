import { sql } from 'kysely';
import { z } from 'zod';
import { defineEvents } from '../events/event.ts';
import type { AdapterOptions } from '../pipe/config.ts';
import { writeContext } from '../pipe/context.ts';
import { operation } from '../pipe/run.ts';
import { contextLiteral } from '../postgres/codecs.ts';
import { queryBuilder, statement } from '../postgres/statement.ts';
import { type Mounted, openAdapter } from './open-adapter.ts';
import { families, identity, minSchema } from './test-instance.ts';

const writeNote = statement('notes.write', 'write', (p: { id: string }) => ({
  compile: () => sql`insert into notes (id, body) values (${p.id}, 'x')`.compile(queryBuilder()),
}));
const slowly = statement('notes.slowly', 'read', () => ({
  compile: () => sql`select pg_sleep(0.4)`.compile(queryBuilder()),
}));
const tell = statement('notes.tell', 'write', (p: { id: string; eventId: string; at: string; context: string }) => ({
  compile: () =>
    sql`select append_event(${p.eventId}, 'note.written', 'note', ${p.id}, 1, '{"body":"x"}', ${p.at}::timestamptz,
      ${p.context}::write_context)`.compile(queryBuilder()),
}));
export const events = defineEvents(identity, {
  'note.written': { payload: z.object({ body: z.string() }), example: { body: 'x' } },
});
const operations = {
  write: operation('sample.notes.write', z.strictObject({ id: z.string() }), ({ id }) => id),
  slowly: operation('sample.notes.slowly', z.strictObject({})),
};

/** A small adapter. Without workers of its own it runs none, unless its options say so. */
export function createSampleAdapter(
  options: AdapterOptions,
  mounted: Mounted = {},
  more: { redisFirst?: boolean; partitioned?: string[] } = {},
) {
  const { context, keys, mount } = openAdapter({
    identity,
    families,
    minSchema,
    options: { workers: Boolean(mounted.workers), ...options },
    ...more,
  });
  const base = mount(mounted);
  const told = (id: string) => ({
    id,
    eventId: context.ids.next(),
    at: context.clock.now(),
    context: contextLiteral(writeContext()),
  });
  return {
    ...base,
    context,
    keys,
    write: (id: string) =>
      context.run(operations.write, { id }, undefined, (input) => context.pg.run(writeNote, input)),
    writeAndTell: (id: string) =>
      context.run(operations.write, { id }, undefined, () =>
        context.pg.transaction('notes.write-and-tell', async (tx) => {
          await tx.run(writeNote, { id });
          await tx.run(tell, told(id));
        }),
      ),
    slowly: () => context.run(operations.slowly, {}, undefined, () => context.pg.many(slowly, {})),
  };
}

export const caught = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error as Error & Record<string, unknown>,
  );
