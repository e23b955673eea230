/**
 * @file Checkpointing (rematerialization): reverse mode keeps the arguments of a function instead of what it computes, and computes it
 * again when the cotangents have come back to it.
 *
 * A primitive that carries a jaxpr, like a call. Its linearization differs: the primal program gives the results and what the policy
 * saves; the linear program, which the transposition turns round, begins with computing the rest again. A compiler would merge the two
 * computations, and must not: `apart` marks this.
 */
import { takes, transformed } from "../core/composite.js";
import { type Atom, evalJaxpr, Jaxpr } from "../core/jaxpr.js";
import { type AnyPrimitive, definePrimitive, isZero, type Params, type Primitive } from "../core/primitive.js";
import { unflatten } from "../core/pytree.js";
import { inlineCalls, neededFor, withoutEffects } from "../core/rewrite.js";
import { constsAsInputs, stage } from "../core/stage.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import { bind, bind1, isEager } from "../core/trace.js";
import type { Transformed, Tuples } from "../core/tree-types.js";
import { type DotDims, dotGeneralP } from "../primitives/dot.js";
import { nameP } from "../primitives/elementwise.js";
import { type Call, callRules, placed } from "./call.js";
import { flags, remembered, split, stageFrom } from "./derived.js";
import { refuseMisplaced } from "./misplaced.js";
import type { AnyFunction } from "./problem.js";
import { flatFunction, flattenMixed, nameOf } from "./trees.js";

/** Whether the results of an equation are kept between the function and its derivative. */
export type CheckpointPolicy = (prim: AnyPrimitive, params: Params) => boolean;

interface Checkpoint extends Call {
  readonly policy: CheckpointPolicy;
  /** It computes again what was computed before. */
  readonly again: boolean;
}

interface Partition {
  /** `args -> (outs, saved)` */
  readonly primal: Jaxpr;
  /** `(the arguments named by known, saved, active tangents) -> tangents that are not zero` */
  readonly tangent: Jaxpr;
  readonly known: readonly number[];
  readonly outPlaces: readonly (number | null)[];
}
const partitionOf = remembered<Partition>();

/** The linearization of a jaxpr, as two programs of which the second computes again what the policy does not save. */
const partition = (name: string, jaxpr: Jaxpr, policy: CheckpointPolicy, active: readonly boolean[]): Partition =>
  partitionOf(jaxpr, flags(active), () => {
    const { primal, linear, residuals, outPlaces } = split(name, jaxpr, active);
    const wanted = residuals.map(
      ({ from, index }): Atom => (from === "arg" ? primal.inVars[index] : primal.outs[index]),
    );
    // A name saves what it names, which is the value that the derivatives of the operation that made it refer to.
    const saveable = new Set<Atom>(
      primal.eqns
        .filter(({ prim, params }) => policy(prim, params))
        .flatMap((e) => (e.prim === nameP ? e.inputs : e.outputs)),
    );
    const unsaved = primal.eqns.filter((e) => !e.outputs.every((v) => saveable.has(v)));
    const { eqns, needs } = neededFor(withoutEffects(unsaved), wanted);
    const saved = primal.eqns.flatMap((e) => e.outputs.filter((v) => saveable.has(v) && needs(v)));
    const known = primal.inVars.flatMap((v, i) => (needs(v) ? [i] : []));
    const again = new Jaxpr([], [...known.map((i) => primal.inVars[i]), ...saved], eqns, wanted);
    const outs = [...primal.outs.slice(0, jaxpr.outs.length), ...saved];
    const n = again.inVars.length;
    const tangent = (...xs: Tensor[]): Tensor[] =>
      evalJaxpr(linear, [], [...evalJaxpr(again, [], xs.slice(0, n)), ...xs.slice(n)]);
    const tangents = linear.inAvals.slice(residuals.length);
    return {
      primal: new Jaxpr([], primal.inVars, neededFor(primal.eqns, outs).eqns, outs),
      tangent: stageFrom(jaxpr, `grad of ${name}`, tangent, [...again.inAvals, ...tangents]),
      known,
      outPlaces,
    };
  });

/** A call whose intermediates reverse mode does not keep. */
const checkpointP: Primitive<Checkpoint> = definePrimitive<Checkpoint>({
  name: "checkpoint",
  inline: "compiled",
  apart: ({ again }) => again,
  // Operation by operation: a program would be compiled for one use.
  evaluate: (xs, { jaxpr, name }) => transformed(name, () => evalJaxpr(jaxpr, [], xs)),
  ...callRules(() => checkpointP),
  linearize: (xs, dxs, params) => {
    const { jaxpr, name, policy } = params;
    const p = partition(
      name,
      jaxpr,
      policy,
      dxs.map((d) => !isZero(d)),
    );
    const results = bind(checkpointP, xs, { ...params, jaxpr: p.primal });
    const n = jaxpr.outs.length;
    const kept = [...p.known.map((i) => xs[i]), ...results.slice(n)];
    const tangents = bind(checkpointP, [...kept, ...dxs.filter((d): d is Tensor => !isZero(d))], {
      ...params,
      name: `linear(${name})`,
      jaxpr: p.tangent,
      again: true,
    });
    const outs = results.slice(0, n);
    return [outs, placed(outs, p.outPlaces, tangents)];
  },
});

/** Gives a policy the name by which a printed jaxpr shows it. */
const named = (name: string, policy: CheckpointPolicy): CheckpointPolicy =>
  Object.defineProperty(policy, "name", { value: name });

/** What is saved for reverse mode, apart from the arguments: the names of JAX's `jax.checkpoint_policies` in camelCase. */
export const checkpointPolicies = {
  /** Everything is computed again: the least memory. The default. */
  nothingSaveable: (): boolean => false,
  /** Nothing is computed again, as without a checkpoint. */
  everythingSaveable: (): boolean => true,
  /** Products of matrices are kept, the cheap rest is computed again. */
  dotsSaveable: (prim: AnyPrimitive): boolean => prim === dotGeneralP,
  /** Products without batch dimensions are kept: those with weights, but not those of attention, which grow with the square. */
  dotsWithNoBatchDimsSaveable: (prim: AnyPrimitive, params: Params): boolean =>
    prim === dotGeneralP && (params as unknown as DotDims).lhsBatch.length === 0,
  /** Only what has one of these names by `checkpointName`. */
  saveOnlyTheseNames: (...names: readonly string[]): CheckpointPolicy =>
    named(
      `saveOnlyTheseNames(${names.join(",")})`,
      (prim, { name }) => prim === nameP && names.includes(name as string),
    ),
  /** All that has a name by `checkpointName`, but for these. */
  saveAnyNamesButThese: (...names: readonly string[]): CheckpointPolicy =>
    named(
      `saveAnyNamesButThese(${names.join(",")})`,
      (prim, { name }) => prim === nameP && !names.includes(name as string),
    ),
  /** What either policy saves. */
  saveFromBothPolicies: (a: CheckpointPolicy, b: CheckpointPolicy): CheckpointPolicy =>
    named(`saveFromBothPolicies(${a.name},${b.name})`, (prim, params) => a(prim, params) || b(prim, params)),
};

export interface CheckpointOptions {
  /** What to keep all the same; default `checkpointPolicies.nothingSaveable`. */
  readonly policy?: CheckpointPolicy;
}

const SIGNATURE = "checkpoint(f, { policy })";

/**
 * The same function, of which reverse mode keeps the arguments only, and computes the rest again when the gradient comes back to it: less
 * memory for more time. Around each layer of a deep model, the peak falls from all intermediates of all layers to those of one.
 *
 * @param f        a function of trees
 * @param options  `policy`: what to keep all the same (see `checkpointPolicies`)
 * @see JAX's `jax.checkpoint`, also called `jax.remat`; Chen et al. 2016, arXiv:1604.06174
 * @example const block = checkpoint((p: Params, x: Tensor) => layer(p, x)) // then grad of a loss made of blocks
 */
export const checkpoint = takes(
  SIGNATURE,
  <A extends readonly unknown[], R>(
    f: (...args: A) => R | Tuples,
    { policy = checkpointPolicies.nothingSaveable }: CheckpointOptions = {},
  ): Transformed<A, R> => {
    const where = nameOf("checkpoint", f);
    return (...args: readonly unknown[]) => {
      refuseMisplaced(where, SIGNATURE, f as AnyFunction, args);
      const { leaves, def, kept } = flattenMixed(where, args, "args");
      const flat = flatFunction(where, f as (...a: never[]) => unknown, def, kept);
      const call = (): readonly Tensor[] => {
        const staged = stage(
          where,
          flat.call,
          leaves.map((x) => x.aval),
        );
        const inputs = [...staged.consts, ...leaves];
        // A policy sees what is in functions that are called.
        const jaxpr = inlineCalls(constsAsInputs(staged.jaxpr));
        return bind(checkpointP, inputs, { name: f.name === "" ? "anonymous" : f.name, jaxpr, policy, again: false });
      };
      // Where nothing looks on there is nothing to keep, and the function may look at its values.
      const outs = isEager() ? transformed("checkpoint", () => flat.call(...leaves)) : call();
      return unflatten(flat.out(), outs) as R;
    };
  },
);

/** Another name of `checkpoint`. */
export const remat = checkpoint;

/**
 * The value itself, under a name by which a policy of `checkpoint` may save it.
 *
 * @see JAX's `jax.ad_checkpoint.checkpoint_name`
 * @example checkpoint(f, { policy: checkpointPolicies.saveOnlyTheseNames("attention") })
 */
export const checkpointName = takes(
  "checkpointName(x, name)",
  (x: TensorLike, name: string): Tensor => bind1(nameP, [asTensor(x, "checkpointName")], { name }),
);
