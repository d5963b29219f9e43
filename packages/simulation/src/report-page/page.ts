import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Chart } from './chart.ts';
import { Html, embeddedJson, html } from './html.ts';
import type { RunPage } from './run-page.ts';
import type { Section } from './section.ts';
import { sectionsOf } from './sections.ts';
import { verdict } from './verdict.ts';

const asset = (name: string): string => readFileSync(new URL(`../../report-page/${name}`, import.meta.url), 'utf8');

const textAt = (url: string): string => readFileSync(fileURLToPath(url), 'utf8');

/** Only these scripts run, and nothing is loaded from anywhere. */
const policyFor = (scripts: readonly string[]): string =>
  [
    "default-src 'none'",
    `script-src ${scripts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`).join(' ')}`,
    "style-src 'unsafe-inline'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

/** The page of a run: one file with all it needs, which asks the network for nothing. */
export function renderPage(run: RunPage): string {
  const sections = sectionsOf(run);
  const charts = sections.flatMap(({ parts }) => parts.filter(isChart));
  // Apache ECharts in its build of the common charts, its licence at its head; its notice goes below the page.
  const scripts = [textAt(import.meta.resolve('echarts/dist/echarts.common.min.js')), asset('charts.js')];
  const notice = textAt(import.meta.resolve('echarts/NOTICE'))
    .trim()
    .replaceAll(/\s+/g, ' ');
  const title = run.run?.scenarioName ?? String(run.report.input.source ?? run.symbol);
  const head = html`<meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policyFor(scripts)}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="referrer" content="no-referrer" />
    <title>${run.report.ok ? '✓' : '✕'} ${title}</title>`;
  const body = html`<a class="skip" href="#content">To the content</a>
    ${verdict(run, title)}
    <nav aria-label="Sections">
      <ul>
        ${sections.map(({ id, short: name }) => html`<li><a href="#${id}">${name}</a></li>`)}
      </ul>
    </nav>
    <main id="content">${sections.map(sectionMarkup)}</main>
    <footer>
      <p>All times are business time in UTC. Amounts in tables are exact; charts draw them as near as a screen can.</p>
      <p>Drawn with ${notice} It is licensed under the Apache License 2.0.</p>
    </footer>`;
  return [
    '<!doctype html>',
    `<html lang="en"><head>${head.text}`,
    `<style>\n${asset('page.css')}</style></head>`,
    `<body>${body.text}`,
    `<script type="application/json" id="charts">${embeddedJson(optionsOf(charts)).text}</script>`,
    // To the byte what the policy has the hash of.
    ...scripts.map((text) => `<script>${text}</script>`),
    '</body></html>\n',
  ].join('\n');
}

const optionsOf = (charts: readonly Chart[]): object =>
  Object.fromEntries(charts.map(({ id, option }) => [id, option]));

const isChart = (part: Chart | Html): part is Chart => !(part instanceof Html);

const sectionMarkup = ({ id, title, lead, parts }: Section): Html =>
  html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    <p class="lead">${lead}</p>
    ${parts.map((part) => (isChart(part) ? figure(part) : part))}
  </section> `;

const figure = ({ id, title, summary, note, figures }: Chart): Html =>
  html`<figure>
    <figcaption>
      <h3>${title}</h3>
      <p>${summary}</p>
    </figcaption>
    <div class="plot" data-chart="${id}" role="img" aria-label="${title}. ${summary}">
      <noscript>The chart needs JavaScript; what it shows is told above and in the tables.</noscript>
    </div>
    ${note !== undefined && html`<p class="note">${note}</p>`}
    ${
      figures !== undefined &&
      html`<details>
        <summary>The figures</summary>
        ${figures}
      </details>`
    }
  </figure> `;
