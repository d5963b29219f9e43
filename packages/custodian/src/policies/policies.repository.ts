import {
  type AdapterContext,
  type CallOptions,
  type Decimal,
  type Listing,
  answers,
  contextLiteral,
  durationInput,
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
import { termsJson } from '../approvals/approval-terms.ts';
import type { Tables } from '../schema.ts';
import {
  type ComplianceRecord,
  type EvaluatePolicy,
  type ListAddress,
  type ListAddresses,
  type ListCompliance,
  type ListPolicies,
  type Policies,
  type PolicyDecision,
  type PolicyRefusal,
  type PolicySet,
  type ProposePolicy,
  type RevokeAddress,
  type WhitelistEntry,
  evaluatePolicy,
  listAddress,
  listAddresses,
  listCompliance,
  listPolicies,
  type policyRule,
  proposePolicy,
  revokeAddress,
} from './policies.ts';
import { selectPolicies, toPolicy } from './policy-rows.ts';

const db = queryBuilder<Tables>();

type Outcome = PolicyRefusal | 'ok' | 'same';

/** Where no policy is in force that says otherwise. */
const DEFAULT_WHITELIST_LOCK_MS = 48 * 3_600_000;

const entryColumns = ['id', 'asset', 'address', 'label', 'usable_from', 'status', 'added_at', 'revoked_at'] as const;

const statements = {
  propose: functionCall(
    'custodian.policies.propose',
    'write',
    'propose_policy',
    ['id', 'initiatorId', 'rules', 'changeTerms', 'lockMs', 'digest', 'requestHash', 'approvalId', 'at', 'context'],
    answers<{ outcome: Outcome; approval_id: string | null }>(),
  ),
  find: statement('custodian.policies.find', 'read', (p: { id: string }) => selectPolicies().where('s.id', '=', p.id)),
  findPublished: statement('custodian.policies.findPublished', 'read', () =>
    selectPolicies().where('s.status', '=', 'published'),
  ),
  evaluate: statement(
    'custodian.policies.evaluate',
    'read',
    (p: {
      kind: string;
      accountId: string;
      requesterId: string;
      asset: string;
      amount: string;
      address: string | undefined;
      at: string;
    }) =>
      db
        .selectFrom(
          sql<{
            version: number;
            rule: unknown;
            used: Decimal | null;
          }>`match_policy(${p.kind}, ${p.accountId}, ${p.requesterId}, ${p.asset}, ${p.amount}::numeric, ${p.address}, ${p.at}::timestamptz, false)`.as(
            'm',
          ),
        )
        .select([
          'm.version',
          'm.used',
          sql<string>`(m.rule).rule_id`.as('rule_id'),
          sql<PolicyDecision['action']>`(m.rule).action`.as('action'),
        ]),
  ),
  listAddress: functionCall(
    'custodian.policies.listAddress',
    'write',
    'list_address',
    ['id', 'asset', 'address', 'label', 'lockMs', 'requestHash', 'at', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  revokeAddress: functionCall(
    'custodian.policies.revokeAddress',
    'write',
    'revoke_address',
    ['id', 'reason', 'at', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  findAddress: statement('custodian.policies.findAddress', 'read', (p: { id: string }) =>
    db.selectFrom('whitelist_entries').select(entryColumns).where('id', '=', p.id),
  ),
};

const operations = {
  propose: operation('custodian.policies.propose', proposePolicy, (input) => input.policyId),
  find: operation('custodian.policies.find', z.strictObject({ policyId: idInput })),
  findPublished: operation('custodian.policies.findPublished', z.strictObject({})),
  list: operation('custodian.policies.list', listPolicies),
  evaluate: operation('custodian.policies.evaluate', evaluatePolicy),
  listAddress: operation('custodian.policies.listAddress', listAddress, (input) => input.entryId),
  revokeAddress: operation('custodian.policies.revokeAddress', revokeAddress, (input) => input.entryId),
  listAddresses: operation('custodian.policies.listAddresses', listAddresses),
  listCompliance: operation('custodian.policies.listCompliance', listCompliance),
};

export class PolicyRepository implements Policies {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  propose(input: ProposePolicy, options?: CallOptions): Promise<PolicySet> {
    return this.#context.run(operations.propose, input, options, async ({ policyId, initiatorId, ...content }) => {
      const { pg, clock, ids } = this.#context;
      const rules = content.rules.map(ruleJson);
      const changeTerms = termsJson(content.changeTerms);
      const lockMs = durationInput.parse(content.whitelistLock);
      const digest = requestHash(rules, changeTerms, lockMs);
      const { outcome } = await pg.one(statements.propose, {
        id: policyId,
        initiatorId,
        rules: JSON.stringify(rules),
        changeTerms: JSON.stringify(changeTerms),
        lockMs,
        digest,
        requestHash: requestHash(initiatorId, digest),
        approvalId: ids.next(),
        at: clock.now(),
        context: contextLiteral(),
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { policyId });
      return (await this.#find(policyId))!;
    });
  }

  findPublished(options?: CallOptions): Promise<PolicySet | undefined> {
    return this.#context.run(operations.findPublished, {}, options, async () => {
      const row = await this.#context.pg.maybe(statements.findPublished, undefined);
      return row && toPolicy(row);
    });
  }

  find(policyId: string, options?: CallOptions): Promise<PolicySet | undefined> {
    return this.#context.run(operations.find, { policyId }, options, (input) => this.#find(input.policyId));
  }

  list(input: ListPolicies = {}, options?: CallOptions): Listing<PolicySet> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        let query = selectPolicies()
          .orderBy('s.id')
          .limit(given.limit + 1);
        if (given.status !== undefined) query = query.where('s.status', '=', given.status);
        if (given.cursor) query = query.where('s.id', '>', given.cursor[0]);
        const rows = await this.#context.pg.query('custodian.policies.list', 'read', query);
        return toPage(rows.map(toPolicy), given.limit, (last) => [last.policyId]);
      }),
    );
  }

  evaluate(input: EvaluatePolicy, options?: CallOptions): Promise<PolicyDecision> {
    return this.#context.run(operations.evaluate, input, options, async ({ address, ...transfer }) => {
      const row = await this.#context.pg.maybe(statements.evaluate, {
        ...transfer,
        address,
        at: this.#context.clock.now(),
      });
      if (!row) return { action: 'block' };
      return {
        action: row.action,
        policyVersion: row.version,
        ruleId: row.rule_id,
        ...(row.used !== null && { used: row.used }),
      };
    });
  }

  listAddress(input: ListAddress, options?: CallOptions): Promise<WhitelistEntry> {
    return this.#context.run(operations.listAddress, input, options, async ({ entryId, asset, address, label }) => {
      const { outcome } = await this.#context.pg.one(statements.listAddress, {
        id: entryId,
        asset,
        address,
        label,
        lockMs: DEFAULT_WHITELIST_LOCK_MS,
        requestHash: requestHash(asset, address, label),
        at: this.#context.clock.now(),
        context: contextLiteral(),
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { entryId, asset });
      return this.#loadAddress(entryId);
    });
  }

  revokeAddress(input: RevokeAddress, options?: CallOptions): Promise<WhitelistEntry> {
    return this.#context.run(operations.revokeAddress, input, options, async ({ entryId, reason }) => {
      const { outcome } = await this.#context.pg.one(statements.revokeAddress, {
        id: entryId,
        reason,
        at: this.#context.clock.now(),
        context: contextLiteral(),
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { entryId });
      return this.#loadAddress(entryId);
    });
  }

  listAddresses(input: ListAddresses = {}, options?: CallOptions): Listing<WhitelistEntry> {
    return listing(input, (page) =>
      this.#context.run(operations.listAddresses, page, options, async (given) => {
        let query = db
          .selectFrom('whitelist_entries')
          .select(entryColumns)
          .orderBy('id')
          .limit(given.limit + 1);
        if (given.asset !== undefined) query = query.where('asset', '=', given.asset);
        if (given.status !== undefined) query = query.where('status', '=', given.status);
        if (given.cursor) query = query.where('id', '>', given.cursor[0]);
        const rows = await this.#context.pg.query('custodian.policies.listAddresses', 'read', query);
        return toPage(rows.map(toEntry), given.limit, (last) => [last.entryId]);
      }),
    );
  }

  listCompliance(input: ListCompliance = {}, options?: CallOptions): Listing<ComplianceRecord> {
    return listing(input, (page) =>
      this.#context.run(operations.listCompliance, page, options, async (given) => {
        let query = db
          .selectFrom('compliance_records')
          .select(['id', 'kind', 'subject_kind', 'subject_id', 'decision', 'policy_version', 'rule_id', 'reason'])
          .select(['details', 'actor', 'correlation_id', 'occurred_at'])
          .orderBy('id')
          .limit(given.limit + 1);
        if (given.kind !== undefined) query = query.where('kind', '=', given.kind);
        if (given.subjectKind !== undefined) query = query.where('subject_kind', '=', given.subjectKind);
        if (given.subjectId !== undefined) query = query.where('subject_id', '=', given.subjectId);
        if (given.cursor) query = query.where('id', '>', given.cursor[0]);
        const rows = await this.#context.pg.query('custodian.policies.listCompliance', 'read', query);
        const records = rows.map((row): ComplianceRecord => ({
          recordId: row.id,
          kind: row.kind,
          subjectKind: row.subject_kind,
          subjectId: row.subject_id,
          decision: row.decision,
          ...(row.policy_version !== null && { policyVersion: row.policy_version }),
          ...(row.rule_id !== null && { ruleId: row.rule_id }),
          ...(row.reason !== null && { reason: row.reason }),
          details: row.details as Record<string, unknown>,
          ...(row.actor !== null && { actor: row.actor }),
          ...(row.correlation_id !== null && { correlationId: row.correlation_id }),
          occurredAt: row.occurred_at,
        }));
        return toPage(records, given.limit, (last) => [last.recordId]);
      }),
    );
  }

  async #find(id: string): Promise<PolicySet | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return row && toPolicy(row);
  }

  async #loadAddress(id: string): Promise<WhitelistEntry> {
    return toEntry(await this.#context.pg.one(statements.findAddress, { id }));
  }
}

/** As the function takes it. */
const ruleJson = ({ limit, terms, ...rule }: z.output<typeof policyRule>) => ({
  ...rule,
  ...(limit && {
    limit: {
      per: limit.per,
      amount: limit.amount,
      of: limit.of,
      ...(limit.window !== undefined && { windowMs: durationInput.parse(limit.window) }),
    },
  }),
  ...(terms && { terms: termsJson(terms) }),
});

const toEntry = (row: NonNullable<(typeof statements.findAddress)['row']>): WhitelistEntry => ({
  entryId: row.id,
  asset: row.asset,
  address: row.address,
  ...(row.label !== null && { label: row.label }),
  usableFrom: row.usable_from,
  status: row.status,
  addedAt: row.added_at,
  ...(row.revoked_at !== null && { revokedAt: row.revoked_at }),
});
