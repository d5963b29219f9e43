import { defineEvents } from '@tse/core/events';
import { identity } from './config.ts';

/** What the adapter publishes. */
export const testCoordinatorEvents = defineEvents(identity, {});
