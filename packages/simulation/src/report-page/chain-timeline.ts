import { type Html, html } from './html.ts';
import type { Chain, ChainStep } from './run-page.ts';
import { countText, spanText, timeText } from './text.ts';

/** The chain as rows below each other, each with a bar from its cause to itself on one axis of wall time. It needs no script. */
export function chainTimeline({ title, steps, of, cut }: Chain): Html {
  const whole = Math.max(1, ...steps.map(({ endedMs }) => endedMs));
  const deepest = Math.min(...steps.map(({ depth }) => depth));
  const row = ({ depth, type, source, aggregateId, occurredAt, beganMs, endedMs, hopMs, businessHopMs }: ChainStep) => {
    const from = (Math.min(beganMs, endedMs) / whole) * 100;
    const width = (Math.abs(endedMs - beganMs) / whole) * 100;
    const place = `--depth:${Math.min(depth - deepest, 12)};--from:${from.toFixed(3)}%;--width:${width.toFixed(3)}%`;
    const business =
      businessHopMs === undefined || businessHopMs === 0 ? '' : ` · ${spanText(businessHopMs)} of business time`;
    return html`<li class="${depth === 0 ? 'hop here' : 'hop'}" style="${place}">
      <span class="what"
        ><b>${type}</b> <span class="muted">${source}</span> <span class="code">${aggregateId}</span></span
      >
      <span class="bar" aria-hidden="true"><i></i></span>
      <span class="latency">${hopMs === undefined ? 'first' : `${hopMs < 0 ? '' : '+'}${spanText(hopMs)}`}</span>
      <span class="business"><time datetime="${occurredAt}">${timeText(occurredAt)}</time>${business}</span>
    </li>`;
  };
  const left = cut
    ? html`<p class="note">It goes on further than was read.</p>`
    : steps.length < of &&
      html`<p class="note">Shown are the first ${countText(steps.length)} of ${countText(of)} events.</p>`;
  return html`<div class="timeline">
      <h3>${title}</h3>
      <p class="scale" aria-hidden="true">
        <span>0</span><span>${spanText(whole / 2)}</span><span>${spanText(whole)}</span>
      </p>
      <ol class="hops" aria-label="${title}">
        ${steps.map(row)}
      </ol>
    </div>
    ${left}`;
}
