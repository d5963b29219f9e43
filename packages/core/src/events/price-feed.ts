import type { z } from 'zod';
import type { Identity } from '../pipe/identity.ts';
import type { Instant } from '../values/instant.ts';

/** A stream of latest values: conflated by key, capped, without numbers. It may lose, and nobody audits it. */
export interface Feed<Payload = unknown> {
  readonly source: Identity;
  readonly payload: z.ZodType<Payload>;
  readonly example: unknown;
  /** What a newer value replaces: `({ symbol }) => symbol`. */
  keyOf(payload: Payload): string;
}

/** One value of a feed. */
export interface FeedEvent<Payload> extends FeedCause {
  readonly occurredAt: Instant;
  readonly payload: Payload;
}

/** What whoever told the value followed from, where that is known: what handles the value follows from it too. */
export interface FeedCause {
  readonly correlationId?: string;
  readonly causationId?: string;
}

/** What is known of a cause, and nothing else: also of a running call's context. */
export const causeOf = ({ correlationId, causationId }: FeedCause): FeedCause => ({
  ...(correlationId !== undefined && { correlationId }),
  ...(causationId !== undefined && { causationId }),
});

/** The price feed of a source, published under `<prefix>:price-feed`. */
export const definePriceFeed = <Schema extends z.ZodType>(
  source: Identity,
  feed: { payload: Schema; example: z.input<Schema>; keyOf(payload: z.output<Schema>): string },
): Feed<z.output<Schema>> => ({ source, ...feed }) as Feed<z.output<Schema>>;
