import { holds } from '../report.ts';
import { type Html, html } from './html.ts';
import type { Detection, RunPage } from './run-page.ts';
import { facts } from './table.ts';
import { countText, plural, spanText, timeText } from './text.ts';

/** Within so many seconds of business time the first alert has to tell of what was done to a price. */
export const SERVICE_LEVEL_SECONDS = 15;

/** What has to be known first: whether all holds, and the figures by which a run is judged. */
export function verdict(run: RunPage, title: string): Html {
  const { report, run: testRun, detection } = run;
  const { scenario, scenarioRoot } = report;
  const broken = report.invariants.filter((invariant) => !holds(invariant));
  const all = report.invariants.length;
  const words =
    all === 0
      ? 'No invariant was checked.'
      : broken.length === 0
        ? `All ${all} invariants hold.`
        : `${broken.length} of ${plural(all, 'invariant')} ${broken.length === 1 ? 'is' : 'are'} broken.`;
  return html`<header class="${report.ok ? 'holds' : 'broken'}">
    <p class="kind">Run of a trading simulation · ${scenario.name}</p>
    <h1>${title}</h1>
    <p class="verdict"><span class="sign" aria-hidden="true">${report.ok ? '✓' : '✕'}</span><span>${words}</span></p>
    ${
      broken.length > 0 &&
      html`<ul class="broken-list">
        ${broken.map(({ name, problem }) => html`<li><b>${name}</b>: ${problem ?? 'it compared nothing'}</li>`)}
      </ul>`
    }
    <div class="tiles">
      ${tile('Invariants', `${countText(all - broken.length)} / ${countText(all)}`, 'hold', broken.length === 0 && all > 0)}
      ${testRun?.score !== undefined && tile('Score', countText(testRun.score), 'of 100, by the probes', testRun.score === 100)}
      ${detection !== undefined && detectionTile(detection)}
      ${tile('Breaches', countText(run.breaches.length), `of ${plural(run.limits.length, 'limit')}`)}
      ${tile('Refused', countText(run.checks.denied), `of ${plural(run.checks.allowed + run.checks.denied, 'check')} before orders`)}
      ${tile('Settlements', countText(run.settlements.total), plural(run.settlements.fails, 'fail'))}
    </div>
    ${facts([
      ['Market', run.symbol],
      [
        'Business time, UTC',
        html`<span class="span">${timeText(run.from)}</span> to <span class="span">${timeText(run.to)}</span>`,
      ],
      ['Seed', scenario.seed ?? '–'],
      ...(testRun === undefined ? [] : [['Test run', `${testRun.runId}, ${testRun.status}`] as const]),
      ['Scenario root', html`<span class="code">${scenarioRoot}</span>`],
    ])}
  </header>`;
}

const tile = (name: string, value: string, more: string, isGood?: boolean): Html =>
  html`<div class="tile${isGood === undefined ? '' : isGood ? ' good-tile' : ' bad-tile'}">
    <p class="name">${name}</p>
    <p class="value">${value}</p>
    <p class="more">${more}</p>
  </div>`;

function detectionTile({ seconds, alertAt }: Detection): Html {
  if (alertAt === undefined || seconds === undefined) return tile('Detection', 'none', 'no alert was raised', false);
  const isInTime = seconds <= SERVICE_LEVEL_SECONDS;
  const scale = Math.max(SERVICE_LEVEL_SECONDS * 1.2, seconds);
  return html`<div class="tile ${isInTime ? 'good-tile' : 'bad-tile'}">
    <p class="name">Detection</p>
    <p class="value">${spanText(seconds * 1000)}</p>
    <p
      class="gauge"
      aria-hidden="true"
      style="--value:${((seconds / scale) * 100).toFixed(2)}%;--level:${((SERVICE_LEVEL_SECONDS / scale) * 100).toFixed(2)}%"
    >
      <i></i>
    </p>
    <p class="more">to the first alert; ${isInTime ? 'within' : 'later than'} the ${SERVICE_LEVEL_SECONDS} s allowed</p>
  </div>`;
}
