import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { jit } from "../../lib/transforms/jit.js";
import { scan } from "../../lib/transforms/scan.js";
import { foriLoop, whileLoop } from "../../lib/transforms/while.js";
import { i32, numbers, u32 } from "../helpers/runtime.js";
import { failing, onOwnRuntime } from "./setup.js";

const Carry = suite("transforms/carry");
onOwnRuntime(Carry);

Carry("a whole number that meets integers in the body is an integer of their dtype", () => {
  for (const [xs, dtype] of [
    [i32([1, 2, 3]), "int32"],
    [u32([1, 2, 3]), "uint32"],
  ] as const) {
    const [total, before] = scan((c, x) => [np.add(c, x), c], 0, xs);
    assert.equal([total.dtype, numbers(total)], [dtype, [6]]);
    assert.equal([before.dtype, numbers(before)], [dtype, [0, 1, 3]]);
  }
  assert.equal(foriLoop(0, 5, (i, sum) => np.add(sum, i), 0).item(), 10);
  assert.equal(foriLoop(0, i32(5), (i, sum) => np.add(sum, i), 0).dtype, "int32");
});

Carry("beside it, numbers that become floats do so, also by way of numbers with a fraction", () => {
  const [c] = jit((xs: Tensor) =>
    scan(
      (c, x) => [
        { n: np.add(c.n, x), mean: np.add(np.multiply(c.mean, 0.5), np.sqrt(x)), half: np.add(c.half, 0.5) },
        null,
      ],
      { n: 0, mean: 0, half: 1 },
      xs,
    ),
  )(i32([4, 9]));
  assert.equal([c.n.dtype, c.mean.dtype, c.half.dtype], ["int32", "float32", "float32"]);
  assert.equal(
    [c.n, c.mean, c.half].map((x) => x.item()),
    [13, 4, 2],
  );
});

Carry("the predicate of a loop may be what needs the integer", () => {
  const n = i32(4);
  const { i, x } = whileLoop(
    (c) => np.less(c.i, n),
    (c) => ({ i: np.add(c.i, 1), x: np.multiply(c.x, 1.5) }),
    { i: 0, x: 1 },
  );
  assert.equal([i.dtype, i.item(), x.dtype, x.item()], ["int32", 4, "float32", 1.5 ** 4]);
});

Carry("a number with a fraction is refused, with the words of the first attempt", () => {
  const xs = i32([1, 2]);
  assert.throws(
    () => scan((c, x) => [np.add(c, x), null], 0.5, xs),
    failing("DTypeError", /got {7}a plain number \(f32\*\[\]\) and i32\[\]/),
  );
  assert.throws(
    () => scan(([a, b], x) => [[np.add(a, x), np.add(b, x)] as const, null], [0, 0.5] as const, xs),
    failing("DTypeError", /got {7}a plain number \(f32\*\[\]\) and i32\[\]/),
  );
});

Carry.run();
