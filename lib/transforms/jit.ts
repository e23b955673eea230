/**
 * @file jit: a function is staged once per kind of arguments, compiled by the executor, and called as one primitive.
 */

import type { ProgramExecutor } from "../compile/executors.js";
import type { Aval } from "../core/aval.js";
import { takes, transformed } from "../core/composite.js";
import { ArgumentError, BackendError } from "../core/errors.js";
import { evalJaxpr, type Jaxpr } from "../core/jaxpr.js";
import { namedAxesKey } from "../core/named-axes.js";
import { flatten, pathsOf, type TreeDef, unflatten } from "../core/pytree.js";
import { currentRuntime } from "../core/runtime.js";
import { inScope, unscoped } from "../core/scope.js";
import { constsAsInputs, stage } from "../core/stage.js";
import { DeviceArray, dispose, type GradsOf, type Tensor, Tracer } from "../core/tensor.js";
import { bind, isEager } from "../core/trace.js";
import type { Given, OfTensors, Tuples } from "../core/tree-types.js";
import { jitP } from "./call.js";
import { forget } from "./derived.js";
import { refuseMisplaced } from "./misplaced.js";
import type { AnyFunction } from "./problem.js";
import { refuseBooleans, staticKey, withoutOptions } from "./static-key.js";
import { argPath, flatFunction, flattenTensors, nameOf } from "./trees.js";

/** The number of an argument, or of several. */
type Numbers = number | readonly number[];
/** Numbers of arguments, and names of options. */
type Statics = number | string | readonly (number | string)[];

export interface JitOptions<S extends Statics = Statics> {
  /** Numbers of arguments whose buffers the call may reuse; they cannot be used afterwards. */
  readonly donate?: Numbers;
  /**
   * Numbers of arguments that are not tensors (strings, functions, configuration), and names of such options: keys of the last argument,
   * where that is a plain object. Each new value compiles anew. Lists, plain objects, maps, sets and typed arrays count by what they hold at the call, functions and instances of classes by identity: what changes within
   * an instance is not seen.
   */
  readonly static?: S;
  /** What runs the programs: `onnx` natively, `tfjs` on the backend. By default what `init` chose. */
  readonly executor?: ProgramExecutor;
  /** How many programs are kept; the one unused for longest goes first. Default 64. */
  readonly cacheSize?: number;
}

/** How often a jitted function was compiled, and how often a program was at hand. */
export interface JitStats {
  readonly compiles: number;
  readonly hits: number;
}

/** What compiling a function for certain arguments gives. */
export interface Lowered {
  readonly jaxpr: Jaxpr;
  /** What runs the program. */
  readonly executor: string;
  /** Primitives in it that the executor has no operation for, and that are computed in JavaScript between its parts. */
  readonly fallbacks: readonly string[];
}

/**
 * The parameters of a jitted function, where `S` are the static ones, which are handed on as they are. The others become
 * tensors, so that a number may stand for a tensor.
 */
type JitParameters<A extends readonly unknown[], S extends Statics> = {
  [K in keyof A]: K extends `${S extends readonly (number | string)[] ? S[number] : S & (number | string)}`
    ? A[K]
    : Given<A[K]>;
};

/** A jitted function; `S` are its static arguments. */
export type Jitted<F, S extends Statics = readonly []> = (F extends (...args: infer A) => infer R
  ? {
      (...args: JitParameters<A, S>): R;
      (...args: A): R;
    }
  : F) &
  Disposable & {
    stats(): JitStats;
    /** Traces for these arguments, without running: the jaxpr, and how it would be run. */
    lower(...args: F extends (...args: infer A) => unknown ? JitParameters<A, S> | A : never): Lowered;
    dispose(): void;
  };

/** Overloads of `jit`: the type of a result stays what it is, unless it has numbers, of which tensors are made. */
export interface Jit {
  <A extends readonly unknown[], R, const S extends Statics = readonly []>(
    f: (...args: A) => OfTensors<R> | Tuples,
    options?: JitOptions<S>,
  ): Jitted<(...args: A) => R, S>;
  <A extends readonly unknown[], R, const S extends Statics = readonly []>(
    f: (...args: A) => R | Tuples,
    options?: JitOptions<S>,
  ): Jitted<(...args: A) => GradsOf<R>, S>;
}

interface Entry {
  readonly jaxpr: Jaxpr;
  readonly consts: readonly Tensor[];
  readonly outDef: TreeDef;
  /** False where it closes over tracers of a transformation, so that it serves one call only. */
  readonly kept: boolean;
}

const aliasOf = (x: Tensor): Tensor => (x instanceof DeviceArray ? x.alias() : x);

/**
 * Checks donated leaves before the call. Tensors that share a buffer are fine: the buffer lives as long as one of them.
 *
 * @throws {ArgumentError} when a tensor appears twice
 */
const checkDonation = (
  where: string,
  leaves: readonly Tensor[],
  donated: readonly boolean[],
  at: (i: number) => string,
): void => {
  const owner = new Map<Tensor, number>();
  leaves.forEach((x, i) => {
    const before = owner.get(x);
    if (before !== undefined && (donated[i] || donated[before])) {
      throw new ArgumentError({
        where,
        what: "a donated tensor appears twice in the arguments",
        expected: "each donated tensor once",
        got: `${x.aval}`,
        at: `${at(before)} and ${at(i)}`,
        hint: "copy one of them, or do not donate this argument",
      });
    }
    owner.set(x, i);
  });
};

/** @throws {BackendError} when the runtime cannot run programs there */
const checkExecutor = (where: string, executor: JitOptions["executor"]): void => {
  if (executor === undefined) return;
  const { executors } = currentRuntime(where);
  if (executors.includes(executor)) return;
  throw new BackendError({
    where,
    what: "the executor is not available",
    expected: executors.join(" or "),
    got: executor,
    hint: `await init({ executor: "${executor}" }) says what it needs`,
  });
};

/** Programs of one function, least recently used first. */
class Programs {
  readonly entries = new Map<string, Entry>();
  #newest: string | undefined;
  constructor(readonly limit: number) {}
  get(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    if (entry !== undefined && key !== this.#newest) {
      this.entries.delete(key);
      this.entries.set(key, entry);
      this.#newest = key;
    }
    return entry;
  }
  set(key: string, entry: Entry): void {
    this.entries.set(key, entry);
    this.#newest = key;
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

const free = (entry: Entry): void => {
  forget(entry.jaxpr);
  dispose(entry.consts);
};

/** Programs are found by the identity of the function, so `jit(f)` twice compiles once. */
const programsOf = new WeakMap<object, Map<string, Programs>>();

/** The numbers of arguments, of which plain JavaScript may give one alone. */
const listOf = <T extends number | string>(given: T | readonly T[] = []): readonly T[] =>
  typeof given === "object" ? given : [given];

const SIGNATURE = "jit(f, { donate, static, executor, cacheSize })";

/**
 * Compiles a function: it is traced once for each structure, shapes and dtypes of its arguments, and runs as one program.
 *
 * Numbers are weak scalars and do not retrace; `static` says which arguments and options are strings, functions or configuration. Works
 * nested and under every other transformation.
 * @throws {ArgumentError} for a donated tensor that appears twice, a static argument that is cyclic, or a boolean that is not static; {TreeError} for a leaf that is not a tensor
 * @see JAX's `jax.jit`
 * @example const step = jit((x: Tensor) => np.sum(np.multiply(x, x))); step(x); step.stats() // { compiles: 1, hits: 0 }
 */
export const jit: Jit = takes(SIGNATURE, (f: AnyFunction, options: JitOptions = {}): never => {
  const where = nameOf("jit", f);
  const [statics, donate] = [listOf(options.static), listOf(options.donate)];
  const names = statics.filter((name) => typeof name === "string");
  const limit = options.cacheSize ?? 64;
  const kind = JSON.stringify([statics, limit]);
  const perFunction = programsOf.get(f) ?? new Map<string, Programs>();
  programsOf.set(f, perFunction);
  const programs = perFunction.get(kind) ?? new Programs(limit);
  perFunction.set(kind, programs);
  const stats = { compiles: 0, hits: 0 };

  const trace = (
    args: readonly unknown[],
    held: object | undefined,
    defs: readonly (TreeDef | null)[],
    avals: readonly Aval[],
  ): Entry => {
    const [, argsDef] = flatten(args.map((_, i) => i));
    const children = defs.map((d) => d ?? flatten(null)[1]);
    const def = { ...argsDef, children, leaves: avals.length } as TreeDef;
    const withStatics = (...dynamic: unknown[]): unknown => {
      const all = dynamic.map((x, i) => (defs[i] === null ? args[i] : x));
      if (held !== undefined) all.push({ ...(all.pop() as object), ...held });
      return f(...(all as never[]));
    };
    const flat = flatFunction(where, withStatics as (...a: never[]) => unknown, def);
    const staged = stage(where, flat.call, avals);
    const kept = !staged.consts.some((c) => c instanceof Tracer);
    const consts = kept ? unscoped(() => staged.consts.map(aliasOf)) : staged.consts;
    return { jaxpr: constsAsInputs(staged.jaxpr), consts, outDef: flat.out(), kept };
  };

  /** The program for these arguments, traced if it is not there. */
  const prepare = (given: readonly unknown[]) => {
    refuseMisplaced(where, SIGNATURE, f, given);
    const split = statics.includes(given.length - 1) ? undefined : withoutOptions(given.at(-1), names);
    const args = split === undefined ? given : [...given.slice(0, -1), split.rest];
    const leaves: Tensor[] = [];
    const donated: boolean[] = [];
    let key = currentRuntime(where).name + namedAxesKey();
    if (split !== undefined) key += `|options ${staticKey(where, split.held)}`;
    const defs = args.map((arg, i) => {
      if (statics.includes(i)) {
        key += `|static ${staticKey(where, arg)}`;
        return null;
      }
      const [xs, def] = flattenTensors(where, arg, `args[${i}]`);
      leaves.push(...xs);
      for (const x of xs) donated.push(donate.includes(i) && x instanceof DeviceArray);
      key += `|${def.key}`;
      return def;
    });
    for (const x of leaves) key += ` ${x.aval}`;
    const at = (i: number): string => {
      const paths = defs.flatMap((d, n) => (d === null ? [] : pathsOf(d).map((p) => [n, ...p])));
      return argPath(paths[i]);
    };
    if (isEager() && donated.includes(true)) checkDonation(where, leaves, donated, at);
    const found = programs.get(key);
    const avals = leaves.map((x) => x.aval);
    const make = (): Entry => {
      refuseBooleans(where, args, (i) => defs[i] === null);
      return trace(args, split?.held, defs, avals);
    };
    // Tensors made while tracing are copied into the program; the originals go with this scope.
    const entry = found ?? (isEager() ? inScope(where, make) : make());
    if (found !== undefined) stats.hits++;
    else {
      stats.compiles++;
      if (entry.kept) programs.set(key, entry);
    }
    return { entry, leaves, donated, at };
  };
  const name = f.name === "" ? "anonymous" : f.name;
  const { executor } = options;
  const params = executor === undefined ? { name } : { name, executor };

  const call = (...args: readonly unknown[]): unknown => {
    checkExecutor(where, executor);
    const { entry, leaves, donated, at } = prepare(args);
    const eager = isEager();
    const outs = transformed("jit", () => {
      // Used once: its equations take the place of a program that would have to be compiled and dropped again.
      if (!entry.kept) return evalJaxpr(entry.jaxpr, [], [...entry.consts, ...leaves]);
      // A transformation may need the constants (as residuals) for longer than the program is kept.
      const consts = eager ? entry.consts : entry.consts.map(aliasOf);
      return bind(jitP, [...consts, ...leaves], { ...params, jaxpr: entry.jaxpr });
    });
    if (eager) {
      leaves.forEach((x, i) => {
        if (donated[i]) (x as DeviceArray).dispose(`it was donated to ${where} as ${at(i)}`);
      });
    }
    return unflatten(entry.outDef, outs);
  };
  const lower = (...args: readonly unknown[]): Lowered => {
    checkExecutor(where, executor);
    const { jaxpr } = prepare(args).entry;
    const { executors, fallbacks } = currentRuntime(where);
    return { jaxpr, executor: executor ?? executors[0], fallbacks: fallbacks(jaxpr, executor) };
  };
  const drop = (): void => programs.clear();
  const members = { stats: () => ({ ...stats }), lower, dispose: drop, [Symbol.dispose]: drop };
  return Object.assign(call, members) as never;
});
