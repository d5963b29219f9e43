import type { Identity } from '@tse/core';

/** What this adapter owns in the shared stores. */
export const identity: Identity = { name: 'custodian', schema: 'custodian', prefix: 'custodian' };
