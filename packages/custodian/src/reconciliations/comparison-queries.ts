import { type Decimal, type Instant, queryBuilder } from '@tse/core';
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
const ofWindow = ({ source, from, cutoff, accountIds, assets }: Window) =>
  sql<boolean>`l.source = ${source} and l.booked_at <= ${cutoff}::timestamptz ${from === undefined ? sql`` : sql`and l.booked_at >= ${from}::timestamptz`}
    ${accountIds === undefined ? sql`` : sql`and l.account_id = any (${accountIds}::text[])`}
    ${assets === undefined ? sql`` : sql`and l.asset = any (${assets}::text[])`}`;

/**
 * One full join of a source's lines and our entries on all that they must have in common. Nothing that is in a recorded match
 * takes part. The plain form takes the first of lines that say the same, and tells by its counts where a line was paired twice; the `exact`
 * form numbers the entries that say the same too, by a sort that the plain one saves. Planned for its window each time: a plan for any
 * window takes more than twice as long.
 */
export function compareLines(window: Window, { exact }: { exact: boolean }) {
  const { source, from, cutoff, accountIds, assets, movementKinds, dateToleranceMs } = window;
  const occurrence = exact
    ? sql<number>`row_number() over (partition by m.tx_id, m.account_id, m.asset, m.amount order by m.n)::integer - 1`
    : sql<number>`0`;
  let ours = db
    .selectFrom('movements as m')
    .innerJoin('movement_transactions as t', 't.id', 'm.tx_id')
    .innerJoin('custody_accounts as a', 'a.id', 'm.account_id')
    .select(['m.tx_id', 'm.n', 'm.account_id', 'm.asset', 'm.amount', 't.effective_at'])
    .select(occurrence.as('occurrence'))
    .where('a.kind', 'in', ['segregated', 'house'])
    .where(sql<boolean>`t.effective_at <= ${cutoff}::timestamptz`)
    .where(
      sql<boolean>`not exists (select from match_items as i where i.source = ${source} and i.tx_id = m.tx_id and i.n = m.n and i.live)`,
    );
  if (from !== undefined) ours = ours.where(sql<boolean>`t.effective_at >= ${from}::timestamptz`);
  if (accountIds !== undefined) ours = ours.where(sql<boolean>`m.account_id = any (${accountIds}::text[])`);
  if (assets !== undefined) ours = ours.where(sql<boolean>`m.asset = any (${assets}::text[])`);
  if (movementKinds !== undefined) ours = ours.where(sql<boolean>`t.kind = any (${movementKinds}::text[])`);
  return db
    .with('theirs', (q) =>
      q
        .selectFrom('statement_lines as l')
        .select(['l.id', 'l.external_id', 'l.account_id', 'l.asset', 'l.amount', 'l.booked_at', 'l.reference'])
        .select('l.occurrence')
        .where(ofWindow(window))
        .where(sql<boolean>`not exists (select from match_items as i where i.line_id = l.id and i.live)`),
    )
    .with('ours', () => ours)
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
      sql<number>`(select count(*) from statement_lines as l where ${ofWindow(window)}) - (
        select count(*) from match_items as i join statement_lines as l on l.id = i.line_id where i.live and ${ofWindow(window)})`.as(
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
          or l.booked_at > e.effective_at + ${dateToleranceMs}::bigint * interval '1 millisecond'
          or l.booked_at < e.effective_at - ${dateToleranceMs}::bigint * interval '1 millisecond')`.as('leftovers'),
    ])
    .$castTo<Compared>();
}

/** The latest balance of each holding of a source, and what we had at its moment; what it leaves out of an account as of its last one. */
export function compareBalances({ source, from, cutoff, accountIds, assets }: Window) {
  let latest = db
    .selectFrom('statement_balances as b')
    .distinctOn(['b.account_id', 'b.asset'])
    .select(['b.account_id', 'b.asset', 'b.balance', 'b.as_of'])
    .where('b.source', '=', source)
    .where(sql<boolean>`b.as_of <= ${cutoff}::timestamptz`)
    .orderBy('b.account_id')
    .orderBy('b.asset')
    .orderBy('b.as_of', 'desc')
    .orderBy('b.external_id', 'desc');
  if (from !== undefined) latest = latest.where(sql<boolean>`b.as_of >= ${from}::timestamptz`);
  if (accountIds !== undefined) latest = latest.where(sql<boolean>`b.account_id = any (${accountIds}::text[])`);
  if (assets !== undefined) latest = latest.where(sql<boolean>`b.asset = any (${assets}::text[])`);
  const ofAssets = assets === undefined ? sql<boolean>`true` : sql<boolean>`m.asset = any (${assets}::text[])`;
  return db
    .with('theirs', () => latest)
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
        .where(ofAssets)
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
    .orderBy(sql`2`);
}
