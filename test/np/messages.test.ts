/** @file Messages bear the name of the function that the user wrote, not that of what it is made of. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as lax from "../../lib/lax/index.js";
import * as np from "../../lib/np/index.js";
import { grad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { onReference } from "./oracle.js";

const Messages = suite("np/messages");
const check = onReference(Messages);

/** Who an error says it comes from, in its parts and in its text. */
const sourceOf = (f: () => unknown): string => {
  try {
    f();
  } catch (e) {
    if (!isFluxionError(e)) throw e;
    const { where } = e.mismatch;
    assert.ok(e.message.startsWith(`${where}: `), e.message);
    return where;
  }
  return "no error";
};

check("an operation that a dtype does not have names the function of np", () => {
  const [float, bool] = [np.array([1.5]), np.array([true])];
  const calls: readonly [string, () => unknown][] = [
    ["np.sign", () => np.sign(bool)],
    ["np.subtract", () => np.subtract(bool, bool)],
    ["np.leftShift", () => np.leftShift(float, float)],
    ["np.gcd", () => np.gcd(float, float)],
    ["np.lcm", () => np.lcm(float, float)],
    ["np.bitwiseXor", () => np.bitwiseXor(float, float)],
    ["np.negative", () => np.negative(bool)],
  ];
  assert.equal(
    calls.map(([, f]) => sourceOf(f)),
    calls.map(([name]) => name),
  );
});

check("shapes, sizes and dtypes that do not fit name the function of np", () => {
  const wide = np.ones([2, 3]);
  const calls: readonly [string, () => unknown][] = [
    ["np.multiply", () => np.multiply(wide, np.ones([4]))],
    ["np.matmul", () => np.matmul(wide, wide)],
    ["np.min", () => np.min(np.zeros([0]))],
    ["np.reshape", () => np.reshape(wide, [5])],
    ["np.broadcastTo", () => np.broadcastTo(wide, [2, 4])],
    ["np.zeros", () => np.zeros([-1])],
    ["np.full", () => np.full([1.5], 2)],
    ["np.zeros", () => np.zeros([2], "int7" as "int32")],
    ["np.array", () => np.array([1, 2], { shape: [3] })],
    ["np.astype", () => np.astype(wide, "text" as "int32")],
  ];
  assert.equal(
    calls.map(([, f]) => sourceOf(f)),
    calls.map(([name]) => name),
  );
});

check("the same holds under transformations", () => {
  const [wide, tall] = [np.ones([2, 3]), np.ones([4, 5])];
  const f = (x: Tensor): Tensor => np.sum(np.matmul(x, tall));
  assert.is(
    sourceOf(() => jit(f)(wide)),
    "np.matmul",
  );
  assert.is(
    sourceOf(() => grad(f)(wide)),
    "np.matmul",
  );
  assert.is(
    sourceOf(() => vmap(f)(np.ones([6, 2, 3]))),
    "np.matmul",
  );
});

check("a function given to a function of np has names of its own", () => {
  const inner = (): unknown => np.fromfunction((i) => np.matmul(np.add(np.ones([2, 3]), i), np.ones([2, 3])), [2]);
  assert.is(sourceOf(inner), "np.matmul");
  const leading = np.vectorize((x: Tensor) => grad((y: Tensor) => np.sum(np.reshape(y, [2])))(x) as Tensor);
  assert.is(
    sourceOf(() => leading(np.ones([2]))),
    "np.reshape",
  );
});

check("a function called next is not taken for the one that failed", () => {
  assert.throws(() => np.matmul(np.ones([2, 3]), np.ones([2, 3])));
  assert.is(
    sourceOf(() => lax.mul(np.ones([2]), np.ones([3]))),
    "lax.mul",
  );
  assert.is(
    sourceOf(() => np.reshape(np.ones([2]), [3])),
    "np.reshape",
  );
});

Messages.run();
