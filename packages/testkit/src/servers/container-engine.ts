import { spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type * as testcontainers from 'testcontainers';
import type { ContainerRuntimeClient } from 'testcontainers';

type Testcontainers = typeof testcontainers;

/** A container engine that answers, and the library that speaks to it. */
export interface ContainerEngine {
  readonly library: Testcontainers;
  readonly client: ContainerRuntimeClient;
  /** Whether the library's own reaper removes containers after a killed run. */
  readonly reaps: boolean;
}

export const NO_ENGINE = 'no Docker engine was found';

let engine: Promise<ContainerEngine> | undefined;

/** The engine, found once; throws one sentence when there is none. */
export const containerEngine = (env: NodeJS.ProcessEnv): Promise<ContainerEngine> => (engine ??= find(env));

async function find(env: NodeJS.ProcessEnv): Promise<ContainerEngine> {
  // Loading the library takes half a second, so first a look at where engines are.
  if (!(await mayBeThere(env))) throw new Error(NO_ENGINE);
  const library = await import('testcontainers').catch((cause: unknown) => {
    throw new Error('the package testcontainers is not installed', { cause });
  });
  const client = await library.getContainerRuntimeClient().catch((cause: unknown) => {
    throw new Error('no Docker engine answers', { cause });
  });
  return { library, client, reaps: await reaperIsThere(library, client) };
}

async function mayBeThere(env: NodeJS.ProcessEnv): Promise<boolean> {
  if (env['DOCKER_HOST'] || env['TESTCONTAINERS_HOST_OVERRIDE'] || process.platform === 'win32') return true;
  const home = homedir();
  const places = ['/var/run/docker.sock', join(env['XDG_RUNTIME_DIR'] ?? '/run', 'docker.sock')];
  const inHome = ['.docker/run/docker.sock', '.docker/desktop/docker.sock', '.testcontainers.properties'].map((path) =>
    join(home, path),
  );
  const found = await Promise.all(
    [...places, ...inHome].map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}

/** Without its image the library's reaper cannot start, and with it no container: then we reap ourselves. */
async function reaperIsThere(
  { ImageName }: Testcontainers,
  { image, container }: ContainerRuntimeClient,
): Promise<boolean> {
  if (process.env['TESTCONTAINERS_RYUK_DISABLED'] === 'true') return false;
  const named = process.env['RYUK_CONTAINER_IMAGE'];
  const there = named
    ? await image.exists(ImageName.fromString(named))
    : (await container.dockerode.listImages({ filters: { reference: ['testcontainers/ryuk'] } })).length > 0;
  if (!there) process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  return there;
}

/** A shell on a pipe from this process, which removes the container however this process ends. */
export function reap({ client, reaps }: ContainerEngine, id: string): void {
  if (reaps) return;
  const { socketPath } = client.container.dockerode.modem as { socketPath?: string };
  const host = socketPath ? ['-H', `unix://${socketPath}`] : [];
  const script = 'cat >/dev/null; docker "$@" >/dev/null 2>&1';
  const reaper = spawn('sh', ['-c', script, 'sh', ...host, 'rm', '-fv', id], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  reaper.on('error', () => {});
  reaper.unref();
  (reaper.stdin as unknown as { unref?: () => void }).unref?.();
}
