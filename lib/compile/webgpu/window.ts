/** @file Convolutions and windows that move over a tensor, in WGSL: an invocation for each element of the result. */
import { type Shape, sizeOf, stridesOf } from "../../core/aval.js";
import type { Conv } from "../../primitives/conv.js";
import type { ReduceWindow } from "../../primitives/reduce-window.js";
import type { Window } from "../../primitives/window.js";
import type { GpuLowering } from "./context.js";
import { constant, load, offset, stored, TYPES } from "./wgsl.js";

/** Coordinate `axis` of place number `index` of a box. */
const coordinate = (index: string, shape: Shape, axis: number): string =>
  offset(
    index,
    shape,
    shape.map((_, a) => (a === axis ? 1 : 0)),
  );

/**
 * The code that works out `inside` and `place`: where in the operand place `k` of a window lies.
 *
 * @param positions  for each axis, the number of the window along it
 * @param strides    of the operand's axes, in elements
 */
const placeOf = (
  operand: Shape,
  windows: readonly Window[],
  positions: readonly string[],
  strides: readonly number[],
): string => {
  const kernel = windows.map((w) => w.size);
  const axes = windows.map(
    ({ stride, pads, baseDilation, dilation }, axis) => `{
      let at = ${positions[axis]} * ${stride} + ${coordinate("k", kernel, axis)} * ${dilation} - (${pads[0]});
      let element = at / ${baseDilation};
      if (at < 0 || at % ${baseDilation} != 0 || element >= ${operand[axis]}) { inside = false; }
      else { place = place + element * ${strides[axis]}; }
    }`,
  );
  return `var inside = true; var place = 0; ${axes.join("\n")}`;
};

/** Sums in float32, tap by tap; padding counts as zeros, so an infinite weight on it gives NaN. */
export const convolution: GpuLowering = ({ device, gpu }, { params, inAvals: [x, w], outAvals: [out] }) => {
  const p = params as unknown as Conv;
  const { dtype } = out;
  const [spatial, kernel] = [x.shape.slice(1, -1), w.shape.slice(0, -2)];
  const windows = kernel.map((size, i) => ({
    size,
    stride: p.strides[i],
    pads: p.padding[i],
    baseDilation: p.lhsDilation[i],
    dilation: p.rhsDilation[i],
  }));
  const [examples, width] = [out.shape[0], out.shape[out.ndim - 1]];
  const [features, inFeatures] = [x.shape[x.ndim - 1], w.shape[w.ndim - 2]];
  const inputs = sizeOf(spatial);
  const group = `(i % ${width}) / ${width / (p.featureGroups * p.batchGroups)}`;
  const example = coordinate("i", out.shape, 0);
  const start =
    p.batchGroups > 1
      ? `((${group}) * ${examples} + ${example}) * ${inputs * features}`
      : `${example} * ${inputs * features} + (${group}) * ${inFeatures}`;
  const positions = kernel.map((_, axis) => coordinate("i", out.shape, axis + 1));
  const zero = `${TYPES[dtype]}(0)`;
  // The zero of padding must not be a constant: compilers drop products with it, also where the weight is infinite.
  const value = `select(${zero}, ${load(dtype, 0, `start + place * ${features} + c`)}, inside)`;
  const weight = load(dtype, 1, `(k * ${inFeatures} + c) * ${width} + i % ${width}`);
  const body = `
    let start = ${start};
    var sum = ${zero};
    for (var k = 0; k < ${sizeOf(kernel)}; k++) {
      ${placeOf(spatial, windows, positions, stridesOf(spatial))}
      for (var c = 0; c < ${inFeatures}; c++) {
        sum = sum + ${value} * ${weight};
      }
    }
    result[i] = ${stored(dtype, "sum")};`;
  return ([lhs, rhs]) => {
    const result = device.make(out.shape, dtype);
    gpu.run({ body, count: out.size }, [lhs.info, rhs.info], result.info);
    return [result];
  };
};

/** A loop over the elements that a window sees. */
const loop = (shape: Shape, out: Shape, p: ReduceWindow, use: string): string => {
  const windows = p.windowDimensions.map((size, i) => ({
    size,
    stride: p.windowStrides[i],
    pads: p.padding[i],
    baseDilation: p.baseDilation[i],
    dilation: p.windowDilation[i],
  }));
  const positions = out.map((_, axis) => coordinate("i", out, axis));
  return `for (var k = 0; k < ${sizeOf(p.windowDimensions)}; k++) {
      ${placeOf(shape, windows, positions, stridesOf(shape))}
      if (inside) { ${use} }
    }`;
};

export const windowSum: GpuLowering = ({ device, gpu }, { params, inAvals: [x], outAvals: [out] }) => {
  const { dtype } = out;
  const use = `sum = sum + ${load(dtype, 0, "place")};`;
  const body = `
    var sum = ${TYPES[dtype]}(0);
    ${loop(x.shape, out.shape, params as unknown as ReduceWindow, use)}
    result[i] = ${stored(dtype, "sum")};`;
  return ([block]) => {
    const result = device.make(out.shape, dtype);
    gpu.run({ body, count: out.size }, [block.info], result.info);
    return [result];
  };
};

/** Values and where they came from: the first of equals, the first NaN before everything. */
export const windowExtremum: GpuLowering = ({ device, gpu }, { prim, params, inAvals: [x], outAvals: [out] }) => {
  const { dtype } = out;
  const max = prim.name === "reduce_window_max";
  const [p, q] = max ? ["best", "v"] : ["v", "best"];
  const better = dtype === "float32" ? `ltf(${p}, ${q}) || (isnan(v) && !isnan(best))` : `${p} < ${q}`;
  const limits = { float32: Infinity, float64: Infinity, int32: 2 ** 31 - 1, uint32: 2 ** 32 - 1, bool: 1 };
  const lowest = dtype === "uint32" ? 0 : dtype === "int32" ? -(2 ** 31) : -Infinity;
  const none = constant(dtype, max ? lowest : limits[dtype]);
  const search = `
    var best: ${TYPES[dtype]};
    var source = -1;
    ${loop(x.shape, out.shape, params as unknown as ReduceWindow, `let v = ${load(dtype, 0, "place")}; if (source < 0 || ${better}) { best = v; source = place; }`)}`;
  const values = `${search} result[i] = select(${stored(dtype, "best")}, ${none}, source < 0);`;
  const places = `${search} result[i] = source;`;
  return ([block]) => {
    const results = [device.make(out.shape, dtype), device.make(out.shape, "int32")];
    gpu.run({ body: values, count: out.size }, [block.info], results[0].info);
    gpu.run({ body: places, count: out.size }, [block.info], results[1].info);
    return results;
  };
};
