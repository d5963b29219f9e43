import { type AdapterContext, type Instant, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import { type BreachChange, ON_CALL } from '../breaches/breach-changes.ts';
import type { Tables } from '../schema.ts';

const feeds = statement('risk.reports.watchFeeds', 'read', () =>
  queryBuilder<Tables>()
    .selectFrom('feed_heartbeats as f')
    .leftJoin('alerts as a', (join) =>
      join.on('a.dedup_key', '=', sql<string>`'no-data/feed:' || f.source || '/'`).on('a.state', '<>', 'closed'),
    )
    .select(['f.source', 'f.max_gap_ms', 'f.last_seen', 'a.id as alert_id', 'a.version as alert_version'])
    .select(sql<Instant>`f.last_seen + make_interval(secs => f.max_gap_ms / 1000.0)`.as('overdue_at')),
);

const UNANSWERED_MS = 900_000;

/** Feeds that should be heard of again and again: silence for longer than their gap is an alert of its own. */
export class FeedWatch {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  /** What is overdue, or heard of again. */
  async changes(at: Instant): Promise<BreachChange[]> {
    const rows = await this.#context.pg.many(feeds, {});
    return rows.flatMap(({ source, last_seen, overdue_at, alert_id, alert_version }): BreachChange[] => {
      const overdue = overdue_at < at;
      const change = {
        limitId: `feed:${source}`,
        subject: '',
        scope: 'firm',
        kind: 'no-data',
        severity: 'high',
        summary: `nothing was heard of ${source} since ${last_seen}`,
        steps: [{ targets: [ON_CALL], delayMs: UNANSWERED_MS }],
      } as const;
      const steps = change.steps.map(({ targets, delayMs }) => ({ targets: [...targets], delayMs }));
      if (overdue && alert_id === null) return [{ ...change, steps, to: 'firing', type: 'opened' }];
      if (!overdue && alert_id !== null)
        return [
          {
            ...change,
            steps,
            to: 'closed',
            type: 'closed',
            reason: 'data-returned',
            alertId: alert_id,
            alertVersion: alert_version!,
          },
        ];
      return [];
    });
  }
}
