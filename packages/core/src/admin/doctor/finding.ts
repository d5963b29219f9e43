import { isAdapterError } from '../../pipe/errors.ts';
import { adminError } from '../postgres-session.ts';

/** What one check of `tse doctor` found. */
export interface Finding {
  readonly check: string;
  readonly level: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do about it. */
  readonly cure?: string;
}

export type Found = Omit<Finding, 'check'>;

export const ok = (detail: string): Found => ({ level: 'ok', detail });
export const warn = (detail: string, cure: string): Found => ({ level: 'warn', detail, cure });
export const fail = (detail: string, cure: string): Found => ({ level: 'fail', detail, cure });

/** A check that cannot be made is a failure of its own. */
export async function finding(check: string, look: () => Promise<Found>): Promise<Finding> {
  try {
    return { check, ...(await look()) };
  } catch (thrown) {
    const error = adminError(thrown);
    return { check, level: 'fail', detail: isAdapterError(error) ? error.message : 'the check itself failed' };
  }
}
