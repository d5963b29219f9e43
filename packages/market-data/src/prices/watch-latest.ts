/**
 * An iterable of the latest value of each key: values that come while the reader is busy take the place of those of the same key that wait. What
 * follows is opened with the first read and ends with the last.
 */
export async function* watchLatest<Value>(
  keys: Promise<ReadonlySet<string> | undefined>,
  signal: AbortSignal | undefined,
  follow: (push: (key: string, value: Value) => void) => AsyncDisposable,
): AsyncGenerator<Value> {
  const wanted = await keys;
  const waiting = new Map<string, Value>();
  let wake: (() => void) | undefined;
  const onAbort = () => wake?.();
  await using _ = follow((key, value) => {
    if (wanted !== undefined && !wanted.has(key)) return;
    waiting.delete(key);
    waiting.set(key, value);
    wake?.();
  });
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    while (!signal?.aborted) {
      const [next] = waiting;
      if (next) {
        waiting.delete(next[0]);
        yield next[1];
      } else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}
