/** A row as the domain has it: what SQL has no value for is absent, never null. */
export type Present<Row> = { [K in keyof Row as null extends Row[K] ? never : K]: Row[K] } & {
  [K in keyof Row as null extends Row[K] ? K : never]?: NonNullable<Row[K]>;
};

/** Leaves out what is null. */
export function present<Row extends object>(row: Row): Present<Row> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(row)) if (value !== null) result[key] = value;
  return result as Present<Row>;
}
