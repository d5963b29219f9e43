import { type Facts, type Verified, verifyIdentity } from '@tse/core/admin';

const causes = [
  // The causes of a move add up to it, and it begins where the symbol stood.
  `select case
        when explained <> price - price_before then
          format('run %s, move %s: from %s to %s, causes %s', run_id, seq, price_before, price, explained)
        when lag(price) over w <> price_before then format('run %s, move %s: %s begins at %s', run_id, seq, symbol, price_before)
      end as difference
    from facts_price_moves window w as (partition by run_id, symbol order by seq)`,
  // The moves of a run are all there, and its hash is that of the last.
  `select case
        when m.moves <> r.last_seq - coalesce(r.fork_seq, 0) then format('run %s: %s moves up to %s', r.id, m.moves, r.last_seq)
        when m.last_hash <> r.price_hash then format('run %s: its hash is not that of its last move', r.id)
      end as difference
    from facts_scenario_runs as r
    join (
      select run_id, count(*) as moves, (array_agg(chain_hash order by seq desc))[1] as last_hash from facts_price_moves group by run_id) as m
      on m.run_id = r.id`,
];

const manipulations = [
  // A manipulation is where its last step went, by steps that follow each other.
  `select case
        when t.version = m.version and t.to_state <> m.state then format('manipulation %s: is %s, went to %s', m.id, m.state, t.to_state)
        when lag(t.to_state) over w is distinct from t.from_state then format('manipulation %s, step %s: from %s', m.id, t.version, t.from_state)
        when lag(t.occurred_at) over w > t.occurred_at then format('manipulation %s, step %s: before the last one', m.id, t.version)
      end as difference
    from facts_manipulations as m join facts_manipulation_transitions as t on t.manipulation_id = m.id
    window w as (partition by m.id order by t.version)`,
];

/** Identity "causes": each move of a scenario run is explained to the last digit, and follows the one before. */
export const verifyCauses = (facts: Facts): Promise<Verified> =>
  verifyIdentity(facts, { name: 'causes', what: 'price moves of scenario runs with their causes', checks: causes });

/** Identity "manipulations": each is what its history made it. */
export const verifyManipulations = (facts: Facts): Promise<Verified> =>
  verifyIdentity(facts, {
    name: 'manipulations',
    what: 'manipulations with their histories',
    checks: manipulations,
  });
