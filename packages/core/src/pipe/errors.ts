import { randomUUID } from 'node:crypto';
import { type InspectOptions, inspect } from 'node:util';

/** What a caller can do about an error: a closed set. `code` says what happened in the domain's own word. */
export type ErrorKind = 'invalid-input' | 'not-found' | 'conflict' | 'unavailable' | 'outcome-unknown' | 'internal';

/** What is wrong with one field of an input. */
export interface Issue {
  /** The field, as a path: `sides.0.price`. Empty for the input as a whole. */
  path: string;
  message: string;
}

/** Facts about an error for programs: never a secret, a statement or a URL. */
export type Details = Readonly<Record<string, string | number | boolean | undefined>>;

const brand = Symbol.for('tse.adapter-error');

/** The one error an adapter throws. Ask with `isAdapterError`, not `instanceof`: two copies of core may be installed. */
export abstract class AdapterError extends Error {
  abstract readonly kind: ErrorKind;
  readonly code: string;
  readonly details: Details;
  /** Found again in the log line of the same failure. */
  readonly errorId: string;

  constructor(code: string, message: string, details: Details = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
    this.errorId = randomUUID();
    Object.defineProperty(this, brand, { value: true });
  }

  /** What `console.log` shows: everything but the cause, of which a driver's may hold a row or a password. */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    const { stack, name, cause, message: _, ...fields } = this as this & { stack?: string };
    const because =
      cause instanceof Error ? { cause: `[${cause.name}${'code' in cause ? ` ${String(cause.code)}` : ''}]` } : {};
    return `${stack ?? name} ${inspect({ ...fields, ...because }, options)}`;
  }
}

/** The input was refused before anything was touched; `issues` names each field. */
export class InvalidInputError extends AdapterError {
  override readonly name = 'InvalidInputError';
  readonly kind = 'invalid-input';
  readonly issues: readonly Issue[];
  constructor(issues: readonly Issue[], code = 'invalid-input') {
    super(code, issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; '));
    this.issues = issues;
  }
}

/** No such thing. */
export class NotFoundError extends AdapterError {
  override readonly name = 'NotFoundError';
  readonly kind = 'not-found';
}

/** The state of the world refuses it: a domain rule, an illegal transition, another content under the same id. Nothing was changed. */
export class ConflictError extends AdapterError {
  override readonly name = 'ConflictError';
  readonly kind = 'conflict';
}

/** A store could not be used; the work did not happen. */
export class UnavailableError extends AdapterError {
  override readonly name = 'UnavailableError';
  readonly kind = 'unavailable';
  /** How long to wait before another try is worth it. */
  readonly retryAfterMs: number;
  constructor(code: string, message: string, retryAfterMs = 1000, cause?: unknown, details: Details = {}) {
    super(code, message, details, cause);
    this.retryAfterMs = retryAfterMs;
  }
}

/** A write was sent and its reply was lost: it may have happened. Repeating it with the same id is safe and tells. */
export class OutcomeUnknownError extends AdapterError {
  override readonly name = 'OutcomeUnknownError';
  readonly kind = 'outcome-unknown';
  readonly repeatWith: { readonly id: string };
  constructor(message: string, id = '', cause?: unknown, code = 'reply-lost') {
    super(code, message, {}, cause);
    this.repeatWith = { id };
  }
}

/** A defect of ours, or a state that must not be. */
export class InternalError extends AdapterError {
  override readonly name = 'InternalError';
  readonly kind = 'internal';
}

/** Whether an adapter threw it, whichever copy of core that adapter has. */
export const isAdapterError = (error: unknown): error is AdapterErrorOf =>
  typeof error === 'object' && error !== null && brand in error;

/** The closed union behind `AdapterError`, so that a switch over `kind` narrows. */
export type AdapterErrorOf =
  | InvalidInputError
  | NotFoundError
  | ConflictError
  | UnavailableError
  | OutcomeUnknownError
  | InternalError;

/**
 * The error for what a SQL function refused: `unknown-…` is not found, a code that `fields` maps to a field of the input is invalid
 * input, and the rest is a conflict.
 */
export function refusal<Code extends string>(
  code: Code,
  details: Details = {},
  fields: Partial<Record<Code, string>> = {},
): NotFoundError | InvalidInputError | ConflictError {
  const message = code.replaceAll('-', ' ');
  const field = fields[code];
  if (field !== undefined) return new InvalidInputError([{ path: field, message }], code);
  return code.startsWith('unknown-')
    ? new NotFoundError(code, message, details)
    : new ConflictError(code, message, details);
}
