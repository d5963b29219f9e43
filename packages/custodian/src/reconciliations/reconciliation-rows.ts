import { type Decimal, type Instant, queryBuilder } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { BreakKind, BreakState } from './break-states.ts';
import type { Break, Match } from './reconciliations.ts';

const db = queryBuilder<Tables>();

export const selectBreaks = () =>
  db
    .selectFrom('breaks as b')
    .leftJoin('statement_lines as l', 'l.id', 'b.line_id')
    .select(['b.id', 'b.break_key', 'b.source', 'b.kind', 'b.account_id', 'b.asset', 'l.external_id', 'b.tx_id', 'b.n'])
    .select(['b.ours', 'b.theirs', 'b.difference', 'b.at', 'b.state', 'b.owner_id', 'b.note', 'b.first_seen'])
    .select(['b.last_seen', 'b.seen_count', 'b.last_run_id', 'b.closed_at', 'b.version']);

export const selectMatches = () =>
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

interface MatchRow {
  id: string;
  rule: Match['rule'];
  rule_version: number;
  difference: Decimal;
  lines: string[];
  entries: { transactionId: string; line: number }[];
}

interface BreakRow {
  id: string;
  break_key: string;
  source: string;
  kind: BreakKind;
  account_id: string | null;
  asset: string;
  external_id: string | null;
  tx_id: string | null;
  n: number | null;
  ours: Decimal | null;
  theirs: Decimal | null;
  difference: Decimal;
  at: Instant;
  state: BreakState;
  owner_id: string | null;
  note: string | null;
  first_seen: Instant;
  last_seen: Instant;
  seen_count: number;
  last_run_id: string;
  closed_at: Instant | null;
  version: number;
}

export const toMatch = (row: MatchRow): Match => ({
  matchId: row.id,
  rule: row.rule,
  ruleVersion: row.rule_version,
  lines: row.lines,
  entries: row.entries.map(({ transactionId, line }) => ({ transactionId, line })),
  difference: row.difference,
});

export const toBreak = (row: BreakRow): Break => ({
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
