/** @file gather and the scatters in WGSL: an invocation for each element of the result, or of the updates. */
import { range, type Shape, stridesOf, without } from "../../core/aval.js";
import { fillOf, type GatherParams, type ScatterParams } from "../../primitives/gather-dims.js";
import type { GpuLowering } from "./context.js";
import { duplicate, filled } from "./movement.js";
import { combine } from "./reduce.js";
import { constant, load, offset, TYPES } from "./wgsl.js";

/**
 * The code that works out `inside` and `place`, where element `i` of the slices lies in the operand.
 *
 * @param slices  the shape of gather's result, or of scatterAdd's updates
 * @param k       the number of the input that holds the indices
 */
const placeOf = (
  operand: Shape,
  indices: Shape,
  slices: Shape,
  dims: GatherParams | ScatterParams,
  k: number,
): string => {
  const operandStrides = stridesOf(operand);
  const indexStrides = stridesOf(indices);
  const window = without(range(operand.length), [...dims.collapsedSliceDims, ...dims.operandBatchingDims]);
  const batch = without(range(slices.length), dims.offsetDims);
  // What every axis of the slices adds to the offset in the operand, and to the place in the indices.
  const inOperand = slices.map((_, axis) => {
    const w = dims.offsetDims.indexOf(axis);
    if (w >= 0) return operandStrides[window[w]];
    const b = dims.startIndicesBatchingDims.indexOf(batch.indexOf(axis));
    return b < 0 ? 0 : operandStrides[dims.operandBatchingDims[b]];
  });
  const inIndices = slices.map((_, axis) => (batch.includes(axis) ? indexStrides[batch.indexOf(axis)] : 0));
  const starts = dims.startIndexMap.map((axis, component) => {
    const last = operand[axis] - dims.sliceSizes[axis];
    const index = `x${k}[vector + ${component}]`;
    const moved = dims.mode === "clip" ? `clamp(${index}, 0, ${last})` : index;
    return `{
      let start = ${moved};
      if (start < 0 || start > ${last}) { inside = false; }
      place = place + start * ${operandStrides[axis]};
    }`;
  });
  return `
    let vector = ${offset("i", slices, inIndices)};
    var inside = true;
    var place = ${offset("i", slices, inOperand)};
    ${starts.join("\n")}`;
};

export const gather: GpuLowering = ({ device, gpu }, { params, inAvals: [x, indices], outAvals: [out] }) => {
  const dims = params as unknown as GatherParams;
  const body = `${placeOf(x.shape, indices.shape, out.shape, dims, 1)}
    if (inside) { result[i] = x0[place]; } else { result[i] = ${constant(out.dtype, fillOf(out.dtype, dims))}; }`;
  return ([operand, index]) => {
    const result = device.make(out.shape, out.dtype);
    gpu.run({ body, count: out.size }, [operand.info, index.info], result.info);
    return [result];
  };
};

const slicesBody = (
  { params, inAvals: [x, indices, updates] }: Parameters<GpuLowering>[1],
  k: number,
  use: string,
): string => `${placeOf(x.shape, indices.shape, updates.shape, params as unknown as ScatterParams, k)}
    if (inside) { ${use} }`;

/**
 * Updates are combined by exchanging the bits until no other invocation came between; so the order of a float sum or product is not
 * fixed.
 */
export const combined: GpuLowering = (context, equation) => {
  const { dtype } = equation.inAvals[0];
  const old = dtype === "int32" ? "old" : `bitcast<${TYPES[dtype]}>(old)`;
  const next = combine(equation.prim.name, dtype)(old, load(dtype, 1, "i"));
  const body = slicesBody(
    equation,
    0,
    `
      var old = atomicLoad(&result[place]);
      loop {
        let done = atomicCompareExchangeWeak(&result[place], old, bitcast<i32>(${next}));
        if (done.exchanged) { break; }
        old = done.old_value;
      }`,
  );
  return ([operand, index, change]) => {
    const result = duplicate(context, operand);
    context.gpu.run({ body, count: equation.inAvals[2].size, atomic: true }, [index.info, change.info], result.info);
    return [result];
  };
};

/** Of several updates on one place the last one stays: first every place learns which that is. */
export const replaced: GpuLowering = (context, equation) => {
  const { device, gpu } = context;
  const [x, , updates] = equation.inAvals;
  const claim = slicesBody(equation, 0, "atomicMax(&result[place], i);");
  const put = slicesBody(equation, 0, "if (x2[place] == i) { result[place] = x1[i]; }");
  return ([operand, index, change]) => {
    const owners = filled(context, x.shape, "int32", -1);
    try {
      const result = duplicate(context, operand);
      gpu.run({ body: claim, count: updates.size, atomic: true }, [index.info], owners.info);
      gpu.run({ body: put, count: updates.size }, [index.info, change.info, owners.info], result.info);
      return [result];
    } finally {
      device.free(owners);
    }
  };
};
