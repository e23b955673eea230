import { suite } from "uvu";
import * as assert from "uvu/assert";
import { onlyWhatIsRead } from "../../../lib/compile/passes/demand.js";
import { optimize } from "../../../lib/compile/passes/optimize.js";
import { checkJaxpr } from "../../../lib/core/jaxpr.js";
import { dispose, type Tensor } from "../../../lib/core/tensor.js";
import * as np from "../../../lib/np/index.js";
import * as random from "../../../lib/random/index.js";
import { grad } from "../../../lib/transforms/grad.js";
import { jit } from "../../../lib/transforms/jit.js";
import { makeJaxpr } from "../../../lib/transforms/make-jaxpr.js";
import { numbers, on, startedRuntimes } from "../../helpers/runtime.js";

const Demand = suite("compile/passes/demand");

const runtimes = await startedRuntimes();

type F = (...xs: Tensor[]) => Tensor;
/** Shapes of the results of all equations of a primitive in the compiled program. */
const shapesOf = (f: F, args: readonly Tensor[], name: string): string[] => {
  const { jaxpr } = optimize(makeJaxpr(f)(...args).jaxpr);
  checkJaxpr(jaxpr);
  return jaxpr.eqns.filter((eqn) => eqn.prim.name === name).map((eqn) => `${eqn.outputs[0].aval.shape}`);
};

const draw = (...shape: number[]): Tensor => random.normal(random.key(shape.length), shape);

/** The compiled function on every runtime against the function itself, equation by equation. */
const same = (f: F, ...shapes: number[][]): void => {
  for (const runtime of runtimes) {
    on(runtime, () => {
      const args = shapes.map((shape) => draw(...shape));
      const want = numbers(f(...args));
      numbers(jit(f)(...args)).forEach((v, i) => {
        assert.ok(Math.abs(v - want[i]) <= 1e-5 * (1 + Math.abs(want[i])), `${i}: ${v}, ${want[i]}`);
      });
      dispose(args);
    });
  }
};

const rows = (x: Tensor, from: number, to: number): Tensor => np.slice(x, [[from, to]]);

Demand("a product makes only the rows and columns that are read", () => {
  on(runtimes[0], () => {
    const args = [draw(8, 5), draw(5, 6)];
    const f: F = (x, w) =>
      np.slice(np.matmul(x, w), [
        [2, 4],
        [0, 3],
      ]);
    assert.equal(shapesOf(f, args, "dot_general"), ["2,3"]);
    dispose(args);
  });
  same(
    (x, w) =>
      np.slice(np.matmul(x, w), [
        [2, 4],
        [1, 3],
      ]),
    [8, 5],
    [5, 6],
  );
});

Demand("the part is handed down through sums, products, transposes, reshapes and broadcasts", () => {
  const f: F = (x, y, w) => {
    const a = np.multiply(np.add(np.matmul(x, w), 1), y);
    const b = np.transpose(np.reshape(a, [8, 2, 3]), [1, 0, 2]);
    return np.slice(np.multiply(np.sum(b, { axis: 2 }), np.arange(8)), [null, [5, 8]]);
  };
  on(runtimes[0], () => {
    const args = [draw(8, 5), draw(8, 6), draw(5, 6)];
    assert.equal(shapesOf(f, args, "dot_general"), ["3,6"]);
    dispose(args);
  });
  same(f, [8, 5], [8, 6], [5, 6]);
});

Demand("several slices share one computation of what they span", () => {
  const f: F = (x, w) => {
    const y = np.matmul(x, w);
    return np.add(rows(y, 1, 3), np.multiply(rows(y, 2, 4), 2));
  };
  on(runtimes[0], () => {
    const args = [draw(9, 4), draw(4, 4)];
    assert.equal(shapesOf(f, args, "dot_general"), ["3,4"]);
    dispose(args);
  });
  same(f, [9, 4], [4, 4]);
});

Demand("what is read as a whole elsewhere, or nearly, is made as a whole", () => {
  const both: F = (x, w) => {
    const y = np.matmul(x, w);
    return np.multiply(np.sum(y), rows(y, 0, 2));
  };
  const most: F = (x, w) => rows(np.matmul(x, w), 0, 7);
  on(runtimes[0], () => {
    const args = [draw(9, 4), draw(4, 4)];
    assert.equal(shapesOf(both, args, "dot_general"), ["9,4"]);
    assert.equal(shapesOf(most, args, "dot_general"), ["9,4"]);
    dispose(args);
  });
  same(both, [9, 4], [4, 4]);
  same(most, [9, 4], [4, 4]);
});

Demand("a reshape that mixes the axis keeps the whole before it", () => {
  same((x, w) => rows(np.reshape(np.matmul(x, w), [4, 8]), 0, 1), [8, 5], [5, 4]);
  same((x, w) => rows(np.reshape(np.matmul(x, w), [32]), 3, 9), [8, 5], [5, 4]);
});

Demand("batched products, contracted axes and reversed slices stay right", () => {
  same((x, y) => np.slice(np.einsum("bqhd,bkhd->bhqk", x, y), [[1, 2], null, [0, 2]]), [3, 5, 2, 4], [3, 6, 2, 4]);
  same((x, y) => np.slice(np.flip(np.matmul(x, y), 0), [[0, 2]]), [6, 3], [3, 3]);
  same((x, y) => np.slice(np.matmul(x, y), [[0, 6, 2]]), [6, 3], [3, 3]);
});

Demand("the gradient of rows put before others needs no products of the others, neither forward nor back", () => {
  const loss = (prompt: Tensor, x: Tensor, w: Tensor): Tensor =>
    np.sum(np.square(np.tanh(np.matmul(np.concatenate([prompt, x], 0), w))));
  const f = grad(loss) as F;
  on(runtimes[0], () => {
    const args = [draw(2, 4), draw(8, 4), draw(4, 4)];
    assert.equal(shapesOf(f, args, "dot_general"), ["2,4", "2,4"]);
    dispose(args);
  });
  same(f, [2, 4], [8, 4], [4, 4]);
});

Demand("a program without slices is left alone", () => {
  on(runtimes[0], () => {
    const x = draw(3);
    const { jaxpr } = makeJaxpr(np.tanh)(x);
    assert.is(onlyWhatIsRead(jaxpr), jaxpr);
    dispose(x);
  });
});

Demand.run();
