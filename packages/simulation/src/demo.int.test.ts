import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const demo = fileURLToPath(new URL('demo.ts', import.meta.url));
let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'tse-demo-'))));
afterAll(() => rm(folder, { recursive: true }));

const run = (...args: string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, ['--conditions=@tse/source', demo, ...args], { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });

/** Trades of a bulk file, several in one millisecond and at one price. */
const trades = Array.from({ length: 150 }, (_, i) => {
  const price = (0.00141 + (((i >> 2) * 7919) % 23) / 1e6).toFixed(8);
  return `${1000 + i},${price},${1 + ((i * 31) % 400)},${i},${i},${1570752011620 + (i >> 1) * 40},${i % 3 === 0 ? 'True' : 'False'}`;
});

test('a bulk file runs through: each of its trades is one of the exchange, and every invariant compared something', async () => {
  const file = join(folder, 'XRPETH-aggTrades-sample.csv');
  await writeFile(file, `${trades.join('\n')}\n`);
  const { code, stdout, stderr } = await run('--trades', file, '--json');
  const report = JSON.parse(stdout) as {
    ok: boolean;
    counts: Record<string, number>;
    invariants: { name: string; ok: boolean; compared: number }[];
  };
  expect(report).toMatchObject({
    ok: true,
    input: { symbol: 'XRP-ETH', prints: 150 },
    counts: { trades: 150, refused: 0 },
  });
  expect(report.invariants.map(({ name }) => name)).toEqual(['ledger', 'book', 'prints']);
  for (const { ok, compared } of report.invariants) expect([ok, compared > 0]).toEqual([true, true]);
  expect(code).toBe(0);
  expect(stderr).toContain('Trading: 150 prints');
});

test('a file that cannot be used is one sentence with its line, and exit code 2', async () => {
  const file = join(folder, 'XRPETH-aggTrades-broken.csv');
  await writeFile(file, `${trades[0]}\n1001,0.0014,x,1,1,1570752011620,True\n`);
  const { code, stdout, stderr } = await run('--trades', file, '--json');
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(`${file}, line 2:`);
  expect((await run('--nonsense')).code).toBe(2);
  expect((await run('--help')).stdout).toContain('--trades FILE');
});
