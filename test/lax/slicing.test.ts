/** Defaults of slices, as in JAX's signatures. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init, lax, np } from "../../lib/index.js";

const Slicing = suite("lax/slicing");
Slicing.before(() => init({ backend: "reference" }));

Slicing("entries are taken along the first axis, which is kept, unless another is given", () => {
  const x = np.array([
    [1, 2],
    [3, 4],
  ]);
  assert.equal(lax.indexInDim(x, 1).tolist(), [[3, 4]]);
  assert.equal(lax.indexInDim(x, 1, 1).tolist(), [[2], [4]]);
  assert.equal(lax.dynamicIndexInDim(x, 1).tolist(), [[3, 4]]);
  assert.equal(lax.dynamicSliceInDim(x, 1, 1).tolist(), [[3, 4]]);
  assert.equal(lax.sliceInDim(x, 1, 2).tolist(), [[3, 4]]);
});

Slicing.run();
