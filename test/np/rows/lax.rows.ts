/** @file Functions of lax: those that are not primitives under another name, and the renamed ones that np does not have. */
import type { Tensor } from "../../../lib/core/tensor.js";
import * as lax from "../../../lib/lax/index.js";
import * as np from "../../../lib/np/index.js";
import { type Gradient, golden, type Row } from "./row.js";

const row = golden("lax");
const of = (name: string, gradient: Gradient, calls: Readonly<Record<string, (...xs: Tensor[]) => unknown>>): Row[] =>
  Object.entries(calls).map(([key, call]) => row(`lax.${name}`, key, call, gradient));
/** A scalar of the dtype of a tensor. */
const like = (x: Tensor, value: number): Tensor => np.fullLike(np.sum(x), value);

export const rows: readonly Row[] = [
  ...of("square", "differences", { square: (x) => lax.square(x) }),
  ...of("reciprocal", "differences", { reciprocal: (x) => lax.reciprocal(x) }),
  ...of("exp2", "differences", { exp2: (x) => lax.exp2(x) }),
  ...of("round", "piecewise constant", {
    round: (x) => lax.round(x),
    "round: even": (x) => lax.round(x, "toNearestEven"),
  }),
  ...of("clamp", "differences", { clamp: (x) => lax.clamp(like(x, -0.5), x, like(x, 1)) }),
  ...of("selectN", "differences", {
    "select_n: bool": (c, x, y) => lax.selectN(c, x, y),
    "select_n: three": (c, x) => lax.selectN(c, x, np.multiply(x, 2), np.multiply(x, 3)),
  }),
  ...of("populationCount", "no floats", { population_count: (x) => lax.populationCount(x) }),
  ...of("clz", "no floats", { clz: (x) => lax.clz(x) }),
  ...of("bitcastConvertType", "piecewise constant", {
    bitcast: (x) => lax.bitcastConvertType(x, "int32"),
    "bitcast: back": (x) => lax.bitcastConvertType(x, "float32"),
  }),
  ...of("reducePrecision", "piecewise constant", {
    "reduce_precision: half": (x) => lax.reducePrecision(x, { exponentBits: 5, mantissaBits: 10 }),
    "reduce_precision: bfloat16": (x) => lax.reducePrecision(x, { exponentBits: 8, mantissaBits: 7 }),
  }),
  ...of("full", "no floats", { full: () => lax.full([2, 3], 1.5) }),
  ...of("fullLike", "piecewise constant", { full_like: (x) => lax.fullLike(x, 2, "int32") }),
  ...of("empty", "no floats", { empty: () => lax.empty([2, 2], "int32") }),
  ...of("iota", "no floats", { iota: () => lax.iota("int32", 4) }),
  ...of("broadcastedIota", "no floats", { broadcasted_iota: () => lax.broadcastedIota("int32", [2, 3], 0) }),
  ...of("broadcast", "differences", { broadcast: (x) => lax.broadcast(x, [4]) }),
  ...of("broadcastToRank", "differences", { broadcast_to_rank: (x) => lax.broadcastToRank(x, 4) }),
  ...of("expandDims", "differences", { expand_dims: (x) => lax.expandDims(x, [0, -1]) }),
  ...of("squeeze", "differences", { squeeze: (x) => lax.squeeze(x, [1]) }),
  ...of("collapse", "differences", { collapse: (x) => lax.collapse(x, 0, 2) }),
  ...of("split", "differences", { split: (x) => lax.split(x, [1, 2], 1) }),
  ...of("tile", "differences", { tile: (x) => lax.tile(x, [2, 3]) }),
  ...of("stack", "differences", { stack: (x, y) => lax.stack([x, y], 1) }),
  ...of("dot", "differences", { "dot: matrices": (x, y) => lax.dot(x, y), "dot: a vector": (x, y) => lax.dot(x, y) }),
  ...of("batchMatmul", "differences", { batch_matmul: (x, y) => lax.batchMatmul(x, y) }),
  ...of("unstack", "differences", { unstack: (x) => lax.unstack(x, 1) }),
  ...of("pad", "differences", {
    pad: (x) =>
      lax.pad(x, like(x, 0.5), [
        [-1, 1, 0],
        [0, -1, 2],
      ]),
  }),
  ...of("reduce", "differences", { reduce: (x) => lax.reduce(x, 1, np.multiply, [1]) }),
  ...of("reduceXor", "no floats", { "reduce: xor": (x) => lax.reduceXor(x, [0]) }),
  ...of("reduceProd", "differences", { reduce_prod: (x) => lax.reduceProd(x, [0, 1]) }),
  ...of("rev", "differences", { reverse: (x) => lax.rev(x, [0]) }),
  ...of("argmax", "piecewise constant", { argmax: (x) => lax.argmax(x, 1) }),
  ...of("argmin", "piecewise constant", { argmin: (x) => lax.argmin(x, 1) }),
];
