import {
  type AdapterErrorOf,
  ConflictError,
  InternalError,
  OutcomeUnknownError,
  UnavailableError,
} from '../pipe/errors.ts';
import { outage } from '../pipe/breaker.ts';

/** How far a unit of work had come when it failed: what it says about a lost reply. */
export type Phase = 'connect' | 'read' | 'write' | 'commit';

interface DriverError extends Error {
  code?: string;
  constraint?: string;
}

const markOutage = <E extends object>(error: E): E => Object.defineProperty(error, outage, { value: true });

const lostTexts = [
  'Connection terminated',
  'Client has encountered a connection error',
  'Client was closed',
  'Query read timeout',
  'Connection ended',
];

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** The driver's errors of a lost connection carry no code; they are known by their texts. */
export function isConnectionLost(error: unknown): boolean {
  const { code, message = '' } = error as DriverError;
  if (code !== undefined && (networkCodes.has(code) || /^(57P01|57P02|57P05|25P03|08...)$/.test(code))) return true;
  return code === undefined && lostTexts.some((text) => message.startsWith(text));
}

export const isRetryable = (error: unknown): boolean => /^(40001|40P01)$/.test((error as DriverError).code ?? '');

const WAITED_FOR_POOL = 'timeout exceeded when trying to connect';

/** What is wrong with the set-up: waiting does not cure it, a command or an operator does. */
type SetupFault = 'login-refused' | 'database-missing' | 'permission-denied' | 'schema-missing' | 'schema-outdated';
const setupFaults: Record<string, readonly [code: SetupFault, message: string]> = {
  '28P01': ['login-refused', 'PostgreSQL refused the login: wrong user or password'],
  '28000': ['login-refused', 'PostgreSQL refused the login: wrong user, or no permission from here'],
  '3D000': ['database-missing', 'the database does not exist'],
  '42501': ['permission-denied', 'the role lacks a right it should have: run `tse migrate`'],
  '3F000': ['schema-missing', 'the schema does not exist: run `tse migrate`'],
  '42P01': ['schema-outdated', 'a table is missing: run `tse migrate`'],
  '42883': ['schema-outdated', 'a function is missing: run `tse migrate`'],
  '42703': ['schema-outdated', 'a column is missing: run `tse migrate`'],
};

export const setupFaultCodes: ReadonlySet<string> = new Set(Object.values(setupFaults).map(([code]) => code));

/** The one mapping from what pg throws to what a caller can act on. */
export function mapPostgresError(error: unknown, phase: Phase): AdapterErrorOf {
  const { code, constraint, message = '' } = error as DriverError;
  const unavailable = (word: string, text: string, retryAfterMs?: number) =>
    new UnavailableError(word, text, retryAfterMs, error);

  if (isConnectionLost(error)) {
    return markOutage(
      phase === 'connect' || phase === 'read'
        ? unavailable('postgres-unavailable', 'PostgreSQL is unavailable: the connection was lost or could not be made')
        : new OutcomeUnknownError('the reply of PostgreSQL was lost: the write may have happened', '', error),
    );
  }
  if (message === WAITED_FOR_POOL)
    return unavailable('postgres-saturated', 'no PostgreSQL connection became free in time', 200);
  // The driver's own refusal of a server that asks for a password where none is configured.
  if (message.startsWith('SASL: '))
    return unavailable('login-refused', 'PostgreSQL asks for a password: none is configured', 10_000);
  if (code === undefined) return new InternalError('postgres-driver', 'the PostgreSQL driver failed', {}, error);

  const setup = setupFaults[code];
  if (setup) return unavailable(setup[0], setup[1], 10_000);
  if (/^(57P03|57P04)$/.test(code))
    return markOutage(unavailable('postgres-unavailable', 'PostgreSQL is starting up or shutting down'));
  if (code === '53300') return unavailable('postgres-saturated', 'PostgreSQL takes no more connections', 500);
  if (/^(40001|40P01)$/.test(code)) return unavailable('contention', 'too much contention on the same rows', 100);
  if (code === '55P03') return unavailable('lock-timeout', 'a row stayed locked by another transaction', 200);
  if (code === '57014')
    return unavailable('deadline-exceeded', 'the statement ran out of time and was rolled back', 200);
  if (code === '25006') return unavailable('read-only', 'this PostgreSQL server takes no writes now', 500);
  if (code.startsWith('53'))
    return markOutage(unavailable('postgres-exhausted', 'PostgreSQL is out of disk, memory or another resource', 5000));
  if (code === '23505')
    return new ConflictError('already-exists', 'something with this identity exists already', { constraint }, error);
  if (code === '23503')
    return new ConflictError(
      'reference-missing',
      'something that this refers to does not exist, or is referred to',
      { constraint },
      error,
    );
  if (code === '23514' && constraint === 'amount_is_exact')
    return new ConflictError(
      'amount-out-of-range',
      'an amount would leave the range of 20 integer and 18 fraction digits',
      {},
      error,
    );
  return new InternalError('postgres-error', 'PostgreSQL refused a statement', { sqlstate: code, constraint }, error);
}
