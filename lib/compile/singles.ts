/**
 * @file Kernels of single operations, kept for the next call of the same primitive with the same shapes and parameters.
 *
 * Finding out how an operation walks through its operands takes longer than a small operation itself.
 */
import type { Aval } from "../core/aval.js";
import type { AnyPrimitive, Params } from "../core/primitive.js";
import { reshapeP } from "../primitives/broadcast.js";
import type { Executor, Kernel } from "./executor.js";

/** A kernel, and what it results in. */
interface Single {
  readonly kernel: Kernel;
  readonly outAvals: readonly Aval[];
}

/** Kernels kept of one primitive; all are forgotten when there are more. */
const MOST = 256;
/** Elements of the largest array of a kernel that is kept: one may hold a table of offsets, and a larger array takes time itself. */
const ELEMENTS = 2 ** 14;

/** A kernel with an effect belongs to one call; one that gives data another shape is made sooner than found. */
const isKept = (prim: AnyPrimitive): boolean => prim.effect !== true && prim !== reshapeP;

/** Numbers, texts and lists and records of them as a text; undefined for anything else, whose equality is not known. */
const keyOf = (value: unknown): string | undefined => {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : `${value}`;
  if (typeof value === "string") return `"${value}"`;
  if (typeof value !== "object" || value === null) return typeof value === "function" ? undefined : `${String(value)}`;
  const isList = Array.isArray(value);
  if (!isList && Object.getPrototypeOf(value) !== Object.prototype) return undefined;
  let text = isList ? "[" : "{";
  for (const name in value) {
    const part = keyOf((value as Record<string, unknown>)[name]);
    if (part === undefined) return undefined;
    text += isList ? `${part},` : `${name}:${part},`;
  }
  return text;
};

/** The kernels of single operations on one executor. */
export class Singles {
  readonly #kept = new Map<AnyPrimitive, Map<string, Single>>();

  constructor(
    /** Makes a kernel that nothing has to free. */
    readonly make: (...of: Parameters<Executor["kernel"]>) => Kernel,
  ) {}

  /** The kernel for operands of these avals. @throws what `abstractEval` and `make` throw */
  of(prim: AnyPrimitive, params: Params, avals: readonly Aval[]): Single {
    const key = isKept(prim) ? keyOf(params) : undefined;
    if (key === undefined) return this.#made(prim, params, avals);
    const found = this.#kept.get(prim) ?? new Map<string, Single>();
    let whole = key;
    for (const aval of avals) whole += ` ${aval}`;
    const known = found.get(whole);
    if (known !== undefined) return known;
    const single = this.#made(prim, params, avals);
    if (![...avals, ...single.outAvals].every(({ size }) => size <= ELEMENTS)) return single;
    if (found.size >= MOST) found.clear();
    this.#kept.set(prim, found.set(whole, single));
    return single;
  }
  #made(prim: AnyPrimitive, params: Params, avals: readonly Aval[]): Single {
    const outAvals = prim.abstractEval(avals, params);
    return { outAvals, kernel: this.make(prim, params, avals, outAvals) };
  }
}
