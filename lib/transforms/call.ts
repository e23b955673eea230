/**
 * @file The call of a staged function: a primitive that carries a jaxpr.
 *
 * The jaxpr has no constants (what the function closes over are leading arguments). The rules are the transformations of that
 * jaxpr, each remembered by jaxpr and by what is zero, linear or mapped.
 */
import type { ProgramExecutor } from "../compile/executors.js";
import { evaluateByImpl } from "../compile/reference/executor.js";
import type { Jaxpr } from "../core/jaxpr.js";
import { definePrimitive, isLinear, isZero, type Primitive, type Tangent, Zero } from "../core/primitive.js";
import type { Tensor } from "../core/tensor.js";
import { bind } from "../core/trace.js";
import { batched, pulled, pushed, split } from "./derived.js";

/** The parameters that every primitive has that carries one jaxpr. */
export interface Call {
  readonly name: string;
  readonly jaxpr: Jaxpr;
  /** What has to run it; absent, the runtime chooses. */
  readonly executor?: ProgramExecutor;
}

/** Those rules that only transform the jaxpr: of `jitP`, and of others that differ in how they are linearized. */
export const callRules = <P extends Call>(
  self: () => Primitive<P>,
): Pick<Primitive<P>, "abstractEval" | "impl" | "jvp" | "transpose" | "batch"> => ({
  abstractEval: (_avals, { jaxpr }) => jaxpr.outAvals,
  impl: (xs, { jaxpr }) => evaluateByImpl(jaxpr, xs),
  jvp: (xs, dxs, params) => {
    const { jaxpr, name } = params;
    const p = pushed(
      name,
      jaxpr,
      dxs.map((d) => !isZero(d)),
    );
    const inputs = [...xs, ...dxs.filter((d): d is Tensor => !isZero(d))];
    const results = bind(self(), inputs, { ...params, name: `jvp(${name})`, jaxpr: p.jaxpr });
    const n = jaxpr.outs.length;
    let next = n;
    const outs = results.slice(0, n);
    return [outs, outs.map((y, i): Tangent => (p.outActive[i] ? results[next++] : new Zero(y.aval.strong())))];
  },
  transpose: (cts, args, params) => {
    const { jaxpr, name } = params;
    const linear = args.map(isLinear);
    const p = pulled(
      name,
      jaxpr,
      linear,
      cts.map((c) => !isZero(c)),
    );
    const inputs = [...args.filter((x): x is Tensor => !isLinear(x)), ...cts.filter((c): c is Tensor => !isZero(c))];
    const results = bind(self(), inputs, { ...params, name: `transpose(${name})`, jaxpr: p.jaxpr });
    let [place, next] = [0, 0];
    return args.map((x): Tangent | null => {
      if (!isLinear(x)) return null;
      return p.active[place++] ? results[next++] : new Zero(x.aval.strong());
    });
  },
  batch: (size, xs, dims, params, axisName) => {
    const { jaxpr, name } = params;
    const b = batched(
      name,
      jaxpr,
      size,
      dims,
      xs.map((x) => x.aval),
      undefined,
      axisName,
    );
    return [bind(self(), xs, { ...params, name: `vmap(${name})`, jaxpr: b.jaxpr }), b.outDims];
  },
});

/** The tangents of the results, from those that are not zero. */
export const placed = (
  outs: readonly Tensor[],
  places: readonly (number | null)[],
  tangents: readonly Tensor[],
): Tangent[] => places.map((p, i) => (p === null ? new Zero(outs[i].aval.strong()) : tangents[p]));

/** A call of a staged function. */
export const jitP: Primitive<Call> = definePrimitive<Call>({
  name: "jit",
  inline: "always",
  ...callRules(() => jitP),
  linearize: (xs, dxs, params) => {
    const { jaxpr, name } = params;
    const s = split(
      name,
      jaxpr,
      dxs.map((d) => !isZero(d)),
    );
    const results = bind(jitP, xs, { ...params, jaxpr: s.primal });
    const residuals = s.residuals.map((r) => (r.from === "arg" ? xs[r.index] : results[r.index]));
    const tangents = bind(jitP, [...residuals, ...dxs.filter((d): d is Tensor => !isZero(d))], {
      ...params,
      name: `linear(${name})`,
      jaxpr: s.linear,
    });
    const outs = results.slice(0, jaxpr.outs.length);
    return [outs, placed(outs, s.outPlaces, tangents)];
  },
});
