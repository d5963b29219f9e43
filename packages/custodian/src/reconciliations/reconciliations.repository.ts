import {
  type AdapterContext,
  type CallOptions,
  type Decimal,
  type Listing,
  arrayLiteral,
  contextLiteral,
  decimal,
  durationInput,
  idInput,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../schema.ts';
import { type Window, compareBalances, compareLines } from './comparison-queries.ts';
import { leftoversOf, toFound } from './leftovers.ts';
import { matchLeftovers } from './match-leftovers.ts';
import { selectBreaks, selectMatches, toBreak, toMatch } from './reconciliation-rows.ts';
import {
  type FoundBreak,
  type ReconciliationRunRepository,
  type RunResult,
  type RunRow,
  runColumns,
  toRun,
} from './reconciliation-runs.repository.ts';
import { type Outcome, statements } from './reconciliation-statements.ts';
import {
  type Break,
  type ChangeBreak,
  type DefineMatchRules,
  type FindMatch,
  type ListBreaks,
  type ListMatches,
  type ListRuns,
  type Match,
  type MatchRules,
  type ReconciliationRun,
  type Reconciliations,
  type RecordBalances,
  type RecordLines,
  type Recorded,
  type RunReconciliation,
  changeBreak,
  defineMatchRules,
  findMatch,
  listBreaks,
  listMatches,
  listRuns,
  recordBalances,
  recordLines,
  runReconciliation,
} from './reconciliations.ts';

const db = queryBuilder<Tables>();

const operations = {
  defineRules: operation('custodian.reconciliations.defineRules', defineMatchRules, (input) => input.source),
  recordLines: operation('custodian.reconciliations.recordLines', recordLines, (input) => input.source),
  recordBalances: operation('custodian.reconciliations.recordBalances', recordBalances, (input) => input.source),
  run: operation('custodian.reconciliations.run', runReconciliation, (input) => input.runId),
  findRun: operation('custodian.reconciliations.findRun', z.strictObject({ runId: idInput })),
  listRuns: operation('custodian.reconciliations.listRuns', listRuns),
  findMatch: operation('custodian.reconciliations.findMatch', findMatch),
  listMatches: operation('custodian.reconciliations.listMatches', listMatches),
  dissolveMatch: operation(
    'custodian.reconciliations.dissolveMatch',
    z.strictObject({ matchId: idInput }),
    (input) => input.matchId,
  ),
  findBreak: operation('custodian.reconciliations.findBreak', z.strictObject({ breakId: idInput })),
  listBreaks: operation('custodian.reconciliations.listBreaks', listBreaks),
  changeBreak: operation('custodian.reconciliations.changeBreak', changeBreak, (input) => input.breakId),
};

export class ReconciliationRepository implements Reconciliations {
  readonly #context: AdapterContext;
  readonly #runs: ReconciliationRunRepository;

  constructor(context: AdapterContext, runs: ReconciliationRunRepository) {
    this.#context = context;
    this.#runs = runs;
  }

  defineRules(input: DefineMatchRules, options?: CallOptions): Promise<MatchRules> {
    return this.#context.run(operations.defineRules, input, options, async (rules) => {
      const { source, version, accountIds, assets, movementKinds, amountTolerance, mostInGroup } = rules;
      const dateToleranceMs = durationInput.parse(rules.dateTolerance);
      const { outcome } = await this.#context.pg.one(statements.defineRules, {
        source,
        version,
        accountIds: accountIds && arrayLiteral(accountIds),
        assets: assets && arrayLiteral(assets),
        movementKinds: movementKinds && arrayLiteral(movementKinds),
        amountTolerance,
        dateToleranceMs,
        mostInGroup,
        requestHash: requestHash(accountIds, assets, movementKinds, amountTolerance, dateToleranceMs, mostInGroup),
        at: this.#context.clock.now(),
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { source, version });
      return this.#rules(source, version);
    });
  }

  recordLines(input: RecordLines, options?: CallOptions): Promise<Recorded> {
    return this.#context.run(operations.recordLines, input, options, async ({ source, lines }) => {
      const answer = await this.#context.pg.one(statements.recordLines, {
        source,
        externalIds: arrayLiteral(lines.map(({ externalId }) => externalId)),
        accountIds: arrayLiteral(lines.map(({ accountId }) => accountId)),
        assets: arrayLiteral(lines.map(({ asset }) => asset)),
        amounts: arrayLiteral(lines.map(({ amount }) => amount)),
        bookedAts: arrayLiteral(lines.map(({ bookedAt }) => bookedAt)),
        references: arrayLiteral(lines.map(({ reference }) => reference)),
        requestHashes: arrayLiteral(
          lines.map(({ accountId, asset, amount, bookedAt, reference }) =>
            requestHash(accountId, asset, amount, bookedAt, reference),
          ),
        ),
      });
      return this.#recorded(answer, lines.length);
    });
  }

  recordBalances(input: RecordBalances, options?: CallOptions): Promise<Recorded> {
    return this.#context.run(operations.recordBalances, input, options, async ({ source, balances }) => {
      const answer = await this.#context.pg.one(statements.recordBalances, {
        source,
        externalIds: arrayLiteral(balances.map(({ externalId }) => externalId)),
        accountIds: arrayLiteral(balances.map(({ accountId }) => accountId)),
        assets: arrayLiteral(balances.map(({ asset }) => asset)),
        balances: arrayLiteral(balances.map(({ balance }) => balance)),
        asOfs: arrayLiteral(balances.map(({ asOf }) => asOf)),
        requestHashes: arrayLiteral(
          balances.map(({ accountId, asset, balance, asOf }) => requestHash(accountId, asset, balance, asOf)),
        ),
      });
      return this.#recorded(answer, balances.length);
    });
  }

  run(input: RunReconciliation, options?: CallOptions): Promise<ReconciliationRun> {
    return this.#context.run(operations.run, input, options, async ({ runId, kind, source, from, cutoff, dryRun }) => {
      const now = this.#context.clock.now();
      if (cutoff > now) throw refusal('cutoff-ahead', { cutoff, now }, { 'cutoff-ahead': 'cutoff' });
      const run = await this.#runs.begin({
        runId,
        kind,
        source,
        from,
        cutoff,
        dryRun,
        requestHash: requestHash(kind, source, from, cutoff, dryRun),
      });
      if (run.status === 'completed') return toRun(run);
      const rules = await this.#rules(source, run.rule_version!);
      return this.#runs.complete(
        run,
        await (kind === 'holdings' ? this.#balances(run, rules) : this.#lines(run, rules)),
      );
    });
  }

  findRun(runId: string, options?: CallOptions): Promise<ReconciliationRun | undefined> {
    return this.#context.run(operations.findRun, { runId }, options, async (input) => {
      const row = await this.#runs.find(input.runId);
      return row && toRun(row);
    });
  }

  listRuns(input: ListRuns = {}, options?: CallOptions): Listing<ReconciliationRun> {
    return listing(input, (page) =>
      this.#context.run(operations.listRuns, page, options, async (given) => {
        let query = db
          .selectFrom('reconciliation_runs')
          .select(runColumns)
          .orderBy('started_at')
          .orderBy('id')
          .limit(given.limit + 1);
        if (given.source !== undefined) query = query.where('source', '=', given.source);
        if (given.kind !== undefined) query = query.where('kind', '=', given.kind);
        if (given.cursor)
          query = query.where(sql<boolean>`(started_at, id) > (${given.cursor[0]}::timestamptz, ${given.cursor[1]})`);
        const rows = await this.#context.pg.query('custodian.reconciliations.listRuns', 'read', query);
        return toPage(rows.map(toRun), given.limit, (last) => [last.startedAt, last.runId]);
      }),
    );
  }

  findMatch(input: FindMatch, options?: CallOptions): Promise<Match | undefined> {
    return this.#context.run(operations.findMatch, input, options, async ({ source, externalId }) => {
      const recorded = await this.#context.pg.maybe(statements.findRecorded, { source, externalId });
      if (recorded) return toMatch(recorded);
      const found = await this.#context.pg.many(statements.findReferenced, { source, externalId });
      const entry = found[found[0]?.occurrence ?? 0];
      return (
        entry && {
          rule: 'reference',
          lines: [externalId],
          entries: [{ transactionId: entry.tx_id, line: entry.n }],
          difference: ZERO,
        }
      );
    });
  }

  listMatches(input: ListMatches, options?: CallOptions): Listing<Match> {
    return listing(input, (page) =>
      this.#context.run(operations.listMatches, page, options, async (given) => {
        let query = selectMatches()
          .where('m.run_id', '=', given.runId)
          .where('m.dissolved_at', 'is', null)
          .orderBy('m.id')
          .limit(given.limit + 1);
        if (given.cursor) query = query.where('m.id', '>', given.cursor[0]);
        const rows = await this.#context.pg.query('custodian.reconciliations.listMatches', 'read', query);
        return toPage(rows.map(toMatch), given.limit, (last) => [last.matchId!]);
      }),
    );
  }

  dissolveMatch(matchId: string, options?: CallOptions): Promise<void> {
    return this.#context.run(operations.dissolveMatch, { matchId }, options, async (input) => {
      const at = this.#context.clock.now();
      const { outcome } = await this.#context.pg.one(statements.dissolve, { id: input.matchId, at });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { matchId: input.matchId });
    });
  }

  findBreak(breakId: string, options?: CallOptions): Promise<Break | undefined> {
    return this.#context.run(operations.findBreak, { breakId }, options, (input) => this.#findBreak(input.breakId));
  }

  listBreaks(input: ListBreaks = {}, options?: CallOptions): Listing<Break> {
    return listing(input, (page) =>
      this.#context.run(operations.listBreaks, page, options, async (given) => {
        let query = selectBreaks()
          .orderBy('b.first_seen')
          .orderBy('b.id')
          .limit(given.limit + 1);
        if (given.source !== undefined) query = query.where('b.source', '=', given.source);
        if (given.state !== undefined) query = query.where('b.state', 'in', given.state);
        if (given.kind !== undefined) query = query.where('b.kind', '=', given.kind);
        if (given.accountId !== undefined) query = query.where('b.account_id', '=', given.accountId);
        if (given.cursor)
          query = query.where(
            sql<boolean>`(b.first_seen, b.id) > (${given.cursor[0]}::timestamptz, ${given.cursor[1]})`,
          );
        const rows = await this.#context.pg.query('custodian.reconciliations.listBreaks', 'read', query);
        return toPage(rows.map(toBreak), given.limit, (last) => [last.firstSeen, last.breakId]);
      }),
    );
  }

  changeBreak(input: ChangeBreak, options?: CallOptions): Promise<Break> {
    return this.#context.run(operations.changeBreak, input, options, async (change) => {
      const { breakId, state, ownerId, note, version } = change;
      const { outcome } = await this.#context.pg.one(statements.changeBreak, {
        id: breakId,
        state,
        ownerId,
        note,
        version,
        at: this.#context.clock.now(),
        eventId: this.#context.ids.next(),
        context: contextLiteral(),
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { breakId });
      return (await this.#findBreak(breakId))!;
    });
  }

  async #lines(run: RunRow, rules: MatchRules): Promise<RunResult> {
    const window = windowOf(run, rules);
    const compare = async (exact: boolean) => {
      const query = compareLines(window, { exact });
      const [row] = await this.#context.pg.query('custodian.reconciliations.compare', 'read', query);
      return row!;
    };
    let compared = await compare(false);
    // Two entries of one transaction say the same, and a line was paired with both: they have to be numbered.
    if (compared.joined_lines !== compared.lines) compared = await compare(true);
    const { lines, entries, pairs } = compared;
    const left = leftoversOf(compared.leftovers ?? []);
    const { matches, differences } = matchLeftovers(left.lines, left.entries, rules);
    const breaks = differences.map((each) => toFound(run.source, each));
    return { lines, entries, matched: pairs - left.apart, matches, breaks };
  }

  async #balances(run: RunRow, rules: MatchRules): Promise<RunResult> {
    const query = compareBalances(windowOf(run, rules));
    const rows = await this.#context.pg.query('custodian.reconciliations.compareBalances', 'read', query);
    const breaks = rows.flatMap(({ account_id: accountId, asset, ours, theirs, as_of }): FoundBreak[] => {
      const difference = decimal.abs(decimal.minus(theirs ?? ZERO, ours ?? ZERO));
      if (decimal.compare(difference, rules.amountTolerance) <= 0) return [];
      const isMissing = ours === null || theirs === null;
      return [
        {
          key: `holding:${run.source}:${accountId}:${asset}`,
          kind: isMissing ? 'asset-missing' : 'holding-differs',
          accountId,
          asset,
          ours: ours ?? undefined,
          theirs: theirs ?? undefined,
          at: as_of,
        },
      ];
    });
    return {
      lines: rows.filter(({ theirs }) => theirs !== null).length,
      entries: rows.filter(({ ours }) => ours !== null).length,
      matched: rows.length - breaks.length,
      matches: [],
      breaks,
    };
  }

  #recorded(answer: { outcome: Outcome; recorded: number; external_id: string | null }, given: number): Recorded {
    const { outcome, recorded, external_id } = answer;
    if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { externalId: external_id ?? undefined });
    return { recorded, known: given - recorded };
  }

  async #rules(source: string, version: number): Promise<MatchRules> {
    const row = await this.#context.pg.one(statements.findRules, { source, version });
    return {
      source: row.source,
      version: row.version,
      ...(row.account_ids !== null && { accountIds: row.account_ids }),
      ...(row.assets !== null && { assets: row.assets }),
      ...(row.movement_kinds !== null && { movementKinds: row.movement_kinds }),
      amountTolerance: row.amount_tolerance,
      dateToleranceMs: row.date_tolerance_ms,
      mostInGroup: row.most_in_group,
      definedAt: row.defined_at,
    };
  }

  async #findBreak(id: string): Promise<Break | undefined> {
    const row = await this.#context.pg.maybe(statements.findBreak, { id });
    return row && toBreak(row);
  }
}

const ZERO = '0' as Decimal;

const windowOf = (run: RunRow, rules: MatchRules): Window => ({
  source: run.source,
  from: run.from_at ?? undefined,
  cutoff: run.cutoff,
  accountIds: rules.accountIds && arrayLiteral(rules.accountIds),
  assets: rules.assets && arrayLiteral(rules.assets),
  movementKinds: rules.movementKinds && arrayLiteral(rules.movementKinds),
  dateToleranceMs: rules.dateToleranceMs,
});
