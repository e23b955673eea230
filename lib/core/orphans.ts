/**
 * @file Arrays that no scope owns, on their way to the collector.
 *
 * To watch an array costs more than to make a small one, and most are disposed before the event loop turns. So they wait for its turn here, a few
 * at a time, and those that are still alive then are watched.
 */
import { type Aval, itemBytes } from "./aval.js";

interface Orphan {
  readonly aval: Aval;
  /** Tells the collector; does nothing when the memory is gone. */
  watch(): void;
}

/** What may wait, in arrays and in bytes of one array: what waits is freed only on request. */
const [ARRAYS, BYTES] = [256, 2 ** 14];

let waiting: Orphan[] = [];

const watchAll = (): void => {
  const list = waiting;
  waiting = [];
  for (const x of list) x.watch();
};

/** Hands an array over to the collector, at the end of this turn of the event loop at the latest. */
export const orphan = (x: Orphan): void => {
  if (x.aval.size * itemBytes(x.aval.dtype) > BYTES) {
    x.watch();
    return;
  }
  waiting.push(x);
  if (waiting.length === 1) queueMicrotask(watchAll);
  else if (waiting.length >= ARRAYS) watchAll();
};
