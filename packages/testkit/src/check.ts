import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { fix: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
if (values.help) {
  console.log(
    'pnpm check [--fix]\n\nTypes, lint, format, unused code, doc comments, and whether each published package can be published.\n--fix formats and mends what lint can mend.',
  );
  process.exit(0);
}

const packages = readdirSync('packages').map((name) => ({
  name,
  manifest: JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8')) as { private?: boolean },
}));
const steps: [title: string, command: string, ...args: string[]][] = [
  ['types', 'tsc', '-b', ...packages.map(({ name }) => `packages/${name}`)],
  ['lint', 'oxlint', '--type-aware', ...(values.fix ? ['--fix'] : []), 'packages'],
  ['format', 'oxfmt', ...(values.fix ? [] : ['--check']), '.'],
  ['unused code', 'knip', '--no-progress'],
  ['reference', 'node', 'packages/docs/src/reference.ts', '--check'],
  ...packages
    .filter(({ manifest }) => !manifest.private)
    .map(({ name }): [string, string, ...string[]] => [
      `publishable: ${name}`,
      'publint',
      `packages/${name}`,
      '--strict',
    ]),
];

const failed = steps.filter(([title, command, ...args]) => {
  const started = performance.now();
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], shell: false });
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${title} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  return status !== 0;
});
console.log(`${steps.length - failed.length} passed, ${failed.length} failed`);
process.exit(failed.length === 0 ? 0 : 1);
