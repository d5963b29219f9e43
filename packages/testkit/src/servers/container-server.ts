import { mkdir, readdir } from 'node:fs/promises';
import type { StartedTestContainer } from 'testcontainers';
import { containerEngine, reap, type ContainerEngine } from './container-engine.ts';
import { onFreePort } from './free-port.ts';
import { endsServer, type Server, type StoreStart } from './server.ts';
import { untilAnswers } from './versions.ts';

export interface ContainerProgram {
  /** `PostgreSQL` or `Redis`. */
  readonly name: string;
  readonly image: string;
  readonly port: number;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Where the image keeps its data. */
  readonly dataFolder: string;
  /** How the log says that connections are taken, and how often on a first start. */
  readonly ready: readonly [RegExp, times: number];
  adminUrl(host: string, port: number): string;
  version(adminUrl: string): Promise<string>;
  /** What data of an earlier start needs. */
  adopt?(container: StartedTestContainer): Promise<void>;
}

/** Starts a server in a container, on a fixed port so that it comes back there; throws one sentence when it cannot. */
export async function containerServer(program: ContainerProgram, start: StoreStart): Promise<Server> {
  const engine = await containerEngine(start.env);
  const again = start.keep !== undefined && (await readdir(start.keep).catch(() => [])).length > 0;
  const { container, port } = await onFreePort(start.port, async (free) => ({
    container: await startContainer(program, start, engine, { port: free, again }),
    port: free,
  }));
  const host = container.getHost().replace(/^localhost$/, '127.0.0.1');
  const adminUrl = program.adminUrl(host, port);
  const handle = engine.client.container.getById(container.getId());
  let pid: number | undefined;
  const lookUp = async (): Promise<void> => {
    const { State } = await handle.inspect();
    pid = State.Running ? State.Pid : undefined;
  };
  let stopped: Promise<unknown> | undefined;
  const stop = async (): Promise<void> => {
    pid = undefined;
    await (stopped ??= container.stop({ timeout: start.keep === undefined ? 0 : 30_000, removeVolumes: true }));
  };
  try {
    if (again) await program.adopt?.(container);
    const version = await untilAnswers(() => program.version(adminUrl));
    await lookUp();
    return {
      adminUrl,
      version,
      origin: 'docker',
      host,
      port,
      get pid() {
        return pid;
      },
      kill: async (signal = 'SIGKILL') => {
        if (pid === undefined) return;
        await handle.kill({ signal });
        if (endsServer(signal)) await handle.wait({ condition: 'not-running' });
        await lookUp();
      },
      restart: async () => {
        await (pid === undefined ? handle.start() : handle.restart({ t: 10 }));
        await untilAnswers(() => program.version(adminUrl));
        await lookUp();
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startContainer(
  program: ContainerProgram,
  { keep, durable, log }: StoreStart,
  engine: ContainerEngine,
  { port, again }: { readonly port: number; readonly again: boolean },
): Promise<StartedTestContainer> {
  const { library, client } = engine;
  const { GenericContainer, ImageName, Wait } = library;
  class ReapedContainer extends GenericContainer {
    protected override async containerCreated(id: string): Promise<void> {
      reap(engine, id);
    }
  }
  const container = new ReapedContainer(program.image)
    .withExposedPorts({ container: program.port, host: port })
    .withCommand([...program.command])
    .withEnvironment({ ...program.environment })
    .withWaitStrategy(Wait.forLogMessage(program.ready[0], again ? 1 : program.ready[1]))
    .withStartupTimeout(120_000);
  if (keep !== undefined) {
    await mkdir(keep, { recursive: true });
    container.withBindMounts([{ source: keep, target: program.dataFolder }]);
  } else if (!durable) container.withTmpFs({ [program.dataFolder]: 'rw' });
  const here = await client.image.exists(ImageName.fromString(program.image));
  if (!here) log(`${program.name}: pulling the image ${program.image}; Docker keeps it`);
  return await container.start().catch((cause: unknown) => {
    throw new Error(
      here ? `Docker could not start ${program.image}` : `Docker has no image ${program.image} and could not pull it`,
      { cause },
    );
  });
}
