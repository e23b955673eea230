/** @file Tensors joined and parted by lax. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init, lax, np } from "../../lib/index.js";

const Shape = suite("lax/shape");
Shape.before(() => init({ backend: "reference" }));

Shape("one tensor alone is stacked along a new axis", () => {
  const x = np.array([1, 2]);
  assert.equal(lax.stack([x]).tolist(), [[1, 2]]);
  assert.equal(lax.stack([x], -1).tolist(), [[1], [2]]);
});

Shape("tensors are joined and parted along the first axis unless another is given", () => {
  const [x, y] = [np.array([1, 2]), np.array([3, 4])];
  const joined = lax.stack([x, y]);
  assert.equal(joined.tolist(), [
    [1, 2],
    [3, 4],
  ]);
  assert.equal(
    lax.unstack(joined).map((part) => part.tolist()),
    [
      [1, 2],
      [3, 4],
    ],
  );
  assert.equal(
    lax.split(joined, [1, 1]).map((part) => part.tolist()),
    [[[1, 2]], [[3, 4]]],
  );
});

Shape.run();
