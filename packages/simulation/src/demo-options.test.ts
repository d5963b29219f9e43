import { expect, test } from 'vitest';
import { DEMO_HELP, parseDemoOptions } from './demo-options.ts';
import { InputError } from './input-error.ts';

test.each([
  [[], 'S&P 500 daily bars, 2019', 'SPX', 'USD'],
  [['--all'], 'S&P 500 daily bars, 2000-2020', 'SPX', 'USD'],
  [['--trades', 'XRPETH-aggTrades-2019.csv'], 'XRPETH-aggTrades-2019.csv', 'XRP', 'ETH'],
  [['--trades=data.csv', '--symbol', 'btc-usd'], 'data.csv', 'BTC', 'USD'],
  [['--', '--all'], 'S&P 500 daily bars, 2000-2020', 'SPX', 'USD'],
])('%j reads %s', (args, name, base, quote) => {
  expect(parseDemoOptions(args)).toMatchObject({
    source: { name, base, quote },
    scenario: 'depeg',
    seed: 1,
    json: false,
    keep: false,
    quiet: false,
    report: 'report.html',
  });
});

test('flags are what was given', () => {
  expect(parseDemoOptions(['--json', '--keep', '--quiet'])).toMatchObject({ json: true, keep: true, quiet: true });
});

test('the page of the run goes where it is told, or nowhere', () => {
  expect(parseDemoOptions(['--report', 'out/run.html'])).toMatchObject({ report: 'out/run.html' });
  expect(parseDemoOptions(['--no-report'])).toMatchObject({ report: undefined });
});

test.each([['--help'], ['-h'], ['--all', '--trades', 'x', '--help']])(
  '%s asks for help, whatever else is there',
  (...args) => expect(parseDemoOptions(args)).toBe('help'),
);

test('the help names every option', () => {
  for (const option of [
    '--all',
    '--trades',
    '--symbol',
    '--scenario',
    '--seed',
    '--json',
    '--quiet',
    '--keep',
    '--report',
    '--no-report',
    '--ops-port',
    '--help',
  ])
    expect(DEMO_HELP).toContain(option);
});

test.each([
  [['--year', '2018'], "Unknown option '--year'. --help lists the options."],
  [['--trades'], "Option '--trades <value>' argument missing. --help lists the options."],
  [['--trades', '--json'], "Option '--trades' argument is ambiguous. --help lists the options."],
  [['--json=yes'], "Option '--json' does not take an argument. --help lists the options."],
  [
    ['--scenario', 'flood'],
    '--scenario takes one of depeg, crash, price-divergence, strategy-malfunction, settlement-failure, not "flood".',
  ],
  [['--ops-port', '70000'], '--ops-port takes the number of a port, not "70000".'],
  [['--seed', 'two'], '--seed takes a whole number, not "two".'],
  [['--trades', ''], '--trades needs the name of a file.'],
  [['--report', ''], '--report needs the name of a file.'],
  [['--report', 'a.html', '--no-report'], '--report names a page and --no-report wants none: give one of them.'],
  [['trades.csv'], '"trades.csv" is no option; a file of trades is given as --trades FILE.'],
  [
    ['--all', '--trades', 'XRPETH-aggTrades.csv'],
    '--all is about the S&P 500 and --trades about a file: give one of them.',
  ],
  [['--symbol', 'XRP-ETH'], '--symbol names the pair of a --trades file, and there is none.'],
  [
    ['--trades', 'data.csv'],
    'The name of data.csv does not tell its symbol; add --symbol, for example --symbol XRP-ETH.',
  ],
])('%j is refused in words', (args, message) => {
  expect(() => parseDemoOptions(args)).toThrow(new InputError(message));
});
