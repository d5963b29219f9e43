import { keyFamilies } from '@tse/core';

/** Every Redis key family of the package, beside those that all adapters have. */
export const families = keyFamilies({ settlementDue: 'settlement-due', approval: 'approval' });
