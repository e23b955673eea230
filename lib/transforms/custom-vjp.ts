/**
 * @file customVjp: a function whose derivative in reverse mode is given by two functions, one that runs forward and keeps residuals, and
 * one that pulls cotangents back.
 *
 * Linearization runs the first and leaves an equation in the linear program that can only be transposed; the transposition runs the other.
 */

import { type Aval, isFloat } from "../core/aval.js";
import { takes, transformed } from "../core/composite.js";
import { UnsupportedError } from "../core/errors.js";
import { evalJaxpr } from "../core/jaxpr.js";
import { definePrimitive, isLinear, isZero, type Primitive, type Tangent, Zero } from "../core/primitive.js";
import { flatten, type TreeDef, unflatten } from "../core/pytree.js";
import { type GradsOf, isTensor, type TangentsOf, type Tensor } from "../core/tensor.js";
import { bind, notPromised } from "../core/trace.js";
import type { Transformed } from "../core/tree-types.js";
import { reduceSum } from "../primitives/broadcast.js";
import { callRules } from "./call.js";
import {
  batchedFlat,
  type CustomCall,
  checkResults,
  customArguments,
  flatCall,
  onlyTraced,
  pairOf,
  refuseClosed,
  type StagedCall,
  stageCall,
} from "./custom.js";
import { batched } from "./derived.js";
import { flattenTangents, instantiate } from "./jvp.js";
import { flattenTensors, nameOf } from "./trees.js";
import { materialize, vmapFlat } from "./vmap.js";

/** From residuals and cotangents of the results to cotangents of all arguments. */
type Backward = (residuals: readonly Tensor[], cts: readonly Tangent[]) => readonly Tangent[];

/** What a run forward gives. */
interface Kept {
  readonly outs: readonly Tensor[];
  readonly residuals: readonly Tensor[];
  readonly backward: Backward;
  readonly def: TreeDef;
}
type Forward = (xs: readonly Tensor[]) => Kept;
interface WithRule {
  readonly forward: Forward;
}

/** The two functions for a batch. Cotangents of an argument that is not mapped add up over the batch. */
const batchedForward =
  (name: string, forward: Forward, size: number, dims: readonly (number | null)[], axisName?: string): Forward =>
  (xs) => {
    const where = `vmap of ${name}`;
    let inner: Kept | undefined;
    const run = (...ys: Tensor[]): Tensor[] => {
      inner = forward(ys);
      return [...inner.outs, ...inner.residuals];
    };
    const [results, resultDims] = vmapFlat(where, run, size, xs, dims, axisName);
    const { outs, backward: pull, def } = inner as Kept;
    const n = outs.length;
    const backward: Backward = (residuals, cts) => {
      const given = cts.flatMap((c, i) => (isZero(c) ? [] : [i]));
      let zeros: readonly Tangent[] = [];
      const pullOne = (...all: Tensor[]): Tensor[] => {
        const one = cts.map((_, i): Tangent => {
          const place = given.indexOf(i);
          return place < 0 ? new Zero(outs[i].aval.strong()) : all[residuals.length + place];
        });
        zeros = pull(all.slice(0, residuals.length), one);
        return zeros.filter((c): c is Tensor => !isZero(c));
      };
      const [pulled, pulledDims] = vmapFlat(
        where,
        pullOne,
        size,
        [...residuals, ...given.map((i) => cts[i] as Tensor)],
        [...resultDims.slice(n), ...given.map(() => 0)],
        axisName,
      );
      let next = 0;
      return zeros.map((c, i): Tangent => {
        if (isZero(c)) return new Zero(xs[i].aval.strong());
        const place = next++;
        const dim = dims[i];
        const at = materialize(pulled[place], pulledDims[place], size, dim ?? 0);
        return dim === null ? reduceSum(at, [0]) : at;
      });
    };
    const front = results.slice(0, n).map((y, i) => materialize(y, resultDims[i], size, 0));
    return { outs: front, residuals: results.slice(n), backward, def };
  };

const forwardMode = (name: string): never => {
  throw new UnsupportedError({
    where: name,
    what: "forward mode has no rule for a function with a custom vjp",
    expected: "reverse mode: grad, vjp, jacrev",
    got: "jvp, jacfwd or linearize of it",
    hint: "define the function by customJvp, which serves both modes",
  });
};

interface LinearCall {
  readonly name: string;
  readonly backward: Backward;
  readonly residuals: number;
  /** Of all results, and for each argument whether it has a tangent. */
  readonly outAvals: readonly Aval[];
  readonly active: readonly boolean[];
}

/** The derivative as an equation that can only be transposed: `(residuals, active tangents) -> tangents of the float results`. */
const customLinearP: Primitive<LinearCall> = definePrimitive<LinearCall>({
  name: "custom_linear",
  abstractEval: (_avals, { outAvals }) => outAvals.filter((a) => isFloat(a.dtype)).map((a) => a.strong()),
  impl: (_xs, { name }) => forwardMode(name),
  evaluate: (_xs, { name }) => forwardMode(name),
  jvp: (_xs, _dxs, { name }) => forwardMode(name),
  batch: (_size, _xs, _dims, { name }) => forwardMode(name),
  transpose: (cts, args, { backward, residuals, outAvals, active }) => {
    let next = 0;
    const all = outAvals.map((a): Tangent => (isFloat(a.dtype) ? cts[next++] : new Zero(a)));
    const known = args.slice(0, residuals).filter((x): x is Tensor => !isLinear(x));
    const pulled = backward(known, all).filter((_, i) => active[i]);
    return [...known.map(() => null), ...pulled];
  },
});

/** Runs forward, and leaves what waits for cotangents in the linear program. */
const linearized = (
  name: string,
  { outs, residuals, backward }: Kept,
  dxs: readonly Tangent[],
): readonly [readonly Tensor[], readonly Tangent[]] => {
  const tangents = bind(customLinearP, [...residuals, ...dxs.filter((d): d is Tensor => !isZero(d))], {
    name,
    backward,
    residuals: residuals.length,
    outAvals: outs.map((y) => y.aval),
    active: dxs.map((d) => !isZero(d)),
  });
  let next = 0;
  return [outs, outs.map((y): Tangent => (isFloat(y.dtype) ? tangents[next++] : new Zero(y.aval)))];
};

const customVjpP: Primitive<CustomCall & WithRule> = definePrimitive<CustomCall & WithRule>({
  name: "custom_vjp",
  ...onlyTraced("custom_vjp"),
  evaluate: (xs, { name, call }) => transformed(name, () => call(...xs)),
  stage: (xs, { forward, ...call }) => {
    const { args, staged } = stageCall(xs, call);
    return { prim: customVjpCallP, args, params: { ...staged, forward } };
  },
  jvp: (_xs, _dxs, { name }) => forwardMode(name),
  linearize: (xs, dxs, { name, forward }) => linearized(name, forward(xs), dxs),
  batch: (size, xs, dims, { name, call, forward }, axisName) => {
    const outs = bind(customVjpP, xs, {
      name,
      call: batchedFlat(name, call, size, dims, axisName),
      forward: batchedForward(name, forward, size, dims, axisName),
    });
    return [outs, outs.map(() => 0)];
  },
});

const customVjpCallP: Primitive<StagedCall & WithRule> = definePrimitive<StagedCall & WithRule>({
  name: "custom_vjp_call",
  inline: "compiled",
  ...callRules(() => customVjpCallP),
  evaluate: (xs, { jaxpr, name }) => transformed(name, () => evalJaxpr(jaxpr, [], xs)),
  jvp: (_xs, _dxs, { name }) => forwardMode(name),
  linearize: (xs, dxs, { name, jaxpr, closed, forward }) => {
    refuseClosed(name, dxs, closed);
    const kept = forward(xs.slice(closed));
    const outs = checkResults(name, "the forward rule", jaxpr.outAvals, kept.outs, kept.def);
    return linearized(name, { ...kept, outs }, dxs.slice(closed));
  },
  batch: (size, xs, dims, { name, jaxpr, closed, forward }, axisName) => {
    const forced = jaxpr.outs.map(() => true);
    const avals = xs.map((x) => x.aval);
    const outs = bind(customVjpCallP, xs, {
      name,
      jaxpr: batched(name, jaxpr, size, dims, avals, forced, axisName).jaxpr,
      closed,
      forward: batchedForward(name, forward, size, dims.slice(closed), axisName),
    });
    return [outs, outs.map(() => 0)];
  },
});

export interface CustomVjpOptions {
  /** Numbers of arguments that are not tensors (functions, strings, configuration); `bwd` gives null for them. */
  readonly nondiffArgnums?: readonly number[];
  /** Whether `bwd` gets null for a cotangent that is zero, instead of a tensor of zeros. */
  readonly symbolicZeros?: boolean;
}

/**
 * `f` with a derivative of your own in reverse mode: to clip or quantize gradients, or to differentiate through a solver by its result.
 *
 * `fwd(...args)` returns `[f(...args), residuals]`; `bwd(residuals, ct)` returns one tree of cotangents for each argument. Forward mode of
 * such a function is an error. Higher orders differentiate `fwd` and `bwd`.
 * @param f        a function of trees; what it closes over must not be differentiated
 * @param fwd      like `f`, with what `bwd` needs beside the result: a tree; leaves of it that are not tensors are handed on as they are
 * @param bwd      takes the residuals and a cotangent like the result (null for integers); null stands for zero, at a leaf or for a whole
 *                 argument, and is all that an integer or an argument of `nondiffArgnums` has
 * @param options  `nondiffArgnums`, `symbolicZeros`
 * @throws {TreeError | ShapeError | DTypeError} where a result of the rules does not fit, naming the path and both avals;
 *         {UnsupportedError} in forward mode
 * @see JAX's `jax.custom_vjp`; what is there `f = custom_vjp(f); f.defvjp(fwd, bwd)` is here `customVjp(f, fwd, bwd)`. Arguments of
 *      `nondiffArgnums` are not given to `bwd` once more: keep them in the residuals.
 * @example
 * const clipped = customVjp(
 *   (x: Tensor) => x,
 *   (x) => [x, null],
 *   (_, ct) => [np.clip(ct, -1, 1)],
 * )
 */
export const customVjp = takes(
  "customVjp(f, fwd, bwd, { nondiffArgnums, symbolicZeros })",
  <A extends readonly unknown[], R, S>(
    f: (...args: A) => R,
    fwd: (...args: A) => readonly [R, S],
    bwd: (residuals: S, ct: GradsOf<R>) => { readonly [K in keyof A]: TangentsOf<GradsOf<A[K]>> },
    { nondiffArgnums = [], symbolicZeros = false }: CustomVjpOptions = {},
  ): Transformed<A, R> => {
    const where = nameOf("customVjp", f);
    return (...args: readonly unknown[]) => {
      const own = customArguments(where, args, nondiffArgnums);
      const forward: Forward = (xs) => {
        const result = fwd(...(own.whole(xs) as unknown as A));
        const [value, kept] = pairOf(where, "the forward rule", "[result, residuals]", result);
        const [outs, def] = flattenTensors(where, value, "the result");
        own.noteOut(def, "the forward rule");
        const [leaves, keptDef] = flatten(kept);
        const argAvals = xs.map((x) => x.aval);
        const backward: Backward = (residuals, cts) => {
          let next = 0;
          const tree = unflatten(
            keptDef,
            leaves.map((x) => (isTensor(x) ? residuals[next++] : x)),
          );
          const given = cts.map((c) =>
            !isFloat(c.aval.dtype) || (symbolicZeros && isZero(c)) ? null : instantiate(c),
          );
          const pulled: unknown = notPromised(where, bwd(tree as S, unflatten(def, given) as GradsOf<R>));
          return flattenTangents(where, "cotangent", own.def, argAvals, pulled, "cotangents");
        };
        return { outs, residuals: leaves.filter(isTensor), backward, def };
      };
      const outs = bind(customVjpP, own.leaves, { name: where, call: flatCall(where, f as never, own), forward });
      return unflatten(own.out(), outs) as R;
    };
  },
);
