/** What the work answers, or `late` where it has not by the deadline. The work goes on; its later failure is nobody's. */
export async function within<T, Late>(deadlineMs: number, work: Promise<T>, late: Late): Promise<T | Late> {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<Late>((resolve) => {
    timer = setTimeout(() => resolve(late), Math.max(0, deadlineMs));
  });
  try {
    return await Promise.race([work, passed]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether all have settled by the deadline. */
export const settledWithin = (deadlineMs: number, promises: readonly Promise<unknown>[]): Promise<boolean> =>
  within(
    deadlineMs,
    Promise.allSettled(promises).then(() => true),
    false,
  );
