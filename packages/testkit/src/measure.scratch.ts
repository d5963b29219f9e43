import { startServers } from './servers/index.ts';
import { sandbox } from './sandbox/sandbox.ts';
import { createExchangeAdapter } from '../../exchange/src/index.ts';
await using s = await startServers({ purpose: 'test', log: () => {} });
const servers = { postgres: s.postgres.adminUrl, redis: s.redis.adminUrl };
const open: number[] = [], close: number[] = [], cpu: number[] = [];
for (let i = 0; i < 15; i++) {
  const c0 = process.cpuUsage();
  const t0 = performance.now();
  const box = await sandbox({ exchange: createExchangeAdapter }, { servers });
  const t1 = performance.now();
  await box.exchange.accounts.find('x');
  const t2 = performance.now();
  await box[Symbol.asyncDispose]();
  const c = process.cpuUsage(c0);
  open.push(Math.round(t1 - t0)); close.push(Math.round(performance.now() - t2)); cpu.push(Math.round((c.user + c.system) / 1000));
}
for (const [n, v] of Object.entries({ open, close, cpu })) console.log(n, v.toSorted((a, b) => a - b).join(' '));
