import type { Chart } from './chart.ts';
import { type Html, html } from './html.ts';
import { amountText, spanText, timeText } from './text.ts';

/** A part of the page: a title in the table of contents, a sentence of what it shows, and what it shows. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** The same for the table of contents. */
  readonly short: string;
  readonly lead: string;
  readonly parts: readonly (Chart | Html)[];
}

/** What there is to say where there is nothing to show. */
export const noData = (text: string): Html => html`<p class="none">${text}</p>`;

/** Never by colour alone. */
export const good = (word: string): Html => html`<span class="good">✓ ${word}</span>`;
export const bad = (word: string): Html => html`<span class="bad">✕ ${word}</span>`;

/** Milliseconds from one instant to another. */
export const since = (from: string, to: string): number => Date.parse(to) - Date.parse(from);

/** One thing that happened, as an account of it has it. */
interface Step {
  readonly at: string;
  readonly what: string;
  readonly detail?: string;
  readonly observed?: string;
}

/** What happened one after the other, each with how long it was after the first. */
export function stepList(label: string, began: string, steps: readonly Step[]): Html {
  const after = (ms: number) => (ms === 0 ? 'at once' : `${ms > 0 ? '+' : ''}${spanText(ms)}`);
  const row = ({ at, what, detail, observed }: Step) => {
    const seen = observed === undefined ? undefined : `observed ${amountText(observed)}`;
    const more = [detail, seen].filter((text) => text !== undefined).map((text) => `, ${text}`);
    return html`<li>
      <time datetime="${at}">${timeText(at)}</time> <span class="after">${after(since(began, at))}</span>
      <span><b>${what}</b>${more}</span>
    </li>`;
  };
  return html`<ol class="steps" aria-label="${label}">
    ${steps.map(row)}
  </ol>`;
}
