/** The cells of one line of a CSV file (RFC 4180, without line breaks in cells); `undefined` where a quote does not end. */
export function cellsOf(line: string, separator: string): string[] | undefined {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    let cell = '';
    if (line[at] === '"') {
      for (at += 1; ; at += 1) {
        const end = line.indexOf('"', at);
        if (end === -1) return undefined;
        cell += line.slice(at, end);
        at = end + 1;
        if (line[at] !== '"') break;
        cell += '"';
      }
    }
    const next = line.indexOf(separator, at);
    cells.push((cell + line.slice(at, next === -1 ? undefined : next)).trim());
    if (next === -1) return cells;
    at = next + 1;
  }
}

/** The separator of a header: whichever it has most of. */
export const separatorOf = (header: string): string =>
  [',', ';', '\t'].reduce((best, each) => (header.split(each).length > header.split(best).length ? each : best), ',');
