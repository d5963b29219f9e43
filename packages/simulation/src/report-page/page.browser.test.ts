import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BrowserContext, type Page, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { reportOf } from '../report.ts';
import type { RunPage } from './run-page.ts';
import { emptyRun, findings, sampleRun } from './sample-run.fixture.ts';
import { writeReportPage } from './write-report-page.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 }); // a browser on a busy machine

/** The browser of the system's packages; none is fetched. */
const executable = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)))
  .find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

const QUIET = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const SOON = { timeout: 20_000 };
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

describe.skipIf(executable === undefined)('in a browser', () => {
  let folder: string;
  let browser: BrowserContext;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tse-report-'));
    browser = await chromium.launchPersistentContext(join(folder, 'profile'), {
      executablePath: executable!,
      args: QUIET,
    });
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens the page of a run as somebody would who was sent the file; hears all that goes wrong, and all that is asked for. */
  async function open(run: RunPage, viewport = DESKTOP, colorScheme: 'light' | 'dark' = 'light') {
    const file = join(folder, 'pages', 'report.html');
    await writeReportPage(file, run);
    const page = await browser.newPage();
    const wrong: string[] = [];
    const asked: string[] = [];
    page.on('console', (message) => void (['error', 'warning'].includes(message.type()) && wrong.push(message.text())));
    page.on('pageerror', ({ message }) => void wrong.push(message));
    page.on('request', (request) => void asked.push(request.url()));
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    const url = pathToFileURL(file).href;
    await page.goto(url, { waitUntil: 'load' });
    return { page, wrong, asked: () => asked.filter((address) => address !== url && !address.startsWith('data:')) };
  }

  /** Of each chart: its size, and how many shapes it has drawn. */
  const drawn = (page: Page) =>
    page.evaluate<{ id: string; width: number; height: number; shapes: number; colour: string }[]>(
      `[...document.querySelectorAll('[data-chart]')].map((plot) => {
         const svg = plot.querySelector('svg');
         const { width, height } = svg.getBoundingClientRect();
         const line = [...svg.querySelectorAll('path')].find((path) => path.getAttribute('stroke-width') > 1);
         return { id: plot.dataset.chart, width, height, shapes: svg.querySelectorAll('path').length, colour: line?.getAttribute('stroke') ?? '' };
       })`,
    );
  /** How far the page reaches beyond the screen to the right. */
  const overflow = (page: Page) =>
    page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

  const CHARTS = [
    'price-BTC-USD',
    'price-USDT-USD',
    'causes-USDT-USD-depeg-7',
    'depth-BTC-USD',
    'results-USD',
    'positions-BTC-USD',
    'limit-runaway-position',
    'settlements',
  ];

  test.each([
    ['a desktop', DESKTOP, 'light'],
    ['a desktop at night', DESKTOP, 'dark'],
    ['a phone', PHONE, 'light'],
    ['a phone at night', PHONE, 'dark'],
  ] as const)(
    'on %s all charts are drawn, nothing fails, nothing is asked for, nothing sticks out',
    async (_, size, scheme) => {
      const { page, wrong, asked } = await open(sampleRun(), size, scheme);
      const charts = await drawn(page);
      expect(charts.map(({ id }) => id)).toEqual(CHARTS);
      for (const { id, width, height, shapes } of charts)
        expect([id, width > 250, height > 200, shapes > 8]).toEqual([id, true, true, true]);
      expect(await overflow(page)).toBe(0);
      expect([wrong, asked()]).toEqual([[], []]);
      expect(await page.locator('.verdict').innerText()).toMatch(/All 3 invariants hold\./);
      expect(await page.title()).toBe('✓ Stablecoin depeg over 36 hours');
      await page.close();
    },
  );

  test('charts change their colours with the scheme, and their width with the window', async () => {
    const { page, wrong } = await open(sampleRun());
    const [day] = await drawn(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(async () => (await drawn(page))[0]!.colour, SOON).not.toBe(day!.colour);
    await page.setViewportSize(PHONE);
    await expect.poll(async () => (await drawn(page))[0]!.width, SOON).toBeLessThan(PHONE.width);
    expect(await overflow(page)).toBe(0);
    expect(wrong).toEqual([]);
    await page.close();
  });

  test('a broken invariant shows as broken', async () => {
    const broken = { name: 'custodian: holdings', ok: false, compared: 8, problem: 'alice USD 5, not 4' };
    const run = sampleRun({ report: reportOf({ ...findings, invariants: [...findings.invariants, broken] }) });
    const { page, wrong } = await open(run, PHONE);
    expect(await page.locator('.verdict').innerText()).toMatch(/1 of 4 invariants is broken\./);
    expect(await page.locator('.broken-list').innerText()).toBe('custodian: holdings: alice USD 5, not 4');
    expect(await page.title()).toMatch(/^✕/);
    expect([wrong, await overflow(page)]).toEqual([[], 0]);
    await page.close();
  });

  test('a run in which nothing happened, and one with hostile names, open as well', async () => {
    const hostile = `</script><script>document.title='taken'</script><img src="https://example.org/x" onerror="document.title='taken'">`;
    for (const run of [
      emptyRun(),
      sampleRun({ symbol: hostile, prices: sampleRun().prices.map((line) => ({ ...line, source: hostile })) }),
    ]) {
      const { page, wrong, asked } = await open(run, PHONE);
      await page.hover('body');
      expect([wrong, asked(), await overflow(page)]).toEqual([[], [], 0]);
      expect(await page.title()).not.toBe('taken');
      await page.close();
    }
  });

  test('without scripts the tables are there, and say what the charts would show', async () => {
    const context = await browser.browser()!.newContext({ javaScriptEnabled: false });
    const file = join(folder, 'report.html');
    await writeReportPage(file, sampleRun());
    const page = await context.newPage();
    await page.goto(pathToFileURL(file).href);
    expect(await page.locator('noscript').first().innerText()).toContain('The chart needs JavaScript');
    expect(await page.locator('table').count()).toBeGreaterThan(8);
    await context.close();
  });
});
