import { chmod, mkdir, mkdtemp, readFile, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Project, tryOut } from './outside/project.ts';
import { serveRegistry, type Package } from './outside/registry.ts';
import { run, type Where } from './outside/run.ts';
import { faultsOf, type Manifest } from './outside/tarball.ts';

const HELP = `pnpm check:packages [--only WORDS] [--keep]

Whether somebody outside can use what is published: builds and packs every package, looks into each tarball, installs
them into empty projects outside the workspace with npm and with pnpm as they come, on the oldest Node that is promised
and on Node 24, with the newest and with the oldest peers; checks types under TypeScript 6 and 7 (skipLibCheck off);
and runs the first service of the README on servers of tse-stack. Packages come from the registry that npm is
configured with; nothing stays behind.

  --only    the projects whose name has these words, such as 'npm, Node 24'
  --keep    leaves the projects for a look, and says where`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    keep: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

const workspace = resolve(import.meta.dirname, '../../..');
const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => stopped.abort(new Error(`stopped by ${signal}`)));
const { signal } = stopped;

let passed = 0;
let failed = 0;
/** Says how it ended. What fails has said so, and where the rest does not need it, the rest may tell more. */
async function step(title: string, work: () => Promise<unknown>): Promise<void> {
  const started = performance.now();
  const seconds = (): string => `(${((performance.now() - started) / 1000).toFixed(1)} s)`;
  try {
    await work();
    passed++;
    console.log(`ok   ${title} ${seconds()}`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${title} ${seconds()}\n${(error as Error).message.replaceAll(/^/gm, '     ')}`);
    throw error;
  }
}

const began = performance.now();
// Where links are followed, since npm compares names of folders; the servers' account must come through.
const folder = await realpath(await mkdtemp(join(tmpdir(), 'check-packages-')));
await chmod(folder, 0o755);
try {
  await checkPackages();
} catch (error) {
  if (failed === 0) throw error;
} finally {
  if (values.keep) console.log(`The projects are in ${folder}`);
  else await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
console.log(`${passed} passed, ${failed} failed in ${((performance.now() - began) / 1000).toFixed(0)} s`);
process.exit(failed === 0 ? 0 : 1);

async function checkPackages(): Promise<void> {
  const here: Where = { cwd: workspace, env: process.env, signal };
  await step('builds', async () => {
    // What was built of a file that is gone would be packed too.
    for (const name of await readdir(join(workspace, 'packages')))
      await rm(join(workspace, 'packages', name, 'dist'), { recursive: true, force: true });
    await run('tsc', ['-b', ...(await publishedFolders())], here);
  });
  const tarballs = join(folder, 'tarballs');
  await step('packs', () => run('pnpm', ['-r', 'pack', '--pack-destination', tarballs], here));

  const packages: Package[] = [];
  for (const file of (await readdir(tarballs)).toSorted()) {
    const unpacked = join(folder, 'unpacked', basename(file, '.tgz'));
    await mkdir(unpacked, { recursive: true });
    await run('tar', ['-xzf', join(tarballs, file), '-C', unpacked], here);
    const manifest = JSON.parse(await readFile(join(unpacked, 'package/package.json'), 'utf8')) as Manifest;
    if (manifest.private) continue;
    packages.push({ manifest, tarball: await readFile(join(tarballs, file)) });
    await step(`${manifest.name}: the tarball holds what it should`, async () => {
      const faults = await faultsOf(join(unpacked, 'package'));
      if (faults.length > 0) throw new Error(faults.join('\n'));
      await run('publint', [join(tarballs, file), '--strict'], here);
    }).catch(() => {});
    signal.throwIfAborted();
  }
  await tryOutAll(packages);
}

async function publishedFolders(): Promise<string[]> {
  const folders = (await readdir(join(workspace, 'packages'))).map((name) => join(workspace, 'packages', name));
  const manifests = await Promise.all(
    folders.map(async (each) => JSON.parse(await readFile(join(each, 'package.json'), 'utf8')) as Manifest),
  );
  return folders.filter((_, index) => !manifests[index]?.private);
}

async function tryOutAll(packages: readonly Package[]): Promise<void> {
  const { node, peers } = promised(packages);
  const env = outsideEnvironment();
  const tools = join(folder, 'tools');
  await step('fetches Node, pnpm and TypeScript from npm', async () => {
    await mkdir(tools);
    await writeFile(join(tools, 'package.json'), '{ "private": true }\n');
    const nodes = [`node-oldest@npm:node@${node}`, 'node-24@npm:node@24'];
    const compilers = [6, 7].map((version) => `typescript${version}@npm:typescript@${version}`);
    await run('npm', ['install', ...nodes, ...compilers, 'pnpm@12'], { cwd: tools, env, signal });
  });
  const configured = (await run('npm', ['config', 'get', 'registry'], { cwd: tools, env, signal })).trim();
  await using registry = await serveRegistry(packages);
  const firstService = join(workspace, 'packages/simulation/src/first-service.ts');
  const shared = {
    folder: tools,
    npmrc: `registry=${configured}\n@tse:registry=${registry.url}\n`,
    firstService,
    env,
    signal,
  };
  const on22 = { major: 22, node: join(tools, 'node_modules/node-oldest/bin') };
  const on24 = { major: 24, node: join(tools, 'node_modules/node-24/bin') };
  const all = packages.map(({ manifest }) => manifest);
  const one = all.filter(({ name }) => /\/(core|exchange|cli|testkit)$/.test(name));
  const projects: Record<string, Project> = {
    'npm, Node 22, oldest peers': { ...on22, manager: 'npm', packages: all, beside: peers, compilers: [6, 7] },
    'pnpm, Node 22': { ...on22, manager: 'pnpm', packages: all, beside: {}, compilers: [7] },
    'npm, Node 24': { ...on24, manager: 'npm', packages: all, beside: {}, compilers: [6] },
    'pnpm, Node 24': { ...on24, manager: 'pnpm', packages: all, beside: {}, compilers: [6, 7] },
    'pnpm, Node 24, one adapter': { ...on24, manager: 'pnpm', packages: one, beside: {}, compilers: [7] },
  };
  const chosen = Object.entries(projects).filter(([name]) => name.includes(values.only));
  if (chosen.length === 0)
    throw new Error(`No project has "${values.only}" in its name: ${Object.keys(projects).join('; ')}`);
  for (const [name, project] of chosen) {
    const own = join(folder, name.replaceAll(/\W+/g, '-').toLowerCase());
    await tryOut(project, own, shared, (title, work) => step(`${name}: ${title}`, work)).catch(() => {});
    signal.throwIfAborted();
  }
}

/** The oldest Node and the oldest peers that the packages say they work with; what one says, all do. */
function promised(packages: readonly Package[]): { node: string; peers: Record<string, string> } {
  const core = packages.find(({ manifest }) => manifest.name === '@tse/core')!.manifest;
  const oldest = (range = ''): string => [...range.replace('>=', '').split('.'), '0', '0'].slice(0, 3).join('.');
  const peers = Object.entries(core.peerDependencies ?? {});
  for (const { manifest } of packages) {
    const others = { ...Object.fromEntries(peers), ...manifest.peerDependencies };
    if (manifest.engines?.['node'] !== core.engines?.['node'] || peers.some(([name, range]) => others[name] !== range))
      throw new Error(`${manifest.name} says that it works with other versions than @tse/core`);
  }
  return {
    node: oldest(core.engines?.['node']),
    peers: Object.fromEntries(peers.map(([name, range]) => [name, oldest(range)])),
  };
}

/** The caller's environment without the workspace in it, with caches that go when this ends. */
function outsideEnvironment(): NodeJS.ProcessEnv {
  const inside =
    /^(npm_(package|lifecycle|command|config_user_agent|execpath|node_execpath)|pnpm_config_verify|TSE_(?!CACHE)|\w+_(POSTGRES|REDIS)_|POSTGRES_|REDIS_|NODE_(PATH|OPTIONS)|INIT_CWD|INFRA)/i;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !inside.test(name)));
  const path = (env['PATH'] ?? '').split(delimiter).filter((each) => !each.includes('node_modules'));
  return {
    ...env,
    PATH: path.join(delimiter),
    INFRA: 'embedded',
    npm_config_cache: join(folder, 'npm-cache'),
    pnpm_config_store_dir: join(folder, 'pnpm-store'),
    pnpm_config_cache_dir: join(folder, 'pnpm-cache'),
    npm_config_update_notifier: 'false',
  };
}
