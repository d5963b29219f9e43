import {
  type AdapterContext,
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  answers,
  arrayLiteral,
  contextLiteral,
  decimal,
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
import type { Tables } from '../schema.ts';
import { type Window, compareBalances, compareLines, compareLinesExactly } from './compare-statements.ts';
import { type Difference, type Entry, type Line, matchLeftovers } from './match-leftovers.ts';
import {
  type FoundBreak,
  type ReconciliationRunRepository,
  type RunResult,
  type RunRow,
  runColumns,
  toRun,
} from './reconciliation-runs.repository.ts';
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
  type ReconciliationRefusal,
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

type Outcome = ReconciliationRefusal | 'ok' | 'same';

const selectBreaks = () =>
  db
    .selectFrom('breaks as b')
    .leftJoin('statement_lines as l', 'l.id', 'b.line_id')
    .select(['b.id', 'b.break_key', 'b.source', 'b.kind', 'b.account_id', 'b.asset', 'l.external_id', 'b.tx_id', 'b.n'])
    .select(['b.ours', 'b.theirs', 'b.difference', 'b.at', 'b.state', 'b.owner_id', 'b.note', 'b.first_seen'])
    .select(['b.last_seen', 'b.seen_count', 'b.last_run_id', 'b.closed_at', 'b.version']);

const selectMatches = () =>
  db
    .selectFrom('matches as m')
    .select(['m.id', 'm.rule', 'm.rule_version', 'm.difference'])
    .select([
      sql<string[]>`array(select l.external_id from match_items as i join statement_lines as l on l.id = i.line_id
        where i.match_id = m.id order by i.item)`.as('lines'),
      sql<
        { transactionId: string; line: number }[]
      >`(select coalesce(jsonb_agg(jsonb_build_object('transactionId', i.tx_id, 'line', i.n) order by i.item), '[]')
        from match_items as i where i.match_id = m.id and i.tx_id is not null)`.as('entries'),
    ]);

const statements = {
  defineRules: functionCall(
    'custodian.reconciliations.defineRules',
    'write',
    'define_match_rules',
    [
      'source',
      'version',
      'accountIds',
      'assets',
      'movementKinds',
      'amountTolerance',
      'dateToleranceMs',
      'mostInGroup',
      'requestHash',
      'at',
    ],
    answers<{ outcome: Outcome }>(),
  ),
  findRules: statement('custodian.reconciliations.findRules', 'read', (p: { source: string; version: number }) =>
    db
      .selectFrom('match_rules')
      .select(['source', 'version', 'account_ids', 'assets', 'movement_kinds', 'amount_tolerance', 'date_tolerance_ms'])
      .select(['most_in_group', 'defined_at'])
      .where('source', '=', p.source)
      .where('version', '=', p.version),
  ),
  recordLines: functionCall(
    'custodian.reconciliations.recordLines',
    'write',
    'record_statement_lines',
    ['source', 'externalIds', 'accountIds', 'assets', 'amounts', 'bookedAts', 'references', 'requestHashes'],
    answers<{ outcome: Outcome; recorded: number; external_id: string | null }>(),
  ),
  recordBalances: functionCall(
    'custodian.reconciliations.recordBalances',
    'write',
    'record_statement_balances',
    ['source', 'externalIds', 'accountIds', 'assets', 'balances', 'asOfs', 'requestHashes'],
    answers<{ outcome: Outcome; recorded: number; external_id: string | null }>(),
  ),
  changeBreak: functionCall(
    'custodian.reconciliations.changeBreak',
    'write',
    'change_break',
    ['id', 'state', 'ownerId', 'note', 'version', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  dissolve: functionCall(
    'custodian.reconciliations.dissolveMatch',
    'write',
    'dissolve_match',
    ['id', 'at'],
    answers<{ outcome: Outcome }>(),
  ),
  findBreak: statement('custodian.reconciliations.findBreak', 'read', (p: { id: string }) =>
    selectBreaks().where('b.id', '=', p.id),
  ),
  findRecorded: statement(
    'custodian.reconciliations.findRecorded',
    'read',
    (p: { source: string; externalId: string }) =>
      selectMatches().where(
        sql<boolean>`m.id = (select i.match_id from match_items as i join statement_lines as l on l.id = i.line_id
        where l.source = ${p.source} and l.external_id = ${p.externalId} and i.live)`,
      ),
  ),
  findReferenced: statement(
    'custodian.reconciliations.findReferenced',
    'read',
    (p: { source: string; externalId: string }) =>
      db
        .selectFrom('statement_lines as l')
        .innerJoin('movements as m', (join) =>
          join
            .onRef('m.tx_id', '=', 'l.reference')
            .onRef('m.account_id', '=', 'l.account_id')
            .onRef('m.asset', '=', 'l.asset')
            .onRef('m.amount', '=', 'l.amount'),
        )
        .select(['m.tx_id', 'm.n', 'l.occurrence'])
        .where('l.source', '=', p.source)
        .where('l.external_id', '=', p.externalId)
        .where(
          sql<boolean>`not exists (select from match_items as i where i.source = l.source and i.tx_id = m.tx_id and i.n = m.n and i.live)`,
        )
        .orderBy('m.n'),
  ),
};

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
    let compared = await this.#context.pg.one(compareLines, window);
    // Two entries of one transaction say the same, and a line was paired with both: they have to be numbered.
    if (compared.joined_lines !== compared.lines) compared = await this.#context.pg.one(compareLinesExactly, window);
    const { lines, entries, pairs } = compared;
    const leftovers = (compared.leftovers ?? []).map((text) => JSON.parse(text) as Leftover);
    const theirs = leftovers.flatMap(([line]) => (line ? [toLine(line)] : []));
    const ours = leftovers.flatMap(([, entry]) => (entry ? [toEntry(entry)] : []));
    // In an order of their own: a join has none.
    theirs.sort((a, b) => a.lineId - b.lineId);
    ours.sort((a, b) =>
      a.transactionId < b.transactionId ? -1 : a.transactionId > b.transactionId ? 1 : a.line - b.line,
    );
    const { matches, differences } = matchLeftovers(theirs, ours, rules);
    const apart = leftovers.filter(([line, entry]) => line && entry).length;
    return {
      lines,
      entries,
      matched: pairs - apart,
      matches,
      breaks: differences.map((each) => toFound(run.source, each)),
    };
  }

  async #balances(run: RunRow, rules: MatchRules): Promise<RunResult> {
    const rows = await this.#context.pg.many(compareBalances, windowOf(run, rules));
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

/** A row of the comparison: a line, an entry, or both where they differ in time alone. */
type Leftover = readonly [line: LineTuple | null, entry: EntryTuple | null];
type LineTuple = [number, string, string, string, Decimal, string | null, number, Instant];
type EntryTuple = [string, number, string, string, Decimal, Instant];

const toLine = ([lineId, externalId, accountId, asset, amount, reference, occurrence, at]: LineTuple): Line => ({
  lineId,
  externalId,
  accountId,
  asset,
  amount,
  ...(reference !== null && { reference }),
  occurrence,
  at,
});
const toEntry = ([transactionId, line, accountId, asset, amount, at]: EntryTuple): Entry => ({
  transactionId,
  line,
  accountId,
  asset,
  amount,
  at,
});

function toFound(source: string, { kind, line, entry }: Difference): FoundBreak {
  const { accountId, asset, at } = (line ?? entry)!;
  return {
    key: line ? `line:${source}:${line.externalId}` : `entry:${source}:${entry!.transactionId}#${entry!.line}`,
    kind,
    accountId,
    asset,
    lineId: line?.lineId,
    txId: entry?.transactionId,
    n: entry?.line,
    // Of another asset it is nothing to subtract from.
    ours: kind === 'asset-differs' ? undefined : entry?.amount,
    theirs: line?.amount,
    at,
  };
}

const windowOf = (run: RunRow, rules: MatchRules): Window => ({
  source: run.source,
  from: run.from_at ?? undefined,
  cutoff: run.cutoff,
  accountIds: rules.accountIds && arrayLiteral(rules.accountIds),
  assets: rules.assets && arrayLiteral(rules.assets),
  movementKinds: rules.movementKinds && arrayLiteral(rules.movementKinds),
  dateToleranceMs: rules.dateToleranceMs,
});

const toMatch = (row: NonNullable<(typeof statements.findRecorded)['row']>): Match => ({
  matchId: row.id,
  rule: row.rule,
  ruleVersion: row.rule_version,
  lines: row.lines,
  entries: row.entries.map(({ transactionId, line }) => ({ transactionId, line })),
  difference: row.difference,
});

const toBreak = (row: NonNullable<(typeof statements.findBreak)['row']>): Break => ({
  breakId: row.id,
  breakKey: row.break_key,
  source: row.source,
  kind: row.kind,
  ...(row.account_id !== null && { accountId: row.account_id }),
  asset: row.asset,
  ...(row.external_id !== null && { externalId: row.external_id }),
  ...(row.tx_id !== null && { transactionId: row.tx_id }),
  ...(row.n !== null && { transactionLine: row.n }),
  ...(row.ours !== null && { ours: row.ours }),
  ...(row.theirs !== null && { theirs: row.theirs }),
  difference: row.difference,
  at: row.at,
  state: row.state,
  ...(row.owner_id !== null && { ownerId: row.owner_id }),
  ...(row.note !== null && { note: row.note }),
  firstSeen: row.first_seen,
  lastSeen: row.last_seen,
  seenCount: row.seen_count,
  lastRunId: row.last_run_id,
  ...(row.closed_at !== null && { closedAt: row.closed_at }),
  version: row.version,
});
