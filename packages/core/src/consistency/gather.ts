/**
 * Calls back when those who act together have acted. A lone caller waits for no more than the promises that the same callback has
 * settled; where there is a crowd it pays to wait for the other callbacks of the turn of the event loop too.
 */
export function whenGathered(crowded: boolean, then: () => void): void {
  if (crowded) setImmediate(then);
  else queueMicrotask(() => process.nextTick(then));
}
