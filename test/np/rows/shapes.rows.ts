/** @file Making arrays, shapes, joining, padding, diagonals and grids. */

import { scope } from "../../../lib/core/composite.js";
import type { Tensor } from "../../../lib/core/tensor.js";
import * as np from "../../../lib/np/index.js";
import { type Gradient, golden, type Row } from "./row.js";

const row = golden("np-shapes");

/** Rows of one function: by case its call. */
const of = (name: string, gradient: Gradient, calls: Readonly<Record<string, (...xs: Tensor[]) => unknown>>): Row[] =>
  Object.entries(calls).map(([key, call]) => row(`np.${name}`, key, call, gradient));

const DIAGONALS = [-2, 0, 1, 5];
/** By the number of the diagonal. */
const byDiagonal = (
  name: string,
  key: string,
  gradient: Gradient,
  call: (k: number) => (x: Tensor) => unknown,
): Row[] => DIAGONALS.map((k) => row(`np.${name}`, `${key}: ${k}`, call(k), gradient));

const W = [
  [2, 1],
  [0, 5],
] as const;
const MODES = ["edge", "reflect", "symmetric", "wrap", "linear_ramp", "maximum", "mean", "minimum"] as const;

export const rows: readonly Row[] = [
  ...of("linspace", "no floats", {
    linspace: () => np.linspace(-1, 2, 7),
    "linspace: open": () => np.linspace(-1, 2, 7, { endpoint: false }),
    "linspace: integers": () => np.linspace(-1.5, 7.5, 4, { dtype: "int32" }),
    "linspace: one": () => np.linspace(3, 4, 1),
  }),
  ...of("logspace", "no floats", {
    logspace: () => np.logspace(-1, 2, 5),
    "logspace: base": () => np.logspace(0, 3, 4, { endpoint: false, base: 2 }),
  }),
  ...of("geomspace", "no floats", {
    geomspace: () => np.geomspace(-1, -1000, 4),
    "geomspace: open": () => np.geomspace(1, 256, 8, { endpoint: false }),
  }),
  ...of("arange", "no floats", {
    arange: () => np.arange(-1, 1, 0.25),
    "arange: integers": () => np.arange(10, 3, -3),
  }),
  ...of("fullLike", "piecewise constant", { full_like: (x) => np.fullLike(x, 2) }),
  ...of("onesLike", "piecewise constant", { ones_like: (x) => np.onesLike(x, "int32") }),

  ...byDiagonal("eye", "eye", "no floats", (k) => () => np.eye(3, 4, k)),
  ...byDiagonal("tri", "tri", "no floats", (k) => () => np.tri(3, 4, k)),
  ...byDiagonal("diagonal", "diagonal", "differences", (k) => (x) => np.diagonal(x, k)),
  ...byDiagonal("diag", "diag", "differences", (k) => (x) => np.diag(x, k)),
  ...byDiagonal("tril", "tril", "differences", (k) => (x) => np.tril(x, k)),
  ...byDiagonal("triu", "triu", "differences", (k) => (x) => np.triu(x, k)),
  ...byDiagonal("trilIndices", "tril_indices", "no floats", (k) => () => np.trilIndices(3, k, 4)),
  ...byDiagonal("triuIndices", "triu_indices", "no floats", (k) => () => np.triuIndices(3, k, 4)),
  ...byDiagonal(
    "trilIndicesFrom",
    "tril_indices",
    "no floats",
    (k) => () => scope(() => np.trilIndicesFrom(np.zeros([3, 4]), k)),
  ),
  ...byDiagonal(
    "triuIndicesFrom",
    "triu_indices",
    "no floats",
    (k) => () => scope(() => np.triuIndicesFrom(np.zeros([3, 4]), k)),
  ),
  ...of("identity", "no floats", { identity: () => np.identity(3) }),
  ...of("diagonal", "differences", { "diagonal: axes": (x) => np.diagonal(x, 1, 2, 0) }),
  ...of("diagonal", "no floats", { "diagonal: bool": (x) => np.diagonal(x) }),
  ...of("diag", "differences", { "diag: matrix": (x) => np.diag(x, -1) }),
  ...of("diagflat", "no floats", { diagflat: (x) => np.diagflat(x, 1) }),
  ...of("trace", "differences", {
    trace: (x) => np.trace(x),
    "trace: axes": (x) => np.trace(x, -1, 1, 2),
  }),
  ...of("diagIndices", "no floats", { diag_indices: () => np.diagIndices(3, 3) }),
  ...of("diagIndicesFrom", "no floats", { diag_indices: () => scope(() => np.diagIndicesFrom(np.zeros([3, 3, 3]))) }),
  ...of("fillDiagonal", "differences", { fill_diagonal: (x, v) => np.fillDiagonal(x, v) }),
  ...of("fillDiagonal", "no floats", { "fill_diagonal: number": (x) => np.fillDiagonal(x, 7) }),

  ...of("moveaxis", "differences", {
    moveaxis: (x) => np.moveaxis(x, 0, -1),
    "moveaxis: several": (x) => np.moveaxis(x, [2, 0], [0, 1]),
  }),
  ...of("rollaxis", "differences", {
    rollaxis: (x) => np.rollaxis(x, 2),
    "rollaxis: start": (x) => np.rollaxis(x, 0, 3),
  }),
  ...of("matrixTranspose", "differences", { matrix_transpose: (x) => np.matrixTranspose(x) }),
  ...of("swapaxes", "differences", { swapaxes: (x) => np.swapaxes(x, 0, 2) }),
  ...of("transpose", "differences", { transpose: (x) => np.transpose(x, [1, 2, 0]) }),
  ...of("reshape", "differences", { reshape: (x) => np.reshape(x, [4, -1]) }),
  ...of("ravel", "differences", { ravel: (x) => np.ravel(x) }),
  ...of("expandDims", "differences", { expand_dims: (x) => np.expandDims(x, [0, 2]) }),
  ...of("squeeze", "differences", { squeeze: (x) => np.squeeze(x, 1) }),
  ...of("flip", "differences", { flip: (x) => np.flip(x, [0, 2]) }),
  ...of("fliplr", "differences", { fliplr: (x) => np.fliplr(x) }),
  ...of("flipud", "differences", { flipud: (x) => np.flipud(x) }),
  ...[1, 2, 3, -3].map((k) => row("np.rot90", `rot90: ${k}`, (x) => np.rot90(x, k, [2, 1]), "differences")),
  ...of("roll", "differences", {
    roll: (x) => np.roll(x, 5),
    "roll: axis": (x) => np.roll(x, -1, 1),
    "roll: axes": (x) => np.roll(x, [1, -2], [0, 2]),
  }),
  ...of("resize", "differences", {
    resize: (x) => np.resize(x, [5, 3]),
    "resize: smaller": (x) => np.resize(x, 2),
  }),
  ...of("broadcastArrays", "differences", { broadcast_arrays: (x, y) => np.broadcastArrays(x, y) }),
  ...of("broadcastTo", "differences", { broadcast_to: (x) => np.broadcastTo(x, [2, 3]) }),
  // Products with one, since a tensor that has the rank already is given back itself.
  ...of("atleast1d", "differences", {
    "atleast_1d: scalar": (x) => scope(() => np.multiply(np.atleast1d(x), 1)),
    "atleast_1d: vector": (x) => scope(() => np.multiply(np.atleast1d(x), 1)),
  }),
  ...of("atleast2d", "differences", {
    "atleast_2d: scalar": (x) => np.atleast2d(x),
    "atleast_2d: vector": (x) => np.atleast2d(x),
  }),
  ...of("atleast3d", "differences", {
    "atleast_3d: scalar": (x) => np.atleast3d(x),
    "atleast_3d: vector": (x) => np.atleast3d(x),
    "atleast_3d: matrix": (x) => np.atleast3d(x),
  }),

  ...of("concatenate", "differences", {
    concatenate: (x, y) => np.concatenate([x, y]),
    "concatenate: flat": (x, y) => np.concatenate([x, y], null),
  }),
  ...of("stack", "differences", { stack: (x, y) => np.stack([x, y], 1) }),
  ...(
    [
      ["hstack", "hstack", np.hstack],
      ["vstack", "vstack", np.vstack],
      ["dstack", "dstack", np.dstack],
      ["columnStack", "column_stack", np.columnStack],
    ] as const
  ).flatMap(([name, key, f]) => {
    const call = (x: Tensor, y: Tensor): Tensor => f([x, y]);
    return of(name, "differences", { [`${key}: vectors`]: call, [`${key}: matrices`]: call });
  }),
  ...of("block", "differences", {
    block: (x, y) =>
      scope(() =>
        np.block([
          [x, np.multiply(x, 2)],
          [y, np.multiply(y, 3)],
        ]),
      ),
    "block: numbers": (x) => np.block([1, x, 2]),
  }),
  ...of("append", "differences", {
    append: (x, y) => np.append(x, y),
    "append: axis": (x, y) => np.append(x, y, 0),
  }),
  ...of("split", "differences", { split: (x) => np.split(x, 2, 1) }),
  ...of("arraySplit", "differences", {
    array_split: (x) => np.arraySplit(x, 3, 1),
    "array_split: places": (x) => np.arraySplit(x, [1, 3, 9], 1),
  }),
  ...of("hsplit", "differences", {
    hsplit: (x) => np.hsplit(x, 2),
    "hsplit: vector": (x) => np.hsplit(x, 3),
  }),
  ...of("vsplit", "differences", { vsplit: (x) => np.vsplit(x, [1]) }),
  ...of("dsplit", "differences", { dsplit: (x) => np.dsplit(x, 2) }),
  ...of("unstack", "differences", { unstack: (x) => np.unstack(x, 1) }),
  ...of("repeat", "differences", {
    repeat: (x) => np.repeat(x, 2),
    "repeat: axis": (x) => np.repeat(x, 3, 1),
    "repeat: each": (x) => np.repeat(x, [2, 0, 1], 0),
  }),
  ...of("tile", "differences", {
    tile: (x) => np.tile(x, [2, 1, 3]),
    "tile: number": (x) => np.tile(x, 2),
  }),

  ...MODES.map((mode) => row("np.pad", `pad: ${mode}`, (x) => np.pad(x, W, { mode }), "differences")),
  ...MODES.filter((mode) => mode !== "linear_ramp").map((mode) =>
    row("np.pad", `pad: ${mode}, integers`, (x) => np.pad(x, 2, { mode }), "no floats"),
  ),
  ...of("pad", "differences", {
    "pad: far reflect": (x) => np.pad(x, [11, 7], { mode: "reflect" }),
    "pad: reflect one": (x) => np.pad(x, 2, { mode: "reflect" }),
    "pad: constant": (x) => np.pad(x, [1, 2], { constantValues: 0.5 }),
    "pad: ramp to": (x) => np.pad(x, [3, 2], { mode: "linear_ramp", endValues: 5 }),
    "pad: mean of": (x) => np.pad(x, [1, 2], { mode: "mean", statLength: 2 }),
  }),

  ...of("meshgrid", "differences", {
    meshgrid: (x, y) => np.meshgrid([x, y]),
    "meshgrid: ij": (x, y, z) => np.meshgrid([x, y, z], { indexing: "ij" }),
    "meshgrid: sparse": (x, y, z) => np.meshgrid([x, y, z], { sparse: true }),
  }),
  ...of("mgrid", "no floats", { mgrid: () => np.mgrid([1, 4], [0, 6, 2]) }),
  ...of("ogrid", "no floats", { ogrid: () => np.ogrid([1, 4], [0, 6, 2]) }),
  ...of("indices", "no floats", { indices: () => np.indices([2, 3]) }),
  ...of("fromfunction", "no floats", {
    fromfunction: () => np.fromfunction((i, j) => np.add(np.multiply(i, 2), j), [2, 3]),
  }),
  ...of("ravelMultiIndex", "no floats", { ravel_multi_index: (i, j) => np.ravelMultiIndex([i, j], [3, 4]) }),
  ...of("unravelIndex", "no floats", { unravel_index: (i) => np.unravelIndex(i, [2, 3, 4]) }),
];
