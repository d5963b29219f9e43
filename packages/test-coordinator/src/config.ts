import type { Identity } from '@tse/core';

/** What this adapter owns in the shared stores. */
export const identity: Identity = { name: 'test-coordinator', schema: 'test_coordination', prefix: 'test' };
