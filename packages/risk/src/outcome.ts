import type { AdapterError } from '@tse/core';

/** What became of one member of a batch. */
export type Outcome<Value> = { ok: true; value: Value } | { ok: false; error: AdapterError };
