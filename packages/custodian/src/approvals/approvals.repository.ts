import {
  type AdapterContext,
  type CallOptions,
  type Listing,
  answers,
  arrayLiteral,
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
import type { Tables } from '../schema.ts';
import { selectRequests, toRequest } from './approval-rows.ts';
import { termsJson } from './approval-terms.ts';
import {
  type ApprovalRefusal,
  type ApprovalRequest,
  type Approvals,
  type Approver,
  type CancelApproval,
  type CastVote,
  type ChangeApprover,
  type ListApprovals,
  type ListApprovers,
  type RequestApproval,
  cancelApproval,
  castVote,
  changeApprover,
  listApprovals,
  listApprovers,
  requestApproval,
} from './approvals.ts';
import type { ApprovalStore } from './approvals.store.ts';

const db = queryBuilder<Tables>();

type Outcome = ApprovalRefusal | 'ok' | 'same';

const approverColumns = ['id', 'status', 'registered_at', 'version'] as const;

const statements = {
  request: functionCall(
    'custodian.approvals.request',
    'write',
    'request_approval',
    ['id', 'subjectKind', 'subjectId', 'digest', 'initiatorId', 'terms', 'requestHash', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome; superseded: string | null }>(),
  ),
  vote: functionCall(
    'custodian.approvals.vote',
    'write',
    'cast_vote',
    ['requestId', 'approverId', 'decision', 'digest', 'reason', 'at', 'eventId', 'effectEventId', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  cancel: functionCall(
    'custodian.approvals.cancel',
    'write',
    'cancel_approval',
    ['requestId', 'initiatorId', 'reason', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  expire: functionCall(
    'custodian.approvals.expire',
    'write',
    'expire_approvals',
    ['at', 'eventIds', 'effectEventIds', 'context'],
    answers<{ request_id: string }>(),
  ),
  changeApprover: functionCall(
    'custodian.approvals.changeApprover',
    'write',
    'change_approver',
    ['approverId', 'status', 'register', 'reason', 'at', 'context'],
    answers<{ outcome: Outcome; request_ids: string[] }>(),
  ),
  find: statement('custodian.approvals.find', 'read', (p: { id: string }) => selectRequests().where('r.id', '=', p.id)),
  findApprover: statement('custodian.approvals.findApprover', 'read', (p: { id: string }) =>
    db.selectFrom('approvers').select(approverColumns).where('id', '=', p.id),
  ),
};

const requestRef = z.strictObject({ requestId: idInput });
const operations = {
  request: operation('custodian.approvals.request', requestApproval, (input) => input.requestId),
  vote: operation('custodian.approvals.vote', castVote, (input) => input.requestId),
  cancel: operation('custodian.approvals.cancel', cancelApproval, (input) => input.requestId),
  find: operation('custodian.approvals.find', requestRef),
  get: operation('custodian.approvals.get', requestRef),
  list: operation('custodian.approvals.list', listApprovals),
  registerApprover: operation('custodian.approvals.registerApprover', changeApprover, (input) => input.approverId),
  removeApprover: operation('custodian.approvals.removeApprover', changeApprover, (input) => input.approverId),
  restoreApprover: operation('custodian.approvals.restoreApprover', changeApprover, (input) => input.approverId),
  listApprovers: operation('custodian.approvals.listApprovers', listApprovers),
};

export class ApprovalRepository implements Approvals {
  readonly #context: AdapterContext;
  readonly #copies: ApprovalStore;

  constructor(context: AdapterContext, copies: ApprovalStore) {
    this.#context = context;
    this.#copies = copies;
  }

  request(input: RequestApproval, options?: CallOptions): Promise<ApprovalRequest> {
    return this.#context.run(operations.request, input, options, async ({ requestId, subject, initiatorId, terms }) => {
      const { pg, clock, ids } = this.#context;
      const json = termsJson(terms);
      const { outcome, superseded } = await pg.one(statements.request, {
        id: requestId,
        subjectKind: subject.kind,
        subjectId: subject.id,
        digest: subject.digest,
        initiatorId,
        terms: JSON.stringify(json),
        requestHash: requestHash(subject.kind, subject.id, subject.digest, initiatorId, json),
        at: clock.now(),
        eventId: ids.next(),
        context: contextLiteral(),
      });
      this.#accept(outcome, { requestId });
      if (superseded !== null) await this.#copies.refreshFromTables([superseded]);
      return this.#answer(requestId);
    });
  }

  vote(input: CastVote, options?: CallOptions): Promise<ApprovalRequest> {
    return this.#context.run(operations.vote, input, options, async (vote) => {
      const { pg, clock, ids } = this.#context;
      const { outcome } = await pg.one(statements.vote, {
        ...vote,
        reason: vote.reason,
        at: clock.now(),
        eventId: ids.next(),
        effectEventId: ids.next(),
        context: contextLiteral(),
      });
      this.#accept(outcome, { requestId: vote.requestId, approverId: vote.approverId });
      return this.#answer(vote.requestId);
    });
  }

  cancel(input: CancelApproval, options?: CallOptions): Promise<ApprovalRequest> {
    return this.#context.run(operations.cancel, input, options, async ({ requestId, initiatorId, reason }) => {
      const { pg, clock, ids } = this.#context;
      const { outcome } = await pg.one(statements.cancel, {
        requestId,
        initiatorId,
        reason,
        at: clock.now(),
        eventId: ids.next(),
        context: contextLiteral(),
      });
      this.#accept(outcome, { requestId });
      return this.#answer(requestId);
    });
  }

  find(requestId: string, options?: CallOptions): Promise<ApprovalRequest | undefined> {
    return this.#context.run(operations.find, { requestId }, options, (input, { fresh }) =>
      this.#find(input.requestId, fresh),
    );
  }

  get(requestId: string, options?: CallOptions): Promise<ApprovalRequest> {
    return this.#context.run(operations.get, { requestId }, options, async (input, { fresh }) => {
      const request = await this.#find(input.requestId, fresh);
      if (!request) throw refusal('unknown-request', { requestId: input.requestId });
      return request;
    });
  }

  list(input: ListApprovals = {}, options?: CallOptions): Listing<ApprovalRequest> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        let query = selectRequests()
          .orderBy('r.opened_at')
          .orderBy('r.id')
          .limit(given.limit + 1);
        if (given.status !== undefined) query = query.where('r.status', '=', given.status);
        if (given.subjectKind !== undefined) query = query.where('r.subject_kind', '=', given.subjectKind);
        if (given.approverId !== undefined)
          query = query.where(
            sql<boolean>`exists (select from approval_eligibles as e where e.request_id = r.id and e.approver_id = ${given.approverId})`,
          );
        if (given.cursor)
          query = query.where(
            sql<boolean>`(r.opened_at, r.id) > (${given.cursor[0]}::timestamptz, ${given.cursor[1]})`,
          );
        const rows = await this.#context.pg.query('custodian.approvals.list', 'read', query);
        return toPage(rows.map(toRequest), given.limit, (last) => [last.openedAt, last.requestId]);
      }),
    );
  }

  registerApprover(input: ChangeApprover, options?: CallOptions): Promise<Approver> {
    return this.#context.run(operations.registerApprover, input, options, ({ approverId, reason }) =>
      this.#changeApprover(approverId, null, reason),
    );
  }
  removeApprover(input: ChangeApprover, options?: CallOptions): Promise<Approver> {
    return this.#context.run(operations.removeApprover, input, options, ({ approverId, reason }) =>
      this.#changeApprover(approverId, 'removed', reason),
    );
  }
  restoreApprover(input: ChangeApprover, options?: CallOptions): Promise<Approver> {
    return this.#context.run(operations.restoreApprover, input, options, ({ approverId, reason }) =>
      this.#changeApprover(approverId, 'active', reason),
    );
  }

  listApprovers(input: ListApprovers = {}, options?: CallOptions): Listing<Approver> {
    return listing(input, (page) =>
      this.#context.run(operations.listApprovers, page, options, async (given) => {
        let query = db
          .selectFrom('approvers')
          .select(approverColumns)
          .orderBy('id')
          .limit(given.limit + 1);
        if (given.status !== undefined) query = query.where('status', '=', given.status);
        if (given.cursor) query = query.where('id', '>', given.cursor[0]);
        const rows = await this.#context.pg.query('custodian.approvals.listApprovers', 'read', query);
        return toPage(rows.map(toApprover), given.limit, (last) => [last.approverId]);
      }),
    );
  }

  /** Ends at most `limit` of the requests that are due now, the earliest first, and answers how many. For the worker. */
  async expireDue(limit: number): Promise<number> {
    const { pg, clock, ids } = this.#context;
    const eventIds = () => arrayLiteral(Array.from({ length: limit }, () => ids.next()));
    const expired = await pg.many(statements.expire, {
      at: clock.now(),
      eventIds: eventIds(),
      effectEventIds: eventIds(),
      context: contextLiteral(),
    });
    await this.#copies.refreshFromTables(expired.map(({ request_id }) => request_id));
    return expired.length;
  }

  async #changeApprover(approverId: string, status: Approver['status'] | null, reason?: string): Promise<Approver> {
    const { outcome, request_ids } = await this.#context.pg.one(statements.changeApprover, {
      approverId,
      status,
      register: status === null,
      reason,
      at: this.#context.clock.now(),
      context: contextLiteral(),
    });
    this.#accept(outcome, { approverId });
    await this.#copies.refreshFromTables(request_ids);
    return toApprover(await this.#context.pg.one(statements.findApprover, { id: approverId }));
  }

  #accept(outcome: Outcome, details: Record<string, string>): void {
    if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, details);
  }

  async #find(requestId: string, fresh: boolean): Promise<ApprovalRequest | undefined> {
    const copy = fresh ? undefined : await this.#copies.find(requestId);
    if (copy) return copy;
    const request = await this.#read(requestId);
    if (request) await this.#copies.refresh(request);
    return request;
  }

  async #answer(requestId: string): Promise<ApprovalRequest> {
    const request = (await this.#read(requestId))!;
    await this.#copies.refresh(request);
    return request;
  }

  async #read(id: string): Promise<ApprovalRequest | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return row && toRequest(row);
  }
}

const toApprover = (row: NonNullable<(typeof statements.findApprover)['row']>): Approver => ({
  approverId: row.id,
  status: row.status,
  registeredAt: row.registered_at,
  version: row.version,
});
