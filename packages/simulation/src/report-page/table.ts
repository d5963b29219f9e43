import { type Html, html } from './html.ts';

export interface Column {
  readonly title: string;
  /** Numbers stand to the right, so that their digits stand below each other. */
  readonly kind?: 'number';
}

type Cell = Html | string | number | undefined;

/** A table that scrolls in itself where it is too wide; the first cell of a row is its name. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly Cell[])[]): Html {
  const kindOf = (i: number) => columns[i]!.kind ?? 'text';
  const cell = (value: Cell, i: number) =>
    i === 0 ? html`<th scope="row" class="${kindOf(i)}">${value}</th>` : html`<td class="${kindOf(i)}">${value}</td>`;
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ title }, i) => html`<th scope="col" class="${kindOf(i)}">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map(cell)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Names and values, as many side by side as fit. */
export const facts = (entries: readonly (readonly [name: string, value: Html | string | number])[]): Html =>
  html`<dl class="facts">
    ${entries.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
