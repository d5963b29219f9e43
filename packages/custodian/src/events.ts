import { defineEvents } from '@tse/core/events';
import { identity } from './config.ts';

/** What the adapter publishes. */
export const custodianEvents = defineEvents(identity, {});
