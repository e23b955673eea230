import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import { bind1 } from "../../lib/core/trace.js";
import * as np from "../../lib/np/index.js";
import { add, stopGradient } from "../../lib/primitives/elementwise.js";
import { elementwise } from "../../lib/primitives/elementwise-rule.js";
import { type CheckGradsOptions, checkGrads } from "../../lib/transforms/check.js";
import { noLeaks } from "../helpers/runtime.js";
import { failing, onOwnRuntime } from "./setup.js";

const Check = suite("transforms/check");
onOwnRuntime(Check);

/** A cube whose derivative is `slope(x) dx`, and pulled back `pulled(ct)` where that is linear. */
const cubeWith = (slope: (x: Tensor) => Tensor): ((x: Tensor) => Tensor) => {
  const prim = elementwise<Record<never, never>>(
    {
      name: "cube",
      dtype: ([x]) => x.dtype,
      f: () => (x) => x ** 3,
      partials: [(dx, [x]) => np.multiply(dx, slope(x))],
    },
    add,
  );
  return (x) => bind1(prim, [x], {});
};

Check("passes trees, integers among the arguments and several results, to the third order", () => {
  noLeaks(() => {
    using x = np.array([0.3, -1.2, 2]);
    using w = np.array([[1], [2]]);
    using ids = np.array([2, 0], { dtype: "int32" });
    checkGrads(
      (p: { x: Tensor; w: Tensor }, i: Tensor) => ({
        a: np.sum(np.multiply(np.sin(np.take(p.x, i, 0)), p.w), { axis: 0 }),
        count: np.add(i, 1),
        b: np.exp(p.x),
      }),
      [{ x, w }, ids],
      { order: 3 },
    );
  });
});

Check("finds a wrong first derivative in each mode, and a wrong second one behind a right first", () => {
  noLeaks(() => {
    using x = np.array([0.5, 2]);
    const wrong = cubeWith((t) => np.multiply(t, t));
    for (const mode of ["forward", "reverse"] as const) {
      const options: CheckGradsOptions = { modes: [mode], order: 1 };
      assert.throws(
        () => checkGrads(wrong, [x], options),
        failing("ArgumentError", new RegExp(`the ${mode} derivative`)),
      );
    }
    const frozen = cubeWith((t) => np.multiply(3, np.square(stopGradient(t))));
    checkGrads(frozen, [x], { order: 1 });
    assert.throws(
      () => checkGrads(frozen, [x], { modes: ["forward"] }),
      failing("ArgumentError", /the forward derivative of the forward derivative/),
    );
  });
});

Check("has nothing to compare where no argument is a float", () => {
  noLeaks(() => {
    using i = np.array([1], { dtype: "int32" });
    assert.throws(() => checkGrads(np.square, [i]), failing("ArgumentError", /no argument is a float/));
  });
});

Check.run();
