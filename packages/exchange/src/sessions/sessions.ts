import { type CallOptions, type Instant, NotFoundError, idInput } from '@tse/core';
import { z } from 'zod';

/** A session of an account, as its bearer's token proves it. */
export interface Session {
  accountId: string;
  startedAt: Instant;
  expiresAt: Instant;
}

/** The token is told once; the store keeps its hash only. */
export interface StartedSession extends Session {
  token: string;
}

export const startSession = z.strictObject({
  accountId: idInput,
  ttlSeconds: z.int().min(1).max(86_400).default(1800),
});
export type StartSession = z.input<typeof startSession>;
/** More may be in it, so that a started session is one. */
export const sessionToken = z.object({
  accountId: idInput,
  token: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected a session token'),
});
export type SessionToken = z.input<typeof sessionToken>;

/** Sessions live in Redis alone, with a sliding life; a lost Redis ends them. */
export interface Sessions {
  /** Starts a session and answers its token, which is stored nowhere. Refused as unavailable without Redis. */
  start(input: StartSession, options?: CallOptions): Promise<StartedSession>;
  /** The session, its life prolonged; `undefined` where it ended, was revoked, or never was. */
  touch(input: SessionToken, options?: CallOptions): Promise<Session | undefined>;
  /** As `touch`. @throws {SessionNotFoundError} */
  get(input: SessionToken, options?: CallOptions): Promise<Session>;
  /** Ends a session; one that has ended is no error. */
  end(input: SessionToken, options?: CallOptions): Promise<void>;
  /** Ends every session of an account at once. */
  revokeAll(accountId: string, options?: CallOptions): Promise<void>;
}

export class SessionNotFoundError extends NotFoundError {
  constructor(accountId: string) {
    super('session-not-found', 'no such session', { accountId });
  }
}
