import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A Lua script of a `lua/` folder. Its header says KEYS, ARGV, what it returns and its errors. */
export interface Script {
  /** `exchange.apply-book-changes`: what spans and metrics call it. */
  readonly op: string;
  readonly mode: 'read' | 'write';
  readonly text: string;
  readonly sha: string;
}

/** Reads a script once, at module level: `script('exchange.apply-book-changes', 'write', new URL('../../lua/apply-book-changes.lua', import.meta.url))`. */
export function script(op: string, mode: 'read' | 'write', file: URL): Script {
  const text = readFileSync(file, 'utf8');
  return { op, mode, text, sha: createHash('sha1').update(text).digest('hex') };
}
