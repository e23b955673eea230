import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { BackendName } from "../../../lib/compile/executors.js";
import { runtimeFor } from "../../../lib/compile/init.js";
import { type DType, range, type Shape, sizeOf } from "../../../lib/core/aval.js";
import { avalOfHost, type HostArray } from "../../../lib/core/host.js";
import { type AnyPrimitive, definePrimitive, type Params, type Primitive } from "../../../lib/core/primitive.js";
import { primitives } from "../../../lib/primitives/index.js";
import { allclose, host } from "../../helpers/runtime.js";
import { type Seeded, seeded } from "../../helpers/seeded.js";

const Suite = suite("compile/tfjs/lower");
const BACKENDS: readonly BackendName[] = ["wasm", "cpu"];
const seed = 20;

/** Computes one equation on a backend. */
const computed = async (
  backend: BackendName,
  prim: AnyPrimitive,
  params: Params,
  xs: readonly HostArray[],
): Promise<HostArray[]> => {
  const { executor } = await runtimeFor(backend);
  const { device } = executor;
  const before = device.memory();
  const avals = xs.map(avalOfHost);
  const handles = xs.map((x) => device.upload(x));
  const outs = executor.kernel(prim, params, avals, prim.abstractEval(avals, params))(handles);
  const result = outs.map((out) => device.download(out));
  for (const handle of [...handles, ...outs]) device.free(handle);
  const { arrays, bytes } = device.memory();
  assert.equal([arrays, bytes], [before.arrays, before.bytes], `${prim.name} on ${backend} leaks`);
  return result;
};

/** Asserts that both backends compute what `impl` says. */
const agrees = async (prim: AnyPrimitive, params: Params, xs: readonly HostArray[]): Promise<void> => {
  const want = prim.impl(xs, params);
  for (const backend of BACKENDS) {
    const got = await computed(backend, prim, params, xs);
    const what = `${prim.name} ${JSON.stringify(params)} of ${xs.map(avalOfHost).join(" ")} on ${backend}; seed ${seed}`;
    got.forEach((y, i) => {
      allclose(y, want[i], what);
    });
  }
};

const sizesOf = (random: Seeded, rank: number): number[] =>
  range(rank).map(() => random.pick([1, 1, 2, 3, 5, random.chance(0.1) ? 0 : 4]));
const filled = (random: Seeded, dtype: DType, shape: Shape): HostArray =>
  host(
    dtype,
    shape,
    range(sizeOf(shape)).map(() =>
      dtype === "bool" ? random.int(2) : random.int(200) - (dtype === "uint32" ? 0 : 100),
    ),
  );

Suite("operands repeated along any axes, up to rank 8 and without elements, agree with impl", async () => {
  const random = seeded(seed);
  for (let i = 0; i < 120; i++) {
    const shape = sizesOf(random, random.int(9));
    const operand = (dtype: DType): HostArray => {
      const own = random.chance(0.2) ? [] : shape.map((n) => (random.chance(0.4) ? 1 : n));
      return filled(random, dtype, own);
    };
    const dtype = random.pick<DType>(["float32", "int32", "uint32"]);
    await agrees(primitives[random.pick(["add", "mul", "max", "lt"] as const)], {}, [operand(dtype), operand(dtype)]);
    await agrees(primitives.select, {}, [operand("bool"), operand(dtype), operand(dtype)]);
  }
});

Suite("long rows and columns that are gathered, inside and outside of the operand, agree with impl", async () => {
  const random = seeded(seed);
  const indices = host("int32", [6, 1], [3, 0, -1, 4, 99, 2]);
  const dims = { operandBatchingDims: [], startIndicesBatchingDims: [] };
  const rows = { ...dims, offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0], sliceSizes: [1, 40] };
  const columns = { ...dims, offsetDims: [0], collapsedSliceDims: [1], startIndexMap: [1], sliceSizes: [40, 1] };
  for (const dtype of ["float32", "int32", "uint32", "bool"] as const) {
    for (const mode of ["clip", "fill"] as const) {
      await agrees(primitives.gather, { ...rows, mode }, [filled(random, dtype, [5, 40]), indices]);
      await agrees(primitives.gather, { ...columns, mode }, [filled(random, dtype, [40, 5]), indices]);
    }
  }
});

Suite("sums and maxima over any axes agree with impl", async () => {
  const random = seeded(seed);
  for (let i = 0; i < 80; i++) {
    const x = filled(random, random.pick<DType>(["float32", "float32", "int32"]), sizesOf(random, random.int(7)));
    const axes = range(x.shape.length).filter(() => random.chance(0.5));
    await agrees(primitives[random.pick(["reduce_sum", "reduce_max", "reduce_min"] as const)], { axes }, [x]);
  }
});

Suite("transposes, slices and reversals of any rank agree with impl, in every dtype", async () => {
  const random = seeded(seed);
  for (let i = 0; i < 80; i++) {
    const shape = sizesOf(random, random.int(7));
    const x = filled(random, random.pick<DType>(["float32", "int32", "uint32", "bool"]), shape);
    const perm = range(shape.length).sort(() => random.next() - 0.5);
    await agrees(primitives.transpose, { perm }, [x]);
    const start = shape.map((n) => random.int(n + 1));
    const limit = shape.map((n, axis) => start[axis] + random.int(n - start[axis] + 1));
    const strides = shape.map(() => 1 + random.int(3));
    await agrees(primitives.slice, { start, limit, strides }, [x]);
    await agrees(primitives.reverse, { axes: range(shape.length).filter(() => random.chance(0.5)) }, [x]);
    const value = filled(random, x.dtype, []);
    const amounts = (): number[] => shape.map(() => random.int(3));
    await agrees(primitives.pad, { low: amounts(), high: amounts(), interior: amounts() }, [x, value]);
  }
});

Suite("products agree with impl whatever the order of batch, free and contracted axes", async () => {
  const random = seeded(seed);
  for (let i = 0; i < 60; i++) {
    const [batch, contract] = [sizesOf(random, random.int(3)), sizesOf(random, random.int(3))];
    const side = (): { x: HostArray; batch: number[]; contract: number[] } => {
      const axes = [...batch.map((n, k) => ({ n, role: `b${k}` })), ...contract.map((n, k) => ({ n, role: `c${k}` }))];
      axes.push(...sizesOf(random, random.int(3)).map((n) => ({ n, role: "free" })));
      axes.sort(() => random.next() - 0.5);
      const at = (letter: string, list: readonly number[]): number[] =>
        list.map((_, k) => axes.findIndex(({ role }) => role === `${letter}${k}`));
      const shape = axes.map(({ n }) => n);
      return { x: filled(random, "float32", shape), batch: at("b", batch), contract: at("c", contract) };
    };
    const [lhs, rhs] = [side(), side()];
    const params = {
      lhsContract: lhs.contract,
      rhsContract: rhs.contract,
      lhsBatch: lhs.batch,
      rhsBatch: rhs.batch,
    };
    await agrees(primitives.dot_general, params, [lhs.x, rhs.x]);
  }
});

Suite("a primitive of the user's own is computed by its impl, even with the name of a built-in one", async () => {
  const twice: Primitive<Record<never, never>> = definePrimitive({
    ...primitives.neg,
    impl: ([x]) => [{ ...x, data: x.data.map((v) => 2 * v) as Float32Array }],
  });
  await agrees(twice, {}, [host("float32", [3], [1, -2, 3])]);
});

Suite.run();
