import { expect, inject, test } from 'vitest';
import { migrate } from './migrate.ts';
import { provision } from './provision.ts';
import { schemaTypes } from './schema-types.ts';
import { passwords, testDatabase } from './test-database.ts';

test('the types of a migrated schema, the same for every instance', async () => {
  await using box = await testDatabase(inject('servers'));
  const definition = await box.withFiles({
    '0001_create_samples.sql': `
      create domain colour as text not null default 'red' check (value in ('red', 'green'));
      create domain dark_colour as colour;
      create table samples (
        id bigint generated always as identity primary key,
        name varchar(20) not null,
        side text not null check (side in ('buy', 'sell')),
        mood text check (mood = 'it''s fine'),
        colour dark_colour,
        qty positive_amount not null,
        ratio double precision,
        doubled amount generated always as (qty * 2) stored,
        tags text[] not null default '{}',
        prices amount[],
        colours dark_colour[],
        settings jsonb not null default '{}',
        extra jsonb,
        raw bytea,
        day date,
        made_at timestamptz not null default clock_timestamp(),
        "odd name" integer,
        primary_flag boolean not null
      );
      create table parts (at timestamptz not null) partition by range (at);
      create table parts_one partition of parts for values from (minvalue) to (maxvalue);
      create view big_samples as select s.id, s.side, s.qty, s.qty + 1 as more, p.at from samples as s, parts as p;
      create view outer_samples as select s.side, p.at from parts as p left join samples as s on true;`,
  });
  for (const instance of [undefined, 'okx']) {
    await provision(definition, { instance, admin: box.admin, passwords });
    await migrate(definition, { instance, admin: box.admin });
  }
  const text = await schemaTypes(box.admin, box.schema);
  expect(await schemaTypes(box.admin, `${box.schema}_okx`)).toBe(text);
  expect(text).toContain(`export interface Samples {
  id: GeneratedAlways<number>;
  name: string;
  side: 'buy' | 'sell';
  mood: 'it\\'s fine' | null;
  colour: Generated<'red' | 'green'>;
  qty: Decimal;
  ratio: number | null;
  doubled: GeneratedAlways<Decimal | null>;
  tags: Generated<string[]>;
  prices: Decimal[] | null;
  colours: string[] | null;
  settings: ColumnType<unknown, string | undefined, string>;
  extra: ColumnType<unknown, string | null | undefined, string | null>;
  raw: Buffer | null;
  day: string | null;
  made_at: Generated<Instant>;
  "odd name": number | null;
  primary_flag: boolean;
}`);
  expect(text).toContain(`export interface BigSamples {
  id: ColumnType<number, never, never>;
  side: ColumnType<'buy' | 'sell', never, never>;
  qty: ColumnType<Decimal, never, never>;
  more: ColumnType<string | null, never, never>;
  at: ColumnType<Instant, never, never>;
}`);
  expect(text).toContain(`export interface OuterSamples {
  side: ColumnType<string | null, never, never>;`);
  expect(text).toMatch(/export interface Outbox \{/);
  expect(text).not.toMatch(/PartsOne|SchemaMigrations|parts_one/);
  expect(text).not.toContain(box.schema);
  expect(text.split('\n').slice(1, 3)).toEqual([
    `import type { Decimal, Instant } from '@tse/core';`,
    `import type { ColumnType, Generated, GeneratedAlways } from 'kysely';`,
  ]);
});
