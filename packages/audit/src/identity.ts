import type { Identity } from '@tse/core';

/** What this adapter owns in the shared stores. Free of drivers, as the catalog of events is. */
export const identity: Identity = { name: 'audit', schema: 'audit', prefix: 'audit' };
