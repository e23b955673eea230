/**
 * @file The warning for a loop that leaves arrays outside of every scope.
 *
 * The collector does not see device memory: it comes late, or in a loop that never lets the event loop turn not at all.
 */

/** What tells how much it holds; absent where the collector sees it. */
interface Holder {
  liveBytes?(): number;
}

/** Calls in a row that leave more behind than there was before them. */
const CALLS = 100;
/** What they have to leave in all: a few numbers, such as the losses of an epoch, are not a leak. */
const BYTES = 2 ** 20;

let [calls, start, last, warned] = [0, 0, 0, false];

const warn = (bytes: number): void => {
  warned = true;
  console.warn(
    `fluxion: ${calls.toLocaleString("en")} calls in a row have left arrays outside of every scope, ${(bytes / 2 ** 20).toFixed(1)} MiB in all.\n` +
      "  They are freed only when nothing reaches them any more, the collector has run and the event loop has turned.\n" +
      "  hint      put the body of the loop into scope(() => …), compile it with jit, or free what it replaces with dispose",
  );
};

/** Notes that a call outside of every scope has ended, and warns once when live bytes have grown with every one of the last hundred. */
export const leftOutside = (device: Holder): void => {
  if (warned || device.liveBytes === undefined) return;
  const now = device.liveBytes();
  if (now > last) {
    if (calls === 0) start = last;
    calls++;
    if (calls >= CALLS && now - start >= BYTES) warn(now - start);
  } else calls = 0;
  last = now;
};
