/**
 * @file Random programs: a list of steps, each a primitive applied to earlier values, evaluated through `bind`.
 *
 * Values are kept tame (see `operations.ts`), so that finite differences in float64 work. Programs share subexpressions, hold literals and
 * constants, call parts of themselves through `jit` (with and without a closure over outer values), and leave inputs and values unused.
 */
import { type Aval, type DType, isFloat, type Shape, sizeOf } from "../../lib/core/aval.js";
import type { HostArray } from "../../lib/core/host.js";
import type { AnyPrimitive } from "../../lib/core/primitive.js";
import { Literal, literal, type Tensor } from "../../lib/core/tensor.js";
import { bind } from "../../lib/core/trace.js";
import { primitives } from "../../lib/primitives/index.js";
import { jit } from "../../lib/transforms/jit.js";
import { host } from "../helpers/runtime.js";
import type { Seeded } from "../helpers/seeded.js";

/** A value by its number, or a literal. */
export type Arg = number | Literal;

interface Apply {
  readonly prim: AnyPrimitive;
  readonly args: readonly Arg[];
  readonly params: object;
  readonly outs: number;
}
/** A part of the program as a jitted function; `captured` values reach it by closure. */
interface Call {
  readonly body: Block;
  readonly args: readonly number[];
  readonly captured: readonly number[];
  readonly outs: number;
}
type Step = Apply | Call;

/** Steps on a list of values that begins with the inputs. */
export interface Block {
  readonly steps: readonly Step[];
  readonly results: readonly number[];
}

/** A whole program: float inputs, other inputs and constants, in this order, then what the steps make. */
export interface Program extends Block {
  readonly seed: number;
  readonly float: DType;
  readonly floats: readonly Shape[];
  readonly others: readonly Aval[];
  readonly consts: readonly HostArray[];
  /** The number of operations on the longest way from an input to the loss. */
  readonly depth: number;
}

/** Primitives that are replaced, to see whether a law notices. */
export type Swaps = ReadonlyMap<AnyPrimitive, AnyPrimitive>;

const cached = new WeakMap<Block, (...xs: Tensor[]) => Tensor[]>();

/** Evaluates a block under the current trace; gives its results. */
export const evaluate = (block: Block, inputs: readonly Tensor[], swaps: Swaps): Tensor[] => {
  const values = [...inputs];
  const read = (a: Arg): Tensor => (typeof a === "number" ? values[a] : a);
  for (const step of block.steps) {
    if ("prim" in step) values.push(...bind(swaps.get(step.prim) ?? step.prim, step.args.map(read), step.params));
    else values.push(...call(step, step.args.map(read) as Tensor[], step.captured.map(read), swaps));
  }
  return block.results.map(read);
};

/** A nested jit. Where nothing is captured (or replaced) it is one function for all evaluations, so that its cache is used. */
const call = (
  { body, captured }: Call,
  args: readonly Tensor[],
  closure: readonly Tensor[],
  swaps: Swaps,
): Tensor[] => {
  if (captured.length > 0 || swaps.size > 0) {
    using once = jit((...xs: Tensor[]) => evaluate(body, [...xs, ...closure], swaps));
    return once(...args);
  }
  let f = cached.get(body);
  if (f === undefined) {
    f = jit((...xs: Tensor[]) => evaluate(body, xs, swaps));
    cached.set(body, f);
  }
  return f(...args);
};

/** All primitives that a block applies. */
export const primitivesOf = (block: Block, into = new Set<string>()): Set<string> => {
  for (const step of block.steps) {
    if ("prim" in step) into.add(step.prim.name);
    else primitivesOf(step.body, into);
  }
  return into;
};

interface Value {
  readonly aval: Aval;
  /** Whether a float input reaches it through floats. */
  readonly active: boolean;
  depth: number;
}

/** Writes a block, with what operations need to find operands. */
export class Builder {
  readonly values: Value[] = [];
  readonly steps: Step[] = [];
  constructor(
    readonly rng: Seeded,
    readonly float: DType,
    /** Primitives are taken from here, so that a test may see what is used. */
    readonly prims = primitives,
  ) {}

  input(aval: Aval, active: boolean): number {
    return this.values.push({ aval, active, depth: 0 }) - 1;
  }
  aval(a: Arg): Aval {
    return typeof a === "number" ? this.values[a].aval : a.aval;
  }
  shape(a: Arg): Shape {
    return this.aval(a).shape;
  }
  /** Applies a primitive; gives the number of its (first) result. */
  apply(name: keyof typeof primitives, args: readonly Arg[], params: object = {}): number {
    const prim = this.prims[name] as AnyPrimitive;
    const avals = prim.abstractEval(
      args.map((a) => this.aval(a)),
      params,
    );
    const first = this.values.length;
    const from = args.filter((a): a is number => typeof a === "number").map((a) => this.values[a]);
    const depth = Math.max(0, ...from.map((v) => v.depth));
    const reached = from.some((v) => v.active);
    for (const aval of avals) this.values.push({ aval, active: reached && isFloat(aval.dtype), depth });
    this.steps.push({ prim, args, params, outs: avals.length });
    return first;
  }
  /** Runs one operation; what it makes is one deeper than what it read. */
  operation(f: (b: Builder) => void): void {
    const first = this.values.length;
    f(this);
    for (const v of this.values.slice(first)) v.depth++;
  }
  /** The part that `f` writes becomes a jitted function of `args`; the `captured` reach it by closure. */
  nested(args: readonly number[], captured: readonly number[], f: (b: Builder) => readonly number[]): void {
    const inside = new Builder(this.rng, this.float, this.prims);
    for (const a of [...args, ...captured]) {
      const { aval, active, depth } = this.values[a];
      inside.values.push({ aval, active, depth });
    }
    const results = f(inside);
    this.steps.push({ body: { steps: inside.steps, results }, args, captured, outs: results.length });
    for (const r of results) this.values.push({ ...inside.values[r] });
  }

  number(value: number): Literal {
    // A weak literal yields to its partner; both kinds must work everywhere.
    return this.rng.chance(0.5) ? new Literal(value, this.float, true) : new Literal(value, this.float);
  }
  int(value: number): Literal {
    return literal("test", value, "int32");
  }

  /** Values that `ok` accepts. */
  find(ok: (v: Value) => boolean): number[] {
    return this.values.flatMap((v, i) => (ok(v) ? [i] : []));
  }
  /** One of the values that `ok` accepts; the latest ones are likelier. Throws when there is none. */
  some(ok: (v: Value) => boolean): number {
    const found = this.find(ok);
    if (found.length === 0) throw new NoOperand();
    return this.rng.chance(0.6) ? (found[found.length - 1] as number) : this.rng.pick(found);
  }
  of(dtype: DType, ok: (shape: Shape) => boolean = () => true): number {
    return this.some((v) => v.aval.dtype === dtype && ok(v.aval.shape));
  }
  aFloat(ok?: (shape: Shape) => boolean): number {
    return this.of(this.float, ok);
  }
  /** A value (or, for floats, a literal) that an elementwise primitive takes together with `x`. */
  partner(x: Arg): Arg {
    const { shape, dtype } = this.aval(x);
    if (isFloat(dtype) && this.rng.chance(0.15)) return this.number(this.rng.between(-1.5, 1.5));
    const found = this.find((v) => v.aval.dtype === dtype && fits(v.aval.shape, shape));
    return found.length === 0 ? x : this.rng.pick(found);
  }
}

/** Thrown by an operation for which there is no operand yet. */
export class NoOperand extends Error {}

/** Whether two shapes go into one elementwise operation and the result stays small. */
export const fits = (a: Shape, b: Shape): boolean => {
  if (a.length === 0 || b.length === 0) return true;
  if (a.length !== b.length || !a.every((n, i) => n === b[i] || n === 1 || b[i] === 1)) return false;
  return sizeOf(a.map((n, i) => Math.max(n, b[i]))) <= 36;
};

/** Random data of an aval: floats in (-1.5, 1.5), integers of every size, words for random keys. */
export const randomHost = (rng: Seeded, { shape, dtype }: { shape: Shape; dtype: DType }): HostArray =>
  host(
    dtype,
    shape,
    Array.from({ length: sizeOf(shape) }, () =>
      isFloat(dtype)
        ? rng.between(-1.5, 1.5)
        : dtype === "bool"
          ? rng.int(2)
          : rng.chance(0.7)
            ? rng.int(6)
            : Math.floor(rng.next() * 2 ** 32) - (dtype === "int32" ? 2 ** 31 : 0),
    ),
  );
