import { hash } from 'node:crypto';
import type { Instant } from '@tse/core';
import { GrowingTree } from '../blocks/merkle-tree.ts';
import { LeafEncoder } from '../trail/leaf.ts';

/** What caused an event: another one by what it is in the business, or words of the caller where no event of the trail has that id. */
export type RootedCause =
  | { source: string; type: string; aggregate: string; aggregateId: string; aggregateVersion?: number }
  | { text: string };

/**
 * What a scenario's root covers of an event: what happened to what, when in business time, and why. Neither ids that are made, nor traces, nor who
 * acted, nor any time or number that a store gave.
 */
export interface RootedEvent {
  type: string;
  /** Without the instance's name, so that the same in two instances is the same. */
  source: string;
  aggregate: string;
  aggregateId: string;
  aggregateVersion?: number;
  occurredAt: Instant;
  /** To the byte as it was published. */
  payloadText: string;
  cause?: RootedCause;
}

/**
 * The canonical form of an event in a root, version 1: type, source, aggregate, aggregate id, aggregate version, business time, payload, then of
 * its cause the source, type, aggregate, aggregate id and version, then the cause's text; each as four bytes of length (big-endian, -1 where it is
 * absent) and its bytes. Text is UTF-8, a number eight bytes big-endian, an instant the microseconds since 2000-01-01 UTC. It is what PostgreSQL's
 * binary COPY carries.
 *
 * The payload is the text as it came, not a form of its own (RFC 8785 would read its numbers as doubles, and two payloads might look alike):
 * an outbox keeps `jsonb`, whose text is one for equal content.
 */
function encodeRooted(to: LeafEncoder, event: RootedEvent): void {
  const { cause } = event;
  to.text(event.type);
  to.text(event.source);
  to.text(event.aggregate);
  to.text(event.aggregateId);
  to.int64(event.aggregateVersion);
  to.instant(event.occurredAt);
  to.text(event.payloadText);
  const named = cause !== undefined && 'source' in cause ? cause : undefined;
  to.text(named?.source);
  to.text(named?.type);
  to.text(named?.aggregate);
  to.text(named?.aggregateId);
  to.int64(named?.aggregateVersion);
  to.text(cause !== undefined && 'text' in cause ? cause.text : undefined);
}

/** The leaf's hash: SHA-256 over the byte 0 (RFC 6962, 2.1) and the canonical form. */
export function rootedLeaf(event: RootedEvent): Buffer {
  const encoder = new LeafEncoder(1024 + event.payloadText.length);
  encoder.byte(0);
  encodeRooted(encoder, event);
  return hash('sha256', encoder.bytes(0), 'buffer');
}

/** The root over events in the order of `trail root`: what a file of them is checked with, without any database. Hexadecimal. */
export function rootOf(events: Iterable<RootedEvent>): string {
  const tree = new GrowingTree();
  for (const event of events) tree.add(rootedLeaf(event));
  return tree.root().toString('hex');
}

/** A stream that the trail reads. */
export interface NamedSource {
  readonly id: string;
  readonly instance?: string | undefined;
}

/**
 * What the sources are called in a root: the name of the schema less that of the instance; where two would then be called the same, each keeps
 * its whole name.
 */
export function rootedNames(sources: readonly NamedSource[]): Map<string, string> {
  const bare = sources.map(({ id, instance }) => {
    const suffix = `_${instance?.replaceAll('-', '_')}`;
    return [id, instance !== undefined && id.endsWith(suffix) ? id.slice(0, -suffix.length) : id] as const;
  });
  const uses = Map.groupBy(bare, ([, name]) => name);
  return new Map(bare.map(([id, name]) => [id, uses.get(name)!.length === 1 ? name : id]));
}
