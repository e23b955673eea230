/** @file Pieces of WGSL: reading and writing elements of each dtype, and where elements are. */
import type { DType, Shape } from "../../core/aval.js";
import { joinAxes } from "../blocks/axes.js";

/** Types in shaders; bool and uint32 are stored as i32. */
export const TYPES: Readonly<Record<DType, string>> = {
  float32: "f32",
  float64: "f32",
  int32: "i32",
  uint32: "u32",
  bool: "bool",
};

/** The element of input `k` at an index. */
export const load = (dtype: DType, k: number, index: string): string => {
  const stored = `x${k}[${index}]`;
  if (dtype === "bool") return `(${stored} != 0)`;
  return dtype === "uint32" ? `bitcast<u32>(${stored})` : stored;
};

/** A value as it is stored. */
export const stored = (dtype: DType, value: string): string => {
  if (dtype === "bool") return `select(0, 1, ${value})`;
  return dtype === "uint32" ? `bitcast<i32>(${value})` : value;
};

/** A number that is known when the shader is written, as it is stored. NaN and infinities may not be constants. */
export const constant = (dtype: DType, value: number): string => {
  if (dtype !== "float32") return value === -(2 ** 31) ? "(-2147483647 - 1)" : `${value | 0}`;
  if (Number.isNaN(value)) return "uniforms.NAN";
  if (Number.isFinite(value)) return `${value}f`;
  return value > 0 ? "uniforms.INFINITY" : "-uniforms.INFINITY";
};

/**
 * The offset of place number `index` of a box, row-major, for these strides.
 *
 * @param index  an expression that can be repeated
 */
export const offset = (index: string, shape: Shape, strides: readonly number[], start = 0): string => {
  const walk = joinAxes(shape, [strides]);
  const [steps] = walk.strides;
  const terms = start === 0 ? [] : [`${start}`];
  let below = 1;
  for (let axis = walk.sizes.length - 1; axis >= 0; axis--) {
    const quotient = below === 1 ? index : `${index} / ${below}`;
    const coordinate = axis === 0 ? quotient : `(${quotient}) % ${walk.sizes[axis]}`;
    if (steps[axis] !== 0) terms.push(steps[axis] === 1 ? `(${coordinate})` : `(${coordinate}) * ${steps[axis]}`);
    below *= walk.sizes[axis];
  }
  return terms.length === 0 ? "0" : `(${terms.join(" + ").replaceAll("+ -", "- ")})`;
};
