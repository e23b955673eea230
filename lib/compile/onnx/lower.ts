/** @file How each primitive is written as ONNX nodes: one line a primitive. */
import { type PrimitiveName, primitives } from "../../primitives/index.js";
import type { Lowerings } from "../by-impl.js";
import { elementOf } from "./builder.js";
import { conv } from "./conv.js";
import { dotGeneral } from "./dot.js";
import { ELEMENTWISE, operator } from "./elementwise.js";
import { INDEXING } from "./indexing.js";
import type { Equation, Lowering, Write } from "./lowering.js";
import { MOVEMENT } from "./movement.js";
import { RANDOM } from "./random.js";
import { sort } from "./sort.js";
import { SPECIAL } from "./special.js";

/** Every primitive that has operators; in some cases, it has none. */
const LOWERINGS = {
  ...ELEMENTWISE,
  ...MOVEMENT,
  ...INDEXING,
  ...RANDOM,
  ...SPECIAL,
  dot_general: dotGeneral,
  name: operator("Identity"),
  sort,
  conv,
} satisfies Lowerings<Lowering>;

/** How an equation is written, or undefined where the host computes it; a user's own primitive, whatever its name, is computed by `impl`. */
export const lower = (equation: Equation): Write | undefined => {
  const name = equation.prim.name as PrimitiveName;
  if (primitives[name] !== equation.prim) return undefined;
  if ([...equation.inAvals, ...equation.outAvals].some((a) => a.dtype === "float64")) return undefined;
  const { outAvals } = equation;
  if (outAvals.every((a) => a.size === 0)) {
    // The runtime's operators differ on empty arrays, and there is nothing to compute.
    return (b) => outAvals.map((a) => b.constant(elementOf(a.dtype), a.shape, new Uint8Array()));
  }
  return LOWERINGS[name as keyof typeof LOWERINGS]?.(equation);
};
