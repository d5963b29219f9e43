import { parentPort } from 'node:worker_threads';
import { type Portion, PortionWalk } from './portion.ts';
import type { FromThread, ToThread } from './portion-threads.ts';

/** Walks one portion after the other. */
const port = parentPort!;
const answer = (message: FromThread) => port.postMessage(message);
let walk: PortionWalk | undefined;

const begin = (portion: Portion) => {
  walk = new PortionWalk(portion);
};

port.on('message', (message: ToThread) => {
  try {
    if (message instanceof Uint8Array) {
      walk!.push(Buffer.from(message.buffer, message.byteOffset, message.byteLength));
      answer('taken');
    } else if (message === 'end') answer(walk!.end());
    else begin(message);
  } catch (error) {
    answer({ malformed: (error as Error).message });
  }
});
