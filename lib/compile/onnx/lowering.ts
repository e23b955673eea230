/** @file What a lowering to ONNX is given and what it gives. */
import type { Aval } from "../../core/aval.js";
import type { AnyPrimitive, Params } from "../../core/primitive.js";
import type { GraphBuilder } from "./builder.js";

/** One equation, without names. */
export interface Equation {
  readonly prim: AnyPrimitive;
  // biome-ignore lint/suspicious/noExplicitAny: parameters are known to the lowering of the primitive only
  readonly params: Params & Readonly<Record<string, any>>;
  readonly inAvals: readonly Aval[];
  readonly outAvals: readonly Aval[];
  /** Standard operators only, so that any runtime can run the graph. */
  readonly portable: boolean;
}

/** Writes the nodes of one equation; takes the names of its inputs and gives those of its outputs. */
export type Write = (b: GraphBuilder, inputs: readonly string[]) => readonly string[];

/** How an equation is written, or undefined where it has to be computed on the host. */
export type Lowering = (equation: Equation) => Write | undefined;
