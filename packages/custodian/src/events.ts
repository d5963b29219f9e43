import { defineEvents } from '@tse/core/events';
import { z } from 'zod';
import { accountKinds, accountStatuses } from './accounts/account-states.ts';
import { identity } from './config.ts';

/** Amounts are canonical decimal strings. */
const amount = z.string();
const id = z.string();

const account = z.object({
  custodyAccountId: id,
  kind: z.enum(accountKinds),
  parentId: id.optional(),
  venue: id.optional(),
  clientAccountId: id.optional(),
  ownerId: id,
  status: z.enum(accountStatuses),
  accountVersion: z.int(),
  reason: z.string().optional(),
});

const movement = z.object({ custodyAccountId: id, asset: z.string(), amount });

/** What the custodian publishes. Payloads only grow within a major version. */
export const custodianEvents = defineEvents(identity, {
  /** A custody account was opened or changed; it says what the account now is. */
  'custody-account.changed': {
    payload: account,
    example: {
      custodyAccountId: 'client/alice',
      kind: 'segregated',
      parentId: 'omnibus',
      venue: 'exchange',
      clientAccountId: 'alice',
      ownerId: 'alice',
      status: 'active',
      accountVersion: 1,
    },
  },
  /** Holdings were booked by hand; the movements sum to zero for each asset. */
  'holdings.adjusted': {
    payload: z.object({ transactionId: id, reference: id, reason: z.string(), movements: z.array(movement) }),
    example: {
      transactionId: 'adjustment:opening-1',
      reference: 'opening-1',
      reason: 'opening holding',
      movements: [
        { custodyAccountId: 'external', asset: 'USD', amount: '-10000' },
        { custodyAccountId: 'client/alice', asset: 'USD', amount: '10000' },
      ],
    },
  },
  /** A version of a calendar was defined. */
  'calendar.defined': {
    payload: z.object({
      calendarId: id,
      calendarVersion: z.int(),
      timeZone: z.string(),
      cutoff: z.string(),
      firstDay: z.iso.date(),
      lastDay: z.iso.date(),
      /** How many. */
      holidays: z.int(),
    }),
    example: {
      calendarId: 'usd',
      calendarVersion: 1,
      timeZone: 'America/New_York',
      cutoff: '17:00',
      firstDay: '2026-01-01',
      lastDay: '2027-12-31',
      holidays: 22,
    },
  },
  /** From now on what moves of the asset goes by the calendar. */
  'calendar.assigned': {
    payload: z.object({ asset: z.string(), calendarId: id }),
    example: { asset: 'USD', calendarId: 'usd' },
  },
});
