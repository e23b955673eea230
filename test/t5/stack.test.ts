import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withRuntime } from "../../lib/core/runtime.js";
import { jit, np, random, scope, type Tensor, t5, valueAndGrad } from "../../lib/index.js";
import { hostOf, noLeaks, runtimes, treesClose } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

const Stack = suite("t5/stack");

const batchOf = (dropoutKey?: Tensor): t5.Batch => ({
  inputs: np.array(Int32Array.from([5, 9, 3, 1, 0, 0, 7, 2, 30, 11, 4, 1]), { shape: [2, 6] }),
  targets: np.array(Int32Array.from([8, 1, 0, 0, 3, 9, 21, 1]), { shape: [2, 4] }),
  ...(dropoutKey === undefined ? {} : { dropoutKey }),
});

/** Loss and gradient of the prompt. */
const stepOf = (config: t5.T5Config, options: t5.LossOptions = {}) =>
  valueAndGrad(t5.promptLoss(config, options), { argnums: 1 });

for (const { label, open } of runtimes()) {
  const check = (title: string, body: () => void): void =>
    Stack(`${label}: ${title}`, async () => {
      const runtime = await open();
      withRuntime(runtime, () => noLeaks(() => scope(body)));
    });

  check("scanned layers give the numbers of unrolled ones, with dropout and without, and the same gradients", () => {
    const { config, params } = tinyT5();
    const stacked = t5.stackLayers(params);
    const prompt = { prompt: random.normal(random.key(7), [3, config.dModel]) };
    for (const [dropoutRate, key] of [[0], [0.3, random.key(3)]] as const) {
      const batch = batchOf(key);
      using step = jit(stepOf(config, { dropoutRate }));
      treesClose(step(stacked, prompt, batch), step(params, prompt, batch), `prompt gradient, dropout ${dropoutRate}`, {
        abs: 2e-6,
        rel: 1e-5,
      });
    }
    using all = jit(valueAndGrad(t5.loss(config)));
    const [, grads] = all(params, batchOf());
    using allStacked = jit(valueAndGrad(t5.loss<t5.StackedParams>(config)));
    const [, scanned] = allStacked(stacked, batchOf());
    treesClose(scanned, t5.stackLayers(grads), "gradients of the weights", { abs: 2e-6, rel: 1e-5 });
  });

  check("what is computed again within a layer is what was computed, dropout included", () => {
    const { config, params } = tinyT5();
    const prompt = { prompt: random.normal(random.key(7), [3, config.dModel]) };
    const batch = batchOf(random.key(3));
    for (const weights of [params, t5.stackLayers(params)]) {
      using plain = jit(stepOf(config, { dropoutRate: 0.3 }));
      using again = jit(stepOf(config, { dropoutRate: 0.3, remat: true }));
      treesClose(again(weights, prompt, batch), plain(weights, prompt, batch), "remat", { abs: 2e-6, rel: 1e-5 });
    }
  });
}

Stack("stacking and unstacking gives the same parameters", async () => {
  const { label, open } = runtimes()[0];
  assert.is(label, "reference");
  withRuntime(await open(), () =>
    noLeaks(() =>
      scope(() => {
        const { params } = tinyT5();
        const stacked = t5.stackLayers(params);
        assert.equal(stacked.encoder.layers.attention.query.kernel.shape, [2, 16, 8]);
        const second = np.get(stacked.decoder.layers.mlp.wo.kernel, 1);
        assert.equal(hostOf(second), hostOf(params.decoder.layers[1].mlp.wo.kernel));
        treesClose(t5.unstackLayers(stacked), params, "unstacked", { abs: 0, rel: 0 });
      }),
    ),
  );
});

Stack.run();
