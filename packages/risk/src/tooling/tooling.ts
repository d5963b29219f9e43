import type { AdapterTooling } from '@tse/core/admin';
import { definition } from '../definition.ts';

/** What the command `tse` does with this adapter. */
export const tooling: AdapterTooling = { definition };
