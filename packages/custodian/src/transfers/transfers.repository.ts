import {
  type AdapterContext,
  type CallOptions,
  type Decimal,
  type Listing,
  answers,
  contextLiteral,
  functionCall,
  idInput,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { ApprovalStore } from '../approvals/approvals.store.ts';
import type { Tables } from '../schema.ts';
import type { TransferStatus } from './transfer-states.ts';
import {
  type BroadcastTransfer,
  type ChangeTransfer,
  type FailTransfer,
  type ListTransfers,
  type RequestTransfer,
  type ScreenTransfer,
  type Transfer,
  type TransferEvent,
  type TransferRefusal,
  type Transfers,
  broadcastTransfer,
  changeTransfer,
  failTransfer,
  listTransfers,
  requestTransfer,
  screenTransfer,
} from './transfers.ts';

const db = queryBuilder<Tables>();

type Outcome = TransferRefusal | 'ok' | 'same';

const columns = [
  'id',
  'requester_id',
  'idempotency_key',
  'kind',
  'from_account_id',
  'to_account_id',
  'asset',
  'amount',
  'address',
  'status',
  'reason',
  'digest',
  'policy_version',
  'rule_id',
  'approval_request_id',
  'transaction_hash',
  'requested_at',
  'closed_at',
  'version',
] as const;

const statements = {
  request: functionCall(
    'custodian.transfers.request',
    'write',
    'request_transfer',
    [
      'id',
      'requesterId',
      'idempotencyKey',
      'kind',
      'fromAccountId',
      'toAccountId',
      'asset',
      'amount',
      'address',
      'digest',
      'requestHash',
      'approvalId',
      'at',
      'eventId',
      'context',
    ],
    answers<{ outcome: Outcome; transfer_id: string | null; available: Decimal | null }>(),
  ),
  screen: functionCall(
    'custodian.transfers.screen',
    'write',
    'screen_transfer',
    ['id', 'passed', 'reason', 'approvalId', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  advance: functionCall(
    'custodian.transfers.advance',
    'write',
    'advance_transfer',
    ['id', 'verb', 'version', 'reason', 'transactionHash', 'at', 'eventId', 'approvalEventId', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  find: statement('custodian.transfers.find', 'read', (p: { id: string }) =>
    db.selectFrom('transfers').select(columns).where('id', '=', p.id),
  ),
  listEvents: statement('custodian.transfers.listEvents', 'read', (p: { id: string }) =>
    db
      .selectFrom('transfer_events')
      .select(['version', 'from_status', 'status', 'effect', 'reason', 'actor', 'occurred_at'])
      .where('transfer_id', '=', p.id)
      .orderBy('version'),
  ),
};

const transferRef = z.strictObject({ transferId: idInput });
const byId = (input: { transferId: string }) => input.transferId;
const operations = {
  request: operation('custodian.transfers.request', requestTransfer, (input) => input.idempotencyKey),
  screen: operation('custodian.transfers.screen', screenTransfer, byId),
  requestSignatures: operation('custodian.transfers.requestSignatures', changeTransfer, byId),
  broadcast: operation('custodian.transfers.broadcast', broadcastTransfer, byId),
  confirm: operation('custodian.transfers.confirm', changeTransfer, byId),
  complete: operation('custodian.transfers.complete', changeTransfer, byId),
  fail: operation('custodian.transfers.fail', failTransfer, byId),
  cancel: operation('custodian.transfers.cancel', changeTransfer, byId),
  confirmCancel: operation('custodian.transfers.confirmCancel', changeTransfer, byId),
  find: operation('custodian.transfers.find', transferRef),
  get: operation('custodian.transfers.get', transferRef),
  list: operation('custodian.transfers.list', listTransfers),
  listEvents: operation('custodian.transfers.listEvents', transferRef),
};

export class TransferRepository implements Transfers {
  readonly #context: AdapterContext;
  readonly #approvals: ApprovalStore;

  constructor(context: AdapterContext, approvals: ApprovalStore) {
    this.#context = context;
    this.#approvals = approvals;
  }

  request(input: RequestTransfer, options?: CallOptions): Promise<Transfer> {
    return this.#context.run(operations.request, input, options, async (request) => {
      const { pg, clock, ids } = this.#context;
      const { transferId = ids.next(), requesterId, idempotencyKey, ...content } = request;
      const { kind, fromAccountId, toAccountId, asset, amount, address } = content;
      const digest = requestHash(kind, fromAccountId, toAccountId, asset, amount, address);
      const answer = await pg.one(statements.request, {
        id: transferId,
        requesterId,
        idempotencyKey,
        kind,
        fromAccountId,
        toAccountId,
        asset,
        amount,
        address,
        digest,
        // The id is of the content only where the caller gave it.
        requestHash: requestHash(request.transferId, requesterId, idempotencyKey, digest),
        approvalId: ids.next(),
        at: clock.now(),
        eventId: ids.next(),
        context: contextLiteral(),
      });
      if (answer.outcome !== 'ok' && answer.outcome !== 'same')
        throw refusal(answer.outcome, {
          transferId,
          asset,
          required: amount,
          ...(answer.available !== null && { available: answer.available }),
        });
      return this.#load(answer.transfer_id!);
    });
  }

  screen(input: ScreenTransfer, options?: CallOptions): Promise<Transfer> {
    return this.#context.run(operations.screen, input, options, async ({ transferId, passed, reason }) => {
      const { pg, clock, ids } = this.#context;
      const { outcome } = await pg.one(statements.screen, {
        id: transferId,
        passed,
        reason,
        approvalId: ids.next(),
        at: clock.now(),
        eventId: ids.next(),
        context: contextLiteral(),
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { transferId });
      return this.#load(transferId);
    });
  }

  requestSignatures(input: ChangeTransfer, options?: CallOptions): Promise<Transfer> {
    return this.#context.run(operations.requestSignatures, input, options, (change) =>
      this.#advance('pending-signature', change),
    );
  }
  broadcast(input: BroadcastTransfer, options?: CallOptions): Promise<Transfer> {
    return this.#context.run(operations.broadcast, input, options, (change) => this.#advance('broadcasting', change));
  }
  confirm(input: ChangeTransfer, options?: CallOptions): Promise<Transfer> {
    return this.#context.run(operations.confirm, input, options, (change) => this.#advance('confirming', change));
  }
  complete(input: ChangeTransfer, options?: CallOptions): Promise<Transfer> {
    return this.#context.run(operations.complete, input, options, (change) => this.#advance('completed', change));
  }
  fail(input: FailTransfer, options?: CallOptions): Promise<Transfer> {
    return this.#context.run(operations.fail, input, options, (change) => this.#advance('failed', change));
  }
  cancel(input: ChangeTransfer, options?: CallOptions): Promise<Transfer> {
    return this.#context.run(operations.cancel, input, options, (change) => this.#advance('cancel', change));
  }
  confirmCancel(input: ChangeTransfer, options?: CallOptions): Promise<Transfer> {
    return this.#context.run(operations.confirmCancel, input, options, (change) => this.#advance('cancelled', change));
  }

  find(transferId: string, options?: CallOptions): Promise<Transfer | undefined> {
    return this.#context.run(operations.find, { transferId }, options, (input) => this.#find(input.transferId));
  }

  get(transferId: string, options?: CallOptions): Promise<Transfer> {
    return this.#context.run(operations.get, { transferId }, options, (input) => this.#load(input.transferId));
  }

  list(input: ListTransfers = {}, options?: CallOptions): Listing<Transfer> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        let query = db
          .selectFrom('transfers')
          .select(columns)
          .orderBy('requested_at')
          .orderBy('id')
          .limit(given.limit + 1);
        const { accountId } = given;
        if (accountId !== undefined)
          query = query.where((e) => e.or([e('from_account_id', '=', accountId), e('to_account_id', '=', accountId)]));
        if (given.kind !== undefined) query = query.where('kind', '=', given.kind);
        if (given.status !== undefined) query = query.where('status', 'in', given.status);
        if (given.from !== undefined) query = query.where('requested_at', '>=', given.from);
        if (given.to !== undefined) query = query.where('requested_at', '<', given.to);
        if (given.cursor)
          query = query.where(sql<boolean>`(requested_at, id) > (${given.cursor[0]}::timestamptz, ${given.cursor[1]})`);
        const rows = await this.#context.pg.query('custodian.transfers.list', 'read', query);
        return toPage(rows.map(toTransfer), given.limit, (last) => [last.requestedAt, last.transferId]);
      }),
    );
  }

  listEvents(transferId: string, options?: CallOptions): Promise<TransferEvent[]> {
    return this.#context.run(operations.listEvents, { transferId }, options, async (input) => {
      const rows = await this.#context.pg.many(statements.listEvents, { id: input.transferId });
      return rows.map(({ version, from_status, status, effect, reason, actor, occurred_at }) => ({
        version,
        from: from_status as TransferEvent['from'],
        status,
        effect,
        ...(reason !== null && { reason }),
        ...(actor !== null && { actor }),
        occurredAt: occurred_at,
      }));
    });
  }

  async #advance(verb: TransferStatus | 'cancel', change: z.output<typeof broadcastTransfer>): Promise<Transfer> {
    const { pg, clock, ids } = this.#context;
    const { transferId } = change;
    const { outcome } = await pg.one(statements.advance, {
      id: transferId,
      verb,
      version: change.version,
      reason: change.reason,
      transactionHash: change.transactionHash,
      at: clock.now(),
      eventId: ids.next(),
      approvalEventId: ids.next(),
      context: contextLiteral(),
    });
    if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { transferId });
    const transfer = await this.#load(transferId);
    // Its approval has ended with it.
    if (verb === 'cancel' && transfer.approvalRequestId !== undefined)
      await this.#approvals.refreshFromTables([transfer.approvalRequestId]);
    return transfer;
  }

  async #find(id: string): Promise<Transfer | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return row && toTransfer(row);
  }

  async #load(transferId: string): Promise<Transfer> {
    const transfer = await this.#find(transferId);
    if (!transfer) throw refusal('unknown-transfer', { transferId });
    return transfer;
  }
}

const toTransfer = (row: NonNullable<(typeof statements.find)['row']>): Transfer => ({
  transferId: row.id,
  requesterId: row.requester_id,
  idempotencyKey: row.idempotency_key,
  kind: row.kind,
  fromAccountId: row.from_account_id,
  toAccountId: row.to_account_id,
  asset: row.asset,
  amount: row.amount,
  ...(row.address !== null && { address: row.address }),
  status: row.status,
  ...(row.reason !== null && { reason: row.reason }),
  digest: row.digest,
  ...(row.policy_version !== null && { policyVersion: row.policy_version }),
  ...(row.rule_id !== null && { ruleId: row.rule_id }),
  ...(row.approval_request_id !== null && { approvalRequestId: row.approval_request_id }),
  ...(row.transaction_hash !== null && { transactionHash: row.transaction_hash }),
  requestedAt: row.requested_at,
  ...(row.closed_at !== null && { closedAt: row.closed_at }),
  version: row.version,
});
