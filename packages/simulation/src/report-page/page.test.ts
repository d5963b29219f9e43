import { decimal } from '@tse/core';
import { expect, test } from 'vitest';
import { reportOf } from '../report.ts';
import { renderPage } from './page.ts';
import { emptyRun, findings, sampleRun } from './sample-run.fixture.ts';

/** What a reader without scripts reads. */
const textOf = (page: string): string =>
  page
    .replaceAll(/<(script|style)[^>]*>.*?<\/\1>/gs, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');

const HOSTILE = `"><script>alert('x')</script><img src=x onerror=alert(1)>`;

test('the verdict stands first, then every part of the run', () => {
  const text = textOf(renderPage(sampleRun()));
  const order = [
    'All 3 invariants hold.',
    '3 / 3',
    '4.2 s to the first alert; within the 15 s allowed',
    'Price of BTC-USD',
    'Price of USDT-USD',
    'What moved USDT-USD',
    'manipulation (depeg/7/1) −0.08',
    'Depth of BTC-USD',
    'Profit and loss, USD',
    'Positions in BTC-USD',
    'runaway-position: position, strategy runaway',
    'desk-head told',
    'Settlements by due day',
    'Settlement of trade-17',
    'Delivery: 0.25 BTC, client/alice → client/erin',
    'manipulation.changed',
    '+18.3 ms',
    'exchange: ledger',
    'alert-raised',
    'Prints per second',
  ];
  const places = order.map((part) => text.indexOf(part));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  for (const shown of ['Seed 7', findings.scenarioRoot, 'Shown are']) expect(text).toContain(shown);
});

test('a broken identity, and one that compared nothing, show as broken and by name', () => {
  const broken = reportOf({
    ...findings,
    invariants: [
      ...findings.invariants,
      { name: 'custodian: holdings', ok: false, compared: 8, problem: 'alice USD 5, not 4' },
      { name: 'tape', ok: true, compared: 0 },
    ],
  });
  const page = renderPage(sampleRun({ report: broken }));
  expect(page).toContain('<title>✕ Stablecoin');
  const text = textOf(page);
  expect(text).toContain('2 of 5 invariants are broken.');
  expect(text).not.toMatch(/All \d+ invariants hold/);
  expect(text).toMatch(/custodian: holdings : alice USD 5, not 4/);
  expect(text).toMatch(/tape : it compared nothing/);
  expect(text).toMatch(/custodian: holdings ✕ broken 8 alice USD 5, not 4/);
});

test('a detection that came late, and none at all, are told', () => {
  const { detection } = sampleRun();
  expect(textOf(renderPage(sampleRun({ detection: { ...detection!, seconds: 16 } })))).toContain(
    '16 s to the first alert; later than the 15 s allowed',
  );
  expect(textOf(renderPage(sampleRun({ detection: { changedAt: detection!.changedAt } })))).toContain(
    'no alert was raised',
  );
});

test('a run in which nothing happened says so, part by part', () => {
  const page = renderPage(emptyRun());
  const text = textOf(page);
  for (const sentence of [
    'No invariant was checked.',
    'No prices were recorded.',
    'No price scenario ran',
    'No price was manipulated.',
    'No market is open.',
    'No strategy traded: there are no positions.',
    'Nothing was valued.',
    'No limit was defined.',
    'No limit was breached.',
    'Nothing was to settle.',
    'No settlement failed.',
    'No chain was asked for.',
  ])
    expect(text).toContain(sentence);
  expect(page).toContain('<script type="application/json" id="charts">{}</script>');
});

test('a lot of one digit after another is not lost in a table', () => {
  const [position] = sampleRun().positions;
  const exact = { ...position!, realized: decimal.of('-12345678901234567890.123456789012345678') };
  expect(textOf(renderPage(sampleRun({ positions: [exact] })))).toContain(
    '−12,345,678,901,234,567,890.123456789012345678',
  );
});

test('whatever names hold, it is text', () => {
  const { run } = sampleRun();
  const hostile = sampleRun({
    run: { ...run!, scenarioName: HOSTILE, probes: [{ path: '1', probe: HOSTILE, verdict: HOSTILE, error: HOSTILE }] },
    report: reportOf({
      ...findings,
      scenario: { name: HOSTILE, seed: 1 },
      scenarioRoot: HOSTILE,
      services: { [HOSTILE]: { [HOSTILE]: HOSTILE } },
      invariants: [{ name: HOSTILE, ok: false, compared: 1, problem: HOSTILE }],
    }),
    prices: sampleRun().prices.map((line) => ({ ...line, source: HOSTILE, symbol: HOSTILE })),
    breaches: sampleRun().breaches.map((breach) => ({ ...breach, limitId: HOSTILE, scope: HOSTILE })),
    chains: sampleRun().chains.map((chain) => ({
      ...chain,
      title: HOSTILE,
      steps: [{ ...chain.steps[0]!, aggregateId: HOSTILE }],
    })),
  });
  const page = renderPage(hostile);
  const [markup, data = ''] = page.split('<script type="application/json" id="charts">');
  expect(markup).toContain('&lt;img');
  for (const opened of ['<img', '<script']) expect(markup).not.toContain(opened);
  expect(data.slice(0, data.indexOf('</script>'))).not.toContain('<');
  expect(JSON.parse(data.slice(0, data.indexOf('</script>')))).toHaveProperty([`price-${HOSTILE}`]);
});

test('the page names no address that could be asked for, and only its own scripts may run', () => {
  const page = renderPage(sampleRun());
  const own = page.replaceAll(/<script>.*?<\/script>/gs, '');
  expect(own).not.toMatch(/(?:src|href)=["'](?!#)/);
  expect(own).not.toMatch(/url\(|@import/);
  expect(own).toMatch(/default-src &#39;none&#39;; script-src &#39;sha256-/);
});
