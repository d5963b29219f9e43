import { z } from 'zod';
import type { CallOptions } from '../pipe/context.ts';
import { NotFoundError } from '../pipe/errors.ts';
import { textInput } from '../values/id.ts';
import type { Instant } from '../values/instant.ts';
import { type Listing, pageFields } from '../values/page.ts';
import type { StreamedEvent } from './envelope.ts';

/** An event that its consumer could not handle: the checkpoint has passed it. */
export interface DeadLetter {
  readonly consumer: string;
  readonly source: string;
  readonly publishSeq: number;
  readonly event: StreamedEvent;
  /** What failed, without texts that might carry a secret. */
  readonly error: string;
  readonly attempts: number;
  readonly failedAt: Instant;
  readonly state: 'failed' | 'retrying' | 'resolved';
}

const letterKey = { consumer: textInput(64), source: textInput(64), publishSeq: z.int().min(1) };
export const listDeadLetters = z.strictObject({
  consumer: textInput(64).optional(),
  /** Resolved ones are left out unless this asks for them. */
  resolved: z.boolean().default(false),
  ...pageFields(z.string(), z.string(), z.int()),
});
export const retryDeadLetter = z.strictObject(letterKey);

export type ListDeadLetters = z.input<typeof listDeadLetters>;
export type RetryDeadLetter = z.input<typeof retryDeadLetter>;

/** Events that a consumer could not handle, kept until they are retried or dropped. */
export interface DeadLetters {
  /** In the order of consumer, source and number. */
  list(input?: ListDeadLetters, options?: CallOptions): Listing<DeadLetter>;
  /**
   * Asks the consumer, wherever it runs, to handle the event once more; it does so within seconds, out of order. The list says how
   * that went.
   * @throws DeadLetterNotFoundError where there is no such letter that is not resolved
   */
  retry(input: RetryDeadLetter, options?: CallOptions): Promise<void>;
}

export class DeadLetterNotFoundError extends NotFoundError {
  constructor({ consumer, source, publishSeq }: z.output<typeof retryDeadLetter>) {
    super('dead-letter-not-found', `${consumer} has no dead letter ${publishSeq} of ${source}`, {
      consumer,
      source,
      publishSeq,
    });
  }
}
