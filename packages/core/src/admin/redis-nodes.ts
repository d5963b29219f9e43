import { type RedisLogin, type RedisSession, openRedis } from './redis-session.ts';

/** Runs the work on each node, since every node of a cluster keeps its own users; answers what the first one did. */
export async function onEveryRedisNode<T>(login: RedisLogin, work: (redis: RedisSession) => Promise<T>): Promise<T> {
  using first = await openRedis(login);
  const result = await work(first);
  if (!String(await first.call('INFO', 'cluster')).includes('cluster_enabled:1')) return result;
  for (const address of otherNodes(String(await first.call('CLUSTER', 'NODES')))) {
    using node = await openRedis({ ...login, address });
    await work(node);
  }
  return result;
}

/** The addresses in `CLUSTER NODES`, without the node that answers and those that are away. */
export function otherNodes(listing: string): { host: string; port: number }[] {
  return listing.split('\n').flatMap((line) => {
    const [, endpoint = '', flags = ''] = line.split(' ');
    const match = /^(.+):(\d+)(?:@|$)/.exec(endpoint.split(',')[0]!);
    return match && !/myself|noaddr|fail|handshake/.test(flags) ? [{ host: match[1]!, port: Number(match[2]) }] : [];
  });
}
