import { startPostgres, startRedis } from './index.ts';

/** Starts both servers, says their processes, and ends as it is told. */
const options = { purpose: 'test', log: () => {} } as const;
const servers = await Promise.all([startPostgres(options), startRedis(options)]);
console.log(JSON.stringify(servers.map(({ pid }) => pid)));
const ending = process.argv[2];
if (ending === 'stop') await Promise.all(servers.map((server) => server.stop()));
if (ending === 'throw') throw new Error('nobody catches this');
if (ending === 'halted') await Promise.all(servers.map((server) => server.kill('SIGSTOP')));
if (ending === 'killed') await Promise.all(servers.map((server) => server.kill('SIGKILL')));
if (ending === 'wait') setInterval(() => {}, 1_000);
