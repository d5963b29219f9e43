import { type Invariant, holds } from '../report.ts';
import { html } from './html.ts';
import type { RunPage } from './run-page.ts';
import { type Section, bad, good, noData } from './section.ts';
import { facts, table } from './table.ts';
import { amountText, countText, plural, spanText, timeText, titleText } from './text.ts';

export function invariantsSection({ report: { invariants } }: RunPage): Section {
  const broken = invariants.filter((invariant) => !holds(invariant));
  const ordered = [...broken, ...invariants.filter(holds)];
  const differs = ({ problem, compared }: Invariant) => problem ?? (compared === 0 ? 'it compared nothing' : '');
  return {
    id: 'invariants',
    title: 'Invariants',
    short: 'Invariants',
    lead: 'What must hold whatever happens, checked to the last digit. One that compared nothing has shown nothing, and counts as broken.',
    parts: [
      invariants.length === 0
        ? noData('No invariant was checked.')
        : table(
            'Invariants',
            [
              { title: 'Identity' },
              { title: 'Result' },
              { title: 'Compared', kind: 'number' },
              ...(broken.length === 0 ? [] : [{ title: 'What differs' }]),
            ],
            ordered.map((invariant) => [
              invariant.name,
              holds(invariant) ? good('holds') : bad('broken'),
              countText(invariant.compared),
              ...(broken.length === 0 ? [] : [differs(invariant)]),
            ]),
          ),
    ],
  };
}

export function testRunSections({ run }: RunPage): Section[] {
  if (run === undefined) return [];
  const { faults, probes, changes } = run;
  return [
    {
      id: 'run',
      title: 'Test run',
      short: 'Test run',
      lead: `Run ${run.runId} of “${run.scenarioName}”, as the coordinator kept it: ${run.status}${run.deviated ? ', with a steady state that did not hold' : ''}.`,
      parts: [
        faults.length === 0
          ? noData('Nothing was broken on purpose.')
          : table(
              'Faults',
              [
                { title: 'Fault' },
                { title: 'Target' },
                { title: 'State' },
                { title: 'From, UTC' },
                { title: 'To, UTC' },
                { title: 'Detected after', kind: 'number' },
                { title: 'Over after', kind: 'number' },
              ],
              faults.map(({ kind, target, state, injectedAt, endedAt, detectionMs, recoveryMs }) => [
                titleText(kind),
                target,
                state,
                injectedAt === undefined ? '–' : timeText(injectedAt),
                endedAt === undefined ? '–' : timeText(endedAt),
                detectionMs === undefined ? '–' : spanText(detectionMs),
                recoveryMs === undefined ? '–' : spanText(recoveryMs),
              ]),
            ),
        probes.length === 0
          ? noData('No probe looked.')
          : table(
              'Probes',
              [{ title: 'Step' }, { title: 'Probe' }, { title: 'Verdict' }, { title: 'Expected' }, { title: 'Seen' }],
              probes.map(({ path, probe, verdict, expected, actual, error }) => [
                path,
                probe,
                verdict === 'passed' ? good('passed') : bad(verdict),
                expected ?? '–',
                error ?? actual ?? '–',
              ]),
            ),
        changes.length === 0
          ? noData('No snapshots before and after were compared, or nothing changed.')
          : html`<details>
              <summary>${plural(changes.length, 'view')} of the schemas changed from before to after</summary>
              ${table(
                'What changed from before to after',
                [
                  { title: 'Schema' },
                  { title: 'View' },
                  { title: 'Change' },
                  { title: 'Rows before', kind: 'number' },
                  { title: 'Rows after', kind: 'number' },
                ],
                changes.map(({ schema, object, change, rowsBefore, rowsAfter }) => [
                  schema,
                  object,
                  change,
                  rowsBefore === undefined ? '–' : countText(rowsBefore),
                  rowsAfter === undefined ? '–' : countText(rowsAfter),
                ]),
              )}
            </details>`,
      ],
    },
  ];
}

const valueText = (value: string | number): string =>
  typeof value === 'number' ? countText(value) : amountText(value);

export function servicesSection({ report: { services, counts, input, scenario } }: RunPage): Section {
  const named = (values: Readonly<Record<string, string | number>>) =>
    facts(Object.entries(values).map(([name, value]) => [titleText(name), valueText(value)]));
  return {
    id: 'services',
    title: 'What the services did',
    short: 'Services',
    lead: 'Counts as each service tells them.',
    parts: [
      html`<div class="cards">
        ${[['Input', input], ['Scenario', scenario], ['In all', counts], ...Object.entries(services)].map(
          ([name, values]) =>
            html`<section class="card">
              <h3>${name as string}</h3>
              ${named(values as Readonly<Record<string, string | number>>)}
            </section>`,
        )}
      </div>`,
    ],
  };
}

export function ratesSection({ report: { rates, servers } }: RunPage): Section {
  return {
    id: 'rates',
    title: 'Rates',
    short: 'Rates',
    lead: 'Of this run, on the machine it ran on, in seconds of the wall clock.',
    parts: [
      facts([
        ...Object.entries(rates).map(([name, value]) => [titleText(name), countText(value)] as const),
        ...Object.entries(servers).map(([name, value]) => [titleText(name), value] as const),
      ]),
    ],
  };
}
