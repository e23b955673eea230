/** @file Lowerings that every executor on blocks may use. */
import { type PrimitiveName, primitives } from "../../primitives/index.js";
import type { BlockKernel, Context, Equation, Lowering } from "./context.js";

/** By the primitive's `impl`, on the data in place. */
export const inPlace = ({ device }: Context, { prim, params, outAvals }: Equation): BlockKernel => {
  return (inputs) => {
    const outs = prim.impl(
      inputs.map((block) => device.view(block)),
      params,
    );
    return outs.map((out, i) => device.make(outAvals[i].shape, outAvals[i].dtype, out.data));
  };
};

/** The same data under the shape of the result. */
export const alias: Lowering =
  ({ device }, { outAvals }) =>
  ([x]) => [device.reshaped(x, outAvals[0].shape)];

/** The first of several ways that works for the equation. */
export const first =
  <C extends Context>(...ways: readonly Lowering<C>[]): Lowering<C> =>
  (context, equation) => {
    for (const way of ways) {
      const kernel = way(context, equation);
      if (kernel !== undefined) return kernel;
    }
    return undefined;
  };

/** Looks up a built-in primitive in a table. A user's primitive of the same name is not found. */
export const found = <L>(table: Readonly<Partial<Record<PrimitiveName, L>>>, { prim }: Equation): L | undefined => {
  const name = prim.name as PrimitiveName;
  return primitives[name] === prim ? table[name] : undefined;
};
