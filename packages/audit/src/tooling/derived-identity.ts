import { type Facts, type Verified, verified } from '@tse/core/admin';

const NAMED = 20;

/** Each event up to where links are derived has the link that it names, to the event that has this id, and the totals count them. */
export async function verifyChains(facts: Facts): Promise<Verified> {
  const wrong = await facts.query<{ what: string }>(
    `with derived as (select position from facts_projections where name = 'chains')
     select format('position %s: it names %s, and its link is %s', e.position, e.causation_id, coalesce(l.cause_position::text, 'missing')) as what
     from facts_trail as e
     cross join derived as d
     left join facts_event_links as l on l.effect_position = e.position and l.kind = 'caused-by' and l.cause_id = e.causation_id
     left join facts_trail as c on c.position = l.cause_position
     where e.position <= d.position and e.causation_id is not null
       and (l.effect_position is null or l.cause_position is not null and c.position is not null and c.event_id <> e.causation_id)
     order by e.position limit ${NAMED}`,
  );
  const [counted] = await facts.query<{ linked: number; unresolved: number; roots: number; all: number; said: string }>(
    `select count(l.cause_position) as linked, count(*) - count(l.cause_position) as unresolved,
       (select roots from facts_chain_totals) as roots, (select position from facts_projections where name = 'chains') as all,
       (select format('%s linked, %s unresolved, %s roots', linked, unresolved, roots) from facts_chain_totals) as said
     from facts_event_links as l where l.kind = 'caused-by'`,
  );
  const { linked, unresolved, roots, all, said } = counted!;
  const differences = wrong.map(({ what }) => what);
  if (said !== `${linked} linked, ${unresolved} unresolved, ${roots} roots` || linked + unresolved + roots !== all)
    differences.push(`the totals say ${said}; there are ${linked} and ${unresolved}, of ${all} events`);
  return verified('chains', 'events with the links to their causes', { compared: all, differences });
}

/** Each event up to where minutes are counted is in one of them. */
export async function verifyTimelines(facts: Facts): Promise<Verified> {
  const [{ counted, all }] = (await facts.query<{ counted: number; all: number }>(
    `select (select coalesce(sum(count), 0)::bigint from facts_minute_stats where kind = 'event') as counted,
       (select position from facts_projections where name = 'timelines') as all`,
  )) as [{ counted: number; all: number }];
  const wrong = await facts.query<{ what: string }>(
    `select format('%s %s %s: counted %s, in the trail %s', m.minute, m.service, m.type, m.count, coalesce(e.count, 0)) as what
     from facts_minute_stats as m
     left join (
       select date_trunc('minute', occurred_at) as minute, source, type, count(*) as count from facts_trail
       where position <= (select position from facts_projections where name = 'timelines') group by 1, 2, 3
     ) as e on e.minute = m.minute and e.source = m.service and e.type = m.type
     where m.kind = 'event' and m.count <> coalesce(e.count, 0) and not exists (select from facts_segments)
     order by m.minute, m.service, m.type limit ${NAMED}`,
  );
  const differences = wrong.map(({ what }) => what);
  if (counted !== all) differences.push(`minutes count ${counted} events, of ${all}`);
  return verified('timelines', 'events with the minutes that count them', { compared: all, differences });
}
