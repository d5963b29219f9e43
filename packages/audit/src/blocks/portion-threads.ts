import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { MalformedRowsError } from '../trail/walk-rows.ts';
import type { Portion, PortionReport } from './portion.ts';

/** A portion begins, chunks of its rows follow, then its end. */
export type ToThread = Portion | Uint8Array | 'end';
/** One `taken` for each few chunks, then what was found. */
export type FromThread = 'taken' | PortionReport | { malformed: string };

const MAX_THREADS = 4;
/** Chunks that are sent before the first of them was taken. They move and are not copied, but for small ones, which share their memory. */
const AHEAD = 32;
/** Of how many chunks a thread says that it took them. */
export const TAKEN_AT_ONCE = 8;
/** The same file in the sources and where it is built. */
const PROGRAM = new URL(`./walk-portion.thread${import.meta.url.slice(-3)}`, import.meta.url);

/** Threads that hash and judge rows while this one reads them. They begin with the first portion and stay for the next. */
export class PortionThreads {
  readonly count = Math.min(MAX_THREADS, availableParallelism());
  readonly #idle: PortionThread[] = [];
  #isClosed = false;

  async walk(portion: Portion, chunks: AsyncIterable<Uint8Array>): Promise<PortionReport> {
    const thread = this.#idle.pop() ?? new PortionThread();
    try {
      const report = await thread.walk(portion, chunks);
      if (this.#isClosed) await thread.close();
      else this.#idle.push(thread);
      return report;
    } catch (error) {
      // Chunks may still be on their way to it.
      await thread.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#idle.splice(0).map((thread) => thread.close()));
  }
}

class PortionThread {
  readonly #worker = new Worker(PROGRAM, { execArgv: [] });
  #ahead = 0;
  #waiting = Promise.withResolvers<void>();
  #report: PortionReport | undefined;
  #failure: Error | undefined;

  constructor() {
    // A thread without work keeps no process alive.
    this.#worker.unref();
    this.#worker.on('message', (message: FromThread) => {
      if (message === 'taken') this.#ahead -= TAKEN_AT_ONCE;
      else if ('malformed' in message) this.#failure = new MalformedRowsError(message.malformed);
      else this.#report = message;
      this.#waiting.resolve();
    });
    const fail = (error: Error) => {
      this.#failure ??= error;
      this.#waiting.resolve();
    };
    this.#worker.on('error', fail);
    this.#worker.on('exit', () => fail(new Error('the thread ended')));
  }

  async walk(portion: Portion, chunks: AsyncIterable<Uint8Array>): Promise<PortionReport> {
    this.#worker.ref();
    this.#report = undefined;
    this.#ahead = 0;
    this.#send(portion);
    for await (const chunk of chunks) {
      this.#ahead += 1;
      this.#send(chunk);
      while (this.#ahead >= AHEAD) await this.#change();
    }
    this.#send('end');
    while (this.#report === undefined) await this.#change();
    this.#worker.unref();
    return this.#report;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #send(message: ToThread): void {
    if (this.#failure) throw this.#failure;
    // What is as large as half of the pool is never in it.
    const isOwn = message instanceof Uint8Array && message.length * 2 >= Buffer.poolSize;
    this.#worker.postMessage(message, isOwn ? [message.buffer as ArrayBuffer] : []);
  }

  async #change(): Promise<void> {
    this.#waiting = Promise.withResolvers();
    await this.#waiting.promise;
    if (this.#failure) throw this.#failure;
  }
}
