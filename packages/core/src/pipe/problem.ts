import { type ErrorKind, InternalError, isAdapterError } from './errors.ts';

/** An answer for an HTTP caller: problem details of RFC 9457 with the headers that go with them. */
export interface Problem {
  status: number;
  headers: Record<string, string>;
  body: {
    type: string;
    title: string;
    status: number;
    detail: string;
    code: string;
    errorId: string;
    [member: string]: unknown;
  };
}

const statuses: Record<ErrorKind, readonly [status: number, title: string]> = {
  'invalid-input': [400, 'Invalid input'],
  'not-found': [404, 'Not found'],
  conflict: [409, 'Conflict'],
  unavailable: [503, 'Unavailable'],
  'outcome-unknown': [504, 'Outcome unknown'],
  internal: [500, 'Internal error'],
};

/** RFC 9457 problem details of any error. What is no adapter error, or is internal, is told by its id alone. */
export function toProblem(error: unknown): Problem {
  const known = isAdapterError(error) ? error : new InternalError('internal', 'internal error', {}, error);
  const [status, title] = statuses[known.kind];
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' };
  const body: Problem['body'] = {
    type: `urn:tse:error:${known.code}`,
    title,
    status,
    detail: known.kind === 'internal' ? 'internal error' : known.message,
    code: known.code,
    errorId: known.errorId,
  };
  if (known.kind !== 'internal' && Object.keys(known.details).length > 0) body['details'] = known.details;
  if (known.kind === 'invalid-input') body['issues'] = known.issues;
  if (known.kind === 'outcome-unknown') body['repeatWith'] = known.repeatWith;
  if (known.kind === 'unavailable') headers['retry-after'] = String(Math.max(1, Math.ceil(known.retryAfterMs / 1000)));
  return { status, headers, body };
}
