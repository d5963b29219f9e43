import { type Decimal, type Instant, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';

const db = queryBuilder<Tables>();

export interface Window {
  source: string;
  from: string | undefined;
  cutoff: string;
  accountIds: string | undefined;
  assets: string | undefined;
  movementKinds: string | undefined;
  dateToleranceMs: number;
}

/** What the plain comparison by reference answers: counts, and the rows that are not the same on both sides. */
interface Compared {
  lines: number;
  /** Lines as they came out of the join: more where one was paired with two entries. */
  joined_lines: number;
  entries: number;
  pairs: number;
  /** JSON arrays; see `match-leftovers`. */
  leftovers: string[] | null;
}

/** Of a source, and of what it covers. */
const ofWindow = (p: Window) => sql<boolean>`l.source = ${p.source} and l.booked_at <= ${p.cutoff}::timestamptz
  and (${p.from}::timestamptz is null or l.booked_at >= ${p.from}::timestamptz)
  and (${p.accountIds}::text[] is null or l.account_id = any (${p.accountIds}::text[]))
  and (${p.assets}::text[] is null or l.asset = any (${p.assets}::text[]))`;

/**
 * One full join of a source's lines and our entries on all that they must have in common. Nothing that is in a recorded match
 * takes part. The plain form takes the first of lines that say the same, and tells by its counts where a line was paired twice; the exact
 * form numbers the entries that say the same too, by a sort that the plain one saves.
 */
const compare = (op: string, exact: boolean) => {
  const ours = exact
    ? sql`row_number() over (partition by m.tx_id, m.account_id, m.asset, m.amount order by m.n)::integer - 1`
    : sql`0`;
  return statement(op, 'read', (p: Window) =>
    db
      .with('theirs', (q) =>
        q
          .selectFrom('statement_lines as l')
          .select(['l.id', 'l.external_id', 'l.account_id', 'l.asset', 'l.amount', 'l.booked_at', 'l.reference'])
          .select('l.occurrence')
          .where(ofWindow(p))
          .where(sql<boolean>`not exists (select from match_items as i where i.line_id = l.id and i.live)`),
      )
      .with('ours', (q) =>
        q
          .selectFrom('movements as m')
          .innerJoin('movement_transactions as t', 't.id', 'm.tx_id')
          .innerJoin('custody_accounts as a', 'a.id', 'm.account_id')
          .select(['m.tx_id', 'm.n', 'm.account_id', 'm.asset', 'm.amount', 't.effective_at'])
          .select(sql<number>`${ours}`.as('occurrence'))
          .where('a.kind', 'in', ['segregated', 'house'])
          .where(sql<boolean>`t.effective_at <= ${p.cutoff}::timestamptz`)
          .where(sql<boolean>`(${p.from}::timestamptz is null or t.effective_at >= ${p.from}::timestamptz)`)
          .where(sql<boolean>`(${p.accountIds}::text[] is null or m.account_id = any (${p.accountIds}::text[]))`)
          .where(sql<boolean>`(${p.assets}::text[] is null or m.asset = any (${p.assets}::text[]))`)
          .where(sql<boolean>`(${p.movementKinds}::text[] is null or t.kind = any (${p.movementKinds}::text[]))`)
          .where(
            sql<boolean>`not exists (select from match_items as i where i.source = ${p.source} and i.tx_id = m.tx_id and i.n = m.n and i.live)`,
          ),
      )
      .selectFrom('theirs as l')
      .fullJoin('ours as e', (join) =>
        join
          .onRef('e.tx_id', '=', 'l.reference')
          .onRef('e.account_id', '=', 'l.account_id')
          .onRef('e.asset', '=', 'l.asset')
          .onRef('e.amount', '=', 'l.amount')
          .onRef('e.occurrence', '=', 'l.occurrence'),
      )
      .select([
        sql<number>`(select count(*) from statement_lines as l where ${ofWindow(p)}) - (
          select count(*) from match_items as i join statement_lines as l on l.id = i.line_id where i.live and ${ofWindow(p)})`.as(
          'lines',
        ),
        sql<number>`count(l.id)`.as('joined_lines'),
        sql<number>`count(e.tx_id)`.as('entries'),
        sql<number>`count(*) filter (where l.id is not null and e.tx_id is not null)`.as('pairs'),
        sql<string[] | null>`array_agg(jsonb_build_array(
          case when l.id is not null then jsonb_build_array(l.id, l.external_id, l.account_id, l.asset, trim_scale(l.amount)::text, l.reference,
            l.occurrence, instant_text(l.booked_at)) end,
          case when e.tx_id is not null then jsonb_build_array(e.tx_id, e.n, e.account_id, e.asset, trim_scale(e.amount)::text,
            instant_text(e.effective_at)) end)::text)
          filter (where l.id is null or e.tx_id is null
            or l.booked_at > e.effective_at + ${p.dateToleranceMs}::bigint * interval '1 millisecond'
            or l.booked_at < e.effective_at - ${p.dateToleranceMs}::bigint * interval '1 millisecond')`.as('leftovers'),
      ])
      .$castTo<Compared>(),
  );
};

export const compareLines = compare('custodian.reconciliations.compare', false);
export const compareLinesExactly = compare('custodian.reconciliations.compareExactly', true);

/** The latest balance of each holding of a source, and what we had at its moment; what it leaves out of an account as of its last one. */
export const compareBalances = statement('custodian.reconciliations.compareBalances', 'read', (p: Window) =>
  db
    .with('theirs', (q) =>
      q
        .selectFrom('statement_balances as b')
        .distinctOn(['b.account_id', 'b.asset'])
        .select(['b.account_id', 'b.asset', 'b.balance', 'b.as_of'])
        .where('b.source', '=', p.source)
        .where(sql<boolean>`b.as_of <= ${p.cutoff}::timestamptz`)
        .where(sql<boolean>`(${p.from}::timestamptz is null or b.as_of >= ${p.from}::timestamptz)`)
        .where(sql<boolean>`(${p.accountIds}::text[] is null or b.account_id = any (${p.accountIds}::text[]))`)
        .where(sql<boolean>`(${p.assets}::text[] is null or b.asset = any (${p.assets}::text[]))`)
        .orderBy('b.account_id')
        .orderBy('b.asset')
        .orderBy('b.as_of', 'desc')
        .orderBy('b.external_id', 'desc'),
    )
    .with('told', (q) =>
      q
        .selectFrom('theirs')
        .select('account_id')
        .select(sql<Instant>`max(as_of)`.as('as_of'))
        .groupBy('account_id'),
    )
    .with('ours', (q) =>
      q
        .selectFrom('movements as m')
        .innerJoin('movement_transactions as t', 't.id', 'm.tx_id')
        .innerJoin('told as o', 'o.account_id', 'm.account_id')
        .leftJoin('theirs as b', (join) =>
          join.onRef('b.account_id', '=', 'm.account_id').onRef('b.asset', '=', 'm.asset'),
        )
        .select(['m.account_id', 'm.asset'])
        .select(sql<Decimal>`sum(m.amount)`.as('settled'))
        .where(sql<boolean>`t.effective_at <= coalesce(b.as_of, o.as_of)`)
        .where(sql<boolean>`(${p.assets}::text[] is null or m.asset = any (${p.assets}::text[]))`)
        .groupBy(['m.account_id', 'm.asset'])
        .having(sql<boolean>`sum(m.amount) <> 0`),
    )
    .selectFrom('theirs as b')
    .fullJoin('ours as e', (join) => join.onRef('e.account_id', '=', 'b.account_id').onRef('e.asset', '=', 'b.asset'))
    .select([
      sql<string>`coalesce(b.account_id, e.account_id)`.as('account_id'),
      sql<string>`coalesce(b.asset, e.asset)`.as('asset'),
      'b.balance as theirs',
      'e.settled as ours',
      sql<Instant>`coalesce(b.as_of, (select o.as_of from told as o where o.account_id = e.account_id))`.as('as_of'),
    ])
    .orderBy(sql`1`)
    .orderBy(sql`2`),
);
