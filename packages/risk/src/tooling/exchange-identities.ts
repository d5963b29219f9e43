import { type Facts, type Verified, nothingToCompare, verified } from '@tse/core/admin';

interface Cut extends Record<string, unknown> {
  source: string;
  /** Up to which all of its events are handled here. */
  until: number;
}
interface Net extends Record<string, unknown> {
  account: string;
  symbol: string;
  net: string;
}
interface Asked extends Record<string, unknown> {
  id: string;
  order_id: string;
  decision: string;
  reservation: string | null;
  cites: boolean;
}
interface Placed extends Record<string, unknown> {
  id: string;
  check_id: string | null;
  check_required: boolean;
  /** As the events up to the cut left it, and as it is now. */
  open_then: boolean;
  open_now: boolean;
}

const cuts = 'select source, min(publish_seq) as until from facts_checkpoints group by source';

const fills = `
  select account_id as account, symbol, sum(case side when 'buy' then qty else -qty end) as net
  from facts_fills where source = $1 and source_seq <= $2 group by account_id, symbol`;

const trades = `
  select s.account, t.symbol, sum(case s.side when 'buy' then t.qty else -t.qty end) as net
  from facts_trades as t, lateral (values (t.taker_account_id, t.taker_side),
    (t.maker_account_id, case t.taker_side when 'buy' then 'sell' else 'buy' end)) as s (account, side)
  where t.publish_seq <= $1 group by s.account, t.symbol`;

/** A limit version that a decision cites was the one that stood when it was made. */
const asked = `
  select c.id, c.order_id, c.decision, r.state as reservation, not exists (
      select from facts_check_results as x
      join facts_limits as v on v.limit_id = x.limit_id and v.version = x.limit_version
      left join facts_limits as n on n.limit_id = x.limit_id and n.version = x.limit_version + 1
      where x.check_id = c.id and (v.recorded_at > c.recorded_at or n.recorded_at < c.recorded_at)) as cites
  from facts_checks as c left join facts_reservations as r on r.order_id = c.order_id`;

const placed = `
  select o.id, o.check_id, a.check_required, e.leaves_qty > 0 as open_then, o.leaves_qty > 0 as open_now
  from facts_orders as o
  join facts_accounts as a on a.id = o.account_id
  join lateral (
    select leaves_qty from facts_order_events where order_id = o.id and publish_seq <= $1 order by version desc limit 1) as e on true`;

/**
 * Identities with an exchange, at the checkpoint for it: "positions" (what was applied here is what was traded there) and "permission" (every
 * order that needs it was allowed, none that was refused exists, and what is reserved is what works or was not heard of).
 */
export async function verifyWithExchange(
  facts: Facts,
  exchangeFacts: () => Promise<Facts | undefined>,
): Promise<Verified[]> {
  const bySource = await facts.query<Cut>(cuts);
  const applied = new Map<string, Net[]>();
  for (const { source, until } of bySource) applied.set(source, await facts.query<Net>(fills, [source, until]));
  const decisions = await facts.query<Asked>(asked);

  // The source's facts after ours: what it says up to our checkpoint is complete.
  const exchange = await exchangeFacts();
  if (exchange === undefined) return nothing('the exchange is not on this server');
  const [{ source } = { source: '' }] = await exchange.query<{ source: string }>(
    'select current_schema()::text as source',
  );
  const cut = bySource.find((each) => each.source === source);
  if (cut === undefined) return nothing(`nobody here has read ${source}`);
  const positions = differencesOf(applied.get(source)!, await exchange.query<Net>(trades, [cut.until]));
  const permission = permissionOf(decisions, await exchange.query<Placed>(placed, [cut.until]));
  return [
    verified('positions', `accounts and symbols with the trades of ${source} up to event ${cut.until}`, positions),
    verified('permission', `checks with the orders of ${source} up to event ${cut.until}`, permission),
  ];
}

const nothing = (why: string): Verified[] => ['positions', 'permission'].map((name) => nothingToCompare(name, why));

type Found = Pick<Required<Verified>, 'compared' | 'differences'>;

const found = (compared: number, differences: string[]): Found => ({
  compared,
  differences: differences.slice(0, 10),
});

function differencesOf(ours: readonly Net[], theirs: readonly Net[]): Found {
  const keyOf = ({ account, symbol }: Net) => `${account} ${symbol}`;
  const byKey = new Map(ours.map((net) => [keyOf(net), net.net]));
  const traded = new Map(theirs.map((net) => [keyOf(net), net.net]));
  const keys = new Set([...byKey.keys(), ...traded.keys()]);
  const differences = [...keys].flatMap((key) =>
    byKey.get(key) === traded.get(key)
      ? []
      : [`${key}: ${byKey.get(key) ?? 'nothing'} here, ${traded.get(key) ?? 'nothing'} traded`],
  );
  return found(keys.size, differences);
}

function permissionOf(decisions: readonly Asked[], orders: readonly Placed[]): Found {
  const allowed = new Map<string, Asked[]>();
  const differences: string[] = [];
  for (const check of decisions) {
    if (!check.cites) differences.push(`check ${check.id} cites a limit version that did not stand`);
    if (check.decision === 'allow') allowed.set(check.order_id, [...(allowed.get(check.order_id) ?? []), check]);
  }
  const refused = new Set(decisions.flatMap(({ order_id }) => (allowed.has(order_id) ? [] : [order_id])));
  for (const { id, check_id, check_required, open_then, open_now } of orders) {
    if (refused.has(id)) differences.push(`order ${id} was refused and exists`);
    const checks = allowed.get(id) ?? [];
    if (check_required && !checks.some((check) => check.id === check_id))
      differences.push(`order ${id} was placed without an allowance of its own`);
    const reservation = checks[0]?.reservation;
    if (reservation === undefined || reservation === null) continue;
    // It may have been closed by an event that is handled already and not yet in the checkpoint.
    if (reservation === 'ended' && open_then && open_now)
      differences.push(`order ${id} works, its reservation has ended`);
    if (reservation !== 'ended' && !open_then) differences.push(`order ${id} has ended, its reservation has not`);
  }
  return found(decisions.length + orders.length, differences);
}
