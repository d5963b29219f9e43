import { positionsChart, resultsChart } from './charts-desk.ts';
import { limitChart } from './charts-limits.ts';
import { type Html, html } from './html.ts';
import type { BreachRow, RunPage } from './run-page.ts';
import { type Section, noData, since, stepList } from './section.ts';
import { table } from './table.ts';
import { amountText, countText, plural, spanText } from './text.ts';

/** The most limits that get a chart of their own; all stand in the table. */
const MOST_LIMIT_CHARTS = 4;

export function deskSection(run: RunPage): Section {
  const { results, positionLines, positions } = run;
  const ofOwners = results.filter(({ owner, points }) => owner !== 'the firm' && points.of > 0);
  const byCurrency = Map.groupBy(ofOwners, ({ currency }) => currency);
  const bySymbol = Map.groupBy(positionLines, ({ symbol }) => symbol);
  const signed = (value: string | undefined) => (value === undefined ? '–' : amountText(value));
  return {
    id: 'positions',
    title: 'Positions and P&L',
    short: 'P&L',
    lead: 'What the strategies made, as trading books it by lots and as risk values it by average cost.',
    parts: [
      ...[...byCurrency].map(([currency, lines]) => resultsChart(currency, lines)),
      ...[...bySymbol].map(([symbol, lines]) => positionsChart(symbol, lines, run)),
      positions.length === 0
        ? noData('No strategy traded: there are no positions.')
        : table(
            'Positions at the end',
            [
              { title: 'Owner' },
              { title: 'Kept by' },
              { title: 'Symbol' },
              { title: 'Quantity', kind: 'number' },
              { title: 'Average price', kind: 'number' },
              { title: 'Realized', kind: 'number' },
              { title: 'Fees', kind: 'number' },
            ],
            positions.map(({ owner, by, symbol, quantity, averagePrice, realized, fees }) => [
              owner,
              by,
              symbol,
              amountText(quantity),
              signed(averagePrice),
              amountText(realized),
              amountText(fees),
            ]),
          ),
      results.length === 0
        ? noData('Nothing was valued.')
        : table(
            'Profit and loss at the end',
            [
              { title: 'Owner' },
              { title: 'Kept by' },
              { title: 'Currency' },
              { title: 'Total', kind: 'number' },
              { title: 'Realized', kind: 'number' },
              { title: 'Unrealized', kind: 'number' },
            ],
            results.map(({ owner, by, currency, total, realized, unrealized }) => [
              owner,
              by,
              currency,
              signed(total),
              signed(realized),
              signed(unrealized),
            ]),
          ),
    ],
  };
}

export function limitsSection(run: RunPage): Section {
  const { limits, breaches, checks } = run;
  const ofLimit = (limitId: string) => breaches.filter((breach) => breach.limitId === limitId);
  const charted = limits
    .filter(({ limitId, checks: measured }) => measured.of > 0 || ofLimit(limitId).length > 0)
    .toSorted((a, b) => ofLimit(b.limitId).length - ofLimit(a.limitId).length)
    .slice(0, MOST_LIMIT_CHARTS);
  return {
    id: 'limits',
    title: 'Limits and breaches',
    short: 'Limits',
    lead: `Before orders risk made ${plural(checks.allowed + checks.denied, 'check')}${checks.cut ? ' and more' : ''}: ${countText(checks.allowed)} allowed, ${countText(checks.denied)} refused.`,
    parts: [
      ...charted.map((limit) => limitChart(limit, ofLimit(limit.limitId), run)),
      limits.length === 0
        ? noData('No limit was defined.')
        : table(
            'Limits and their use at the end',
            [
              { title: 'Limit' },
              { title: 'Metric' },
              { title: 'Scope' },
              { title: 'Soft', kind: 'number' },
              { title: 'Hard', kind: 'number' },
              { title: 'Used', kind: 'number' },
              { title: 'Share of the limit', kind: 'number' },
            ],
            limits.flatMap(({ limitId, metric, scope, soft, hard, use }) =>
              (use.length === 0 ? [{}] : use).map(({ observed, ratio, code }: (typeof use)[number]) => [
                limitId,
                metric,
                scope,
                soft === undefined ? '–' : amountText(soft),
                hard === undefined ? '–' : amountText(hard),
                observed === undefined ? (code ?? '–') : amountText(observed),
                ratio === undefined ? '–' : `${(ratio * 100).toFixed(1)} %`,
              ]),
            ),
          ),
      ...(breaches.length === 0 ? [noData('No limit was breached.')] : breaches.map(breachStory)),
    ],
  };
}

/** A breach from its opening to its end, each step with the time since. */
function breachStory({ breachId, limitId, scope, subject, severity, openedAt, clearedAt, steps }: BreachRow): Html {
  const lasted = clearedAt === undefined ? 'open at the end' : `over after ${spanText(since(openedAt, clearedAt))}`;
  const about = [scope, ...(subject === undefined ? [] : [subject]), severity, lasted].join(' · ');
  return html`<article class="story">
    <h3>Breach of ${limitId} <span class="muted">${about}</span></h3>
    ${stepList(`What happened in breach ${breachId}`, openedAt, steps)}
  </article>`;
}
