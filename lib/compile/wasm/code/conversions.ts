/** @file Changes of dtype in SIMD instructions. */
import type { DType } from "../../../core/aval.js";
import { type Code, f32x4, i32x4, v128 } from "./assembler.js";
import type { LaneFunction } from "./lane-function.js";

const LANE_TYPES = ["float32", "int32", "uint32", "bool"] as const satisfies readonly DType[];
type LaneType = (typeof LANE_TYPES)[number];

const codeOf = (from: LaneType, to: LaneType): ((x: Code) => Code) => {
  if (from === to) return (x) => x;
  if (to === "bool") return (x) => (from === "float32" ? f32x4.ne : i32x4.ne)(x, v128.zero);
  const one = to === "float32" ? f32x4.const(1) : i32x4.const(1);
  if (from === "bool") return (x) => v128.and(x, one);
  if (to === "float32") return from === "int32" ? f32x4.fromI32 : f32x4.fromU32;
  if (from === "float32") return to === "int32" ? i32x4.truncF32 : i32x4.truncF32U;
  return (x) => x; // between int32 and uint32 the bits stay
};

const conversion = (from: LaneType, to: LaneType): LaneFunction => {
  const code = codeOf(from, to);
  return (_fn, [x]) => code(x.get);
};

/** By the dtypes from and to. Every function is made once: loops are known by the function that they are of. */
export const CONVERSIONS: ReadonlyMap<string, LaneFunction> = new Map(
  LANE_TYPES.flatMap((from) => LANE_TYPES.map((to) => [`${from} ${to}`, conversion(from, to)] as const)),
);
