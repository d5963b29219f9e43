import { spawn } from 'node:child_process';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { migrationsDirectory } from '@tse/migrations';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { withMigrations } from './adapters.ts';
import { type TestCli, sample, secret, testCli } from './test-cli.ts';

let cli: TestCli;
beforeAll(async () => {
  cli = await testCli(inject('servers'));
});
afterAll(() => cli[Symbol.asyncDispose]());
const fresh = () => cli.fresh();
const inFolder = (name: string) => join(cli.cwd, name);

describe('migrate and status', () => {
  test('from nothing to current; again it applies nothing', async () => {
    const { run, schema } = fresh();
    expect(await run('status --check')).toMatchObject({
      code: 3,
      out: expect.stringMatching(`^${schema}  pending  empty`) as string,
    });
    const first = await run('migrate');
    expect(first).toMatchObject({ code: 0, out: '' });
    expect(first.err).toMatch(/^0\/\d+ core\/0001_create_foundation\n/);
    expect(first.err).toMatch(new RegExp(`${schema}: current at core/\\d{4}_\\w+, \\d+ applied in \\d+ ms\\n$`));
    expect((await run('migrate sample')).err).toMatch(/, 0 applied\n$/);
    expect(await run('status --check')).toMatchObject({ code: 0, out: expect.stringContaining('current') as string });
  });

  test('as one JSON object', async () => {
    const { run, schema } = fresh();
    const migrated = (await run('migrate --json')).json();
    expect(migrated).toMatchObject({
      schemas: [{ schema, state: 'current', pending: [], provisioning: { advice: expect.anything() as unknown } }],
    });
    expect((await run('status --json')).json()).toMatchObject({ schemas: [{ schema, state: 'current' }] });
  });

  test('--plan says what would be done, and does nothing', async () => {
    const { run, schema } = fresh();
    const { code, out } = await run('migrate --plan');
    expect(code).toBe(0);
    expect(out).toContain(`CREATE SCHEMA "${schema}" AUTHORIZATION "${schema}_owner";`);
    expect(out).toContain(`ACL SETUSER ${schema}_adapter on `);
    expect(out).toContain('-- apply core/0001_create_foundation');
    expect(await run('status --check')).toMatchObject({ code: 3 });
    expect((await run('migrate --plan')).out).toBe(out);
  });

  test('--no-roles prints what an operator has to run, and migrates once that is there', async () => {
    const { run, schema } = fresh();
    const { code, out, err } = await run('migrate --no-roles');
    expect(code).toBe(1);
    expect(out).toContain(`CREATE ROLE "${schema}_owner" NOLOGIN;`);
    expect(out).toContain(`\\password ${schema}_adapter\n`);
    expect(err).toMatch(/An operator has to run these lines/);
    await run('migrate');
    expect(await run('migrate --no-roles')).toMatchObject({ code: 0, out: '' });
  });

  test('a drift ends --check with 4 and migrate with an error', async () => {
    const { run } = fresh();
    await run('migrate');
    const folder = inFolder('drifted');
    await cp(fileURLToPath(new URL('core', migrationsDirectory)), join(folder, 'core'), { recursive: true });
    const file = join(folder, 'core/0001_create_foundation.sql');
    await writeFile(file, `${await readFile(file, 'utf8')}\n-- changed`);
    const adapter = withMigrations(sample, pathToFileURL(`${folder}/`));
    expect(await run('status --check', { adapter })).toMatchObject({
      code: 4,
      out: expect.stringContaining('0001_create_foundation changed') as string,
    });
    expect(await run('migrate', { adapter })).toMatchObject({
      code: 1,
      err: expect.stringContaining('a released file never changes') as string,
    });
  });

  test('names the variables of the passwords that are missing', async () => {
    const { run, prefix } = fresh();
    const { code, err } = await run('migrate', { env: cli.admin });
    expect(code).toBe(1);
    expect(err).toContain(`set ${prefix}POSTGRES_PASSWORD and ${prefix}REDIS_PASSWORD (or …_PASSWORD_FILE)`);
  });

  test('takes everything from .env', async () => {
    const { run, env } = fresh();
    await writeFile(
      inFolder('.env'),
      Object.entries(env)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );
    expect(await run('migrate --wait', { env: {} })).toMatchObject({ code: 0 });
    await rm(inFolder('.env'));
  });

  test('--wait waits for servers, and stops at once for what waiting does not cure', async () => {
    const { run, env } = fresh();
    const away = { ...env, TSE_ADMIN_POSTGRES_URL: 'postgres://a:b@127.0.0.1:1/x' };
    const waiting = await run('migrate --wait', { env: away, signal: AbortSignal.timeout(1500) });
    expect(waiting).toMatchObject({
      code: 130,
      err: expect.stringMatching(/waiting for the servers \(\d s\): PostgreSQL is unavailable/) as string,
    });
    const url = new URL(env['TSE_ADMIN_POSTGRES_URL']!);
    url.password = 'wrong-password';
    expect(await run('migrate --wait', { env: { ...env, TSE_ADMIN_POSTGRES_URL: url.href } })).toMatchObject({
      code: 1,
      err: expect.stringContaining('refused the login') as string,
    });
  });
});

describe('doctor', () => {
  test('finds nothing that fails after a migrate, and what does fail before', async () => {
    const { run, schema } = fresh();
    const before = await run('doctor');
    expect(before).toMatchObject({
      code: 1,
      out: expect.stringMatching(
        new RegExp(`fail {2}${schema} schema .*run \`tse migrate sample --instance`),
      ) as string,
    });
    await run('migrate');
    const after = await run('doctor --json');
    const { findings } = after.json() as unknown as { findings: { check: string; level: string }[] };
    expect(findings.filter(({ check, level }) => check.startsWith(schema) && level !== 'ok')).toEqual([]);
    expect(findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['postgres', 'redis', 'redis eviction', `${schema} redis login`, `${schema} outbox`]),
    );
  });

  test('says when a password is not the one that is set', async () => {
    const { run, env, prefix } = fresh();
    await run('migrate');
    const { code, out } = await run('doctor', { env: { ...env, [`${prefix}REDIS_PASSWORD`]: 'another-password' } });
    expect(code).toBe(1);
    expect(out).toMatch(/fail .* redis login .*wrong user or password/);
  });
});

describe('credentials rotate', () => {
  test('writes new passwords into .env, and they work', async () => {
    const { run, prefix, env } = fresh();
    await run('migrate');
    await writeFile(inFolder('.env'), `OTHER=1\n${prefix}REDIS_PASSWORD=${secret}\n`);
    const rotated = await run('credentials rotate --grace 0');
    expect(rotated).toMatchObject({
      code: 0,
      out: expect.stringContaining(`${prefix}POSTGRES_PASSWORD: new, in ${inFolder('.env')}`) as string,
    });
    const text = await readFile(inFolder('.env'), 'utf8');
    expect(text).toMatch(
      new RegExp(`^OTHER=1\n${prefix}POSTGRES_PASSWORD=\\S{32}\n${prefix}REDIS_PASSWORD=\\S{32}\n$`),
    );
    for (const [, password] of text.matchAll(/PASSWORD=(\S+)/g))
      expect(rotated.out + rotated.err).not.toContain(password);
    expect(await run('doctor', { env: cli.admin })).toMatchObject({ code: 0 });
    expect(await run('doctor', { env })).toMatchObject({ code: 1 });
    await rm(inFolder('.env'));
  });

  test('writes the files that the adapter reads, or prints when asked to', async () => {
    const { run, prefix } = fresh();
    await run('migrate');
    const file = inFolder('redis-password');
    const env = { ...cli.admin, [`${prefix}REDIS_PASSWORD_FILE`]: file };
    expect(await run('credentials rotate --store redis --grace 0 --json', { env })).toMatchObject({ code: 0 });
    const printed = await run('credentials rotate --store postgres --print', { env });
    const [, password] = new RegExp(`^${prefix}POSTGRES_PASSWORD=(\\S{32})\n$`).exec(printed.out)!;
    expect(await run('doctor', { env: { ...env, [`${prefix}POSTGRES_PASSWORD`]: password! } })).toMatchObject({
      code: 0,
    });
  });
});

describe('seed and verify', () => {
  test('do what the adapter brings', async () => {
    const { run } = fresh();
    await run('migrate');
    expect(await run('seed')).toMatchObject({ code: 0, out: 'sample: 1 instances\n', err: 'sample: sowing\n' });
    expect((await run('verify --json')).json()).toEqual({
      invariants: [{ adapter: 'sample', name: 'events', ok: true, compared: 0 }],
    });
    const wrong = {
      ...sample,
      verify: async () => [{ name: 'ledger', ok: false, compared: 7, differences: ['BTC: 1 is not 2'] }],
    };
    expect(await run('verify', { adapter: wrong })).toMatchObject({
      code: 1,
      out: [
        'FAIL  sample ledger                     7 compared',
        '        BTC: 1 is not 2',
        '1 of 1 identities FAILED (sample ledger); 0 hold.\n',
      ].join('\n'),
    });
    const some = {
      ...sample,
      verify: async () => [
        { name: 'ledger', ok: true, compared: 1234, what: 'entries, balances' },
        { name: 'custody', ok: true, compared: 0, what: 'nobody here has read exchange' },
      ],
    };
    expect(await run('verify', { adapter: some })).toMatchObject({
      code: 0,
      out: [
        'ok    sample ledger                     1,234 compared: entries, balances',
        '-     sample custody                    nothing to compare: nobody here has read exchange',
        '1 of 2 identities hold, 1 had nothing to compare.\n',
      ].join('\n'),
    });
  });

  test('say so where an adapter brings nothing', async () => {
    const { run } = fresh();
    const { definition } = sample;
    expect(await run('verify', { adapter: { definition } })).toMatchObject({
      code: 0,
      err: expect.stringContaining('None of these') as string,
    });
  });
});

test('no password was said, by anything above', () => {
  expect(cli.spoken.length).toBeGreaterThan(20);
  expect(cli.spoken.join('\n')).not.toContain(secret);
  const passwords = Object.values(cli.admin).map((url) => decodeURIComponent(new URL(url).password));
  for (const password of passwords.filter(Boolean)) expect(cli.spoken.join('\n')).not.toContain(password);
});

test('the command itself runs from its sources', async () => {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('../bin/tse.js', import.meta.url)), 'migrate', '--help'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += String(chunk)));
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('tse migrate [ADAPTER…]') as string });
});
