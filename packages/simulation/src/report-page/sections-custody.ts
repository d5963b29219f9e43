import { settlementsChart } from './charts-custody.ts';
import { type Html, html } from './html.ts';
import type { LateSettlement, RunPage } from './run-page.ts';
import { type Section, noData, stepList } from './section.ts';
import { amountText, plural, titleText } from './text.ts';

export function settlementsSection({ settlements }: RunPage): Section {
  const { total, late, fails } = settlements;
  return {
    id: 'settlements',
    title: 'Settlements',
    short: 'Settlements',
    lead: 'What custody had to deliver and pay, by the day it was due; and what did not settle in time.',
    parts: [
      total === 0 ? noData('Nothing was to settle.') : settlementsChart(settlements),
      fails === 0
        ? noData('No settlement failed.')
        : html`<p class="none">${plural(fails, 'settlement')} missed the cut-off.</p>`,
      ...late.map(lateStory),
    ],
  };
}

function lateStory({ settlementId, reference, due, status, legs, fail, steps }: LateSettlement): Html {
  const open = fail !== undefined && fail.endedAt === undefined ? ', still open' : '';
  const failed =
    fail === undefined
      ? 'delayed'
      : `failed (${fail.reason}), ${plural(fail.businessDays, 'business day')} late${open}`;
  const moved = legs.map(
    ({ kind, from, to, asset, quantity }) =>
      html`<li>${titleText(kind)}: ${amountText(quantity)} ${asset}, ${from} → ${to}</li>`,
  );
  return html`<article class="story">
    <h3>Settlement of ${reference} <span class="muted">due ${due} · ${failed} · now ${status}</span></h3>
    <ul class="legs">
      ${moved}
    </ul>
    ${stepList(`What became of ${settlementId}`, steps[0]?.at ?? '', steps)}
  </article>`;
}
