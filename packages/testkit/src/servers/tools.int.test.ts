import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { fetchTools } from './index.ts';

test('each tool that is found or fetched runs', async () => {
  const tools = await fetchTools({ log: () => {} });
  const versions = Object.entries(tools).map(
    ([name, path]) => `${name} ${execFileSync(path, ['--version'], { encoding: 'utf8', cwd: '/' })}`,
  );
  for (const version of versions) expect(version).toMatch(/^(psql|pgbench) .*PostgreSQL|^redisBenchmark .*benchmark/i);
});
