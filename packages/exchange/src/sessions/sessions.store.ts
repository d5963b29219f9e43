import { createHash, randomBytes } from 'node:crypto';
import { type AdapterContext, type CallOptions, type KeyOf, idInput, instant, operation, script } from '@tse/core';
import { z } from 'zod';
import {
  type Session,
  SessionNotFoundError,
  type Sessions,
  type StartSession,
  type StartedSession,
  type SessionToken,
  sessionToken,
  startSession,
} from './sessions.ts';

const LONGEST_LIFE_MS = 86_400_000;

const lua = (name: string) => new URL(`../../lua/${name}.lua`, import.meta.url);
const scripts = {
  start: script('exchange.sessions.start', 'write', lua('start-session')),
  // A longer life is no effect to be unsure of: without a reply it is a read that failed.
  touch: script('exchange.sessions.touch', 'read', lua('touch-session')),
  revoke: script('exchange.sessions.revokeAll', 'write', lua('revoke-sessions')),
};

const operations = {
  start: operation('exchange.sessions.start', startSession, (input) => input.accountId),
  touch: operation('exchange.sessions.touch', sessionToken),
  get: operation('exchange.sessions.get', sessionToken),
  end: operation('exchange.sessions.end', sessionToken, (input) => input.accountId),
  revokeAll: operation(
    'exchange.sessions.revokeAll',
    z.strictObject({ accountId: idInput }),
    (input) => input.accountId,
  ),
};

type Times = [startedMicros: string, expiresMicros: string];

export class SessionStore implements Sessions {
  readonly #context: AdapterContext;
  readonly #keys: { session: KeyOf; sessionGeneration: KeyOf };

  constructor(context: AdapterContext, keys: { session: KeyOf; sessionGeneration: KeyOf }) {
    this.#context = context;
    this.#keys = keys;
  }

  start(input: StartSession, options?: CallOptions): Promise<StartedSession> {
    return this.#context.run(operations.start, input, options, async ({ accountId, ttlSeconds }) => {
      const token = randomBytes(32).toString('base64url');
      const times = await this.#context.redis.script<Times>(
        scripts.start,
        [this.#key(accountId, token)],
        [ttlSeconds * 1000],
      );
      return { ...toSession(accountId, times), token };
    });
  }

  touch(input: SessionToken, options?: CallOptions): Promise<Session | undefined> {
    return this.#context.run(operations.touch, input, options, (token) => this.#touch(token));
  }

  get(input: SessionToken, options?: CallOptions): Promise<Session> {
    return this.#context.run(operations.get, input, options, async (token) => {
      const session = await this.#touch(token);
      if (!session) throw new SessionNotFoundError(token.accountId);
      return session;
    });
  }

  end(input: SessionToken, options?: CallOptions): Promise<void> {
    return this.#context.run(operations.end, input, options, async ({ accountId, token }) => {
      await this.#context.redis.write('exchange.sessions.end', (client) => client.unlink(this.#key(accountId, token)));
    });
  }

  revokeAll(accountId: string, options?: CallOptions): Promise<void> {
    return this.#context.run(operations.revokeAll, { accountId }, options, async (input) => {
      await this.#context.redis.script(
        scripts.revoke,
        [this.#keys.sessionGeneration(input.accountId)],
        [LONGEST_LIFE_MS],
      );
    });
  }

  async #touch({ accountId, token }: SessionToken): Promise<Session | undefined> {
    const keys = [this.#key(accountId, token), this.#keys.sessionGeneration(accountId)];
    const times = await this.#context.redis.script<Times | null>(scripts.touch, keys, []);
    return times ? toSession(accountId, times) : undefined;
  }

  /** The token itself is stored nowhere. */
  #key(accountId: string, token: string): string {
    return this.#keys.session(accountId, createHash('sha256').update(token).digest('hex'));
  }
}

const toSession = (accountId: string, [started, expires]: Times): Session => ({
  accountId,
  startedAt: instant.fromMicros(BigInt(started)),
  expiresAt: instant.fromMicros(BigInt(expires)),
});
