import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { METRICS, type Metric, type Nearest, nearestTokens } from "../../lib/prompt/neighbours.js";
import { jit } from "../../lib/transforms/jit.js";
import { elementsNear, messageOf, noLeaks, numbers, on, startedRuntimes } from "../helpers/runtime.js";

const Neighbours = suite("prompt/neighbours");
interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
const golden = JSON.parse(readFileSync(new URL("../golden/data/neighbours.json", import.meta.url), "utf8")) as {
  readonly k: number;
  readonly prompt: Stored;
  readonly embedding: Stored;
  readonly metrics: Readonly<Record<Metric, { readonly ids: readonly number[]; readonly scores: readonly number[] }>>;
};
const runtimes = await startedRuntimes();
const tensor = ({ shape, data }: Stored): Tensor => np.array(Float32Array.from(data), { shape });

Neighbours("the nearest tokens are NumPy's by every metric, eager and compiled", () => {
  for (const runtime of runtimes) {
    on(runtime, () => {
      const [prompt, embedding] = [tensor(golden.prompt), tensor(golden.embedding)];
      const check = (metric: Metric, f: (p: Tensor, e: Tensor) => Nearest): void => {
        const { ids, scores } = f(prompt, embedding);
        assert.equal(numbers(ids), golden.metrics[metric].ids, metric);
        elementsNear(scores, golden.metrics[metric].scores, 1e-5);
        ids.dispose();
        scores.dispose();
      };
      const by = (metric: Metric) => (p: Tensor, e: Tensor) => nearestTokens(p, e, { k: golden.k, metric });
      check("dot", by("dot")); // the first use brings the arrays to where eager operations run
      for (const metric of METRICS) noLeaks(() => check(metric, by(metric)));
      for (const metric of METRICS) {
        using compiled = jit(by(metric));
        check(metric, compiled);
      }
      prompt.dispose();
      embedding.dispose();
    });
  }
});

Neighbours("a vector of zeros is not near to anything", () => {
  on(runtimes[0], () => {
    const { scores } = nearestTokens(np.zeros([1, 2]), np.array([[1, 2]]), { k: 1 });
    assert.equal(numbers(scores), [0]);
  });
});

Neighbours("what does not fit is said", () => {
  on(runtimes[0], () => {
    const [p, e] = [np.ones([2, 3]), np.ones([4, 3])];
    assert.match(messageOf(() => nearestTokens(p, np.ones([4, 2]))) ?? "", /does not fit the embedding/);
    assert.match(messageOf(() => nearestTokens(p, e, { k: 5 })) ?? "", /from 1 to 4/);
    try {
      nearestTokens(p, e, { k: 1, metric: "l1" as Metric });
      assert.unreachable();
    } catch (error) {
      assert.ok(isFluxionError(error, "ArgumentError"));
    }
  });
});

Neighbours.run();
