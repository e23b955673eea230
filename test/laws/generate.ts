/** @file Puts random programs together. */
import { Aval, type DType, type Shape, sizeOf } from "../../lib/core/aval.js";
import type { PrimitiveName } from "../../lib/primitives/index.js";
import { type Seeded, seeded } from "../helpers/seeded.js";
import { operations } from "./operations.js";
import { type Arg, Builder, NoOperand, type Program, randomHost } from "./program.js";

const FLOATS: readonly Shape[] = [[2, 3], [3], [], [2, 3]];
const OTHERS: readonly Aval[] = [
  new Aval([2, 3], "int32"),
  new Aval([], "int32"),
  new Aval([2], "uint32"),
  new Aval([2, 3], "bool"),
  new Aval([3], "bool"),
];
const names = Object.keys(operations) as PrimitiveName[];

/** The programs go through all primitives in turn, so that a few hundred have each of them often. */
const order = (rng: Seeded, seed: number): PrimitiveName[] => [
  names[seed % names.length],
  names[(seed * 7 + 3) % names.length],
  ...Array.from({ length: 80 }, () => rng.pick(names)),
];

/** Applies the operation if it has operands; says whether it did. */
const attempt = (b: Builder, name: PrimitiveName): boolean => {
  const [values, steps] = [b.values.length, b.steps.length];
  try {
    b.operation(operations[name]);
    return true;
  } catch (e) {
    if (!(e instanceof NoOperand)) throw e;
    b.values.length = values;
    b.steps.length = steps;
    return false;
  }
};

const nest = (b: Builder): void => {
  const floats = [b.aFloat(), b.aFloat((s) => s.length > 0)];
  const args = [...new Set([...floats, b.of("int32"), b.of("bool")])];
  // Values of the program and a constant, some of them tracers and some not.
  const closure = [b.aFloat(), b.some((v) => !v.active && v.aval.dtype === b.float)];
  const captured = b.rng.chance(0.5) ? closure.filter((i) => !args.includes(i) && b.rng.chance(0.7)) : [];
  b.operation(() =>
    b.nested(args, captured, (inside) => {
      for (let i = 0; i < 4; i++) attempt(inside, b.rng.pick(names));
      // A program may hand an input on, give a value twice, and hold a jit within a jit.
      if (b.rng.chance(0.3)) nestOnce(inside);
      const last = inside.aFloat();
      return b.rng.chance(0.3) ? [last, args.indexOf(floats[0]), last] : [last, inside.some(() => true)];
    }),
  );
};
const nestOnce = (b: Builder): void => {
  const x = b.aFloat();
  b.nested([x], [], (inside) => [inside.apply("tanh", [0])]);
};

/** The sum over all elements of a float, with different weights. */
const weighed = (b: Builder, x: number): number => {
  const shape = b.shape(x);
  const n = sizeOf(shape);
  const flat = b.apply("reshape", [x], { shape: [n] });
  const weights = b.apply("cos", [b.apply("iota", [], { shape: [n], dtype: b.float, axis: 0 })]);
  return b.apply("reduce_sum", [b.apply("mul", [flat, weights])], { axes: [0] });
};

/** The program of a seed: results are the loss, a float, and a value of any dtype. */
export const generate = (seed: number, float: DType, least = 8): Program => {
  const rng = seeded(seed);
  const b = new Builder(rng, float);
  for (const shape of FLOATS) b.input(new Aval(shape, float), true);
  for (const aval of OTHERS) b.input(aval, false);
  const consts = [randomHost(rng, { shape: [3, 2], dtype: float }), randomHost(rng, { shape: [3], dtype: "int32" })];
  for (const c of consts) b.input(new Aval(c.shape, c.dtype), false);

  const deepest = (): number => {
    const active = b.find((v) => v.active);
    return active.reduce((best, i) => (b.values[i].depth > b.values[best].depth ? i : best), active[0]);
  };
  for (const [i, name] of order(rng, seed).entries()) {
    attempt(b, name);
    if (i === 5) nest(b);
    if (i >= 10 && b.values[deepest()].depth >= least) break;
  }
  const [last, other] = [deepest(), b.some((v) => v.active)];
  const depth = b.values[last].depth;
  // Now and then a program loses its floats to integers; then it is another one.
  if (depth < least) return { ...generate(seed + 100_000, float, least), seed };
  const parts: Arg[] = [weighed(b, last), weighed(b, other), weighed(b, b.aFloat())];
  const loss = parts.reduce((sum, x) => b.apply("add", [sum, x]));
  const results = [loss as number, last, b.some(() => true)];
  return { seed, float, floats: FLOATS, others: OTHERS, consts, steps: b.steps, results, depth };
};
