/** @file jax-js, another implementation that claims JAX's bits, over many seeds and shapes. */
import * as jax from "@jax-js/jax";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeFor } from "../../lib/compile/init.js";
import { scope } from "../../lib/core/composite.js";
import * as random from "../../lib/random/index.js";
import { numbers, on } from "../helpers/runtime.js";

const Peer = suite("random/peer");
const SEEDS = [0, 1, 42, 1701, 123456789, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const SHAPES = [[], [1], [2], [3], [7], [8], [3, 5], [2, 3, 4], [1001]];

Peer.before(async () => {
  await jax.init("cpu");
  jax.defaultDevice("cpu");
});

Peer("bits, keys and uniform numbers are those of jax-js, for every seed and shape", async () => {
  const wasm = await runtimeFor("wasm");
  const flat = (x: jax.Array): number[] => Array.from(x.dataSync());
  for (const seed of SEEDS) {
    for (const shape of SHAPES) {
      const own = on(wasm, () =>
        scope(() => {
          const key = random.key(seed);
          return [random.bits(key, shape), random.uniform(key, shape), random.split(key, shape)].map(numbers);
        }),
      );
      const key = jax.random.key(jax.numpy.array([seed >>> 0], { dtype: jax.DType.Uint32 }).reshape([]));
      const peer = [jax.random.bits(key.ref, shape), jax.random.uniform(key.ref, shape), jax.random.split(key, shape)];
      assert.equal(own, peer.map(flat), `seed ${seed}, shape [${shape}]`);
    }
  }
});

Peer.run();
