import { describe, expect, test } from 'vitest';
import { withMigrations } from './adapters.ts';
import { commands } from './commands/index.ts';
import { main } from './main.ts';

const adapters = ['exchange', 'risk'].map((name) =>
  withMigrations({ definition: { identity: { name, schema: name, prefix: name }, families: {} } }),
);

async function run(line: string, env: Record<string, string> = {}) {
  const written = { out: '', err: '' };
  const code = await main(line.split(' ').filter(Boolean), {
    env,
    cwd: '/nowhere',
    stdout: { write: (text) => (written.out += text) },
    stderr: { write: (text) => (written.err += text) },
    signal: new AbortController().signal,
    adapters,
  });
  return { code, ...written };
}

describe('help', () => {
  test.each(['', '--help', '-h', 'help'])('tse %s lists every command', async (line) => {
    const { code, out, err } = await run(line);
    expect(code).toBe(0);
    for (const { name } of commands) expect(out).toContain(`  ${name} `);
    expect(err).toBe('');
  });

  test.each(commands.map(({ name }) => name))('tse %s --help is its own', async (name) => {
    const { code, out } = await run(`${name} --help`);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^tse ${name} `));
    expect(out).toContain('--json');
  });
});

describe('a wrong command line ends with 2, says what is wrong and does nothing', () => {
  test.each([
    ['nonsense', /there is no command nonsense/],
    ['credentials', /credentials needs a second word/],
    ['migrate --nope', /Unknown option '--nope'/],
    ['status custodian', /no adapter custodian is installed; there is exchange, risk/],
    ['status --instance okx', /--instance needs one --adapter/],
    ['credentials rotate exchange --store mysql', /--store takes postgres or redis, not mysql/],
    ['credentials rotate exchange --grace soon', /--grace takes a number of seconds/],
  ])('tse %s', async (line, message) => {
    const { code, out, err } = await run(line);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(out).toBe('');
  });
});

test('without servers it names `pnpm stack`', async () => {
  const { code, err } = await run('status');
  expect(code).toBe(1);
  expect(err).toMatch(/^tse status: TSE_ADMIN_POSTGRES_URL is set neither .* `pnpm stack` .*\.\n$/);
});

test('an error is one JSON object where JSON was asked for', async () => {
  const { code, out } = await run('status --json');
  expect(code).toBe(1);
  expect(JSON.parse(out)).toEqual({
    error: { code: 'no-servers', message: expect.stringContaining('pnpm stack') as string },
  });
});

test('a server that is not there is one line, without its address', async () => {
  const env = {
    TSE_ADMIN_POSTGRES_URL: 'postgres://a:canary@127.0.0.1:1/x',
    TSE_ADMIN_REDIS_URL: 'redis://a:canary@127.0.0.1:1',
  };
  const { code, out, err } = await run('status', env);
  expect(code).toBe(1);
  expect(err).toBe('tse status: PostgreSQL is unavailable: the connection was lost or could not be made\n');
  expect(out + err).not.toContain('canary');
});
