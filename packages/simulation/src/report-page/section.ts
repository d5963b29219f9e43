import type { Chart } from './chart.ts';
import { type Html, html } from './html.ts';

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
