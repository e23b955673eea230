/** @file A queue that answers waiting items in batches: bounded in length and in time, and open to cancelling. Knows neither models nor HTTP. */
import { counted } from "../edge/counted.js";
import type { Signal } from "../edge/signal.js";
import { type Refusal, refusal } from "./refusal.js";

/** The answer to an item of a batch, or why there is none. */
export type Outcome<A> = { readonly value: A } | { readonly error: unknown };

export interface QueueOptions<Q, A> {
  /** Most items of a batch. */
  readonly batchSize: number;
  /** Most items that wait. */
  readonly limit: number;
  /** Milliseconds after which an item without an answer is refused. */
  readonly timeout: number;
  /** Milliseconds that a batch that is not full waits for more items. */
  readonly linger: number;
  /** An outcome for each item, in order. */
  readonly answer: (batch: readonly Q[]) => Promise<readonly Outcome<A>[]>;
}

export interface BatchQueue<Q, A> {
  /** How many items wait. */
  waiting(): number;
  closed(): boolean;
  /**
   * The answer to an item. A signal that is aborted takes the item out.
   *
   * @throws {Refusal} `full`, `stopping`, `late` or `cancelled`; and what `answer` gives for an error
   */
  ask(item: Q, signal?: Signal): Promise<A>;
  /** Takes no more items; resolves when those that are there have their outcomes. */
  close(): Promise<void>;
}

interface Ticket<Q, A> {
  readonly item: Q;
  /** Ends the ticket, unless it has ended. */
  readonly settle: (outcome: Outcome<A>) => void;
}

const cancelled = (): Refusal => refusal("cancelled", "the request was cancelled");

/** The first `count` of a set, taken out of it. */
const take = <T>(from: Set<T>, count: number): T[] => {
  const taken = [...from].slice(0, count);
  for (const one of taken) from.delete(one);
  return taken;
};

/** A queue; one batch is answered after the other, and its items in the order in which they came. */
export const batchQueue = <Q, A>(options: QueueOptions<Q, A>): BatchQueue<Q, A> => {
  const { batchSize, limit, timeout, linger, answer } = options;
  const waiting = new Set<Ticket<Q, A>>();
  let [closed, running]: [boolean, Promise<void> | undefined] = [false, undefined];

  /** Lets requests come in that have been sent while a batch was computed. */
  const gather = (): Promise<void> =>
    new Promise((resolve) => {
      if (waiting.size < batchSize && !closed) setTimeout(resolve, linger);
      else setImmediate(resolve);
    });

  const work = async (): Promise<void> => {
    while (waiting.size > 0) {
      await gather();
      const batch = take(waiting, batchSize);
      if (batch.length === 0) continue;
      let outcomes: readonly Outcome<A>[] = [];
      try {
        outcomes = await answer(batch.map(({ item }) => item));
      } catch (error) {
        outcomes = batch.map(() => ({ error }));
      }
      batch.forEach(({ settle }, i) => {
        settle(outcomes[i]);
      });
    }
    running = undefined;
  };

  const enter = (item: Q, signal: Signal | undefined, end: (outcome: Outcome<A>) => void): void => {
    const settle = (outcome: Outcome<A>): void => {
      waiting.delete(ticket);
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
      end(outcome);
    };
    const ticket: Ticket<Q, A> = { item, settle };
    const cancel = (): void => settle({ error: cancelled() });
    const expire = (): void => {
      const [expected, got] = [
        `an answer within ${timeout / 1000} s`,
        counted(waiting.size, "request waits", "requests wait"),
      ];
      settle({ error: refusal("late", "there was no answer in time", { expected, got, hint: "ask again later" }) });
    };
    const timer = setTimeout(expire, timeout);
    signal?.addEventListener("abort", cancel);
    waiting.add(ticket);
    running ??= work();
  };

  /** Why an item cannot enter. */
  const obstacle = (signal: Signal | undefined): Refusal | undefined => {
    if (signal?.aborted) return cancelled();
    if (closed) return refusal("stopping", "the server is shutting down", { hint: "ask another one" });
    if (waiting.size < limit) return undefined;
    const [expected, got] = [`at most ${limit}`, `${waiting.size}`];
    return refusal("full", "too many requests wait", { expected, got, hint: "ask again later" });
  };

  const ask = (item: Q, signal?: Signal): Promise<A> =>
    new Promise((resolve, reject) => {
      const end = (outcome: Outcome<A>): void => ("value" in outcome ? resolve(outcome.value) : reject(outcome.error));
      const error = obstacle(signal);
      if (error === undefined) enter(item, signal, end);
      else reject(error);
    });

  const close = async (): Promise<void> => {
    closed = true;
    await running;
  };
  return { waiting: () => waiting.size, closed: () => closed, ask, close };
};
