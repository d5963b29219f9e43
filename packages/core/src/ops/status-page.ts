import type { AdapterHealth, CheckHealth } from './health.ts';
import type { StoreHealth } from './store-watch.ts';
import type { WorkerHealth } from './worker.ts';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (value: unknown): string => String(value).replace(/[&<>"']/g, (char) => escapes[char]!);

const style = `
:root { color-scheme: light dark; --good: #1a7f37; --fair: #9a6700; --bad: #cf222e; --line: #d0d7de }
@media (prefers-color-scheme: dark) { :root { --good: #56d364; --fair: #e3b341; --bad: #ff7b72; --line: #444c56 } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; margin: 0 0 1.5rem }
caption { text-align: left; font-weight: 600; padding: .25rem 0 }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
thead th { font-weight: 600 } tbody th { font-weight: 400 }
.good { color: var(--good) } .fair { color: var(--fair) } .bad { color: var(--bad) }
footer { font-size: .875rem }`;

const tones: Record<string, readonly string[]> = {
  good: ['healthy', 'ready', 'up', 'running'],
  fair: ['degraded', 'waiting', 'unknown', 'stopped'],
  bad: ['unavailable', 'down', 'not ready'],
};
const toneOf = (word: string): string => Object.keys(tones).find((tone) => tones[tone]!.includes(word)) ?? '';
/** The word says it; the colour only helps. */
const state = (word: string): string => `<strong class="${toneOf(word)}">${escape(word)}</strong>`;

const milliseconds = (value: number | undefined): string => (value === undefined ? '' : `${value.toFixed(1)} ms`);
const seconds = (value: number | undefined): string => (value === undefined ? '' : `${value.toFixed(1)} s`);

function table(caption: string, heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const head = heads.map((name) => `<th scope="col">${escape(name)}</th>`).join('');
  const body = rows.map(
    ([first, ...rest]) => `<tr><th scope="row">${first}</th>${rest.map((cell) => `<td>${cell}</td>`).join('')}</tr>`,
  );
  return `<table><caption>${escape(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table>`;
}

const storeRow = (name: string, store: StoreHealth, note: string): string[] => [
  escape(name),
  state(store.state),
  escape(store.since),
  milliseconds(store.latencyMs),
  escape(store.breaker),
  escape(
    [store.reason, store.lastErrorClass && `last error ${store.lastErrorClass}`, note].filter(Boolean).join(' · '),
  ),
];

const checkRow = ([name, check]: [string, CheckHealth]): string[] => [
  escape(name),
  state(check.state),
  seconds(check.lagSeconds),
  escape(
    [check.reason, check.lastErrorClass, ...Object.entries(check.facts ?? {}).map(([key, value]) => `${key} ${value}`)]
      .filter(Boolean)
      .join(' · '),
  ),
];

const workerRow = (worker: WorkerHealth): string[] => [
  escape(worker.name),
  state(worker.state),
  seconds(worker.lagSeconds),
  escape(worker.restarts),
  escape([worker.lastErrorClass, worker.lastErrorAt].filter(Boolean).join(' at ')),
];

function section(health: AdapterHealth): string {
  const { adapter, instance, status, reasons, postgres, redis, checks, workers, checkedAt } = health;
  const { total, idle, waiting, max } = postgres.pool;
  const title = adapter === instance ? adapter : `${adapter} (${instance})`;
  const pool = `${total - idle} of ${max} connections busy, ${waiting} calls waiting`;
  return `<section><h2>${escape(title)}: ${state(status)}</h2>
${reasons.length > 0 ? `<ul>${reasons.map((reason) => `<li>${escape(reason)}</li>`).join('')}</ul>` : ''}
${table('Stores', ['Store', 'State', 'Since', 'Latency', 'Breaker', 'Notes'], [storeRow('PostgreSQL', postgres, pool), storeRow('Redis', redis, '')])}
${table('Checks', ['Check', 'State', 'Behind', 'Notes'], Object.entries(checks).map(checkRow))}
${table('Workers', ['Worker', 'State', 'Behind', 'Failures', 'Last error'], workers.map(workerRow))}
<p>Checked at <time datetime="${escape(checkedAt)}">${escape(checkedAt)}</time></p></section>`;
}

/** The page for people: self-contained, without a script. Reload it for newer numbers. */
export function statusPage(
  name: string,
  { ready, reasons }: { ready: boolean; reasons: readonly string[] },
  adapters: readonly AdapterHealth[],
): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(name)}: ${ready ? 'ready' : 'not ready'}</title><style>${style}</style></head>
<body><main><h1>${escape(name)}: ${state(ready ? 'ready' : 'not ready')}</h1>
${ready ? '' : `<ul>${reasons.map((reason) => `<li>${escape(reason)}</li>`).join('')}</ul>`}
${adapters.map(section).join('\n')}</main>
<footer><p><a href="/metrics">metrics</a> · <a href="/readyz">readiness</a> · <a href="/livez">liveness</a></p></footer></body></html>
`;
}
