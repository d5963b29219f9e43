import { commandText, valueReader } from './redis-frames.ts';
import type { Watch, Wire } from './strike.ts';

/** Commands that change no data; a script may. */
const READS = new Set(
  `acl auth bitcount bitfield_ro bitpos client cluster command config dbsize debug discard dump echo eval_ro evalsha_ro exists expiretime fcall_ro function
  geodist geohash geopos geosearch get getbit getrange hello hexists hget hgetall hkeys hlen hmget hrandfield hscan hstrlen httl hvals info keys lastsave latency
  lcs lindex llen lolwut lpos lrange memory mget module multi object pexpiretime pfcount ping pttl publish pubsub quit randomkey readonly readwrite reset role
  scan scard script sdiff select sinter sintercard sismember slowlog smembers smismember sort_ro spublish srandmember sscan strlen sunion time ttl type unwatch
  wait waitaof watch xinfo xlen xpending xrange xread xrevrange zcard zcount zdiff zinter zintercard zlexcount zmscore zrandmember zrange zrangebylex
  zrangebyscore zrank zrevrange zrevrangebylex zrevrangebyscore zrevrank zscan zscore zunion`.split(/\s+/),
);

const LISTENS = /^(p|s)?subscribe$|^monitor$/;

/** Follows one Redis connection command by command, so that exactly the reply to a write can be lost. */
export function watchRedis({ toServer, toClient, reset, armory }: Wire): Watch {
  /** Commands that are not answered yet. */
  const sent: string[] = [];
  const readCommand = valueReader();
  const readReply = valueReader();
  /** A subscriber's replies answer no command. */
  let listens = false;
  let over = false;

  const reply = (bytes: Buffer): void => {
    if (over) return;
    const kind = String.fromCharCode(bytes[0] ?? 0);
    if (listens || kind === '>') return toClient(bytes);
    const command = sent.shift() ?? '';
    const name = command.split(' ', 1)[0]?.toLowerCase() ?? '';
    const happened = command !== '' && kind !== '-' && kind !== '!' && bytes.toString('latin1', 0, 7) !== '+QUEUED';
    const armed = happened
      ? armory.find('reply', ({ match }) => (match === undefined ? !READS.has(name) : command.search(match) >= 0))
      : undefined;
    if (armed === undefined) return toClient(bytes);
    over = true;
    reset();
    armed.done(command);
  };

  return {
    fromClient: (chunk) => {
      if (!listens) {
        readCommand(chunk, (bytes) => {
          const command = commandText(bytes);
          listens ||= LISTENS.test(command.split(' ', 1)[0]?.toLowerCase() ?? '');
          sent.push(command);
        });
      }
      toServer(chunk);
    },
    fromServer: (chunk) => readReply(chunk, reply),
  };
}
