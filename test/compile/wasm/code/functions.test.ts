import { suite } from "uvu";
import * as assert from "uvu/assert";
import { elementwiseLoop } from "../../../../lib/compile/wasm/code/elementwise.js";
import { type LaneFunction, laneFunction } from "../../../../lib/compile/wasm/code/functions.js";
import type { DType } from "../../../../lib/core/aval.js";
import type { Params } from "../../../../lib/core/primitive.js";
import { primitives } from "../../../../lib/primitives/index.js";
import { seeded } from "../../../helpers/seeded.js";
import { testHeap } from "./heap.js";

const Suite = suite("compile/wasm/code/functions");

/** Distance from `x` to the next float32 away from zero. */
const ulp = (x: number): number => {
  const bits = new Float32Array([Math.abs(x)]);
  const [size] = bits;
  new Uint32Array(bits.buffer)[0]++;
  return bits[0] === Infinity ? size * 2 ** -24 : bits[0] - size;
};

const EDGES = [
  0,
  -0,
  NaN,
  Infinity,
  -Infinity,
  1e-45,
  -1e-45,
  1e-38,
  3.4e38,
  -3.4e38,
  88.72,
  88.73,
  -87.3,
  -103.9,
  -104.1,
  0.625,
  -1,
  1,
  0.99999994,
  -0.9999999,
];
const seed = 7;

/** Worst error in units in the last place over edges and numbers of all sizes; NaN and signs of zeros must agree. */
const worstUlps = (
  name: "exp" | "log" | "log1p" | "erf_inv" | "tanh" | "logistic" | "rsqrt" | "integer_pow",
  params: Params,
): number => {
  const random = seeded(seed);
  const x = Float32Array.from({ length: 30_000 }, (_, i) => {
    if (i < EDGES.length) return EDGES[i];
    const sign = random.chance(0.5) ? 1 : -1;
    return i % 2 === 0 ? random.between(-110, 110) : sign * 10 ** random.between(-44, 2);
  });
  const heap = testHeap();
  const f = laneFunction(name, params, ["float32"]) as LaneFunction;
  const out = heap.put(new Float32Array(x.length));
  const from = heap.put(x);
  elementwiseLoop(heap.memory, f, [{ dtype: "float32", repeated: false }], "float32")(out, 1, x.length, from, 0);
  const [want] = primitives[name].impl(
    [{ shape: [x.length], dtype: "float32", data: x }],
    params as { exponent: number },
  );
  let worst = 0;
  heap.view(out, x.length).forEach((got, i) => {
    const right = want.data[i];
    if (Object.is(got, right)) return;
    const off = right === 0 || got === 0 || !Number.isFinite(right) ? Infinity : Math.abs(got - right) / ulp(right);
    // A result at the border of the subnormal numbers may be rounded to the neighbour of zero.
    if (off === Infinity && Math.abs(got - right) <= 1.5e-45) return;
    assert.ok(off <= 8, `${name}(${x[i]}) = ${got}, expected ${right}; seed ${seed}`);
    worst = Math.max(worst, off);
  });
  return worst;
};

Suite("exp, tanh and logistic are right to a few units in the last place, from subnormal numbers to infinity", () => {
  assert.ok(worstUlps("exp", {}) <= 2);
  assert.ok(worstUlps("tanh", {}) <= 2);
  assert.ok(worstUlps("logistic", {}) <= 4);
});

Suite("log, log1p and erfInv are right to a few units in the last place, at the borders of their domains too", () => {
  assert.ok(worstUlps("log", {}) <= 2);
  assert.ok(worstUlps("log1p", {}) <= 3);
  assert.ok(worstUlps("erf_inv", {}) <= 5);
});

Suite("roots and small powers are right to two units in the last place", () => {
  assert.ok(worstUlps("rsqrt", {}) <= 2);
  for (const exponent of [1, 2, 3, 4]) assert.ok(worstUlps("integer_pow", { exponent }) <= 2, `power ${exponent}`);
});

Suite("what four lanes cannot do exactly is left to impl", () => {
  assert.is(laneFunction("integer_pow", { exponent: 5 }, ["float32"]), undefined);
  assert.is(laneFunction("integer_pow", { exponent: 2 }, ["int32"]), undefined);
  assert.is(laneFunction("div", {}, ["int32", "int32"]), undefined);
  assert.is(laneFunction("add", {}, ["float64", "float64"]), undefined);
});

Suite("a function is the same one for the same parameters, and another one for others: loops are known by it", () => {
  const pow = (exponent: number) => laneFunction("integer_pow", { exponent }, ["float32"]);
  const to = (dtype: string, from: DType = "float32") => laneFunction("convert", { dtype }, [from]);
  const all = [pow(1), pow(2), pow(3), pow(4), to("int32"), to("uint32"), to("bool"), to("float32", "int32")];
  assert.ok(all.every((f) => f !== undefined));
  assert.is(new Set(all).size, all.length);
  const again = [pow(1), pow(2), pow(3), pow(4), to("int32"), to("uint32"), to("bool"), to("float32", "int32")];
  again.forEach((f, i) => {
    assert.is(f, all[i]);
  });
  assert.equal([pow(0), pow(5), pow(2.5), to("float64")], [undefined, undefined, undefined, undefined]);
});

Suite.run();
