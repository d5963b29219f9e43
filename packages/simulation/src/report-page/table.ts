import { type Html, html } from './html.ts';

export interface Column {
  readonly title: string;
  /** Numbers stand to the right, so that their digits stand below each other. */
  readonly kind?: 'number' | 'code';
}

type Cell = Html | string | number | undefined;

/** A table that scrolls in itself where it is too wide; the first cell of a row is its name. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly Cell[])[]): Html {
  const cell = (value: Cell, i: number) => {
    const kind = columns[i]!.kind;
    const named = kind === undefined ? html`` : html` class="${kind}"`;
    return i === 0 ? html`<th scope="row" ${named}>${value}</th>` : html`<td${named}>${value}</td>`;
  };
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ title, kind }) => html`<th scope="col" ${kind === undefined ? html`` : html` class="${kind}"`}>${title}</th>`)}
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
