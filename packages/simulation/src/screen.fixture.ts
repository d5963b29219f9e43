/** A stream that keeps what was written, and a clock that a test moves. */
export function screen(more: { isTTY?: boolean; columns?: number; rows?: number } = {}) {
  const written: string[] = [];
  let ms = 0;
  return {
    written,
    stream: { ...more, write: (text: string) => written.push(text) },
    now: () => ms,
    pass: (by: number) => (ms += by),
  };
}
