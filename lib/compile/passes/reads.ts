/** @file What made each value of a program, and how often it is read. */
import type { Atom, Eqn, Jaxpr } from "../../core/jaxpr.js";
import type { AnyPrimitive } from "../../core/primitive.js";

/** The equations that make the values of a jaxpr, and how often each value is read. */
export class Reads {
  readonly #maker = new Map<Atom, Eqn>();
  readonly #count = new Map<Atom, number>();

  constructor(jaxpr: Jaxpr) {
    const read = (a: Atom): void => {
      this.#count.set(a, (this.#count.get(a) ?? 0) + 1);
    };
    for (const eqn of jaxpr.eqns) {
      for (const a of eqn.inputs) read(a);
      for (const v of eqn.outputs) this.#maker.set(v, eqn);
    }
    for (const a of jaxpr.outs) read(a);
  }
  /** Whether a value is read at all. */
  has(a: Atom): boolean {
    return this.#count.has(a);
  }
  /** The equation of `prim` that made a value, however often it is read. */
  maker(a: Atom, prim: AnyPrimitive): Eqn | undefined {
    const eqn = this.#maker.get(a);
    return eqn?.prim === prim ? eqn : undefined;
  }
  /** The equation of `prim` that made a value, if it is read so many times. */
  made(a: Atom, prim: AnyPrimitive, times = 1): Eqn | undefined {
    return this.#count.get(a) === times ? this.maker(a, prim) : undefined;
  }
  /** The equations of these primitives of which each made the first operand of the one before, if only that reads it. */
  chain(a: Atom, prims: readonly AnyPrimitive[]): Eqn[] | undefined {
    const found: Eqn[] = [];
    for (const prim of prims) {
      const eqn = this.made(found.at(-1)?.inputs[0] ?? a, prim);
      if (eqn === undefined) return undefined;
      found.push(eqn);
    }
    return found;
  }
}
