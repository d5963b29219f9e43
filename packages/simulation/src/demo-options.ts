import { parseArgs } from 'node:util';
import { InputError } from './input-error.ts';
import { aggTradePrints } from './prints/agg-trades.ts';
import type { PrintSource } from './prints/print.ts';
import { sp500Prints } from './prints/sp500.ts';
import { type ScenarioName, scenarioNames } from './scenarios.ts';

export interface DemoOptions {
  readonly source: PrintSource;
  readonly scenario: ScenarioName;
  /** Of ids, of the stablecoin's price, and of what is planted: the same seed gives the same run. */
  readonly seed: number;
  readonly json: boolean;
  readonly keep: boolean;
  readonly quiet: boolean;
  /** Where `/metrics`, `/readyz` and the status page are while it runs. */
  readonly opsPort: number | undefined;
  /** Where the page of the run goes; absent where none is wanted. */
  readonly report: string | undefined;
}

export const DEMO_HELP = `Usage: pnpm demo [options]

Trades real prints again, with all seven services on a real PostgreSQL and a real Redis: market data tells the prints, an
exchange matches and settles the orders they come from, strategies trade on them, risk checks and watches, a custodian settles,
audit keeps every event. Half-way the test coordinator runs a scenario in which something goes wrong. At the end it says what
the adapters hold and checks what must hold within and between them.

Input, by default the year 2019 of the daily S&P 500, four prints a day:
  --all             all of 2000 to 2020
  --trades FILE     an exchange's bulk file of aggregate trades (CSV: id, price, quantity, first id, last id, time, buyer was maker)
  --symbol PAIR     the pair of that file, for example XRP-ETH, where its name does not begin with it

  --scenario NAME   what goes wrong half-way (depeg): ${scenarioNames.join(', ')}
  --seed N          repeats a run: the scenario root at the end is the same for the same input, scenario and seed (1)

Output:
  --json            the report as one JSON object on stdout
  --report FILE     the run as a page to look at, one file for any browser (report.html)
  --no-report       no such page
  --ops-port PORT   serve /metrics, /readyz and a status page of all seven while it runs
  --quiet           no progress on stderr
  --keep            leave the servers up until Ctrl-C and say how to look at them; .env names them meanwhile
  --help            this text

Exit code: 0 when every invariant holds, 1 when one does not or the run fails, 2 when the options or the file cannot be
used, 130 when Ctrl-C ended the run before that.
`;

/** What the arguments ask for; 'help' for --help. Throws an InputError that says what is wrong with them. */
export function parseDemoOptions(args: readonly string[]): DemoOptions | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  if (positionals.length > 0)
    throw new InputError(`"${positionals[0]}" is no option; a file of trades is given as --trades FILE.`);
  if (values.all && values.trades !== undefined)
    throw new InputError('--all is about the S&P 500 and --trades about a file: give one of them.');
  if (values.symbol !== undefined && values.trades === undefined)
    throw new InputError('--symbol names the pair of a --trades file, and there is none.');
  if (values.trades === '') throw new InputError('--trades needs the name of a file.');
  if (values['no-report'] && values.report !== undefined)
    throw new InputError('--report names a page and --no-report wants none: give one of them.');
  const source =
    values.trades === undefined ? sp500Prints(values.all ? 'all' : 2019) : aggTradePrints(values.trades, values.symbol);
  if (!/^\d{1,9}$/.test(values.seed)) throw new InputError(`--seed takes a whole number, not "${values.seed}".`);
  const scenario = scenarioNames.find((name) => name === values.scenario);
  if (scenario === undefined)
    throw new InputError(`--scenario takes one of ${scenarioNames.join(', ')}, not "${values.scenario}".`);
  if (values.report === '') throw new InputError('--report needs the name of a file.');
  const port = values['ops-port'];
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) < 65_536))
    throw new InputError(`--ops-port takes the number of a port, not "${port}".`);
  const opsPort = port === undefined ? undefined : Number(port);
  const { seed, json, keep, quiet } = values;
  const report = values['no-report'] ? undefined : (values.report ?? 'report.html');
  return { source, scenario, seed: Number(seed), json, keep, quiet, opsPort, report };
}

function parse(args: readonly string[]) {
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({
      // Some package runners hand their own separator through.
      args: args[0] === '--' ? args.slice(1) : [...args],
      options: {
        all: flag,
        trades: { type: 'string' },
        scenario: { type: 'string', default: 'depeg' },
        seed: { type: 'string', default: '1' },
        symbol: { type: 'string' },
        report: { type: 'string' },
        'no-report': flag,
        'ops-port': { type: 'string' },
        json: flag,
        keep: flag,
        quiet: flag,
        help: { ...flag, short: 'h' },
      },
      allowPositionals: true,
    });
  } catch (error) {
    const [problem = ''] = error instanceof Error ? error.message.split(/\.?(?:\n| To specify)/) : [];
    throw new InputError(`${problem}. --help lists the options.`);
  }
}
