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
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../schema.ts';
import { resilienceScore } from './resilience-score.ts';
import {
  type AssertionType,
  type HypothesisResult,
  type ListResults,
  type ProbeResult,
  type RecordHypothesis,
  type RecordResults,
  type ValidationRefusal,
  type Validations,
  type VerdictCounts,
  assertionTypes,
  listResults,
  recordHypothesis,
  recordResults,
} from './validations.ts';

const db = queryBuilder<Tables>();
type Outcome = ValidationRefusal | 'ok' | 'same';

const columns = [
  'run_id',
  'path',
  'probe',
  'mode',
  'iteration',
  'assertion',
  'verdict',
  'expected',
  'actual',
  'error',
  'weight',
  'attempts',
  'latency_ms',
  'correlation_id',
  'verified_at',
] as const;

const counted = (verdict: string) => sql<number>`count(*) filter (where verdict = ${sql.lit(verdict)})`;
const counts = () =>
  [
    sql<number>`count(*)`.as('total'),
    counted('passed').as('passed'),
    counted('failed').as('failed'),
    counted('skipped').as('skipped'),
    counted('error').as('error'),
  ] as const;

const statements = {
  record: functionCall(
    'test-coordinator.validations.record',
    'write',
    'record_probe_results',
    ['runId', 'fence', 'results', 'at'],
    answers<{ outcome: Outcome; n: number | null }>(),
  ),
  recordHypothesis: functionCall(
    'test-coordinator.validations.recordHypothesis',
    'write',
    'record_hypothesis',
    ['runId', 'fence', 'phase', 'met', 'deviations', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  ofRun: statement('test-coordinator.validations.ofRun', 'read', (p: { runId: string }) =>
    db.selectFrom('probe_results').select(['path', 'probe', 'verdict', 'weight']).where('run_id', '=', p.runId),
  ),
  listOfCorrelation: statement(
    'test-coordinator.validations.listOfCorrelation',
    'read',
    (p: { correlationId: string }) =>
      db
        .selectFrom('probe_results')
        .select(columns)
        .where('correlation_id', '=', p.correlationId)
        .orderBy('verified_at')
        .orderBy('run_id')
        .limit(1000),
  ),
  listHypotheses: statement('test-coordinator.validations.listHypotheses', 'read', (p: { runId: string }) =>
    db
      .selectFrom('hypothesis_results')
      .select(['phase', 'met', 'deviations', 'verified_at'])
      .where('run_id', '=', p.runId)
      .orderBy(sql`array_position(array['before', 'during', 'after'], phase)`),
  ),
  counts: statement('test-coordinator.validations.counts', 'read', (p: { runId: string }) =>
    db.selectFrom('probe_results').select(counts()).where('run_id', '=', p.runId),
  ),
  statistics: statement('test-coordinator.validations.statistics', 'read', (p: { assertion: AssertionType }) =>
    db.selectFrom('probe_results').select(counts()).where('assertion', '=', p.assertion),
  ),
};

const ofRun = z.strictObject({ runId: idInput });
const operations = {
  record: operation('test-coordinator.validations.record', recordResults, (input) => input.runId),
  recordHypothesis: operation(
    'test-coordinator.validations.recordHypothesis',
    recordHypothesis,
    (input) => input.runId,
  ),
  list: operation('test-coordinator.validations.list', listResults),
  listOfCorrelation: operation(
    'test-coordinator.validations.listOfCorrelation',
    z.strictObject({ correlationId: idInput }),
  ),
  listHypotheses: operation('test-coordinator.validations.listHypotheses', ofRun),
  counts: operation('test-coordinator.validations.counts', ofRun),
  statistics: operation(
    'test-coordinator.validations.statistics',
    z.strictObject({ assertion: z.enum(assertionTypes) }),
  ),
  score: operation('test-coordinator.validations.score', ofRun),
};

export class ValidationRepository implements Validations {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  record(input: RecordResults, options?: CallOptions): Promise<ProbeResult[]> {
    return this.#context.run(operations.record, input, options, async ({ runId, fence, results }) => {
      const at = this.#context.clock.now();
      const { outcome, n } = await this.#context.pg.one(statements.record, {
        runId,
        fence,
        results: JSON.stringify(results),
        at,
      });
      if (outcome !== 'ok' && outcome !== 'same') {
        const { path, probe, mode, iteration } = n === null ? ({} as Partial<ProbeResult>) : results[n - 1]!;
        throw refusal(outcome, { runId, path, probe, mode, iteration });
      }
      return results.map(({ at: verifiedAt = at, ...result }) => withoutAbsent({ runId, ...result, verifiedAt }));
    });
  }

  recordHypothesis(input: RecordHypothesis, options?: CallOptions): Promise<HypothesisResult> {
    return this.#context.run(operations.recordHypothesis, input, options, async ({ deviations, ...given }) => {
      const at = this.#context.clock.now();
      const met = deviations.length === 0;
      const { outcome } = await this.#context.pg.one(statements.recordHypothesis, {
        ...given,
        met,
        deviations: JSON.stringify(deviations),
        at,
        eventId: this.#context.ids.next(),
        context: contextLiteral(),
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { runId: given.runId, phase: given.phase });
      const stored = await this.#hypotheses(given.runId);
      return stored.find(({ phase }) => phase === given.phase)!;
    });
  }

  list(input: ListResults, options?: CallOptions): Listing<ProbeResult> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ runId, verdict, assertion, cursor, limit }) => {
        let query = db
          .selectFrom('probe_results')
          .select(columns)
          .where('run_id', '=', runId)
          .orderBy('path')
          .orderBy('probe')
          .orderBy('mode')
          .orderBy('iteration')
          .limit(limit + 1);
        if (verdict !== undefined) query = query.where(sql<boolean>`verdict = any (${arrayLiteral(verdict)}::text[])`);
        if (assertion !== undefined) query = query.where('assertion', '=', assertion);
        if (cursor)
          query = query.where(
            sql<boolean>`(path, probe, mode, iteration) > (${cursor[0]}, ${cursor[1]}, ${cursor[2]}, ${cursor[3]}::integer)`,
          );
        const rows = await this.#context.pg.query('test-coordinator.validations.list', 'read', query);
        return toPage(rows.map(toResult), limit, ({ path, probe, mode, iteration }) => [path, probe, mode, iteration]);
      }),
    );
  }

  listOfCorrelation(correlationId: string, options?: CallOptions): Promise<ProbeResult[]> {
    return this.#context.run(operations.listOfCorrelation, { correlationId }, options, async (input) =>
      (await this.#context.pg.many(statements.listOfCorrelation, input)).map(toResult),
    );
  }

  listHypotheses(runId: string, options?: CallOptions): Promise<HypothesisResult[]> {
    return this.#context.run(operations.listHypotheses, { runId }, options, (input) => this.#hypotheses(input.runId));
  }

  counts(runId: string, options?: CallOptions): Promise<VerdictCounts> {
    return this.#context.run(operations.counts, { runId }, options, async (input) =>
      withRate(await this.#context.pg.one(statements.counts, input)),
    );
  }

  statistics(assertion: AssertionType, options?: CallOptions): Promise<VerdictCounts> {
    return this.#context.run(operations.statistics, { assertion }, options, async (input) =>
      withRate(await this.#context.pg.one(statements.statistics, input)),
    );
  }

  score(runId: string, options?: CallOptions): Promise<number | undefined> {
    return this.#context.run(operations.score, { runId }, options, async (input) =>
      resilienceScore(await this.#context.pg.many(statements.ofRun, input)),
    );
  }

  async #hypotheses(runId: string): Promise<HypothesisResult[]> {
    const rows = await this.#context.pg.many(statements.listHypotheses, { runId });
    return rows.map((row) => ({
      phase: row.phase,
      met: row.met,
      deviations: row.deviations as string[],
      verifiedAt: row.verified_at,
    }));
  }
}

type Row = NonNullable<(typeof statements.listOfCorrelation)['row']>;

const toResult = (row: Row): ProbeResult =>
  withoutAbsent({
    runId: row.run_id,
    path: row.path,
    probe: row.probe,
    mode: row.mode,
    iteration: row.iteration,
    assertion: row.assertion,
    verdict: row.verdict,
    expected: row.expected,
    actual: row.actual,
    error: row.error,
    weight: row.weight,
    attempts: row.attempts,
    latencyMs: row.latency_ms,
    correlationId: row.correlation_id,
    verifiedAt: row.verified_at,
  });

type Optional = 'expected' | 'actual' | 'error' | 'latencyMs' | 'correlationId';
type Loose = Omit<ProbeResult, Optional> & { [K in Optional]?: ProbeResult[K] | null | undefined };

/** What is absent is no member. */
function withoutAbsent(result: Loose): ProbeResult {
  const kept = Object.entries(result).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(kept) as unknown as ProbeResult;
}

function withRate(row: Omit<VerdictCounts, 'passRate'>): VerdictCounts {
  const judged = row.total - row.skipped;
  return judged > 0 ? { ...row, passRate: row.passed / judged } : { ...row };
}
