import { type RecordedState, lastEvents } from '@tse/core/admin';

/** Netting takes its instructions along without an event of each: until they settle they are open, as what is pending or fails is. */
const told = (status: string) =>
  `case when ${status} in ('pending', 'failing', 'netted') then 'open' else ${status} end`;

export const states: readonly RecordedState[] = [
  {
    object: 'holdings',
    sums: ['settled'],
    now: `select account_id, asset, trim_scale(settled) as settled from facts_holdings where settled <> 0`,
    // The event that tells of a transaction: what settled or was adjusted names it, a transfer moves with one of its versions.
    at: `select account_id, asset, trim_scale(sum(amount)) as settled from facts_movements
      where tx_id in (
        select payload ->> 'transactionId' from facts_events
        where type in ('settlement.settled', 'holdings.adjusted') and publish_seq <= (select seq from asked)
        union all
        select 'transfer:' || t.transfer_id from facts_transfer_events as t
        join facts_events as e on e.aggregate = 'transfer' and e.aggregate_id = t.transfer_id and e.aggregate_version = t.version
        where t.effect = 'capture' and e.publish_seq <= (select seq from asked))
      group by account_id, asset having sum(amount) <> 0`,
    fromEvents: true,
  },
  {
    object: 'settlements',
    now: `select id, reference, ${told('status')} as status from facts_settlements`,
    at: `select aggregate_id, payload ->> 'reference' as reference, ${told("payload ->> 'status'")} as status from (${lastEvents('settlement')}) as e`,
    fromEvents: true,
  },
  {
    object: 'transfers',
    sums: ['amount'],
    now: `select id, asset, trim_scale(amount) as amount, status, version from facts_transfers`,
    at: `select aggregate_id, payload ->> 'asset' as asset, (payload ->> 'amount')::numeric as amount, payload ->> 'state' as status, aggregate_version as version
      from (${lastEvents('transfer')}) as e`,
    fromEvents: true,
  },
];
