import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** The variables of an env file; none when there is no such file. */
export function readDotenv(path: string): Record<string, string> {
  if (!existsSync(path)) return {};
  return Object.fromEntries(
    Object.entries(parseEnv(readFileSync(path, 'utf8'))).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

/**
 * Writes variables into an env file that only its owner can read. Those it has keep their value, unless `replace`;
 * comments and other lines stay. Answers the names it wrote.
 */
export function writeDotenv(
  path: string,
  variables: Readonly<Record<string, string>>,
  { replace = false }: { readonly replace?: boolean } = {},
): string[] {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const present = readDotenv(path);
  const changed = Object.entries(variables).filter(([name, value]) =>
    name in present ? replace && present[name] !== value : true,
  );
  if (changed.length > 0) {
    const missing = new Map(changed.map(([name, value]) => [name, `${name}=${quoted(name, value)}`]));
    const lines = text.split('\n').map((line) => {
      const name = /^\s*(?:export\s+)?([\w.]+)\s*=/.exec(line)?.[1] ?? '';
      const written = missing.get(name) ?? line;
      missing.delete(name);
      return written;
    });
    while (lines.at(-1)?.trim() === '') lines.pop();
    writeFileSync(`${path}.new`, [...lines, ...missing.values(), ''].join('\n'), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
  if (existsSync(path)) chmodSync(path, 0o600);
  return changed.map(([name]) => name);
}

function quoted(name: string, value: string): string {
  if (/^[\w:/@.,?&=%+~-]*$/.test(value)) return value;
  const quote = ["'", '"', '`'].find((mark) => !value.includes(mark));
  if (quote === undefined || /[\n\r\\]/.test(value))
    throw new Error(`The value of ${name} cannot be written into an env file.`);
  return `${quote}${value}${quote}`;
}
