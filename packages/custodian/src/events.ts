import { defineEvents } from '@tse/core/events';
import { z } from 'zod';
import { accountKinds, accountStatuses } from './accounts/account-states.ts';
import { approvalStatuses } from './approvals/approval-states.ts';
import { identity } from './config.ts';
import { nettingStatuses } from './netting/netting-states.ts';
import { legKinds, settlementStatuses } from './settlements/settlement-states.ts';
import { breakKinds, breakStates } from './reconciliations/break-states.ts';
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

const settlementLegs = z.array(
  z.object({ leg: z.int(), kind: z.enum(legKinds), from: id, to: id, asset: z.string(), quantity: amount }),
);
const settlement = {
  settlementId: id,
  source: z.string(),
  reference: id,
  status: z.enum(settlementStatuses),
  intendedDate: z.iso.date(),
  settlementVersion: z.int(),
};
const settlementExample = {
  settlementId: '01a20cd5-24be-7781-97d8-7a7f04d532df',
  source: 'exchange',
  reference: 't1',
  intendedDate: '2026-11-25',
  lots: 1,
  legs: [
    { leg: 1, kind: 'delivery', from: 'client/bob', to: 'client/alice', asset: 'BTC', quantity: '0.1' },
    { leg: 2, kind: 'payment', from: 'client/alice', to: 'client/bob', asset: 'USD', quantity: '2990' },
  ],
} as const;

const difference = z.object({
  breakId: id,
  /** What it is about, the same from run to run. */
  breakKey: z.string(),
  /** Whose statement it is; the venue for a deficit. */
  source: z.string(),
  kind: z.enum(breakKinds),
  custodyAccountId: id.optional(),
  asset: z.string(),
  ours: amount.optional(),
  theirs: amount.optional(),
  /** Theirs less ours. */
  difference: amount,
  state: z.enum(breakStates),
  externalId: z.string().optional(),
  transactionId: z.string().optional(),
  runId: id,
  seenCount: z.int(),
  breakVersion: z.int(),
});

/** What is held for clients and the house at one moment, under one root (a Merkle-sum tree). */
const snapshot = z.object({
  snapshotId: id,
  asOf: z.iso.datetime(),
  root: z.string().regex(/^[0-9a-f]{64}$/),
  /** Holdings that are counted. */
  leaves: z.int(),
  /** The nodes that the root is made of, by asset: each with the sum of its leaves. */
  assets: z.record(z.string(), z.object({ hash: z.string().regex(/^[0-9a-f]{64}$/), sum: amount })),
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
  /** An instruction is there, with all that is to change hands. */
  'settlement.registered': {
    payload: z.object({
      ...settlement,
      tradedAt: z.iso.datetime(),
      cycle: z.int(),
      dueAt: z.iso.datetime(),
      cutsOffAt: z.iso.datetime(),
      priority: z.int(),
      onHold: z.boolean(),
      lots: z.int(),
      legs: settlementLegs,
    }),
    example: {
      ...settlementExample,
      legs: [...settlementExample.legs],
      status: 'pending',
      tradedAt: '2026-11-24T09:13:44.942000Z',
      cycle: 1,
      dueAt: '2026-11-25T00:00:00.000000Z',
      cutsOffAt: '2026-11-26T00:00:00.000000Z',
      priority: 5,
      onHold: false,
      settlementVersion: 1,
    },
  },
  /** All of an instruction settled, or more of it: the legs say what moved now. */
  'settlement.settled': {
    payload: z.object({
      ...settlement,
      transactionId: id,
      lots: z.int(),
      settledLots: z.int(),
      legs: settlementLegs,
    }),
    example: {
      ...settlementExample,
      legs: [...settlementExample.legs],
      status: 'settled',
      transactionId: 'settlement:01a20cd5-24be-7781-97d8-7a7f04d532df',
      settledLots: 1,
      settlementVersion: 2,
    },
  },
  /** An instruction missed its last cut-off: the legs say what did not move. It is tried again until it settles or is cancelled. */
  'settlement.failed': {
    payload: z.object({ ...settlement, reason: z.string(), lots: z.int(), settledLots: z.int(), legs: settlementLegs }),
    example: {
      ...settlementExample,
      legs: [...settlementExample.legs],
      status: 'failing',
      reason: 'insufficient-holdings',
      settledLots: 0,
      settlementVersion: 2,
    },
  },
  /** It was held, released, prioritized, delayed, netted or cancelled; it says what it now is. */
  'settlement.changed': {
    payload: z.object({
      ...settlement,
      change: z.string(),
      priority: z.int(),
      onHold: z.boolean(),
      delayedUntil: z.iso.datetime().optional(),
      nettingBatchId: id.optional(),
      reason: z.string().optional(),
    }),
    example: {
      settlementId: settlementExample.settlementId,
      source: 'exchange',
      reference: 't1',
      intendedDate: '2026-11-25',
      change: 'held',
      status: 'pending',
      priority: 5,
      onHold: true,
      reason: 'documents missing',
      settlementVersion: 2,
    },
  },
  /** Instructions became one multilateral net, or it settled or was cancelled; they go with it, without an event of each but `settlement.settled`. */
  'netting.changed': {
    payload: z.object({
      nettingBatchId: id,
      status: z.enum(nettingStatuses),
      source: z.string(),
      intendedDate: z.iso.date(),
      cutoffAt: z.iso.datetime(),
      dueAt: z.iso.datetime(),
      /** How many. */
      instructions: z.int(),
      /** Below zero the account gives; they sum to zero for each asset. */
      obligations: z.array(movement),
      reason: z.string().optional(),
      batchVersion: z.int(),
    }),
    example: {
      nettingBatchId: 'exchange/2026-11-25',
      status: 'open',
      source: 'exchange',
      intendedDate: '2026-11-25',
      cutoffAt: '2026-11-24T22:00:00.000000Z',
      dueAt: '2026-11-25T00:00:00.000000Z',
      instructions: 42,
      obligations: [
        { custodyAccountId: 'client/alice', asset: 'USD', amount: '-2990' },
        { custodyAccountId: 'client/bob', asset: 'USD', amount: '2990' },
      ],
      batchVersion: 1,
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
  /** A reconciliation found a difference, found it changed, or found it gone; or people have decided on it. */
  'break.changed': {
    payload: difference,
    example: {
      breakId: '01a20cd5-24be-7781-97d8-7a7f04d532e1',
      breakKey: 'line:bank:2026-01-01/17',
      source: 'bank',
      kind: 'amount-differs',
      custodyAccountId: 'client/alice',
      asset: 'USD',
      ours: '100',
      theirs: '90',
      difference: '-10',
      state: 'open',
      externalId: '2026-01-01/17',
      transactionId: 'transfer:t-17',
      runId: 'bank/2026-01-01',
      seenCount: 1,
      breakVersion: 1,
    },
  },
  /** All that is held for clients and the house was counted: the same for everybody who asks, and for each account a proof that it is counted. */
  'holding-snapshot.taken': {
    payload: snapshot,
    example: {
      snapshotId: 'day-1',
      asOf: '2026-11-24T09:00:00.000000Z',
      root: '5c62e091b8c0565f1bafad0dad5934276143ae2ccef7a5381e8ada5b1a8d26d2',
      leaves: 2,
      assets: { USD: { hash: '5c62e091b8c0565f1bafad0dad5934276143ae2ccef7a5381e8ada5b1a8d26d2', sum: '12990' } },
    },
  },
});
