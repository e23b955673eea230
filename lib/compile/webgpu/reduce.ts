/** @file Reductions, running sums, argmax and sort in WGSL: one invocation for each line of elements, or for each element. */
import { type Aval, type DType, range, type Shape, sizeOf, stridesOf, without } from "../../core/aval.js";
import { axisView } from "../../core/host.js";
import type { GpuLowering } from "./context.js";
import { constant, load, offset, stored, TYPES } from "./wgsl.js";

/** From this many elements on, a line is first reduced in parts: more invocations, and smaller errors of a sum. */
const LONG = 64;

/** `[start, combine]` of a reduction on a dtype; `start` as it is stored. */
type Fold = readonly [start: number, combine: (x: string, y: string) => string];

const lowest: Readonly<Partial<Record<DType, number>>> = { float32: -Infinity, int32: -(2 ** 31), uint32: 0 };
const highest: Readonly<Partial<Record<DType, number>>> = {
  float32: Infinity,
  int32: 2 ** 31 - 1,
  uint32: 2 ** 32 - 1,
};

const FOLDS: Readonly<Record<string, (dtype: DType) => Fold>> = {
  reduce_sum: () => [0, (x, y) => `${x} + ${y}`],
  reduce_max: (dtype) => [lowest[dtype] as number, (x, y) => `${dtype === "float32" ? "maxf" : "max"}(${x}, ${y})`],
  reduce_min: (dtype) => [highest[dtype] as number, (x, y) => `${dtype === "float32" ? "minf" : "min"}(${x}, ${y})`],
  reduce_and: () => [1, (x, y) => `${x} && ${y}`],
  reduce_or: () => [0, (x, y) => `${x} || ${y}`],
};

/** A constant of the type that shaders compute with. */
const typed = (dtype: DType, value: number): string => {
  const stored = constant(dtype, value);
  return dtype === "bool" ? `${value !== 0}` : dtype === "uint32" ? `bitcast<u32>(${stored})` : stored;
};

/**
 * The body that folds `length` elements for each `i`.
 *
 * @param first  the offset of the first of them
 * @param at     the distance of element `k` from there
 */
const foldBody = (dtype: DType, [start, combine]: Fold, first: string, at: string, length: string): string => `
  let first = ${first};
  var sum: ${TYPES[dtype]} = ${typed(dtype, start)};
  for (var k = 0; k < ${length}; k++) { sum = ${combine("sum", load(dtype, 0, `first + ${at}`))}; }
  result[i] = ${stored(dtype, "sum")};`;

export const reduction: GpuLowering = ({ device, gpu }, { prim, params, inAvals: [x], outAvals: [out] }) => {
  const axes = params.axes as readonly number[];
  const { dtype } = x;
  const fold = FOLDS[prim.name](dtype);
  const own = stridesOf(x.shape);
  const pick = (list: readonly number[]): [Shape, number[]] => [list.map((a) => x.shape[a]), list.map((a) => own[a])];
  const kept = pick(without(range(x.ndim), axes));
  const folded = pick(axes);
  const length = sizeOf(folded[0]);
  const parts = length > LONG ? Math.ceil(Math.sqrt(length)) : 1;
  const each = Math.ceil(length / parts);
  // Part `p` of result `o` has the elements p · each to min((p + 1) · each, length).
  const first = parts === 1 ? offset("i", ...kept) : offset(`(i / ${parts})`, ...kept);
  const number = parts === 1 ? "k" : `(k + (i % ${parts}) * ${each})`;
  const count = parts === 1 ? `${length}` : `min(${each}, ${length} - (i % ${parts}) * ${each})`;
  const body = foldBody(dtype, fold, first, offset(number, ...folded), count);
  const rest = foldBody(dtype, fold, `i * ${parts}`, "k", `${parts}`);
  return ([block]) => {
    const result = device.make(out.shape, dtype);
    if (parts === 1) {
      gpu.run({ body, count: out.size }, [block.info], result.info);
      return [result];
    }
    const partial = device.make([out.size, parts], dtype);
    gpu.run({ body, count: out.size * parts }, [block.info], partial.info);
    gpu.run({ body: rest, count: out.size }, [partial.info], result.info);
    device.free(partial);
    return [result];
  };
};

/** A line along an axis: how many there are, and the offset of element `k` of line `i`. */
const lines = (x: Aval, axis: number): { count: number; length: number; at: (line: string, k: string) => string } => {
  const { outer, length, inner } = axisView(x.shape, axis);
  return {
    count: outer * inner,
    length,
    at: (line, k) => `((${line} / ${inner}) * ${length * inner} + (${k}) * ${inner} + ${line} % ${inner})`,
  };
};

/** What running operations and scatters do with two values. */
export const combine = (name: string, dtype: DType): ((x: string, y: string) => string) => {
  const f = dtype === "float32" ? "f" : "";
  switch (name.replace(/^(cum|scatter_)/, "")) {
    case "prod":
    case "mul":
      return f === "" ? (x, y) => `${x} * ${y}` : (x, y) => `mulf(${x}, ${y})`;
    case "max":
      return (x, y) => `max${f}(${x}, ${y})`;
    case "min":
      return (x, y) => `min${f}(${x}, ${y})`;
    case "logsumexp":
      return (x, y) => `logaddexpf(${x}, ${y})`;
    default:
      return (x, y) => `${x} + ${y}`;
  }
};

export const running: GpuLowering = ({ device, gpu }, { prim, params, inAvals: [x] }) => {
  const { dtype } = x;
  const { count, length, at } = lines(x, params.axis as number);
  const place = at("i", params.reverse === true ? `${length - 1} - k` : "k");
  const body = `
    var total: ${TYPES[dtype]};
    for (var k = 0; k < ${length}; k++) {
      let at = ${place};
      let v = ${load(dtype, 0, "at")};
      if (k == 0) { total = v; } else { total = ${combine(prim.name, dtype)("total", "v")}; }
      result[at] = ${stored(dtype, "total")};
    }`;
  return ([block]) => {
    const result = device.make(x.shape, dtype);
    if (x.size > 0) gpu.run({ body, count }, [block.info], result.info);
    return [result];
  };
};

/** An element for comparison: a bool as a number. */
const comparable = (dtype: DType, index: string, k = 0): string =>
  dtype === "bool" ? `x${k}[${index}]` : load(dtype, k, index);

/** Whether element `x` comes before `y` in ascending order, NaN last. */
const before = (dtype: DType, x: string, y: string): string =>
  dtype === "float32" ? `(ltf(${x}, ${y}) || (isnan(${y}) && !isnan(${x})))` : `(${x} < ${y})`;

/** The first NaN wins, else the first of the best. */
export const argument: GpuLowering = ({ device, gpu }, { prim, params, inAvals: [x], outAvals: [out] }) => {
  const { count, length, at } = lines(x, params.axis as number);
  const float = x.dtype === "float32";
  const less = float ? "ltf(v, best)" : "v < best";
  const more = float ? "ltf(best, v)" : "v > best";
  const better = prim.name === "argmax" ? more : less;
  const body = `
    var best = ${comparable(x.dtype, at("i", "0"))};
    var place = 0;
    for (var k = 1; k < ${length}; k++) {
      let v = ${comparable(x.dtype, at("i", "k"))};
      if (${float ? `!isnan(best) && (isnan(v) || ${better})` : better}) { best = v; place = k; }
    }
    result[i] = place;`;
  return ([block]) => {
    const result = device.make(out.shape, "int32");
    gpu.run({ body, count }, [block.info], result.info);
    return [result];
  };
};

/** Most operands that a shader can bind beside its result. */
const MOST_INPUTS = 7;

/**
 * Every element counts those that come before it: quadratic in the length of the axis, and stable. Inputs of the shader are the keys,
 * then the operand that is put in order.
 */
export const sort: GpuLowering = ({ device, gpu }, { params, inAvals }) => {
  const keys = inAvals.slice(0, params.numKeys as number);
  if (keys.length >= MOST_INPUTS) return undefined;
  const [x] = inAvals;
  const axis = params.axis as number;
  const { length, at } = lines(x, axis);
  const { inner } = axisView(x.shape, axis);
  // Whether element `p` comes before element `q` by key `k` or, where that is the same, by a later one.
  const goesBefore = (k: number): string => {
    if (k === keys.length) return "p < q";
    const [v, w] = ["p", "q"].map((place) => comparable(keys[k].dtype, at("line", place), k));
    const { dtype } = keys[k];
    return `(${before(dtype, v, w)} || (!${before(dtype, w, v)} && (${goesBefore(k + 1)})))`;
  };
  const body = `
    let line = (i / ${length * inner}) * ${inner} + i % ${inner};
    let q = (i / ${inner}) % ${length};
    var rank = 0;
    for (var p = 0; p < ${length}; p++) { if (${goesBefore(0)}) { rank = rank + 1; } }
    result[${at("line", "rank")}] = x${keys.length}[i];`;
  return (inputs) =>
    inputs.map((block) => {
      const result = device.make(x.shape, block.dtype);
      const bound = [...inputs.slice(0, keys.length), block].map((b) => b.info);
      gpu.run({ body, count: x.size }, bound, result.info);
      return result;
    });
};
