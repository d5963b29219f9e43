const quoted = String.raw`'(?:[^']|'')*'(?:::[a-z ]+)?`;
const oneOf = new RegExp(
  String.raw`^CHECK \(\((?:\(?"?\w+"?\)?(?:::text)?) = ANY \(\(?ARRAY\[(${quoted}(?:, ${quoted})*)\](?:\)?::text\[\])?\)\)\)$`,
);
const exactly = new RegExp(String.raw`^CHECK \(\((?:\(?"?\w+"?\)?(?:::text)?) = (${quoted})\)\)$`);

/** The values of `CHECK (column IN ('a', 'b'))`, as `pg_get_constraintdef` prints it; `undefined` for any other check. */
export function checkLiterals(definition: string): string[] | undefined {
  const list = (oneOf.exec(definition) ?? exactly.exec(definition))?.[1];
  return list === undefined
    ? undefined
    : [...list.matchAll(/'((?:[^']|'')*)'/g)].map(([, text]) => text!.replaceAll("''", "'"));
}
