/** @file Looking inside of a function: the values that it names, beside its result. */
import { takes, transformed } from "../core/composite.js";
import { evalJaxpr, Jaxpr } from "../core/jaxpr.js";
import { unflatten } from "../core/pytree.js";
import { inlineCalls } from "../core/rewrite.js";
import { stage } from "../core/stage.js";
import type { Tensor } from "../core/tensor.js";
import { nameP } from "../primitives/elementwise.js";
import { flatFunction, flattenMixed, nameOf } from "./trees.js";

/** For each name the values that have it, in the order in which they are computed. */
export type Intermediates = Readonly<Record<string, readonly Tensor[]>>;

export interface CaptureOptions {
  /** The names that are wanted; all by default. */
  readonly names?: readonly string[];
}

/**
 * A function that gives, beside the result of `f`, the values that `checkpointName` names within it.
 *
 * Values within `jit` are found; those within loops, choices and `checkpoint` have no place outside, and are left out. T5 names its
 * attention weights, `[B, heads, queries, keys]`, after the parameters: `encoder.attention`, `decoder.selfAttention` and
 * `decoder.encoderDecoderAttention`.
 *
 * @param f        a function of trees
 * @param options  `names`: which are wanted
 * @returns        `(...args) => [result, intermediates]`, where an intermediate is a list: a name may be used more than once
 * @see Flax's `sow` and `capture_intermediates`; Oryx's `harvest`
 * @example const [scores, { "encoder.attention": layers }] = captureIntermediates(model)(params, batch)
 */
export const captureIntermediates = takes(
  "captureIntermediates(f, { names })",
  <A extends readonly unknown[], R>(
    f: (...args: A) => R,
    { names }: CaptureOptions = {},
  ): ((...args: A) => [result: R, intermediates: Intermediates]) => {
    const where = nameOf("captureIntermediates", f);
    return (...args) =>
      transformed("captureIntermediates", () => {
        const { leaves, def, kept } = flattenMixed(where, args, "args");
        const flat = flatFunction(where, f as (...a: never[]) => unknown, def, kept);
        const staged = stage(
          where,
          flat.call,
          leaves.map((x) => x.aval),
        );
        const { constVars, inVars, eqns, outs } = inlineCalls(staged.jaxpr);
        const named = eqns
          .filter(({ prim }) => prim === nameP)
          .map(({ params, outputs: [value] }) => ({ name: params.name as string, value }))
          .filter(({ name }) => names?.includes(name) ?? true);
        const whole = new Jaxpr(constVars, inVars, eqns, [...outs, ...named.map(({ value }) => value)]);
        const values = evalJaxpr(whole, staged.consts, leaves);
        const found: Record<string, Tensor[]> = {};
        named.forEach(({ name }, i) => {
          found[name] = [...(found[name] ?? []), values[outs.length + i]];
        });
        return [unflatten(flat.out(), values.slice(0, outs.length)) as R, found];
      });
  },
);
