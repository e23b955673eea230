/** @file Compiled programs on the WebAssembly heap, with equations in groups and transposes in products: the bits of the equations one by one. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeFor } from "../../../lib/compile/init.js";
import { optimize } from "../../../lib/compile/passes/optimize.js";
import { Program } from "../../../lib/compile/program.js";
import type { Shape } from "../../../lib/core/aval.js";
import type { Jaxpr } from "../../../lib/core/jaxpr.js";
import type { Tensor } from "../../../lib/core/tensor.js";
import * as np from "../../../lib/np/index.js";
import { dotGeneral } from "../../../lib/primitives/dot.js";
import { makeJaxpr, ShapeDtype } from "../../../lib/transforms/make-jaxpr.js";
import { host } from "../../helpers/runtime.js";
import { type Seeded, seeded } from "../../helpers/seeded.js";

const Suite = suite("compile/wasm/fuse");
const { executor } = await runtimeFor("wasm");
const { arrange } = executor;
const plain = { ...executor, arrange: (program: ReturnType<typeof optimize>) => program };
const seed = 31;

const traced = (f: (...xs: Tensor[]) => unknown, shapes: readonly Shape[]): Jaxpr =>
  makeJaxpr(f as never)(...(shapes.map((shape) => new ShapeDtype(shape)) as never[])).jaxpr;

/** The names of the equations that are left, and in parentheses those of a group. */
const arranged = (f: (...xs: Tensor[]) => unknown, shapes: readonly Shape[]): string[] => {
  const program = arrange?.(optimize(traced(f, shapes)));
  return (program as NonNullable<typeof program>).jaxpr.eqns.map(({ prim, params }) =>
    prim.name === "fused" ? `(${(params.jaxpr as Jaxpr).eqns.map((e) => e.prim.name).join(" ")})` : prim.name,
  );
};

/** What a program gives on the same random operands, as bits; nothing may be left on the device. */
const bitsOf = (on: typeof executor, jaxpr: Jaxpr): number[][] => {
  const { device } = on;
  const before = device.memory();
  const random = seeded(seed);
  const program = new Program(on, jaxpr);
  const inputs = jaxpr.inAvals.map(({ shape, size }) =>
    device.upload(
      host(
        "float32",
        shape,
        Array.from({ length: size }, () => random.between(-2, 2)),
      ),
    ),
  );
  const outs = program.run(inputs);
  const bits = outs.map((out) => {
    const { data } = device.download(out);
    return [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
  });
  for (const handle of [...inputs, ...outs]) device.free(handle);
  program.dispose();
  const { arrays, bytes } = device.memory();
  assert.equal([arrays, bytes], [before.arrays, before.bytes], "something is left");
  return bits;
};

const sameBits = (f: (...xs: Tensor[]) => unknown, shapes: readonly Shape[], what: string): void => {
  const jaxpr = traced(f, shapes);
  assert.equal(bitsOf(executor, jaxpr), bitsOf(plain, jaxpr), what);
};

Suite("neighbouring elementwise equations are one group, and what a sum stands between are two", () => {
  const f = (x: Tensor): Tensor => {
    const y = np.exp(np.multiply(x, 2));
    return np.add(np.divide(y, np.sum(y, { axis: 1, keepDims: true })), np.tanh(y));
  };
  // All but the division and what follows it is computed before the sum.
  const names = arranged(f, [[3, 5]]);
  assert.equal(
    names.filter((name) => name !== "reshape"),
    ["(mul exp tanh)", "reduce_sum", "(div add)"],
  );
  sameBits(f, [[3, 5]], "a sum between");
});

Suite("a group is not made where its operands would take a call for a few elements", () => {
  const f = (x: Tensor, y: Tensor): Tensor => np.exp(np.add(x, y));
  const [x, y] = [
    [64, 1, 3, 1, 2],
    [1, 64, 1, 3, 2],
  ];
  assert.equal(arranged(f, [x, y]), ["add", "exp"]);
  assert.equal(arranged(f, [x, x]), ["(add exp)"]);
  sameBits(f, [x, y], "many calls");
});

Suite("a group reads rows, columns, single numbers and bools, and gives all that is read outside", () => {
  const f = (x: Tensor, row: Tensor, column: Tensor, one: Tensor): Tensor[] => {
    const mask = np.less(x, row);
    const y = np.where(mask, np.multiply(x, column), np.subtract(row, one));
    return [mask, y, np.logicalNot(mask), np.maximum(np.add(y, 0.5), -0)];
  };
  for (const n of [1, 2, 3, 4, 7, 9]) {
    for (const m of [1, 3]) {
      const shapes = [[m, n], [n], [m, 1], []];
      sameBits(f, shapes, `${m} rows of ${n}`);
    }
  }
  const names = arranged(f, [[3, 7], [7], [3, 1], []]).filter((name) => name !== "reshape");
  assert.equal(names, ["mul", "sub", "(lt not)", "(select add max)"]);
});

/** A program of random operations on arrays of a few shapes that go together. */
const randomProgram =
  (random: Seeded) =>
  (...xs: Tensor[]): Tensor[] => {
    const pool = [...xs];
    for (let i = 0; i < 40; i++) {
      const [x, y] = [random.pick(pool), random.pick(pool)];
      const make = random.pick<() => Tensor>([
        () => np.add(x, y),
        () => np.multiply(x, y),
        () => np.maximum(x, np.subtract(y, 0.25)),
        () => np.where(np.less(x, y), x, np.negative(y)),
        () => np.tanh(x),
        () => np.exp(np.negative(np.abs(x))),
        () => np.sum(x, { axis: x.ndim === 0 ? [] : random.int(x.ndim), keepDims: true }),
      ]);
      pool.push(make());
    }
    return pool.slice(-6);
  };

Suite("random programs give the bits of their equations one by one", () => {
  for (let i = 0; i < 40; i++) {
    const f = (...xs: Tensor[]): Tensor[] => randomProgram(seeded(seed + i))(...xs);
    sameBits(f, [[2, 3, 5], [2, 1, 5], [1, 3, 1], []], `program ${i} of seed ${seed}`);
  }
});

Suite("products take in the transposes before and after them", () => {
  const heads = (x: Tensor): Tensor => np.transpose(np.reshape(x, [2, 7, 3, 4]), [0, 2, 1, 3]);
  const attention = (q: Tensor, k: Tensor, v: Tensor): Tensor => {
    const scores = np.matmul(heads(q), np.transpose(heads(k), [0, 1, 3, 2]));
    return np.reshape(np.transpose(np.matmul(scores, heads(v)), [0, 2, 1, 3]), [2, 7, 12]);
  };
  const shapes = [
    [2, 7, 12],
    [2, 7, 12],
    [2, 7, 12],
  ];
  const names = arranged(attention, shapes);
  assert.equal(
    names.filter((name) => name !== "reshape"),
    ["dot_general", "ordered_dot"],
  );
  sameBits(attention, shapes, "attention");
});

Suite("a transpose that others read too stays", () => {
  const f = (x: Tensor, y: Tensor): Tensor[] => {
    const product = np.matmul(x, y);
    return [product, np.transpose(product), np.matmul(np.transpose(y), np.transpose(x))];
  };
  const shapes = [
    [3, 5],
    [5, 4],
  ];
  assert.equal(arranged(f, shapes), ["dot_general", "transpose", "dot_general"]);
  sameBits(f, shapes, "read twice");
});

Suite("products of random operands in random orders give the bits of products and transposes apart", () => {
  const random = seeded(seed);
  const shuffled = (n: number): number[] => {
    const left = Array.from({ length: n }, (_, i) => i);
    return Array.from({ length: n }, () => left.splice(random.int(left.length), 1)[0]);
  };
  for (let i = 0; i < 80; i++) {
    const [lhs, rhs, out] = [shuffled(4), shuffled(4), shuffled(4)];
    // Axes 0 and 1 are those of the batch, 2 is summed over.
    const of = (perm: readonly number[], axis: number): number => perm.indexOf(axis);
    const f = (x: Tensor, y: Tensor): Tensor =>
      np.transpose(
        dotGeneral(np.transpose(x, lhs), np.transpose(y, rhs), {
          lhsBatch: [of(lhs, 0), of(lhs, 1)],
          rhsBatch: [of(rhs, 0), of(rhs, 1)],
          lhsContract: [of(lhs, 2)],
          rhsContract: [of(rhs, 2)],
        }),
        out,
      );
    sameBits(
      f,
      [
        [2, 3, 9, 5],
        [2, 3, 9, 10],
      ],
      `orders ${lhs}, ${rhs} and ${out}; seed ${seed}`,
    );
  }
});

Suite.run();
