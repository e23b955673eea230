/**
 * @file Jaxprs made from jaxprs: the transformations of a staged function, each made once for what is zero, linear or mapped.
 *
 * They are what the rules of primitives that carry a jaxpr are made of.
 */
import type { Aval } from "../core/aval.js";
import { evalJaxpr, Jaxpr } from "../core/jaxpr.js";
import { type BatchDim, isZero, Linear, type MaybeLinear, type Tangent, Zero } from "../core/primitive.js";
import { currentRuntime } from "../core/runtime.js";
import { constsAsInputs, type Staged, stage } from "../core/stage.js";
import { type Tensor, Tracer } from "../core/tensor.js";
import { leaked } from "../core/trace.js";
import { constantP } from "../primitives/constant.js";
import { instantiate, jvpFlat } from "./jvp.js";
import { linearizeFlat, transposeJaxpr } from "./linearize.js";
import { materialize, vmapFlat } from "./vmap.js";

/** A function of a jaxpr, remembered by jaxpr and a key for the rest. */
export const remembered = <T>(): ((jaxpr: Jaxpr, key: string, make: () => T) => T) => {
  const cache = new WeakMap<Jaxpr, Map<string, T>>();
  return (jaxpr, key, make) => {
    let entries = cache.get(jaxpr);
    if (entries === undefined) {
      entries = new Map();
      cache.set(jaxpr, entries);
    }
    let value = entries.get(key);
    if (value === undefined) {
      value = make();
      entries.set(key, value);
    }
    return value;
  };
};

export const flags = (list: readonly boolean[]): string => list.map(Number).join("");

/** Jaxprs that were made from another one, so that their programs can go with its own. */
const derived = new WeakMap<Jaxpr, Jaxpr[]>();

const note = (source: Jaxpr, made: Jaxpr): Jaxpr => {
  derived.set(source, [...(derived.get(source) ?? []), made]);
  return made;
};

/**
 * What was staged, without constants: a tensor that a user's derivative rule made or closes over stands in it as an equation.
 * @throws {TracerError} where it closes over a value of another transformation, which this jaxpr may outlive
 */
const closed = (name: string, { jaxpr, consts }: Staged): Jaxpr => {
  if (consts.length === 0) return jaxpr;
  const constants = consts.map((x, i) => {
    if (x instanceof Tracer) throw leaked(x, name);
    const value = x.concrete(name).host();
    return { prim: constantP, inputs: [], outputs: [jaxpr.constVars[i]], params: { aval: x.aval, value } };
  });
  return new Jaxpr([], jaxpr.inVars, [...constants, ...jaxpr.eqns], jaxpr.outs);
};

/** Stages a transformation of `source`, a function of flat tensors, as a jaxpr without constants. */
export const stageFrom = (
  source: Jaxpr,
  name: string,
  f: (...xs: Tensor[]) => readonly Tensor[],
  avals: readonly Aval[],
): Jaxpr => note(source, closed(name, stage(name, f, avals)));

interface Pushed {
  readonly jaxpr: Jaxpr;
  readonly outActive: readonly boolean[];
}
const pushedOf = remembered<Pushed>();

/** Zeros in place of a symbolic zero where `forced` is true: what has a tangent in one turn or branch has one in all. */
const force = (tangents: readonly Tangent[], forced: readonly boolean[]): Tangent[] =>
  tangents.map((d, i) => (forced[i] === true ? instantiate(d) : d));

/** The jaxpr of `(primals, active tangents) -> (outs, tangents that are not zero or forced)`. */
export const pushed = (
  name: string,
  jaxpr: Jaxpr,
  active: readonly boolean[],
  forced: readonly boolean[] = [],
): Pushed =>
  pushedOf(jaxpr, `${flags(active)}|${flags(forced)}`, () => {
    let outActive: boolean[] = [];
    const n = jaxpr.inVars.length;
    const dAvals = jaxpr.inAvals.filter((_, i) => active[i]).map((a) => a.strong());
    const f = (...xs: Tensor[]): Tensor[] => {
      let next = n;
      const dxs = jaxpr.inAvals.map((a, i): Tangent => (active[i] ? xs[next++] : new Zero(a.strong())));
      const [outs, own] = jvpFlat(`jvp of ${name}`, (...ys) => evalJaxpr(jaxpr, [], ys), xs.slice(0, n), dxs);
      const douts = force(own, forced);
      outActive = douts.map((d) => !isZero(d));
      return [...outs, ...douts.filter((d): d is Tensor => !isZero(d))];
    };
    return { jaxpr: stageFrom(jaxpr, `jvp of ${name}`, f, [...jaxpr.inAvals, ...dAvals]), outActive };
  });

interface Split {
  /** `args -> (outs, residuals that are computed)` */
  readonly primal: Jaxpr;
  /** `(residuals, active tangents) -> tangents that are not zero` */
  readonly linear: Jaxpr;
  /** Where each residual comes from: an argument by its number, or what the primal program computes. */
  readonly residuals: readonly { readonly from: "arg" | "out"; readonly index: number }[];
  readonly outPlaces: readonly (number | null)[];
}
const splitOf = remembered<Split>();

/** The linearization of a jaxpr, as two programs; tangents of outputs that are `forced` are not symbolic zeros. */
export const split = (name: string, jaxpr: Jaxpr, active: readonly boolean[], forced: readonly boolean[] = []): Split =>
  splitOf(jaxpr, `${flags(active)}|${flags(forced)}`, () => {
    let linear: Jaxpr | undefined;
    let outPlaces: readonly (number | null)[] = [];
    const residuals: Split["residuals"][number][] = [];
    const primal = stageFrom(
      jaxpr,
      name,
      (...xs) => {
        const lin = linearizeFlat(`grad of ${name}`, (...ys) => evalJaxpr(jaxpr, [], ys), xs, active, forced);
        linear = note(jaxpr, constsAsInputs(lin.jaxpr));
        outPlaces = lin.outPlaces;
        const outs = [...lin.outs];
        // A residual that is an argument, or an output already, is handed on, not computed again.
        for (const r of lin.residuals) {
          const arg = xs.indexOf(r);
          if (arg >= 0) residuals.push({ from: "arg", index: arg });
          else {
            const found = outs.indexOf(r);
            residuals.push({ from: "out", index: found >= 0 ? found : outs.push(r) - 1 });
          }
        }
        return outs;
      },
      jaxpr.inAvals,
    );
    return { primal, linear: linear as unknown as Jaxpr, residuals, outPlaces };
  });

interface Pulled {
  readonly jaxpr: Jaxpr;
  /** For each linear input, whether a cotangent reaches it. */
  readonly active: readonly boolean[];
}
const pulledOf = remembered<Pulled>();

/**
 * The jaxpr of `(known inputs, cotangents that are not zero) -> cotangents of the linear inputs that are not zero`, or that are `forced`
 * (one flag for each input of the jaxpr).
 */
export const pulled = (
  name: string,
  jaxpr: Jaxpr,
  linear: readonly boolean[],
  ctActive: readonly boolean[],
  forced: readonly boolean[] = [],
): Pulled =>
  pulledOf(jaxpr, `${flags(linear)}|${flags(ctActive)}|${flags(forced)}`, () => {
    let active: boolean[] = [];
    const knownAvals = jaxpr.inAvals.filter((_, i) => !linear[i]);
    const ctAvals = jaxpr.outAvals.filter((_, i) => ctActive[i]).map((a) => a.strong());
    const f = (...xs: Tensor[]): Tensor[] => {
      let [known, ct] = [0, knownAvals.length];
      const args = jaxpr.inAvals.map((a, i): MaybeLinear => (linear[i] ? new Linear(a) : xs[known++]));
      const cts = jaxpr.outAvals.map((a, i): Tangent => (ctActive[i] ? xs[ct++] : new Zero(a.strong())));
      const all = transposeJaxpr(jaxpr, [], args, cts);
      const results = force(all as Tangent[], forced).filter((_, i) => linear[i]);
      active = results.map((r) => !isZero(r));
      return results.filter((r): r is Tensor => !isZero(r));
    };
    return { jaxpr: stageFrom(jaxpr, `transpose of ${name}`, f, [...knownAvals, ...ctAvals]), active };
  });

interface Batched {
  readonly jaxpr: Jaxpr;
  readonly outDims: readonly BatchDim[];
}
const batchedOf = remembered<Batched>();

/** The jaxpr for a batch. With `forced`, every mapped result has its batch dimension in front, and the forced ones are mapped. */
export const batched = (
  name: string,
  jaxpr: Jaxpr,
  size: number,
  dims: readonly BatchDim[],
  avals: readonly Aval[],
  forced?: readonly boolean[],
  axisName?: string,
): Batched => {
  const key = `${size}:${dims.join(",")}|${forced === undefined ? "" : `!${flags(forced)}`}|${axisName ?? ""}`;
  return batchedOf(jaxpr, key, () => {
    let outDims: readonly BatchDim[] = [];
    const f = (...xs: Tensor[]): readonly Tensor[] => {
      const [outs, out] = vmapFlat(`vmap of ${name}`, (...ys) => evalJaxpr(jaxpr, [], ys), size, xs, dims, axisName);
      if (forced === undefined) {
        outDims = out;
        return outs;
      }
      outDims = out.map((d, i) => (d === null && !forced[i] ? null : 0));
      return outs.map((y, i) => (outDims[i] === null ? y : materialize(y, out[i], size, 0)));
    };
    return { jaxpr: stageFrom(jaxpr, `vmap of ${name}`, f, avals), outDims };
  });
};

/** Drops the programs of a jaxpr and of all that was made from it. */
export const forget = (jaxpr: Jaxpr): void => {
  currentRuntime("dispose").forget(jaxpr);
  for (const made of derived.get(jaxpr) ?? []) forget(made);
};
