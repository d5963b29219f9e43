import { hash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type LeafFields, canonicalForm, leafHash } from './leaf.ts';

const event: LeafFields = {
  position: 7,
  recordedAt: '2026-11-24T08:08:51.123456Z',
  source: 'exchange_okx',
  sourceSeq: 2 ** 33 + 5,
  eventId: '019b76da-0000-7000-8000-000000000001',
  type: 'order.placed',
  schemaVersion: 1,
  aggregate: 'order',
  aggregateId: 'o-1',
  aggregateVersion: 1,
  occurredAt: '1969-12-31T23:59:59.999999Z',
  sourceRecordedAt: '2026-11-24T08:08:50.000001Z',
  correlationId: 'flow',
  answers: { source: 'risk', publishSeq: 9 },
  tags: ['a', 'ä'],
  payloadText: '{"price": "10.50"}',
};

test('the form of version 1 never changes: what was sealed by it must verify for ever', () => {
  expect(canonicalForm(event).toString('hex')).toBe(
    '00000008000000000000000700000008000303fffd496d000000000c65786368616e67655f6f6b780000000800000002000000050000002430313962373664612d303030302d373030302d383030302d3030303030303030303030310000000c6f726465722e706c616365640000000400000001000000056f72646572000000036f2d3100000008000000000000000100000008fffca2fec4c81fff00000008000303fffd384881ffffffffffffffff00000004666c6f77ffffffffffffffffffffffffffffffff000000047269736b0000000800000000000000090000001f0000000100000000000000190000000200000001000000016100000002c3a4000000127b227072696365223a202231302e3530227d',
  );
});

test('a leaf is the hash of the byte 0 and the form', () => {
  expect(leafHash(event)).toEqual(hash('sha256', Buffer.concat([Buffer.of(0), canonicalForm(event)]), 'buffer'));
});

const text = fc.string({ unit: 'grapheme', maxLength: 8 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const instant = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => `${date.toISOString().slice(0, 23)}007Z`);
const anyEvent: fc.Arbitrary<LeafFields> = fc.record({
  position: fc.maxSafeNat(),
  recordedAt: instant,
  source: text,
  sourceSeq: maybe(fc.maxSafeNat()),
  eventId: text,
  type: text,
  schemaVersion: fc.nat(1000),
  aggregate: text,
  aggregateId: text,
  aggregateVersion: maybe(fc.maxSafeNat()),
  occurredAt: instant,
  sourceRecordedAt: maybe(instant),
  traceId: maybe(text),
  spanId: maybe(text),
  correlationId: maybe(text),
  causationId: maybe(text),
  actor: maybe(text),
  run: maybe(text),
  fence: maybe(fc.maxSafeNat()),
  answers: maybe(fc.record({ source: text, publishSeq: fc.maxSafeNat() })),
  tags: maybe(fc.array(text, { maxLength: 3 })),
  payloadText: text,
});

test('two events that differ have two forms, wherever the difference is', () => {
  fc.assert(
    fc.property(anyEvent, anyEvent, (a, b) => {
      expect(canonicalForm(a).equals(canonicalForm(b))).toBe(JSON.stringify(a) === JSON.stringify(b));
    }),
  );
  // Text that moves over the border of two fields is another event.
  const moved = { ...event, aggregate: 'ord', aggregateId: 'ero-1' };
  expect(leafHash(moved)).not.toEqual(leafHash({ ...event, aggregate: 'order', aggregateId: 'o-1' }));
  expect(leafHash({ ...event, actor: '' })).not.toEqual(leafHash({ ...event, actor: undefined }));
});
