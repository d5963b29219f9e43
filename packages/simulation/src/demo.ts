import { isAdapterError } from '@tse/core';
import { manualClock } from '@tse/testkit';
import { startServers } from '@tse/testkit/servers';
import { openDemoAdapters } from './demo-adapters.ts';
import { DEMO_HELP, parseDemoOptions } from './demo-options.ts';
import { writeDemoPage } from './demo-page.ts';
import { runDemo } from './demo-run.ts';
import { planOf } from './ecosystem/plan.ts';
import { InputError } from './input-error.ts';
import { Interrupted, onInterrupt } from './interrupt.ts';
import { keepUp } from './keep.ts';
import { openOpsPort } from './ops.ts';
import { formatReport, reportOf } from './report.ts';

async function main(): Promise<number> {
  const options = parseDemoOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(DEMO_HELP);
    return 0;
  }
  const { source, scenario, seed, quiet, json, keep, opsPort, report: page } = options;
  const say = (line: string) => void (quiet || process.stderr.write(`${line}\n`));
  say(`Reading ${source.name}.`);
  const plan = await planOf(source, { quiet });

  await using servers = await startServers({ purpose: 'demo', log: say });
  const signal = onInterrupt();
  const clock = manualClock(plan.survey.firstAt);
  await using demo = await openDemoAdapters(servers, clock, { seed });
  await using ops =
    opsPort === undefined ? undefined : await openOpsPort(demo.adapters, { port: opsPort, name: 'demo' });
  if (ops !== undefined) say(`Metrics and status of all seven: http://localhost:${ops.port}.`);
  signal.throwIfAborted();
  const report = reportOf({
    ...(await runDemo(plan, demo, { clock, signal, scenario, seed, quiet, say })),
    servers: {
      postgres: `${servers.postgres.version}, ${servers.postgres.origin}`,
      redis: `${servers.redis.version}, ${servers.redis.origin}`,
    },
  });
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : formatReport(report));
  if (page !== undefined) {
    const { symbol, firstAt: from } = plan.survey;
    await writeDemoPage(page, demo, { report, symbol, from, to: clock.now(), signal });
    say(`The run as a page: ${page}.`);
  }
  if (keep) await keepUp(demo, signal);
  return report.ok ? 0 : 1;
}

/** Says what ended the demo, in one line where that is all there is to know, and answers the exit code. */
function exitCodeOf(error: unknown): number {
  if (error instanceof SuppressedError) return exitCodeOf(error.suppressed); // what came first, not what closing then met
  if (error instanceof Interrupted) return error.exitCode;
  const isToldInWords = isAdapterError(error) || (error instanceof Error && error.constructor === Error);
  if (!(error instanceof InputError) && !isToldInWords) throw error;
  process.stderr.write(`${error.message}\n`);
  return error instanceof InputError ? 2 : 1;
}

process.exitCode = await main().catch(exitCodeOf);
