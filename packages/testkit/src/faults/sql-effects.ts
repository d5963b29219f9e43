/** What the proxy can tell of a statement by its text alone. */

const BUILT_IN =
  /^(?:(?:pg|jsonb?|array|string|regexp|to|current|date|generate|percentile|bool|txid|width)_\w+|\w+_timestamp|set_config|unnest|count|sum|min|max|avg|coalesce|greatest|least|nullif|exists|now|version|row|row_number|rank|dense_rank|lag|lead|first_value|last_value|ntile|extract|age|round|abs|scale|trim_scale|trunc|ceil|floor|mod|power|sqrt|random|length|lower|upper|trim|concat|substring|left|right|replace|md5|sha256|encode|decode|every|hashtext|cast|format|distinct|values|any|all|array)$/;

const CHANGES =
  /\b(insert\s+into|delete\s+from|merge\s+into|truncate|call|create|alter|drop|grant|revoke|refresh)\b|^copy\s[^;]*\sfrom\b|(?<!\bfor\s)(?<!\bkey\s)\bupdate\s+(only\s+)?["\w]/;

const CALL = /(?:\bselect|\bfrom|\bjoin|\blateral|,)\s+((?:"?\w+"?\.)?"?\w+"?)\s*\(/g;

/** Lower case, without comments and without what stands in quotes. */
const bare = (sql: string): string =>
  sql
    .replace(/\/\*[\s\S]*?\*\/|--[^\n]*/g, ' ')
    .replace(/'(?:[^']|'')*'/g, "''")
    .trim()
    .toLowerCase();

/** Whether a statement may change something: it says so, or calls a function that is not PostgreSQL's own. */
export function mayWrite(sql: string): boolean {
  const text = bare(sql);
  return (
    CHANGES.test(text) ||
    Array.from(text.matchAll(CALL)).some(([, name = '']) => !BUILT_IN.test(name.replaceAll('"', '')))
  );
}

const last = (sql: string, word: RegExp): number =>
  bare(sql)
    .split(';')
    .findLastIndex((statement) => word.test(statement.trim()));

const BEGINS = /^(begin|start\s+transaction)\b/;
const COMMITS = /^(commit|end)\b/;
const ENDS = /^(commit|end|rollback|abort)\b(?!\s+(work\s+|transaction\s+)?to\b)/;

/** Whether it holds a COMMIT. */
export const commits = (sql: string): boolean => last(sql, COMMITS) >= 0;

/** Whether a transaction is open after it, where one was or was not before. */
export function leavesOpen(sql: string, before: boolean): boolean {
  const begun = last(sql, BEGINS);
  const ended = last(sql, ENDS);
  return begun === ended ? before : begun > ended;
}
