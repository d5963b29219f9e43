import { expect, test } from 'vitest';
import { commits, leavesOpen, mayWrite } from './sql-effects.ts';

test.each([
  'insert into t values (1)',
  'UPDATE t SET x = 1',
  'with gone as (delete from t returning x) select * from gone',
  'insert into t (id) values (1) on conflict (id) do update set x = 2',
  'copy t (a, b) from stdin',
  'select * from place_orders($1, $2)',
  'select exchange_okx.settle($1)',
  'select o.outcome from unnest($1) as m, settle_match(m) as o',
  'select mint_asset($1)',
])('%s may write', (sql) => expect(mayWrite(sql)).toBe(true));

test.each([
  'select 1',
  "select 'insert into t' as text, count(*) from t",
  'select id from t where id = any($1) for no key update',
  'select id from t for update skip locked',
  'select now(), clock_timestamp(), coalesce(max(x), 0) from t -- update t set x = 1',
  "select set_config('application_name', 'x', false)",
  'select * from unnest($1::text[]) with ordinality',
  'with newest as (select max(x) as x from t) select * from newest',
  'copy t to stdout',
  'begin',
  'show server_version',
])('%s does not write', (sql) => expect(mayWrite(sql)).toBe(false));

test('transactions are followed through several statements in one text', () => {
  expect(commits('begin; insert into t values (1); COMMIT')).toBe(true);
  expect(commits("select 'x; commit'")).toBe(false);
  expect(leavesOpen('begin isolation level serializable', false)).toBe(true);
  expect(leavesOpen('begin; insert into t values (1); end', false)).toBe(false);
  expect(leavesOpen('rollback to savepoint a', true)).toBe(true);
  expect(leavesOpen('rollback', true)).toBe(false);
  expect(leavesOpen('select 1', true)).toBe(true);
});
