import { type Context as OtelContext, context as otelContext } from '@opentelemetry/api';
import { type Call, type WriteContext, currentCall, outsideCalls, writeContext } from '../pipe/context.ts';
import { InternalError, OutcomeUnknownError, UnavailableError, isAdapterError } from '../pipe/errors.ts';
import type { Telemetry } from '../pipe/telemetry.ts';
import { DeadlineWatch } from './deadline-watch.ts';
import { whenGathered } from './gather.ts';

/** One write of a batch, with who wrote it and why as it was when it was submitted. */
export interface Member<Input> {
  readonly input: Input;
  readonly context: WriteContext;
}

/** How what queues becomes a batch. */
export interface BatcherOptions<Input, Output> {
  /** `orders.place`: a metric label. */
  name: string;
  /** Writes all members in one statement, in order; answers one outcome a member, refusals included. */
  batch(members: readonly Member<Input>[]): Promise<readonly Output[]>;
  /** The plain write of a lone member, where that is cheaper than a batch of one. */
  one?: (member: Member<Input>) => Promise<Output>;
  /** Members of one batch at most. */
  max?: number;
  /** Members that may wait; further ones are refused as `unavailable`. */
  maxWaiting?: number;
}

/** What one caller submitted: it is never torn apart. */
interface Group<Input, Output> {
  readonly members: readonly Member<Input>[];
  readonly call: Call | undefined;
  readonly span: OtelContext;
  readonly deadline: number | undefined;
  settle(outcomes: PromiseSettledResult<Output>[]): void;
  fail(error: unknown): void;
  state: 'waiting' | 'sent' | 'ended';
}

/**
 * Hot writes batch themselves: what is submitted while a batch is in flight is the next batch; one is in flight at a time. A
 * group past its deadline is `unavailable` while it waits, and `outcome-unknown` once it was sent; the batch goes on without it.
 */
export class Batcher<Input, Output> {
  readonly #options: BatcherOptions<Input, Output>;
  readonly #one: (member: Member<Input>) => Promise<Output>;
  readonly #max: number;
  readonly #maxWaiting: number;
  readonly #telemetry: Telemetry;
  readonly #count: Record<'batches' | 'members' | 'fallbacks', (values: { batch: string }, by?: number) => void>;
  readonly #deadlines = new DeadlineWatch<Group<Input, Output>>((group) => this.#expire(group));
  #waiting: Group<Input, Output>[] = [];
  #members = 0;
  #busy = false;
  #crowded = false;

  constructor(options: BatcherOptions<Input, Output>, telemetry: Telemetry) {
    this.#options = options;
    this.#one = options.one ?? (async (member) => (await this.#batch([member]))[0]!);
    this.#max = options.max ?? 128;
    this.#maxWaiting = options.maxWaiting ?? 10_000;
    this.#telemetry = telemetry;
    const counter = (name: string, help: string) => telemetry.counter(name, help, ['batch']);
    this.#count = {
      batches: counter('adapter_batches_total', 'Batches sent'),
      members: counter('adapter_batch_members_total', 'Members of the batches sent'),
      fallbacks: counter('adapter_batch_fallbacks_total', 'Batches that failed and whose members ran one by one'),
    };
  }

  /** The outcome of one write. */
  submit(input: Input): Promise<Output> {
    return new Promise<Output>((resolve, reject) => {
      this.#enqueue(
        [input],
        ([outcome]) => (outcome!.status === 'fulfilled' ? resolve(outcome!.value) : reject(outcome!.reason)),
        reject,
      );
    });
  }

  /**
   * The outcomes of several writes that go in one batch, in order, even where they are more than `max`. Rejects when the batch
   * as a whole failed; a member that failed by itself is a rejected outcome.
   */
  submitAll(inputs: readonly Input[]): Promise<PromiseSettledResult<Output>[]> {
    if (inputs.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => this.#enqueue(inputs, resolve, reject));
  }

  #enqueue(inputs: readonly Input[], settle: Group<Input, Output>['settle'], fail: Group<Input, Output>['fail']): void {
    if (this.#members + inputs.length > this.#maxWaiting && this.#members > 0) {
      fail(new UnavailableError('overloaded', `too many ${this.#options.name} wait already`, 200));
      return;
    }
    const call = currentCall();
    const context = writeContext();
    const members =
      inputs.length === 1 ? [{ input: inputs[0]!, context }] : inputs.map((input) => ({ input, context }));
    const deadline = call?.context.deadline;
    const group: Group<Input, Output> = {
      members,
      call,
      span: otelContext.active(),
      deadline,
      settle,
      fail,
      state: 'waiting',
    };
    this.#waiting.push(group);
    this.#members += members.length;
    if (deadline !== undefined) this.#deadlines.add(group, deadline);
    if (!this.#busy) {
      this.#busy = true;
      whenGathered(this.#crowded, this.#next);
    }
  }

  /** Sends the next batch; the callers that a batch has woken are in the one after it. */
  readonly #next = (): void => {
    const groups = this.#take();
    if (groups.length === 0) {
      this.#busy = false;
      return;
    }
    this.#crowded = groups.length > 1;
    const run = () => outsideCalls(() => this.#send(groups));
    void otelContext.with(groups[0]!.span, run).finally(() => whenGathered(this.#crowded, this.#next));
  };

  #take(): Group<Input, Output>[] {
    const taken: Group<Input, Output>[] = [];
    const now = performance.now();
    let size = 0;
    let i = 0;
    for (; i < this.#waiting.length; i += 1) {
      const group = this.#waiting[i]!;
      const { length } = group.members;
      if (group.state === 'waiting' && group.deadline !== undefined && group.deadline <= now) this.#expire(group);
      if (group.state === 'waiting' && group.call?.signal?.aborted)
        this.#end(group, () => group.fail(group.call!.signal!.reason));
      if (group.state === 'waiting') {
        if (size > 0 && size + length > this.#max) break;
        size += length;
        group.state = 'sent';
        if (group.call) group.call.sent = true;
        taken.push(group);
      }
      this.#members -= length;
    }
    this.#waiting = i === this.#waiting.length ? [] : this.#waiting.slice(i);
    return taken;
  }

  async #send(groups: readonly Group<Input, Output>[]): Promise<void> {
    const members = groups.length === 1 ? groups[0]!.members : groups.flatMap((group) => group.members);
    try {
      const outputs = members.length === 1 ? [await this.#one(members[0]!)] : await this.#batch(members);
      this.#settle(
        groups,
        outputs.map((value) => ({ status: 'fulfilled', value })),
      );
    } catch (error) {
      if (members.length > 1 && liesInAMember(error)) await this.#oneByOne(groups, error);
      else for (const group of groups) this.#end(group, () => group.fail(error));
    }
    this.#count.batches({ batch: this.#options.name });
    this.#count.members({ batch: this.#options.name }, members.length);
  }

  async #batch(members: readonly Member<Input>[]): Promise<readonly Output[]> {
    const outputs = await this.#options.batch(members);
    if (outputs.length === members.length) return outputs;
    throw new InternalError(
      'outcome-count',
      `${this.#options.name} answered ${outputs.length} outcomes for ${members.length} members`,
    );
  }

  /** The batch was rolled back; each member has its own try, so that one that cannot be written harms no other. */
  async #oneByOne(groups: readonly Group<Input, Output>[], err: unknown): Promise<void> {
    this.#count.fallbacks({ batch: this.#options.name });
    this.#telemetry.log.warn({ err, batch: this.#options.name }, 'batch failed, running its members one by one');
    let lost: UnavailableError | undefined;
    for (const group of groups) {
      if (group.state === 'ended') continue;
      const outcomes: PromiseSettledResult<Output>[] = [];
      for (const member of group.members) {
        if (lost === undefined) {
          const [outcome] = await Promise.allSettled([this.#one(member)]);
          outcomes.push(outcome);
          if (outcome.status === 'rejected' && !liesInAMember(outcome.reason)) lost = notSent(outcome.reason);
        } else outcomes.push({ status: 'rejected', reason: lost });
      }
      this.#settle([group], outcomes);
    }
  }

  #settle(groups: readonly Group<Input, Output>[], outcomes: PromiseSettledResult<Output>[]): void {
    let from = 0;
    for (const group of groups) {
      const own = groups.length === 1 ? outcomes : outcomes.slice(from, from + group.members.length);
      from += group.members.length;
      this.#end(group, () => group.settle(own));
    }
  }

  #expire(group: Group<Input, Output>): void {
    this.#end(group, () =>
      group.fail(
        group.state === 'sent'
          ? new OutcomeUnknownError(
              'the deadline of the call passed while the write was under way',
              '',
              undefined,
              'deadline-exceeded',
            )
          : new UnavailableError('deadline-exceeded', 'the deadline of the call passed before the write was sent', 0),
      ),
    );
  }

  #end(group: Group<Input, Output>, tell: () => void): void {
    if (group.state === 'ended') return;
    tell();
    group.state = 'ended';
    if (group.deadline !== undefined) this.#deadlines.delete(group);
  }
}

/** Whether the batch did nothing for a reason that may lie in one member, and not in the store that all of them need. */
function liesInAMember(error: unknown): boolean {
  if (!isAdapterError(error)) return true;
  if (error.kind === 'unavailable') return error.code === 'lock-timeout' || error.code === 'contention';
  return error.kind !== 'outcome-unknown';
}

const notSent = (cause: unknown): UnavailableError =>
  isAdapterError(cause) && cause.kind === 'unavailable'
    ? cause
    : new UnavailableError('not-sent', 'the store was lost before this write was sent', 1000, cause);
