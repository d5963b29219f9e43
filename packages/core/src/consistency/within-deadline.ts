import { remainingMs } from '../pipe/context.ts';
import { UnavailableError } from '../pipe/errors.ts';

/** Waits for work that is shared with others no longer than the deadline of the current call; the work itself goes on. */
export function withinDeadline<T>(work: Promise<T>): Promise<T> {
  const remaining = remainingMs();
  return remaining === undefined ? work : settleWithin(work, remaining);
}

async function settleWithin<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new UnavailableError('deadline-exceeded', 'the deadline of the call passed during a read', 0)),
      Math.max(0, ms),
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
