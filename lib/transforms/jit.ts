/**
 * @file jit: a function is staged once per kind of arguments, compiled by the executor, and called as one primitive.
 *
 * The primitive carries a jaxpr without constants (what the function closes over becomes leading arguments), and its rules
 * are the transformations of that jaxpr, each cached by jaxpr and by what is zero, linear or mapped.
 */

import { evaluateByImpl } from "../compile/reference.js";
import type { Aval } from "../core/aval.js";
import { transformed } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { evalJaxpr, type Jaxpr } from "../core/jaxpr.js";
import {
  type BatchDim,
  definePrimitive,
  isLinear,
  isZero,
  Linear,
  type MaybeLinear,
  type Primitive,
  type Tangent,
  Zero,
} from "../core/primitive.js";
import { flatten, pathsOf, type TreeDef, unflatten } from "../core/pytree.js";
import { currentRuntime } from "../core/runtime.js";
import { inScope, unscoped } from "../core/scope.js";
import { constsAsInputs, stage } from "../core/stage.js";
import { DeviceArray, dispose, type Tensor, Tracer } from "../core/tensor.js";
import { bind, isEager } from "../core/trace.js";
import { jvpFlat } from "./jvp.js";
import { linearizeFlat, transposeJaxpr } from "./linearize.js";
import { argPath, flatFunction, flattenTensors, nameOf } from "./trees.js";
import { vmapFlat } from "./vmap.js";

interface Call {
  readonly name: string;
  readonly jaxpr: Jaxpr;
}

/** A function of a jaxpr, remembered by jaxpr and a key for the rest. */
const remembered = <T>(): ((jaxpr: Jaxpr, key: string, make: () => T) => T) => {
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

const flags = (list: readonly boolean[]): string => list.map(Number).join("");

/** Jaxprs that were made from another one, so that their programs can go with its own. */
const derived = new WeakMap<Jaxpr, Jaxpr[]>();

const note = (source: Jaxpr, made: Jaxpr): Jaxpr => {
  derived.set(source, [...(derived.get(source) ?? []), made]);
  return made;
};

/** Stages a transformation of `source`, a function of flat tensors, as a jaxpr without constants. */
const stageFrom = (
  source: Jaxpr,
  name: string,
  f: (...xs: Tensor[]) => readonly Tensor[],
  avals: readonly Aval[],
): Jaxpr => note(source, stage(name, f, avals).jaxpr);

// --- rules ---------------------------------------------------------------------------------------------------------------

interface Pushed {
  readonly jaxpr: Jaxpr;
  readonly outActive: readonly boolean[];
}
const pushedOf = remembered<Pushed>();

/** The jaxpr of `(primals, active tangents) -> (outs, tangents that are not zero)`. */
const pushed = (name: string, jaxpr: Jaxpr, active: readonly boolean[]): Pushed =>
  pushedOf(jaxpr, flags(active), () => {
    let outActive: boolean[] = [];
    const n = jaxpr.inVars.length;
    const dAvals = jaxpr.inAvals.filter((_, i) => active[i]).map((a) => a.strong());
    const f = (...xs: Tensor[]): Tensor[] => {
      let next = n;
      const dxs = jaxpr.inAvals.map((a, i): Tangent => (active[i] ? xs[next++] : new Zero(a.strong())));
      const [outs, douts] = jvpFlat(`jvp of ${name}`, (...ys) => evalJaxpr(jaxpr, [], ys), xs.slice(0, n), dxs);
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

const split = (name: string, jaxpr: Jaxpr, active: readonly boolean[]): Split =>
  splitOf(jaxpr, flags(active), () => {
    let linear: Jaxpr | undefined;
    let outPlaces: readonly (number | null)[] = [];
    const residuals: Split["residuals"][number][] = [];
    const primal = stageFrom(
      jaxpr,
      name,
      (...xs) => {
        const lin = linearizeFlat(`grad of ${name}`, (...ys) => evalJaxpr(jaxpr, [], ys), xs, active);
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

/** The jaxpr of `(known inputs, cotangents that are not zero) -> cotangents of the linear inputs that are not zero`. */
const pulled = (name: string, jaxpr: Jaxpr, linear: readonly boolean[], ctActive: readonly boolean[]): Pulled =>
  pulledOf(jaxpr, `${flags(linear)}|${flags(ctActive)}`, () => {
    let active: boolean[] = [];
    const knownAvals = jaxpr.inAvals.filter((_, i) => !linear[i]);
    const ctAvals = jaxpr.outAvals.filter((_, i) => ctActive[i]).map((a) => a.strong());
    const f = (...xs: Tensor[]): Tensor[] => {
      let [known, ct] = [0, knownAvals.length];
      const args = jaxpr.inAvals.map((a, i): MaybeLinear => (linear[i] ? new Linear(a) : xs[known++]));
      const cts = jaxpr.outAvals.map((a, i): Tangent => (ctActive[i] ? xs[ct++] : new Zero(a.strong())));
      const results = transposeJaxpr(jaxpr, [], args, cts).filter((_, i) => linear[i]) as Tangent[];
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

const batched = (
  name: string,
  jaxpr: Jaxpr,
  size: number,
  dims: readonly BatchDim[],
  avals: readonly Aval[],
): Batched =>
  batchedOf(jaxpr, `${size}:${dims.join(",")}`, () => {
    let outDims: readonly BatchDim[] = [];
    const f = (...xs: Tensor[]): readonly Tensor[] => {
      const [outs, out] = vmapFlat(`vmap of ${name}`, (...ys) => evalJaxpr(jaxpr, [], ys), size, xs, dims);
      outDims = out;
      return outs;
    };
    return { jaxpr: stageFrom(jaxpr, `vmap of ${name}`, f, avals), outDims };
  });

/** A call of a staged function. */
export const jitP: Primitive<Call> = definePrimitive<Call>({
  name: "jit",
  inline: true,
  abstractEval: (_avals, { jaxpr }) => jaxpr.outAvals,
  impl: (xs, { jaxpr }) => evaluateByImpl(jaxpr, xs),
  jvp: (xs, dxs, { jaxpr, name }) => {
    const p = pushed(
      name,
      jaxpr,
      dxs.map((d) => !isZero(d)),
    );
    const results = bind(jitP, [...xs, ...dxs.filter((d): d is Tensor => !isZero(d))], {
      name: `jvp(${name})`,
      jaxpr: p.jaxpr,
    });
    const n = jaxpr.outs.length;
    let next = n;
    const outs = results.slice(0, n);
    return [outs, outs.map((y, i): Tangent => (p.outActive[i] ? results[next++] : new Zero(y.aval.strong())))];
  },
  linearize: (xs, dxs, { jaxpr, name }) => {
    const s = split(
      name,
      jaxpr,
      dxs.map((d) => !isZero(d)),
    );
    const results = bind(jitP, xs, { name, jaxpr: s.primal });
    const residuals = s.residuals.map((r) => (r.from === "arg" ? xs[r.index] : results[r.index]));
    const tangents = bind(jitP, [...residuals, ...dxs.filter((d): d is Tensor => !isZero(d))], {
      name: `linear(${name})`,
      jaxpr: s.linear,
    });
    const outs = results.slice(0, jaxpr.outs.length);
    const douts = s.outPlaces.map((p, i): Tangent => (p === null ? new Zero(outs[i].aval.strong()) : tangents[p]));
    return [outs, douts];
  },
  transpose: (cts, args, { jaxpr, name }) => {
    const linear = args.map(isLinear);
    const p = pulled(
      name,
      jaxpr,
      linear,
      cts.map((c) => !isZero(c)),
    );
    const inputs = [...args.filter((x): x is Tensor => !isLinear(x)), ...cts.filter((c): c is Tensor => !isZero(c))];
    const results = bind(jitP, inputs, { name: `transpose(${name})`, jaxpr: p.jaxpr });
    let [place, next] = [0, 0];
    return args.map((x): Tangent | null => {
      if (!isLinear(x)) return null;
      return p.active[place++] ? results[next++] : new Zero(x.aval.strong());
    });
  },
  batch: (size, xs, dims, { jaxpr, name }) => {
    const b = batched(
      name,
      jaxpr,
      size,
      dims,
      xs.map((x) => x.aval),
    );
    return [bind(jitP, xs, { name: `vmap(${name})`, jaxpr: b.jaxpr }), b.outDims];
  },
});

// --- jit -----------------------------------------------------------------------------------------------------------------

export interface JitOptions {
  /** Numbers of arguments whose buffers the call may reuse; they cannot be used afterwards. */
  readonly donate?: readonly number[];
  /** Numbers of arguments that are not tensors (strings, functions, configuration); each new value compiles anew. */
  readonly static?: readonly number[];
  /** How many programs are kept; the one unused for longest goes first. Default 64. */
  readonly cacheSize?: number;
}

/** How often a jitted function was compiled, and how often a program was at hand. */
export interface JitStats {
  readonly compiles: number;
  readonly hits: number;
}

/** A jitted function. */
export type Jitted<F> = F & Disposable & { stats(): JitStats; dispose(): void };

interface Entry {
  readonly jaxpr: Jaxpr;
  readonly consts: readonly Tensor[];
  readonly outDef: TreeDef;
  /** False where it closes over tracers of a transformation, so that it serves one call only. */
  readonly kept: boolean;
}

const aliasOf = (x: Tensor): Tensor => (x instanceof DeviceArray ? x.alias() : x);

const objectIds = new WeakMap<object, number>();
let nextObjectId = 0;
const identity = (x: unknown): string => {
  if ((typeof x !== "object" && typeof x !== "function") || x === null)
    return `${typeof x}:${Object.is(x, -0) ? "-0" : String(x)}`;
  let id = objectIds.get(x);
  if (id === undefined) {
    id = nextObjectId++;
    objectIds.set(x, id);
  }
  return `#${id}`;
};

/** Checks donated leaves before the call. @throws {ArgumentError} when a buffer appears twice */
const checkDonation = (
  where: string,
  leaves: readonly Tensor[],
  donated: readonly boolean[],
  at: (i: number) => string,
): void => {
  const owner = new Map<unknown, number>();
  leaves.forEach((x, i) => {
    if (!(x instanceof DeviceArray)) return;
    const storage = x.device.storage(x.handleOn(x.device, where));
    const before = owner.get(storage);
    if (before !== undefined && (donated[i] || donated[before])) {
      throw new ArgumentError({
        where,
        what: "a donated buffer appears twice in the arguments",
        expected: "each donated tensor once",
        got: `${x.aval}`,
        at: `${at(before)} and ${at(i)}`,
        hint: "copy one of them, or do not donate this argument",
      });
    }
    owner.set(storage, i);
  });
};

/** Programs of one function, least recently used first. */
class Programs {
  readonly entries = new Map<string, Entry>();
  constructor(readonly limit: number) {}
  get(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    if (entry !== undefined) {
      this.entries.delete(key);
      this.entries.set(key, entry);
    }
    return entry;
  }
  set(key: string, entry: Entry): void {
    this.entries.set(key, entry);
    for (const [oldest, old] of this.entries) {
      if (this.entries.size <= this.limit) break;
      this.entries.delete(oldest);
      free(old);
    }
  }
  clear(): void {
    for (const entry of this.entries.values()) free(entry);
    this.entries.clear();
  }
}

/** Drops the programs of a jaxpr and of all that was made from it. */
const forget = (jaxpr: Jaxpr): void => {
  currentRuntime("dispose").forget(jaxpr);
  for (const made of derived.get(jaxpr) ?? []) forget(made);
};

const free = (entry: Entry): void => {
  forget(entry.jaxpr);
  dispose(entry.consts);
};

/** Programs are found by the identity of the function, so `jit(f)` twice compiles once. */
const programsOf = new WeakMap<object, Map<string, Programs>>();

/**
 * Compiles a function: it is traced once for each structure, shapes and dtypes of its arguments, and runs as one program.
 *
 * Numbers are weak scalars and do not retrace; arguments named in `static` must be given for strings and functions. Works
 * nested and under every other transformation.
 * @throws {ArgumentError} for a donated buffer that appears twice; {TreeError} for a leaf that is not a tensor
 * @see JAX's `jax.jit`
 * @example const step = jit((x: Tensor) => np.sum(np.mul(x, x))); step(x); step.stats() // { compiles: 1, hits: 0 }
 */
export const jit = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options: JitOptions = {},
): Jitted<(...args: A) => R> => {
  const where = nameOf("jit", f);
  const statics = options.static ?? [];
  const limit = options.cacheSize ?? 64;
  const kind = JSON.stringify([statics, limit]);
  const perFunction = programsOf.get(f) ?? new Map<string, Programs>();
  programsOf.set(f, perFunction);
  const programs = perFunction.get(kind) ?? new Programs(limit);
  perFunction.set(kind, programs);
  const stats = { compiles: 0, hits: 0 };

  const trace = (args: A, defs: readonly (TreeDef | null)[], avals: readonly Aval[]): Entry => {
    const [, argsDef] = flatten(args.map((_, i) => i));
    const children = defs.map((d) => d ?? flatten(null)[1]);
    const def = { ...argsDef, children, leaves: avals.length } as TreeDef;
    const withStatics = (...dynamic: unknown[]): unknown =>
      f(...(dynamic.map((x, i) => (defs[i] === null ? args[i] : x)) as unknown as A));
    const flat = flatFunction(where, withStatics as (...a: never[]) => unknown, def);
    const staged = stage(where, flat.call, avals);
    const kept = !staged.consts.some((c) => c instanceof Tracer);
    const consts = kept ? unscoped(() => staged.consts.map(aliasOf)) : staged.consts;
    return { jaxpr: constsAsInputs(staged.jaxpr), consts, outDef: flat.out(), kept };
  };

  const call = (...args: A): R => {
    const leaves: Tensor[] = [];
    const donated: boolean[] = [];
    let key = currentRuntime(where).name;
    const defs = args.map((arg, i) => {
      if (statics.includes(i)) {
        key += `|static ${identity(arg)}`;
        return null;
      }
      const [xs, def] = flattenTensors(where, arg, `args[${i}]`);
      leaves.push(...xs);
      for (const x of xs) donated.push(options.donate?.includes(i) === true && x instanceof DeviceArray);
      key += `|${def.key}`;
      return def;
    });
    for (const x of leaves) key += ` ${x.aval}`;
    const at = (i: number): string => {
      const paths = defs.flatMap((d, n) => (d === null ? [] : pathsOf(d).map((p) => [n, ...p])));
      return argPath(paths[i]);
    };
    const eager = isEager();
    if (eager && donated.includes(true)) checkDonation(where, leaves, donated, at);
    const found = programs.get(key);
    const avals = leaves.map((x) => x.aval);
    const make = (): Entry => trace(args, defs, avals);
    // Tensors made while tracing are copied into the program; the originals go with this scope.
    const entry = found ?? (eager ? inScope(where, make) : make());
    if (found !== undefined) stats.hits++;
    else {
      stats.compiles++;
      if (entry.kept) programs.set(key, entry);
    }
    const name = f.name === "" ? "anonymous" : f.name;
    const outs = transformed("jit", () => {
      // Used once: its equations take the place of a program that would have to be compiled and dropped again.
      if (!entry.kept) return evalJaxpr(entry.jaxpr, [], [...entry.consts, ...leaves]);
      // A transformation may need the constants (as residuals) for longer than the program is kept.
      const consts = eager ? entry.consts : entry.consts.map(aliasOf);
      return bind(jitP, [...consts, ...leaves], { name, jaxpr: entry.jaxpr });
    });
    if (eager) {
      leaves.forEach((x, i) => {
        if (donated[i]) (x as DeviceArray).dispose(`it was donated to ${where} as ${at(i)}`);
      });
    }
    return unflatten(entry.outDef, outs) as R;
  };
  const drop = (): void => programs.clear();
  return Object.assign(call, { stats: () => ({ ...stats }), dispose: drop, [Symbol.dispose]: drop });
};
