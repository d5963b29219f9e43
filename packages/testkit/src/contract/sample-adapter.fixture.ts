import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type AdapterOptions,
  type BaseAdapter,
  type CallOptions,
  answers,
  contextLiteral,
  functionCall,
  idInput,
  instantInput,
  keyFamilies,
  nonNegativeAmount,
  openAdapter,
  operation,
  refusal,
  textInput,
} from '@tse/core';
import { defineEvents } from '@tse/core/events';
import { migrationsDirectory } from '@tse/migrations';
import { z } from 'zod';

/** The smallest adapter that has all a contract looks at: a truth in PostgreSQL, and something that lives in Redis alone. */
export interface SampleAdapter extends BaseAdapter {
  put(input: PutNote, options?: CallOptions): Promise<string>;
  find(id: string, options?: CallOptions): Promise<string | undefined>;
  pin(input: { id: string; seconds: number }, options?: CallOptions): Promise<boolean>;
}

const putNote = z.strictObject({
  id: idInput,
  body: textInput(200),
  kind: z.enum(['plain', 'urgent']).default('plain'),
  price: nonNegativeAmount,
  copies: z.int().min(1).max(1000).default(1),
  dueAt: instantInput.optional(),
  lines: z
    .array(z.strictObject({ text: textInput(50), isDone: z.boolean().default(false) }))
    .max(10)
    .default([]),
});
type PutNote = z.input<typeof putNote>;

const operations = {
  put: operation('sample.notes.put', putNote, ({ id }) => id),
  find: operation('sample.notes.find', idInput),
  pin: operation('sample.notes.pin', z.strictObject({ id: idInput, seconds: z.int().min(1).max(60) }), ({ id }) => id),
};
const statements = {
  put: functionCall(
    'notes.put',
    'write',
    'put_note',
    ['id', 'note', 'eventId', 'at', 'context'],
    answers<{ outcome: string }>(),
  ),
  find: functionCall('notes.find', 'read', 'find_note', ['id'], answers<{ note: unknown }>()),
};

const migration = `
create table notes (id text primary key, note jsonb not null);
create function put_note(p_id text, p_note jsonb, p_event_id text, p_at timestamptz, p_context write_context) returns table (outcome text)
language plpgsql set search_path from current as $$
begin
  insert into notes (id, note) values (p_id, p_note) on conflict do nothing;
  if found then perform append_event(p_event_id, 'note.put', 'note', p_id, 1, p_note, p_at, p_context); end if;
  return query select case when note = p_note then 'ok' else 'id-conflict' end from notes where id = p_id;
end $$;
create function find_note(p_id text) returns table (note jsonb) language sql set search_path from current
  as $$ select note from notes where id = p_id $$;`;

const folder = mkdtempSync(join(tmpdir(), 'tse-sample-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
cpSync(fileURLToPath(new URL('core', migrationsDirectory)), join(folder, 'core'), { recursive: true });
for (const name of ['sample', 'other']) {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, '0001_create_notes.sql'), migration);
}

const definitionOf = (name: string) => ({
  identity: { name, schema: name, prefix: name },
  families: keyFamilies({ pin: 'pin' }),
  minSchema: '0001_create_notes',
  migrations: pathToFileURL(`${folder}/`),
});

const adapterOf = (definition: ReturnType<typeof definitionOf>) =>
  Object.assign(
    (options?: AdapterOptions): SampleAdapter => {
      const { context, keys, mount } = openAdapter({ ...definition, options });
      const idle = {
        name: 'idle',
        run: (signal: AbortSignal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
      };
      return {
        ...mount({ workers: [idle] }),
        put: (input, callOptions) =>
          context.run(operations.put, input, callOptions, async (note) => {
            const { outcome } = await context.pg.one(statements.put, {
              id: note.id,
              note: JSON.stringify(note),
              eventId: context.ids.next(),
              at: context.clock.now(),
              context: contextLiteral(),
            });
            if (outcome !== 'ok') throw refusal(outcome);
            return note.id;
          }),
        find: (id, callOptions) =>
          context.run(operations.find, id, callOptions, async (known) => {
            const row = await context.pg.maybe(statements.find, { id: known });
            return row && JSON.stringify(row.note);
          }),
        pin: (input, callOptions) =>
          context.run(operations.pin, input, callOptions, ({ id, seconds }) =>
            context.redis.write(
              'sample.notes.pin',
              async (client) => (await client.set(keys.pin(id), '1', 'EX', seconds)) === 'OK',
            ),
          ),
      };
    },
    { definition },
  );

export const createSampleAdapter = adapterOf(definitionOf('sample'));
/** The same under another schema and prefix. */
export const createOtherAdapter = adapterOf(definitionOf('other'));

export const sampleEvents = defineEvents(createSampleAdapter.definition.identity, {
  'note.put': { payload: z.object({ id: z.string(), price: z.string() }), example: { id: 'n1', price: '1.5' } },
});
