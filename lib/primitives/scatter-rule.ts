/** @file What all scatters have in common: shapes, the loop over updates, and batching. */
import { Aval, type DType, printShape, sameShape } from "../core/aval.js";
import { zerosHost } from "../core/host.js";
import { definePrimitive, type Primitive } from "../core/primitive.js";
import { demand, sameDType } from "../core/rules.js";
import { bind1 } from "../core/trace.js";
import { batchedDims, checkDims, gatherShape, operandStart, type ScatterParams, windowsOf } from "./gather-dims.js";
import { mappedFront } from "./movement.js";

/** The part of a scatter that differs from one to the next. */
export interface ScatterRule extends Pick<Primitive<ScatterParams>, "name" | "jvp" | "transpose"> {
  /** Of floats and integers only. */
  readonly number: boolean;
  /** An element and the update that falls on it. Updates come in row-major order. */
  readonly combine: (dtype: DType) => (x: number, update: number) => number;
}

/** Inputs: the operand, int32 `indices[..., n]`, and updates of the shape that gather would give. */
export const scatterPrimitive = ({ name, number, combine, jvp, transpose }: ScatterRule): Primitive<ScatterParams> => {
  const prim: Primitive<ScatterParams> = definePrimitive<ScatterParams>({
    name,
    abstractEval: ([operand, indices, updates], dims) => {
      checkDims(name, operand, indices, dims);
      sameDType(name, [operand, updates], (a) => !number || a.dtype !== "bool", "a float or an integer");
      const shape = gatherShape(operand.shape, indices.shape, dims);
      demand(sameShape(updates.shape, shape), name, "the updates have another shape", printShape(shape), `${updates}`);
      return [new Aval(operand.shape, operand.dtype, operand.weak && updates.weak)];
    },
    impl: ([operand, indices, updates], { mode, ...dims }) => {
      const out = zerosHost(operand);
      out.data.set(operand.data);
      const f = combine(operand.dtype);
      const w = windowsOf(operand.shape, indices.shape, dims);
      for (let at = 0; at < w.resultStarts.length; at++) {
        const to = operandStart(w, indices.data, at, mode === "clip");
        if (to < 0) continue;
        const from = w.resultStarts[at];
        for (let k = 0; k < w.resultOffsets.length; k++) {
          const place = to + w.operandOffsets[k];
          out.data[place] = f(out.data[place], updates.data[from + w.resultOffsets[k]]);
        }
      }
      return [out];
    },
    jvp,
    transpose,
    batch: (size, [operand, indices, updates], [d, dIndices, dUpdates], params) => {
      const x = mappedFront(operand, d, size);
      const u = mappedFront(updates, dUpdates, size);
      const own = dIndices !== null;
      const i = own ? mappedFront(indices, dIndices, size) : indices;
      const batched = batchedDims(params, own ? 1 : size, own);
      return [[bind1(prim, [x, i, u], { ...params, ...batched })], [0]];
    },
  });
  return prim;
};
