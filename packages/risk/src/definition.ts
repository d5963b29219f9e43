import { families } from './keys.ts';
import { identity } from './config.ts';

/** What this adapter is to those who set it up: `tse migrate`, a sandbox. */
export const definition = { identity, families, minSchema: '0011_create_facts' };
