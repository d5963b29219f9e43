import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { asAdapter, testAudit } from '../test-audit.ts';

type Link = readonly [cause: number, effect: number];

/** Breadth first from an event: what is reached, with the fewest hops to it. */
function reached(from: number, next: (of: number) => number[], visited: Set<number>): Map<number, number> {
  const depths = new Map<number, number>();
  for (let frontier = [from], depth = 1; frontier.length > 0; depth += 1) {
    frontier = [...new Set(frontier.flatMap(next))].filter((event) => !visited.has(event));
    for (const event of frontier) {
      visited.add(event);
      depths.set(event, depth);
    }
  }
  return depths;
}

/** The earlier one as the cause: no circles. */
const ordered = (links: readonly Link[]): Link[] => [
  ...new Map(links.map(([a, b]): [string, Link] => (a < b ? [`${a} ${b}`, [a, b]] : [`${b} ${a}`, [b, a]]))).values(),
];

test('whatever is linked to whatever: causes and effects are those of a walk in breadth, each once and by the fewest hops', async () => {
  await using t = await testAudit({ options: { workers: false } });
  const event = fc.integer({ min: 1, max: 12 });
  const links = fc.uniqueArray(
    fc.tuple(event, event).filter(([cause, effect]) => cause !== effect),
    { maxLength: 30, selector: String },
  );
  const chainOf = (position: number, depth: number, limit: number) =>
    asAdapter<{ depth: number; position: number; via: number | null; cut: boolean }>(
      t.stores,
      sql`select depth, position, via, cut from causal_chain(${position}::bigint, ${depth}, ${limit})`,
    );
  await fc.assert(
    fc.asyncProperty(
      links,
      fc.boolean(),
      event,
      fc.integer({ min: 1, max: 12 }),
      async (given, forward, start, limit) => {
        const drawn: Link[] = forward ? ordered(given) : given;
        await asAdapter(t.stores, sql`delete from event_links`);
        for (const [cause, effect] of drawn)
          await asAdapter(
            t.stores,
            sql`insert into event_links (effect_position, cause_id, kind, cause_position) values (${effect}, ${`e${cause}`}, 'caused-by', ${cause})`,
          );
        const visited = new Set([start]);
        const causes = reached(
          start,
          (of) => drawn.filter(([, effect]) => effect === of).map(([cause]) => cause),
          visited,
        );
        const effects = reached(
          start,
          (of) => drawn.filter(([cause]) => cause === of).map(([, effect]) => effect),
          visited,
        );

        const rows = await chainOf(start, 100, 1000);
        expect(rows.some(({ cut }) => cut)).toBe(false);
        const said = new Map(rows.map(({ position, depth }) => [position, depth]));
        expect(said.size).toBe(rows.length);
        expect(said).toEqual(
          new Map([[start, 0], ...[...causes].map(([of, depth]) => [of, -depth] as const), ...effects] as [
            number,
            number,
          ][]),
        );
        for (const { depth, position, via } of rows) {
          if (via === null) continue;
          expect(drawn).toContainEqual(depth < 0 ? [position, via] : [via, position]);
          expect(Math.abs(said.get(via)!)).toBe(Math.abs(depth) - 1);
        }

        // Fewer where fewer are asked for, and then it says that there are more. In a circle, what was left out as a cause comes as an effect.
        if (!forward) return;
        const some = await chainOf(start, 100, limit);
        const found = some.filter(({ cut }) => !cut);
        for (const { position, depth } of found) expect(said.get(position)).toBe(depth);
        const [before, after] = [found.filter(({ depth }) => depth < 0), found.filter(({ depth }) => depth > 0)];
        expect(before).toHaveLength(Math.min(limit, causes.size));
        expect(after.length).toBeLessThanOrEqual(limit);
        const isCut = some.some(({ cut }) => cut);
        expect(isCut).toBe(causes.size > limit || after.length < effects.size);
      },
    ),
    { numRuns: 60 },
  );
});
