import { keyFamilies } from '@tse/core';

/** Every Redis key family of the package, beside those that all adapters have. */
export const families = keyFamilies({ ingest: 'ingest', trace: 'trace', correlation: 'correlation' });
