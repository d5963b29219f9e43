import { parentPort } from 'node:worker_threads';
import { type Portion, PortionWalk } from './portion.ts';
import { type FromThread, TAKEN_AT_ONCE, type ToThread } from './portion-threads.ts';

/** Walks one portion after the other. */
const port = parentPort!;
const answer = (message: FromThread) => port.postMessage(message);
let walk: PortionWalk | undefined;
let taken = 0;

const begin = (portion: Portion) => {
  walk = new PortionWalk(portion);
  taken = 0;
};

port.on('message', (message: ToThread) => {
  try {
    if (message instanceof Uint8Array) {
      walk!.push(Buffer.from(message.buffer, message.byteOffset, message.byteLength));
      taken += 1;
      if (taken % TAKEN_AT_ONCE === 0) answer('taken');
    } else if (message === 'end') answer(walk!.end());
    else begin(message);
  } catch (error) {
    answer({ malformed: (error as Error).message });
  }
});
