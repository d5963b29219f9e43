import { causesChart, depthChart, largestMoves, priceChart } from './charts-market.ts';
import type { RunPage } from './run-page.ts';
import { type Section, noData } from './section.ts';
import { table } from './table.ts';
import { timeText, titleText } from './text.ts';

export function priceSection(run: RunPage): Section {
  const bySymbol = Map.groupBy(run.prices, ({ symbol }) => symbol);
  const charts = [...bySymbol].map(([symbol, lines]) => priceChart(run, symbol, lines));
  return {
    id: 'price',
    title: 'Price and cause',
    short: 'Price',
    lead: 'What the market saw, and what was truly behind it. Shaded: while a price was manipulated on purpose.',
    parts: [
      ...(charts.length === 0 ? [noData('No prices were recorded.')] : charts),
      ...run.causes.flatMap((causes) => [causesChart(causes), largestMoves(causes)]),
      ...(run.causes.length === 0
        ? [noData('No price scenario ran, so no move has recorded causes: these prices are those of the input.')]
        : []),
      run.manipulations.length === 0
        ? noData('No price was manipulated.')
        : table(
            'Manipulations',
            [
              { title: 'Kind' },
              { title: 'Symbol' },
              { title: 'Effect' },
              { title: 'In force, business time UTC' },
              { title: 'State' },
            ],
            run.manipulations.map(({ kind, symbol, effect, active, state }) => [
              titleText(kind),
              symbol,
              effect,
              active.map(({ from, to }) => `${timeText(from)} to ${to ? timeText(to) : 'the end'}`).join('; ') ||
                'never',
              state,
            ]),
          ),
    ],
  };
}

export function bookSection({ depth }: RunPage): Section {
  const charts = depth.map(depthChart);
  return {
    id: 'book',
    title: 'Depth of the book',
    short: 'Book',
    lead: 'What rests in the exchange at the end: how much could be sold or bought down to, or up to, each price.',
    parts: charts.length === 0 ? [noData('No market is open.')] : charts,
  };
}
