import { type PrintSource, aggTradePrints, checkAdapters, openAuditCorrelator, sp500Prints } from '@tse/simulation';
import { startServers } from '@tse/testkit/servers';
import { openSeven } from './load/adapters.ts';
import { Tape } from './load/arrivals.ts';
import { kneeOf, nextMultiple } from './load/knee.ts';
import { watchLags } from './load/lags.ts';
import { Latencies } from './load/latencies.ts';
import { openMarket } from './load/market.ts';
import { OperationLog } from './load/operation-log.ts';
import type { LoadReport } from './load/report.ts';
import { openRequests } from './load/requests.ts';
import { type Running, type Stage, runStage } from './load/run-stage.ts';
import { openServices } from './load/services.ts';

export interface LoadOptions {
  readonly source: PrintSource;
  /** Of load, over all stages. */
  readonly minutes: number;
  readonly stages: number;
  /** Prints a second on average with which it begins, to the next power of two of the recorded pace. */
  readonly from: number;
  readonly progress: (text: string) => void;
  /** Names the servers, where there are some to use. */
  readonly env?: NodeJS.ProcessEnv;
}

const WARM_UP_SECONDS = 15;

/** The prints that it plays: a bulk file, else what the demo has. */
export const sourceOf = (file: string | undefined, symbol: string | undefined): PrintSource =>
  file === undefined ? sp500Prints('all') : aggTradePrints(file, symbol);

/**
 * All seven adapters at once in this process, under the arrival times of recorded trades at rising multiples, in an open loop: what is due
 * is sent, whether or not what came before it is done.
 */
export async function load(options: LoadOptions): Promise<LoadReport> {
  const { source, progress, env } = options;
  const tape = await Tape.read(source);
  await using servers = await startServers({ purpose: 'demo', durable: true, log: progress, ...(env && { env }) });
  progress('setting up the seven schemas and the market');
  await using seven = await openSeven(servers);
  await using market = await openMarket(seven, source);
  const latencies = new Latencies();
  const correlator = await openAuditCorrelator(seven.adapters.audit, seven.sources);
  await using services = openServices(seven, market, latencies);
  const log = new OperationLog(seven.adapters, market, latencies);
  const requests = openRequests({ seven, market, services, log, latencies });
  await using watch = await watchLags(seven);
  const drain = async () => {
    while ((await watch.look()).inbox.events > 0) await new Promise((next) => setTimeout(next, 50));
    await correlator.drain();
  };

  const stages = await climb({ tape, requests, latencies, watch, drain }, options);
  progress('checking what must hold');
  const { signal } = new AbortController();
  const { runId, fence } = market.run;
  await seven.adapters.testCoordinator.runs.end({ runId, fence, status: 'completed' });
  await drain();
  const { audit, inbox } = await watch.look();
  const knee = kneeOf(stages);
  return {
    source: tape.name,
    recordedPerSecond: tape.perSecond,
    stages,
    ...(knee && { knee: knee.multiple }),
    left: { audit: audit.events, inbox: inbox.events },
    invariants: await checkAdapters(seven, signal),
  };
}

async function climb(running: Running, { minutes, stages: count, from, progress }: LoadOptions): Promise<Stage[]> {
  const first = 2 ** Math.ceil(Math.log2(from / running.tape.perSecond));
  const seconds = (minutes * 60) / count;
  progress('warming up');
  await runStage(running, { multiple: first, seconds: Math.min(WARM_UP_SECONDS, seconds), progress });
  const stages: Stage[] = [];
  while (stages.length < count)
    stages.push(await runStage(running, { multiple: nextMultiple(stages, first), seconds, progress }));
  return stages;
}
