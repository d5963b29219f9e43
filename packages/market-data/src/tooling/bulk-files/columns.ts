/** A row of a bulk file, or why it is none. */
export type Parsed<Row> = { readonly row: Row } | { readonly reason: string };

/** The columns of a line, without the quotes and spaces round them. */
export const columnsOf = (line: string): string[] => line.split(',').map((column) => column.trim());

/** The first line of a file may say what its columns are. */
export const isHeader = (columns: readonly string[], least: number): boolean =>
  columns.length >= least && /^"?[a-z]/i.test(columns[0]!);

export const tooFew = (what: string, least: number, columns: readonly string[]): string =>
  `a ${what} has ${least} columns, here ${columns.length === 1 ? 'is 1' : `are ${columns.length}`}`;

const PLAIN_DECIMAL = /^\d{1,20}(\.\d{1,18}0*)?$/;

/** A plain decimal above zero, as exchanges print them. */
export const isPositive = (text: string): boolean => PLAIN_DECIMAL.test(text) && /[1-9]/.test(text);
/** A plain decimal of zero or above. */
export const isNonNegative = (text: string): boolean => PLAIN_DECIMAL.test(text);

export const notPositive = (field: string, text: string): string =>
  `${field} "${text}" is not a plain decimal above zero`;
export const notNonNegative = (field: string, text: string): string =>
  `${field} "${text}" is not a plain decimal of zero or above`;

/** The instant of an epoch in milliseconds or microseconds, as text with all six digits. */
export function epochInstant(text: string): string | undefined {
  if (!/^(\d{13}|\d{16})$/.test(text)) return undefined;
  const toTheMillisecond = new Date(Number(text.slice(0, 13))).toISOString().slice(0, -1);
  return `${toTheMillisecond}${text.slice(13).padEnd(3, '0')}Z`;
}

export const noEpoch = (field: string, text: string): string =>
  `${field} "${text}" is no epoch in milliseconds or microseconds`;
