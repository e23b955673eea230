import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { batchQueue, type QueueOptions } from "../../lib/serve/queue.js";
import { Refusal } from "../../lib/serve/refusal.js";

const Queue = suite("serve/queue");

/** A queue that doubles numbers, and the batches that it was asked. */
const doubling = (changes: Partial<QueueOptions<number, number>> = {}) => {
  const batches: (readonly number[])[] = [];
  const queue = batchQueue<number, number>({
    batchSize: 4,
    limit: 100,
    timeout: 60_000,
    linger: 1,
    answer: async (batch) => {
      batches.push(batch);
      return batch.map((x) => (x < 0 ? { error: new Error(`negative: ${x}`) } : { value: 2 * x }));
    },
    ...changes,
  });
  return { queue, batches };
};

/** Why a promise was rejected: the reason of a refusal, or a message. */
const reasonOf = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => "answered",
    (error: Error) => (error instanceof Refusal ? error.reason : error.message),
  );

/** A promise, and what resolves it. */
const gate = (): { readonly opened: Promise<void>; readonly open: () => void } => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
};

Queue("each item gets its own outcome, in batches of at most the size, in order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: -3, max: 9 }), { maxLength: 20 }), async (items) => {
      const { queue, batches } = doubling();
      const got = await Promise.all(items.map((item) => queue.ask(item).catch((error: Error) => error.message)));
      assert.equal(
        got,
        items.map((x) => (x < 0 ? `negative: ${x}` : 2 * x)),
      );
      assert.equal(batches.flat(), items);
      assert.is(batches.length, Math.ceil(items.length / 4));
    }),
    { numRuns: 30 },
  );
});

Queue("what arrives while a batch is answered goes into the next one", async () => {
  const { opened, open } = gate();
  const sizes: number[] = [];
  const { queue } = doubling({
    answer: async (batch) => {
      sizes.push(batch.length);
      await opened;
      return batch.map((value) => ({ value }));
    },
  });
  const first = queue.ask(1);
  await sleep(10);
  const others = [2, 3, 4].map((item) => queue.ask(item));
  assert.is(queue.waiting(), 3);
  open();
  assert.equal(await Promise.all([first, ...others]), [1, 2, 3, 4]);
  assert.equal(sizes, [1, 3]);
});

Queue("a batch whose answering fails gives its error to every item, and the next one is answered", async () => {
  let calls = 0;
  const { queue } = doubling({
    batchSize: 2,
    answer: async (batch) => {
      if (calls++ === 0) throw new Error("broken");
      return batch.map((value) => ({ value }));
    },
  });
  const asked = [1, 2, 3].map((item) => queue.ask(item));
  assert.equal(await Promise.all(asked.map(reasonOf)), ["broken", "broken", "answered"]);
});

Queue("more than the limit is refused at once", async () => {
  const { queue } = doubling({ limit: 3 });
  const reasons = await Promise.all([1, 2, 3, 4, 5].map((item) => reasonOf(queue.ask(item))));
  assert.equal(reasons, ["answered", "answered", "answered", "full", "full"]);
  assert.is(await queue.ask(6), 12, "there is room again");
});

Queue("an item that is cancelled is taken out; one that is being answered is given up", async () => {
  const { opened, open } = gate();
  const { queue, batches } = doubling({
    batchSize: 1,
    answer: async (batch) => {
      batches.push(batch);
      await opened;
      return batch.map((value) => ({ value }));
    },
  });
  const controllers = [1, 2, 3].map(() => new AbortController());
  const asked = controllers.map(({ signal }, i) => reasonOf(queue.ask(i, signal)));
  await sleep(10);
  controllers[0].abort();
  controllers[1].abort();
  assert.is(await asked[0], "cancelled");
  assert.is(await asked[1], "cancelled");
  assert.is(queue.waiting(), 1);
  open();
  assert.is(await asked[2], "answered");
  assert.equal(batches, [[0], [2]]);
  const aborted = new AbortController();
  aborted.abort();
  assert.is(await reasonOf(queue.ask(4, aborted.signal)), "cancelled");
});

Queue("an item without an answer in time is refused, whether it waits or is being answered", async () => {
  const { opened, open } = gate();
  const { queue } = doubling({
    batchSize: 1,
    timeout: 20,
    answer: async (batch) => {
      await opened;
      return batch.map((value) => ({ value }));
    },
  });
  assert.equal(await Promise.all([1, 2].map((item) => reasonOf(queue.ask(item)))), ["late", "late"]);
  assert.is(queue.waiting(), 0);
  open();
  assert.is(await queue.ask(3), 3);
});

Queue("closing answers what is there, and refuses what comes after", async () => {
  const { queue, batches } = doubling();
  const asked = Array.from({ length: 10 }, (_, i) => queue.ask(i));
  const closing = queue.close();
  assert.ok(queue.closed());
  assert.is(await reasonOf(queue.ask(11)), "stopping");
  await closing;
  assert.is(batches.flat().length, 10);
  assert.equal(
    await Promise.all(asked),
    Array.from({ length: 10 }, (_, i) => 2 * i),
  );
  await queue.close();
  assert.is(await doubling().queue.close(), undefined, "an idle one is closed at once");
});

Queue.run();
