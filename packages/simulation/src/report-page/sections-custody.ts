import { settlementsChart } from './charts-custody.ts';
import { type Html, html } from './html.ts';
import type { LateSettlement, RunPage } from './run-page.ts';
import { type Section, noData } from './section.ts';
import { amountText, plural, timeText, titleText } from './text.ts';

export function settlementsSection({ settlements }: RunPage): Section {
  const { total, late, fails } = settlements;
  return {
    id: 'settlements',
    title: 'Settlements',
    short: 'Settlements',
    lead: 'What custody had to deliver and pay, by the day it was due; and what did not settle in time.',
    parts: [
      total === 0 ? noData('Nothing was to settle.') : settlementsChart(settlements),
      fails === 0 ? noData('No settlement failed.') : html`<p>${plural(fails, 'settlement')} missed the cut-off.</p>`,
      ...late.map(lateStory),
    ],
  };
}

function lateStory({ reference, due, status, legs, fail, steps }: LateSettlement): Html {
  const failed =
    fail === undefined
      ? 'delayed'
      : `failed (${fail.reason}), ${plural(fail.businessDays, 'business day')} late${fail.endedAt === undefined ? ', still open' : ''}`;
  return html`<article class="story">
    <h3>Settlement of ${reference} <span class="muted">due ${due} · ${failed} · now ${status}</span></h3>
    <ul class="legs">
      ${legs.map(({ kind, from, to, asset, quantity }) => html`<li>${titleText(kind)}: ${amountText(quantity)} ${asset}, ${from} → ${to}</li>`)}
    </ul>
    <ol class="steps">
      ${steps.map(
        ({ at, what, detail }) =>
          html`<li>
            <time datetime="${at}">${timeText(at)}</time><span class="after"></span
            ><span><b>${what}</b>${detail === undefined ? '' : `, ${detail}`}</span>
          </li>`,
      )}
    </ol>
  </article>`;
}
