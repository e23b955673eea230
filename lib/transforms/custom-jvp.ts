/**
 * @file customJvp: a function whose derivative is given by a rule, in forward mode; reverse mode follows by transposing the rule.
 */

import { isFloat } from "../core/aval.js";
import { takes, transformed } from "../core/composite.js";
import { evalJaxpr } from "../core/jaxpr.js";
import { definePrimitive, isZero, type Primitive, type Tangent, Zero } from "../core/primitive.js";
import { type TreeDef, unflatten } from "../core/pytree.js";
import type { GradsOf, TangentsOf, Tensor } from "../core/tensor.js";
import { bind } from "../core/trace.js";
import type { Transformed } from "../core/tree-types.js";
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

/** Results and their tangents, and the structure of the results. */
interface Pushed {
  readonly outs: readonly Tensor[];
  readonly douts: readonly Tangent[];
  readonly def: TreeDef;
}
type Rule = (xs: readonly Tensor[], dxs: readonly Tangent[]) => Pushed;
interface WithRule {
  readonly rule: Rule;
}

/** The rule for a batch: tangents are mapped where their primals are. */
const batchedRule =
  (name: string, rule: Rule, size: number, dims: readonly (number | null)[], axisName: string | undefined): Rule =>
  (xs, dxs) => {
    const active = dxs.flatMap((d, i) => (isZero(d) ? [] : [i]));
    let inner: Pushed | undefined;
    const outs = batchedFlat(
      name,
      (...all) => {
        const tangents = xs.map((_, i): Tangent => {
          const place = active.indexOf(i);
          return place < 0 ? new Zero(all[i].aval.strong()) : all[xs.length + place];
        });
        inner = rule(all.slice(0, xs.length), tangents);
        return [...inner.outs, ...inner.douts.filter((d): d is Tensor => !isZero(d))];
      },
      size,
      [...dims, ...active.map((i) => dims[i])],
      axisName,
    )(...xs, ...active.map((i) => dxs[i] as Tensor));
    const { outs: own, douts, def } = inner as Pushed;
    let next = own.length;
    const tangents = douts.map((d, i): Tangent => (isZero(d) ? new Zero(outs[i].aval.strong()) : outs[next++]));
    return { outs: outs.slice(0, own.length), douts: tangents, def };
  };

const customJvpP: Primitive<CustomCall & WithRule> = definePrimitive<CustomCall & WithRule>({
  name: "custom_jvp",
  ...onlyTraced("custom_jvp"),
  evaluate: (xs, { name, call }) => transformed(name, () => call(...xs)),
  stage: (xs, { rule, ...call }) => {
    const { args, staged } = stageCall(xs, call);
    return { prim: customJvpCallP, args, params: { ...staged, rule } };
  },
  jvp: (xs, dxs, { rule }) => {
    const { outs, douts } = rule(xs, dxs);
    return [outs, douts];
  },
  batch: (size, xs, dims, { name, call, rule }, axisName) => {
    const outs = bind(customJvpP, xs, {
      name,
      call: batchedFlat(name, call, size, dims, axisName),
      rule: batchedRule(name, rule, size, dims, axisName),
    });
    return [outs, outs.map(() => 0)];
  },
});

const customJvpCallP: Primitive<StagedCall & WithRule> = definePrimitive<StagedCall & WithRule>({
  name: "custom_jvp_call",
  inline: "compiled",
  ...callRules(() => customJvpCallP),
  evaluate: (xs, { jaxpr, name }) => transformed(name, () => evalJaxpr(jaxpr, [], xs)),
  jvp: (xs, dxs, { name, jaxpr, closed, rule }) => {
    refuseClosed(name, dxs, closed);
    const { outs, douts, def } = rule(xs.slice(closed), dxs.slice(closed));
    return [checkResults(name, "the rule", jaxpr.outAvals, outs, def), douts];
  },
  batch: (size, xs, dims, { name, jaxpr, closed, rule }, axisName) => {
    const forced = jaxpr.outs.map(() => true);
    const avals = xs.map((x) => x.aval);
    const outs = bind(customJvpCallP, xs, {
      name,
      jaxpr: batched(name, jaxpr, size, dims, avals, forced, axisName).jaxpr,
      closed,
      rule: batchedRule(name, rule, size, dims.slice(closed), axisName),
    });
    return [outs, outs.map(() => 0)];
  },
});

export interface CustomJvpOptions {
  /** Numbers of arguments that are not tensors (functions, strings, configuration): the rule sees them as they are, with null as tangent. */
  readonly nondiffArgnums?: readonly number[];
  /** Whether the rule gets null for a tangent that is zero, instead of a tensor of zeros. */
  readonly symbolicZeros?: boolean;
}

/**
 * `f` with a derivative of your own: where the automatic one is wrong, unstable or slow.
 *
 * `rule(primals, tangents)` returns `[f(...primals), J · tangents]`; it must be linear in the tangents. It is used in every mode and order:
 * reverse mode transposes it, higher orders differentiate it.
 * @param f        a function of trees; what it closes over must not be differentiated
 * @param rule     takes the arguments and a tuple of tangents like them (null for integers), returns the result and its tangent, a tree
 *                 like it, with null where it is zero
 * @param options  `nondiffArgnums`, `symbolicZeros`
 * @throws {TreeError | ShapeError | DTypeError} where the rule's results do not fit, naming the path and both avals
 * @see JAX's `jax.custom_jvp`; what is there `f = custom_jvp(f); f.defjvp(rule)` is here `customJvp(f, rule)`
 * @example
 * const log1pexp = customJvp(
 *   (x: Tensor) => np.log(np.add(1, np.exp(x))),
 *   ([x], [dx]) => [log1pexp(x), np.multiply(np.subtract(1, np.divide(1, np.add(1, np.exp(x)))), dx)],
 * )
 */
export const customJvp = takes(
  "customJvp(f, rule, { nondiffArgnums, symbolicZeros })",
  <A extends readonly unknown[], R>(
    f: (...args: A) => R,
    rule: (primals: A, tangents: { readonly [K in keyof A]: GradsOf<A[K]> }) => readonly [R, TangentsOf<R>],
    { nondiffArgnums = [], symbolicZeros = false }: CustomJvpOptions = {},
  ): Transformed<A, R> => {
    const where = nameOf("customJvp", f);
    return (...args: readonly unknown[]) => {
      const own = customArguments(where, args, nondiffArgnums);
      const flatRule: Rule = (xs, dxs) => {
        const given = dxs.map((d) => (!isFloat(d.aval.dtype) || (symbolicZeros && isZero(d)) ? null : instantiate(d)));
        const result = rule(own.whole(xs) as unknown as A, unflatten(own.def, given) as never);
        const [value, tangent] = pairOf(where, "the rule", "[result, its tangent]", result);
        const [outs, def] = flattenTensors(where, value, "the result");
        own.noteOut(def, "the rule");
        const avals = outs.map((y) => y.aval);
        return { outs, douts: flattenTangents(where, "tangent", def, avals, tangent, "the tangent"), def };
      };
      const outs = bind(customJvpP, own.leaves, {
        name: where,
        call: flatCall(where, f as never, own),
        rule: flatRule,
      });
      return unflatten(own.out(), outs) as R;
    };
  },
);
