const CR = 13;

/** Where the value that begins at `at` ends; -1 while it is not all there. Speaks RESP2 and RESP3. */
function valueEnd(bytes: Buffer, at: number): number {
  const line = bytes.indexOf(CR, at);
  if (line < 0 || line + 2 > bytes.length) return -1;
  const after = line + 2;
  const size = (): number => Number(bytes.toString('latin1', at + 1, line));
  switch (String.fromCharCode(bytes[at] ?? 0)) {
    case '$':
    case '!':
    case '=': {
      const end = size() < 0 ? after : after + size() + 2;
      return end <= bytes.length ? end : -1;
    }
    case '*':
    case '~':
    case '>':
      return valuesEnd(bytes, after, size());
    case '%':
      return valuesEnd(bytes, after, size() * 2);
    case '|': {
      // Attributes come before the value they belong to.
      const value = valuesEnd(bytes, after, size() * 2);
      return value < 0 ? -1 : valueEnd(bytes, value);
    }
    default:
      return after;
  }
}

function valuesEnd(bytes: Buffer, at: number, count: number): number {
  let end = at;
  for (let i = 0; i < count && end >= 0; i += 1) end = valueEnd(bytes, end);
  return end;
}

/** Cuts a stream of bytes into values. */
export function valueReader(): (chunk: Buffer, each: (bytes: Buffer) => void) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk, each) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = valueEnd(rest, 0); end > 0; end = valueEnd(rest, 0)) {
      each(rest.subarray(0, end));
      rest = rest.subarray(end);
      if (rest.length === 0) return;
    }
  };
}

/** The first words of a command, for people: `EVALSHA 5a1… 1 book`. */
export function commandText(bytes: Buffer): string {
  const words: string[] = [];
  let at = bytes.indexOf(CR) + 2;
  while (at < bytes.length && words.length < 5) {
    const line = bytes.indexOf(CR, at) + 2;
    const end = valueEnd(bytes, at);
    if (end < 0) break;
    words.push(bytes.toString('utf8', line, end - 2).slice(0, 80));
    at = end;
  }
  return words.join(' ');
}
