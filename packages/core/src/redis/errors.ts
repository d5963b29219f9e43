import { outage } from '../pipe/breaker.ts';
import { type AdapterErrorOf, InternalError, OutcomeUnknownError, UnavailableError } from '../pipe/errors.ts';
import type { Mode } from '../postgres/statement.ts';

const markOutage = <E extends object>(error: E): E => Object.defineProperty(error, outage, { value: true });

/** ioredis rejects these before a command has left. */
const notSent = ["Stream isn't writeable and enableOfflineQueue options is false", 'Connection is closed.'];

/** The one mapping from what ioredis throws to what a caller can act on. A reply error means that the command did nothing. */
export function mapRedisError(error: unknown, mode: Exclude<Mode, 'replica'>): AdapterErrorOf {
  const { message = '', name = '' } = error as Error;
  forgetArguments(error as { command?: unknown });
  const unavailable = (code: string, text: string, retryAfterMs?: number) =>
    new UnavailableError(code, text, retryAfterMs, error);
  const word = /^([A-Z]+)\b/.exec(message)?.[1] ?? '';

  if (name === 'ReplyError' || (error as { command?: unknown }).command !== undefined) {
    switch (word) {
      case 'LOADING':
      case 'MASTERDOWN':
      case 'CLUSTERDOWN':
      case 'TRYAGAIN':
        return markOutage(unavailable('redis-unavailable', 'Redis is not ready'));
      case 'READONLY':
      case 'NOREPLICAS':
        return unavailable('redis-read-only', 'Redis takes no writes now', 500);
      case 'OOM':
        return unavailable('redis-full', 'Redis is out of memory', 5000);
      case 'NOPERM':
      case 'NOAUTH':
      case 'WRONGPASS':
        return unavailable(
          'redis-login-refused',
          'Redis refused the login or the command: wrong user, password or rights; run `tse migrate`',
          10_000,
        );
      default:
        if (name === 'ReplyError')
          return new InternalError('redis-reply', `Redis refused a command${word ? ` (${word})` : ''}`, {}, error);
    }
  }
  if (mode === 'read' || notSent.some((text) => message.startsWith(text))) {
    return markOutage(
      unavailable('redis-unavailable', 'Redis is unavailable: the connection was lost or could not be made'),
    );
  }
  return markOutage(new OutcomeUnknownError('the reply of Redis was lost: the write may have happened', '', error));
}

/** A cause is printed with its error: the arguments of a login are the password, those of other commands somebody's data. */
function forgetArguments(error: { command?: unknown }): void {
  const { command } = error;
  if (typeof command === 'object' && command !== null) error.command = { name: (command as { name?: unknown }).name };
}
