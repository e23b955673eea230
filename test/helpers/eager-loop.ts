/**
 * @file A loop of eager steps without any scope, run as a process of its own with `--expose-gc`. Prints what it held on the way, as JSON.
 *
 * `yields` lets the event loop turn and the collector run every 100 steps, `plain` never does, and `native` replaces what a compiled step
 * returns without donating it.
 */
import { init, jit, memory, np, type Tensor } from "../../lib/index.js";

const [kind] = process.argv.slice(2);
const { gc } = globalThis as unknown as { gc: () => void };
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
/** After a collection: what is unreachable and what is not yet freed do not count. */
const held = () => ({ bytes: memory().bytes, rss: process.memoryUsage().rss });
const marks: ReturnType<typeof held>[] = [];

const eager = async (): Promise<void> => {
  let w = np.ones([256]);
  for (let i = 1; i <= 10_000; i++) {
    w = np.subtract(w, np.multiply(np.tanh(w), 0.01));
    if (kind === "yields" && i % 100 === 0) {
      gc();
      await turn();
    }
    if (i % 1000 === 0) marks.push(held());
  }
};

const native = (): void => {
  const step = jit((p: Tensor, o: Tensor): [Tensor, Tensor] => [np.subtract(p, np.multiply(o, 0.1)), np.add(o, p)]);
  let [p, o] = [np.ones([256, 400]), np.ones([256, 400])];
  for (let i = 1; i <= 1500; i++) {
    [p, o] = step(p, o);
    if (i % 150 === 0) marks.push(held());
  }
};

await init({ executor: kind === "native" ? "onnx" : "tfjs" });
if (kind === "native") native();
else await eager();
for (let i = 0; i < 3; i++) {
  gc();
  await turn();
}
console.log(JSON.stringify({ marks, end: held() }));
