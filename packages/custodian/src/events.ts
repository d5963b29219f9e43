import { defineEvents } from '@tse/core/events';
import { z } from 'zod';
import { accountKinds, accountStatuses } from './accounts/account-states.ts';
import { approvalStatuses } from './approvals/approval-states.ts';
import { identity } from './config.ts';
import { transferKinds, transferStatuses } from './transfers/transfer-states.ts';

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

const transfer = z.object({
  transferId: id,
  kind: z.enum(transferKinds),
  requesterId: id,
  custodyAccountId: id,
  /** What the venue calls the account: a deposit is credited to it, a withdrawal captured from it. */
  accountId: id.optional(),
  venue: id.optional(),
  counterCustodyAccountId: id,
  counterAccountId: id.optional(),
  asset: z.string(),
  amount,
  state: z.enum(transferStatuses),
  reason: z.string().optional(),
  address: z.string().optional(),
  transactionHash: z.string().optional(),
  approvalRequestId: id.optional(),
  transferVersion: z.int(),
});

const decision = z.object({
  requestId: id,
  subjectKind: z.string(),
  subjectId: id,
  subjectDigest: z.string(),
  initiatorId: id,
  policyVersion: z.int().optional(),
  ruleId: id.optional(),
  decision: z.enum(approvalStatuses).exclude(['pending']),
  reason: z.string().optional(),
  /** The groups, with the approvals that counted when it was decided. */
  quorum: z.object({
    join: z.enum(['all', 'any']),
    groups: z.array(z.object({ name: z.string(), threshold: z.int(), approvals: z.int() })),
  }),
});

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
  /** A transfer was asked for or went on; it says what it now is. */
  'transfer.changed': {
    payload: transfer,
    example: {
      transferId: '01a20cd5-24be-7781-97d8-7a7f04d532df',
      kind: 'withdrawal',
      requesterId: 'alice',
      custodyAccountId: 'client/alice',
      accountId: 'alice',
      venue: 'exchange',
      counterCustodyAccountId: 'external',
      asset: 'BTC',
      amount: '0.5',
      state: 'completed',
      address: 'bc1q0',
      transferVersion: 4,
    },
  },
  /** A request for an approval has ended, in whatever way. */
  'approval.decided': {
    payload: decision,
    example: {
      requestId: '01a20cd5-24be-7781-97d8-7a7f04d532e0',
      subjectKind: 'transfer',
      subjectId: '01a20cd5-24be-7781-97d8-7a7f04d532df',
      subjectDigest: 'vZy5kzX0',
      initiatorId: 'alice',
      policyVersion: 1,
      ruleId: 'large-withdrawals',
      decision: 'approved',
      quorum: { join: 'all', groups: [{ name: 'treasury', threshold: 2, approvals: 2 }] },
    },
  },
});
