import {
  type AdapterContext,
  type CallOptions,
  type Listing,
  currentContext,
  idInput,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  textInput,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../schema.ts';
import { statements, toHistory, toTriage } from './report-statements.ts';
import { treesOf } from './report-tree.ts';
import {
  type AppendLogs,
  type CaseHistory,
  type DefineTriageRule,
  type ListFlaky,
  type ListLogs,
  type LogLine,
  type RecordReport,
  type ReportItem,
  type ReportNode,
  type Reports,
  type RetireLogs,
  type Triage,
  type TriageItem,
  appendLogs,
  defineTriageRule,
  listFlaky,
  listLogs,
  recordReport,
  retireLogs,
  triageItem,
} from './reports.ts';

const db = queryBuilder<Tables>();
const ofRun = z.strictObject({ runId: idInput });
const operations = {
  record: operation('test-coordinator.reports.record', recordReport, (input) => input.runId),
  tree: operation('test-coordinator.reports.tree', ofRun),
  triage: operation('test-coordinator.reports.triage', triageItem, (input) => input.itemId),
  defineTriageRule: operation('test-coordinator.reports.defineTriageRule', defineTriageRule, (input) => input.ruleId),
  appendLogs: operation('test-coordinator.reports.appendLogs', appendLogs, (input) => input.runId),
  listLogs: operation('test-coordinator.reports.listLogs', listLogs),
  history: operation('test-coordinator.reports.history', z.strictObject({ caseHash: textInput(64) })),
  listFlaky: operation('test-coordinator.reports.listFlaky', listFlaky),
  retireLogs: operation('test-coordinator.reports.retireLogs', retireLogs),
};

export class ReportRepository implements Reports {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  record(input: RecordReport, options?: CallOptions): Promise<number> {
    return this.#context.run(operations.record, input, options, async ({ runId, fence, items }) => {
      const rows = items.map(({ itemId, ...item }) => ({
        id: itemId,
        ...item,
        caseHash: requestHash(item.type, item.name, item.parameters),
      }));
      const answer = await this.#context.pg.one(statements.record, {
        runId,
        fence,
        items: JSON.stringify(rows),
        at: this.#context.clock.now(),
      });
      if (answer.outcome !== 'ok' && answer.outcome !== 'same')
        throw refusal(answer.outcome, { runId, itemId: answer.item_id ?? undefined });
      return (await this.#context.pg.many(statements.items, { runId })).length;
    });
  }

  tree(runId: string, options?: CallOptions): Promise<ReportNode[]> {
    return this.#context.run(operations.tree, { runId }, options, async (input) => {
      const rows = await this.#context.pg.many(statements.items, input);
      return treesOf(
        rows.map((row): ReportItem => ({
          itemId: row.id,
          ...(row.parent_id !== null && { parentId: row.parent_id }),
          type: row.type,
          name: row.name,
          status: row.status,
          caseHash: row.case_hash,
          parameters: row.parameters as Record<string, unknown>,
          ...(row.retry_of !== null && { retryOf: row.retry_of }),
          ...(row.error !== null && { error: row.error }),
          startedAt: row.started_at,
          endedAt: row.ended_at,
          ...(row.triage !== null && { triage: toTriage(row.triage) }),
        })),
      );
    });
  }

  triage(input: TriageItem, options?: CallOptions): Promise<Triage> {
    return this.#context.run(operations.triage, input, options, async (given) => {
      const { runId, itemId, issueType, comment, ticket } = given;
      const answer = await this.#context.pg.one(statements.triage, {
        runId,
        itemId,
        issueType,
        comment,
        ticket,
        at: this.#context.clock.now(),
        actor: currentContext().actor,
      });
      if (answer.outcome !== 'ok' && answer.outcome !== 'same') throw refusal(answer.outcome, { runId, itemId });
      const { triage } = await this.#context.pg.one(statements.triageOf, { runId, itemId });
      return toTriage(triage!);
    });
  }

  defineTriageRule(input: DefineTriageRule, options?: CallOptions): Promise<void> {
    return this.#context.run(operations.defineTriageRule, input, options, async (given) => {
      const answer = await this.#context.pg.one(statements.defineTriageRule, { ...given, ticket: given.ticket });
      if (answer.outcome !== 'ok')
        throw refusal(answer.outcome, { ruleId: given.ruleId }, { 'malformed-pattern': 'pattern' });
    });
  }

  appendLogs(input: AppendLogs, options?: CallOptions): Promise<number> {
    return this.#context.run(operations.appendLogs, input, options, async ({ runId, lines }) => {
      const now = this.#context.clock.now();
      const rows = lines.map(({ at = now, ...line }) => ({ ...line, at }));
      const answer = await this.#context.pg.one(statements.appendLogs, { runId, lines: JSON.stringify(rows) });
      if (answer.outcome !== 'ok') throw refusal(answer.outcome, { runId });
      return answer.written!;
    });
  }

  listLogs(input: ListLogs, options?: CallOptions): Listing<LogLine> {
    return listing(input, (page) =>
      this.#context.run(operations.listLogs, page, options, async ({ runId, itemId, cursor, limit }) => {
        let query = db
          .selectFrom('all_logs')
          .select(['n', 'item_id', 'level', 'text', 'attachment', 'at'])
          .where('run_id', '=', runId)
          .orderBy('n')
          .limit(limit + 1);
        if (itemId !== undefined) query = query.where('item_id', '=', itemId);
        if (cursor) query = query.where(sql<boolean>`n > ${cursor[0]}::bigint`);
        const rows = await this.#context.pg.query('test-coordinator.reports.listLogs', 'read', query);
        const lines = rows.map((row): LogLine => ({
          n: row.n,
          ...(row.item_id !== null && { itemId: row.item_id }),
          level: row.level as LogLine['level'],
          text: row.text,
          ...(row.attachment !== null && { attachment: row.attachment as Record<string, unknown> }),
          at: row.at,
        }));
        return toPage(lines, limit, ({ n }) => [n]);
      }),
    );
  }

  history(caseHash: string, options?: CallOptions): Promise<CaseHistory | undefined> {
    return this.#context.run(operations.history, { caseHash }, options, async (input) => {
      const row = await this.#context.pg.maybe(statements.history, input);
      return row && toHistory(row);
    });
  }

  listFlaky(input: ListFlaky = {}, options?: CallOptions): Promise<CaseHistory[]> {
    return this.#context.run(operations.listFlaky, input, options, async (given) =>
      (await this.#context.pg.many(statements.listFlaky, given)).map(toHistory),
    );
  }

  retireLogs(input: RetireLogs, options?: CallOptions): Promise<string[]> {
    return this.#context.run(operations.retireLogs, input, options, async (given) =>
      (await this.#context.pg.many(statements.retireLogs, given)).map(({ month }) => month),
    );
  }
}
