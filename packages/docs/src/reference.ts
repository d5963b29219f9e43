import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Application, LogLevel } from 'typedoc';
import { load } from './inherit-comments.ts';

const HELP = `pnpm reference [--check]

The API reference of all packages, from their doc comments, into packages/docs/dist/reference/index.html.
Fails where an export or a method of one says nothing of itself, and where a link leads nowhere.

  --check   only looks, and writes nothing
  --help    this text`;

const { values } = parseArgs({ options: { check: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

const folder = fileURLToPath(new URL('..', import.meta.url));
const adapters = ['market-data', 'exchange', 'custodian', 'risk', 'trading', 'test-coordinator', 'audit'];
const entryPoints = [
  ...['index', 'admin/index', 'events/index'].map((name) => `core/src/${name}.ts`),
  ...adapters.map((name) => `${name}/src/index.ts`),
  ...['index', 'servers/index'].map((name) => `testkit/src/${name}.ts`),
];
const out = join(folder, 'dist/reference');
const packages = ['core', 'testkit', ...adapters].map((name) => `@tse/${name}`);
const app = await Application.bootstrap({
  name: 'Trading data adapters',
  entryPoints: entryPoints.map((path) => join(folder, '..', path)),
  tsconfig: join(folder, 'tsconfig.sources.json'),
  readme: 'none',
  out,
  excludeInternal: true,
  excludePrivate: true,
  githubPages: false,
  disableGit: true,
  sourceLinkTemplate: 'packages/{path}#L{line}',
  skipErrorChecking: true, // `pnpm check` does that, with the compiler of this project
  packagesRequiringDocumentation: packages,
  requiredToBeDocumented: ['Enum', 'Variable', 'Function', 'Class', 'Interface', 'Method', 'Accessor', 'TypeAlias'],
  validation: {
    notDocumented: true,
    invalidLink: true,
    notExported: false,
    rewrittenLink: true,
    unusedMergeModuleWith: true,
  },
  logLevel: LogLevel.Warn,
});
load(app);
const project = await app.convert();
if (!project) process.exit(1);
app.validate(project);
const { warningCount, errorCount } = app.logger;
if (!values.check) await app.generateOutputs(project);
const told = Object.keys(project.reflections).length;
console.log(
  `${told} declarations, ${warningCount} warnings, ${errorCount} errors${values.check ? '' : `: ${join(out, 'index.html')}`}`,
);
process.exit(warningCount + errorCount === 0 ? 0 : 1);
