import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestAudit, asAdapter, errorsOf, event, testAudit } from '../test-audit.ts';
import { sql } from 'kysely';

let t: TestAudit;
beforeAll(async () => {
  t = await testAudit({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

test('a name has one pseudonym, whoever asks first', async () => {
  const { subjects } = t.audit;
  const asked = await Promise.all(Array.from({ length: 10 }, () => subjects.name({ name: 'Jane Doe' })));
  expect(new Set(asked.map(({ pseudonym }) => pseudonym)).size).toBe(1);
  expect(await subjects.reveal({ pseudonym: asked[0]!.pseudonym })).toEqual({ ...asked[0], name: 'Jane Doe' });
  expect((await subjects.name({ name: 'John Doe' })).pseudonym).not.toBe(asked[0]!.pseudonym);
});

test('who is erased cannot be found or read any more, and the trail verifies as before', async () => {
  const { subjects, trail, blocks } = t.audit;
  const name = 'Max Mustermann, 1 Main Street';
  const { pseudonym } = await subjects.name({ name });
  const sealed = await subjects.seal({ name, data: 'IBAN DE02' });
  expect(await subjects.open({ sealed })).toBe('IBAN DE02');
  const { position } = await trail.record(event('personal', { actor: pseudonym, payload: { who: sealed } }));
  await blocks.seal();
  const before = await trail.get(position);

  const erased = await subjects.erase({ pseudonym, reason: 'asked to' });
  expect(erased).toMatchObject({ pseudonym, erasedAt: '2026-01-01T00:00:00.000000Z' });
  expect(erased).not.toHaveProperty('name');
  expect(await subjects.erase({ pseudonym })).toEqual(erased);
  expect(await errorsOf([subjects.open({ sealed })])).toMatchObject([{ kind: 'conflict', code: 'erased' }]);
  expect(await asAdapter(t.stores, sql`select * from subjects where pseudonym = ${pseudonym}`)).toMatchObject([
    { key: null, name_hash: null, sealed_name: null },
  ]);
  expect((await subjects.name({ name })).pseudonym).not.toBe(pseudonym);
  expect(await trail.get(position)).toEqual(before);
  await blocks.seal();
  expect(await blocks.verify()).toMatchObject({ ok: true });
  expect((await trail.list({ types: ['subject.erased'] })).items).toMatchObject([
    { source: t.audit.identity.schema, aggregateId: pseudonym, payload: { pseudonym, reason: 'asked to' } },
  ]);
});

test('what is unknown, changed or sealed elsewhere is refused', async () => {
  const { subjects } = t.audit;
  const sealed = await subjects.seal({ name: 'Ann', data: 'x' });
  const other = (await subjects.name({ name: 'Bob' })).pseudonym;
  const [prefix, , text] = sealed.split('.');
  expect(
    await errorsOf([
      subjects.reveal({ pseudonym: `p-${'0'.repeat(32)}` }),
      subjects.open({ sealed: `${prefix}.${other}.${text}` }),
      subjects.open({ sealed: `${sealed}A` }),
      subjects.open({ sealed: 'plain' }),
    ]),
  ).toMatchObject([
    { code: 'unknown-subject' },
    { code: 'not-sealed-here' },
    { code: 'not-sealed-here' },
    { kind: 'invalid-input' },
  ]);
});
