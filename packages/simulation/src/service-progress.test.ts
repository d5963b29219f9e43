import { expect, test } from 'vitest';
import { screen } from './screen.fixture.ts';
import { startServiceProgress } from './service-progress.ts';

const ESCAPE = '\u001B';

/** What stands on a terminal after all that was written. */
function shown(written: readonly string[]): string[] {
  const lines: string[] = [''];
  let at = 0;
  const plain = written.join('').replaceAll(`${ESCAPE}[K`, '').replaceAll('\r', '');
  for (const part of plain.split(/(\n)/).flatMap((text) => text.split(ESCAPE))) {
    const [rise = '', up] = /^\[(\d+)A/.exec(part) ?? [];
    at -= Number(up ?? 0);
    const text = part.slice(rise.length);
    if (text === '\n') lines[(at += 1)] ??= '';
    else if (text !== '') lines[at] = text;
  }
  return lines;
}

const services = ['market-data', 'exchange', 'risk'] as const;

test('on a terminal each service has a line, drawn over itself at most ten times a second', () => {
  const { written, stream, now, pass } = screen({ isTTY: true, columns: 60, rows: 24 });
  const progress = startServiceProgress({ services, stream, now });
  for (let trade = 1; trade <= 100; trade += 1) {
    pass(10);
    progress.set('exchange', trade, 'trades');
  }
  expect(written).toHaveLength(10);
  expect(shown(written)).toEqual([
    'market-data  waiting',
    'exchange     100 trades, 100/s',
    'risk         waiting',
    '',
  ]);
  progress.set('risk', 'alert: USDT-USD below 0.95');
  progress.end();
  expect(shown(written)).toEqual([
    'market-data  waiting',
    'exchange     100 trades, 100/s',
    'risk         alert: USDT-USD below 0.95',
    '',
  ]);
});

test('what is said stands above the lines of the services', () => {
  const { written, stream, now, pass } = screen({ isTTY: true, columns: 60, rows: 24 });
  const progress = startServiceProgress({ services, stream, now });
  progress.say('Starting.');
  pass(200);
  progress.set('exchange', 'open');
  progress.say('Injecting the depeg.');
  progress.end();
  expect(shown(written)).toEqual([
    'Starting.',
    'Injecting the depeg.',
    'market-data  waiting',
    'exchange     open',
    'risk         waiting',
    '',
  ]);
});

test('a narrow terminal cuts its lines, so that each stays one line', () => {
  const { written, stream, now, pass } = screen({ isTTY: true, columns: 20, rows: 24 });
  const progress = startServiceProgress({ services, stream, now });
  pass(200);
  progress.set('exchange', 12_477, 'trades');
  for (const line of shown(written)) expect(line.length).toBeLessThan(20);
});

test.each([
  ['off a terminal', {}],
  ['on a terminal of too few rows', { isTTY: true, columns: 60, rows: 3 }],
])(
  '%s a plain line comes every five seconds of each service that has moved, and one at the end',
  (_where, terminal) => {
    const { written, stream, now, pass } = screen(terminal);
    const progress = startServiceProgress({ services, stream, now });
    for (let second = 1; second <= 9; second += 1) {
      pass(1_000);
      progress.set('exchange', second * 1_200, 'trades');
    }
    progress.say('Reading back.');
    progress.set('risk', 'watching');
    progress.end();
    progress.set('risk', 'too late');
    expect(written).toEqual([
      'exchange     6,000 trades, 1,200/s\n',
      'Reading back.\n',
      'exchange     10,800 trades, 1,200/s\n',
      'risk         watching\n',
    ]);
  },
);

test('quiet is quiet', () => {
  const { written, stream, now, pass } = screen({ isTTY: true, rows: 24 });
  const progress = startServiceProgress({ services, quiet: true, stream, now });
  pass(9_000);
  progress.set('risk', 'watching');
  progress.say('Reading back.');
  progress.end();
  expect(written).toEqual([]);
});

test('a service that was not named is a mistake of the caller', () => {
  const { stream, now } = screen();
  const progress = startServiceProgress({ services: ['risk'] as readonly string[], stream, now });
  expect(() => progress.set('rsik', 'watching')).toThrow('no progress is shown of rsik');
});
