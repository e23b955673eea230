/**
 * @file Passes over jaxprs: calls are inlined, equal expressions merged, what computes nothing left out, constants folded, broadcasts
 * left to elementwise operations, and what nothing reads is dropped, in parts too. The result is again a jaxpr, which `checkJaxpr`
 * accepts.
 */
import { type Aval, broadcastShapes, type Shape, sameShape } from "../../core/aval.js";
import type { HostArray } from "../../core/host.js";
import { type Atom, type Eqn, Jaxpr, Var } from "../../core/jaxpr.js";
import type { Params } from "../../core/primitive.js";
import { hasEffect } from "../../core/rewrite.js";
import { Literal } from "../../core/tensor.js";
import { broadcastInDimP, reshapeP } from "../../primitives/broadcast.js";
import { addP, mulP } from "../../primitives/elementwise.js";
import { onlyWhatIsRead } from "./demand.js";
import { isFinished, type Optimized, trimmed, type Writer, writeControl } from "./loops.js";
import { sameValue, shortened, type Unnamed } from "./simplify.js";

/** Larger results are computed at run time, so that a program does not hold big constants. */
const FOLD_LIMIT = 1 << 20;

/** Equal also with their operands exchanged. */
const COMMUTATIVE: ReadonlySet<unknown> = new Set([addP, mulP]);

const jaxprIds = new WeakMap<Jaxpr, number>();
let nextJaxprId = 0;
/** A jaxpr is equal only to itself. */
const idOf = (jaxpr: Jaxpr): number => {
  const id = jaxprIds.get(jaxpr) ?? nextJaxprId++;
  jaxprIds.set(jaxpr, id);
  return id;
};

const dataIds = new WeakMap<object, number>();
let nextDataId = 0;

/** Data is compared by identity, everything else by its contents. */
const keyOf = (value: unknown): string => {
  if (ArrayBuffer.isView(value)) {
    const id = dataIds.get(value) ?? nextDataId++;
    dataIds.set(value, id);
    return `data ${id}`;
  }
  if (value instanceof Jaxpr) return `jaxpr ${idOf(value)}`;
  if (Array.isArray(value)) return `[${value.map(keyOf).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value)
      .map(([k, v]) => `${k}:${keyOf(v)}`)
      .join(",")}}`;
  }
  return Object.is(value, -0) ? "-0" : String(value);
};

/** The one value of a constant array, if it has only one. */
const uniform = (x: HostArray): number | undefined => {
  const [first] = x.data;
  return first !== undefined && x.data.every((v) => Object.is(v, first)) ? first : undefined;
};

/** Writes the new jaxpr, equation by equation. */
class Rewriter implements Writer {
  readonly eqns: Eqn[] = [];
  readonly constVars: Var[] = [];
  readonly consts: HostArray[] = [];
  /** Variables whose value is known now; they become constants only where something reads them at run time. */
  readonly #known = new Map<Var, HostArray>();
  readonly #placed = new Map<Var, Atom>();
  #made = new Map<string, readonly Atom[]>();
  readonly #producer = new Map<Var, Eqn>();
  readonly #ids = new Map<Var, number>();

  #id(a: Atom): string {
    if (a instanceof Literal) return `${a.aval} ${keyOf(a.value)}`;
    let id = this.#ids.get(a);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(a, id);
    }
    return `v${id}`;
  }

  /** A known variable as a literal, as a constant, or as a broadcast of one number. */
  place(a: Atom): Atom {
    const value = a instanceof Var ? this.#known.get(a) : undefined;
    if (!(a instanceof Var) || value === undefined) return a;
    let placed = this.#placed.get(a);
    if (placed === undefined) {
      const number = uniform(value);
      if (number !== undefined) {
        const scalar = new Literal(number, a.aval.dtype, a.aval.weak);
        placed = a.aval.ndim === 0 ? scalar : this.#broadcast(scalar, a.aval.shape);
      } else {
        placed = new Var(a.aval);
        this.constVars.push(placed);
        this.consts.push(value);
      }
      this.#placed.set(a, placed);
    }
    return placed;
  }

  #broadcast(x: Literal, shape: Shape): Atom {
    return this.#write({ prim: broadcastInDimP, inputs: [x], params: { shape, dims: [] } })[0];
  }

  readonly #producerOf = (a: Atom): Unnamed | undefined => (a instanceof Var ? this.#producer.get(a) : undefined);

  #write(long: Unnamed): readonly Atom[] {
    const eqn = shortened(long, this.#producerOf);
    const same = sameValue(eqn, this.#producerOf);
    if (same !== undefined) return [same];
    const ids = eqn.inputs.map((a) => this.#id(a));
    if (COMMUTATIVE.has(eqn.prim)) ids.sort();
    const key = `${eqn.prim.name}${keyOf(eqn.params)} ${ids.join(" ")}`;
    const lasting = hasEffect(eqn);
    const before = lasting ? undefined : this.#made.get(key);
    if (before !== undefined) return before;
    const avals = eqn.prim.abstractEval(
      eqn.inputs.map((a) => a.aval),
      eqn.params,
    );
    const outputs = avals.map((aval) => new Var(aval));
    const written = { ...eqn, outputs };
    this.eqns.push(written);
    for (const v of outputs) this.#producer.set(v, written);
    if (!lasting) this.#made.set(key, outputs);
    return outputs;
  }

  readonly optimize = (jaxpr: Jaxpr): Optimized => optimize(jaxpr);
  write(prim: Eqn["prim"], inputs: readonly Atom[], params: Params): readonly Atom[] {
    return this.#write({ prim, inputs: inputs.map((a) => this.place(a)), params });
  }
  inline(jaxpr: Jaxpr, inputs: readonly Atom[]): readonly Atom[] {
    return rewrite(this, jaxpr, inputs);
  }
  constant(value: HostArray, aval: Aval): Atom {
    const v = new Var(aval);
    this.#known.set(v, value);
    return v;
  }

  /** Runs `f`, whose expressions are merged with each other but with none outside. */
  apart<T>(f: () => T): T {
    const outside = this.#made;
    this.#made = new Map();
    try {
      return f();
    } finally {
      this.#made = outside;
    }
  }

  /** Takes one equation of the old jaxpr, its inputs already renamed; gives what stands for its outputs. */
  equation(prim: Eqn["prim"], inputs: readonly Atom[], params: Params, old: readonly Var[]): readonly Atom[] {
    const values = inputs.map((a) => (a instanceof Literal ? a.host() : this.#known.get(a)));
    const small = old.every((v) => v.aval.size <= FOLD_LIMIT && v.aval.size > 0);
    if (small && prim.effect !== true && values.every((v) => v !== undefined)) {
      const outs = prim.impl(values as HostArray[], params);
      return outs.map((value, i) => {
        const v = new Var(old[i].aval);
        this.#known.set(v, value);
        return v;
      });
    }
    if (prim.elementwise === true) return this.#elementwise(prim, inputs, params);
    return this.write(prim, inputs, params);
  }

  /** An operand that repeats a smaller one is read in its small form, where the other operands still give the shape. */
  #elementwise(prim: Eqn["prim"], inputs: readonly Atom[], params: Params): readonly Atom[] {
    const shape = broadcastShapes(prim.name, ...inputs.map((a) => a.aval.shape));
    const chosen: Atom[] = inputs.map((a) => {
      const value = a instanceof Var ? this.#known.get(a) : undefined;
      return value !== undefined && uniform(value) !== undefined ? a : this.place(a);
    });
    chosen.forEach((a, i) => {
      const small = this.#small(a);
      if (small === undefined) return;
      const shapes = chosen.map((c, j) => (j === i ? small.shape : c.aval.shape));
      const ranks = shapes.filter((s) => s.length > 0);
      if (ranks.length > 0 && sameShape(broadcastShapes(prim.name, ...shapes), shape)) chosen[i] = small.make();
    });
    return this.#write({ prim, inputs: chosen.map((a) => this.place(a)), params });
  }

  /** The unrepeated form of an operand: its shape, and how to write it. */
  #small(a: Atom): { readonly shape: Shape; readonly make: () => Atom } | undefined {
    if (a instanceof Literal) return undefined;
    const value = this.#known.get(a);
    if (value !== undefined) {
      const number = uniform(value);
      if (number === undefined) return undefined;
      return { shape: [], make: () => new Literal(number, a.aval.dtype, a.aval.weak) };
    }
    const eqn = this.#producer.get(a);
    if (eqn?.prim !== broadcastInDimP) return undefined;
    const [x] = eqn.inputs;
    if (x.aval.ndim === 0) return { shape: [], make: () => x };
    const dims = eqn.params.dims as readonly number[];
    const shape = a.aval.shape.map((_, axis) => {
      const from = dims.indexOf(axis);
      return from < 0 ? 1 : x.aval.shape[from];
    });
    const make = (): Atom =>
      sameShape(shape, x.aval.shape) ? x : this.#write({ prim: reshapeP, inputs: [x], params: { shape } })[0];
    return { shape, make };
  }
}

/** Writes the equations of `jaxpr` with its inputs renamed; gives what stands for its outputs. */
const rewrite = (into: Rewriter, jaxpr: Jaxpr, inputs: readonly Atom[]): readonly Atom[] => {
  const env = new Map<Var, Atom>();
  jaxpr.inVars.forEach((v, i) => {
    env.set(v, inputs[i]);
  });
  const read = (a: Atom): Atom => (a instanceof Literal ? a : (env.get(a) as Atom));
  for (const eqn of jaxpr.eqns) {
    const args = eqn.inputs.map(read);
    const inside = (): readonly Atom[] => rewrite(into, eqn.params.jaxpr as Jaxpr, args);
    let outs: readonly Atom[];
    if (eqn.prim.control !== undefined) outs = writeControl(into, eqn.prim, eqn.params, args);
    else if (eqn.prim.inline === undefined) outs = into.equation(eqn.prim, args, eqn.params, eqn.outputs);
    else outs = eqn.prim.apart?.(eqn.params) === true ? into.apart(inside) : inside();
    eqn.outputs.forEach((v, i) => {
      env.set(v, outs[i]);
    });
  }
  return jaxpr.outs.map(read);
};

/** Drops the equations that no output needs and that have no effects, also inside of loops and branches. */
const dropDead = (jaxpr: Jaxpr): Jaxpr => {
  const needed = new Set<Atom>(jaxpr.outs);
  const kept: Eqn[] = [];
  for (const eqn of jaxpr.eqns.slice().reverse()) {
    const flags = eqn.outputs.map((v) => needed.has(v));
    if (!flags.includes(true) && !hasEffect(eqn)) continue;
    const own = eqn.prim.control === undefined ? eqn : trimmed(eqn, flags, dropDead);
    for (const a of own.inputs) needed.add(a);
    kept.push(own);
  }
  return new Jaxpr(
    jaxpr.constVars.filter((v) => needed.has(v)),
    jaxpr.inVars,
    kept.reverse(),
    jaxpr.outs,
  );
};

/** All passes. `source` has no constants. */
export const optimize = (source: Jaxpr): Optimized => {
  if (isFinished(source)) return { jaxpr: source, consts: [] };
  const into = new Rewriter();
  const inVars = source.inVars.map((v) => new Var(v.aval));
  const outs = rewrite(into, source, inVars).map((a) => into.place(a));
  const jaxpr = onlyWhatIsRead(dropDead(new Jaxpr(into.constVars, inVars, into.eqns, outs)));
  const values = new Map(into.constVars.map((v, i) => [v, into.consts[i]]));
  return { jaxpr, consts: jaxpr.constVars.map((v) => values.get(v) as HostArray) };
};
