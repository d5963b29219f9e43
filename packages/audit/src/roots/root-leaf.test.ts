import type { Instant } from '@tse/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { leafOf, merkleRoot } from '../blocks/merkle-tree.ts';
import { type RootedEvent, rootOf, rootedLeaf, rootedNames } from './root-leaf.ts';

const placed: RootedEvent = {
  type: 'order.placed',
  source: 'exchange',
  aggregate: 'order',
  aggregateId: 'o1',
  aggregateVersion: 1,
  occurredAt: '2026-01-01T00:00:00.000001Z' as Instant,
  payloadText: '{"price": "10"}',
};

test('the canonical form is what it is documented to be, to the byte', () => {
  const text = (value: string) => [Buffer.from([0, 0, 0, value.length]), Buffer.from(value)];
  const int64 = (value: bigint) => {
    const bytes = Buffer.alloc(12);
    bytes.writeInt32BE(8);
    bytes.writeBigInt64BE(value, 4);
    return [bytes];
  };
  const absent = [Buffer.from('ffffffff', 'hex')];
  const sinceEpoch2000 = 820_540_800_000_001n;
  const head = [
    ...text('order.placed'),
    ...text('exchange'),
    ...text('order'),
    ...text('o1'),
    ...int64(1n),
    ...int64(sinceEpoch2000),
    ...text('{"price": "10"}'),
  ];
  const alone = Buffer.concat([...head, ...Array.from({ length: 6 }, () => absent).flat()]);
  expect(rootedLeaf(placed)).toEqual(leafOf(alone));
  const caused = Buffer.concat([
    ...head,
    ...text('risk'),
    ...text('check.decided'),
    ...text('check'),
    ...text('k1'),
    ...absent,
    ...absent,
  ]);
  const cause = { source: 'risk', type: 'check.decided', aggregate: 'check', aggregateId: 'k1' };
  expect(rootedLeaf({ ...placed, cause })).toEqual(leafOf(caused));
  const told = Buffer.concat([...head, ...Array.from({ length: 5 }, () => absent).flat(), ...text('click-7')]);
  expect(rootedLeaf({ ...placed, cause: { text: 'click-7' } })).toEqual(leafOf(told));
});

test('what differs in any field has another leaf, also where the texts run into each other', () => {
  const others: RootedEvent[] = [
    { ...placed, type: 'order.closed' },
    { ...placed, source: 'exchange_okx' },
    { ...placed, aggregate: 'orde', aggregateId: 'ro1' },
    { ...placed, aggregateVersion: 2 },
    { ...placed, occurredAt: '2026-01-01T00:00:00.000002Z' as Instant },
    { ...placed, payloadText: '{"price":"10"}' },
    { ...placed, cause: { text: 'click-7' } },
    { ...placed, cause: { source: 'click-7', type: 't', aggregate: 'a', aggregateId: 'i' } },
  ];
  const { aggregateVersion: _, ...unversioned } = placed;
  const leaves = [placed, unversioned, ...others].map((event) => rootedLeaf(event).toString('hex'));
  expect(new Set(leaves).size).toBe(leaves.length);
});

test('the root is that of a Merkle tree over the leaves in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 40 }), (texts) => {
      const events = texts.map((payloadText): RootedEvent => ({ ...placed, payloadText }));
      const leaves = Buffer.concat(events.map((event) => rootedLeaf(event)));
      expect(rootOf(events)).toBe(merkleRoot(leaves).toString('hex'));
    }),
  );
});

test('an instance is called as its adapter, unless two would be called the same', () => {
  const named = (...ids: [id: string, instance?: string][]) =>
    Object.fromEntries(rootedNames(ids.map(([id, instance]) => ({ id, instance }))));
  expect(named(['exchange'], ['test_coordination_run_7', 'run-7'])).toEqual({
    exchange: 'exchange',
    test_coordination_run_7: 'test_coordination',
  });
  expect(named(['exchange_okx', 'okx'], ['exchange_bit', 'bit'], ['risk_okx', 'okx'])).toEqual({
    exchange_okx: 'exchange_okx',
    exchange_bit: 'exchange_bit',
    risk_okx: 'risk',
  });
  expect(named(['exchange'], ['exchange_okx', 'okx'])).toEqual({ exchange: 'exchange', exchange_okx: 'exchange_okx' });
});
