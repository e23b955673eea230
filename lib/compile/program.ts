/**
 * @file A compiled program: kernels in order, with the last use of every intermediate.
 *
 * Intermediates are freed right after their last use, also when a kernel fails. So are inputs that are to be consumed, as the carry of a
 * loop is; other inputs and constants are never freed by a run. Loops and branches are steps that run their own programs.
 */
import type { Aval } from "../core/aval.js";
import { isFluxionError, type PendingError, UnsupportedError } from "../core/errors.js";
import type { Jaxpr, Var } from "../core/jaxpr.js";
import { type Handle, Literal } from "../core/tensor.js";
import { effectKernel } from "./effects.js";
import { type Executor, type Kernel, kernelError } from "./executor.js";
import { type Block, blockOf, type Runnable, type Steps } from "./loops.js";
import { optimize } from "./passes/optimize.js";

/** A run cannot wait on its way. */
const needsNumber = (cause: PendingError): UnsupportedError =>
  new UnsupportedError(
    {
      where: "jit",
      what: "a while loop needs a number that an asynchronous backend has not computed yet",
      expected: "a program that goes the same way whatever its values are",
      got: "lax.whileLoop on a computed value",
      hint: "use lax.scan (or foriLoop with number bounds) with np.where for what has ended, or another backend",
    },
    { cause },
  );

interface Step {
  readonly name: string;
  readonly work: Kernel | Block;
  readonly inAvals: readonly Aval[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Slots whose last use this is, and outputs that nothing reads. */
  readonly frees: readonly number[];
}

/** By a loop: a step of a small model takes less time than a few closures. */
const pick = (values: readonly Handle[], slots: readonly number[]): Handle[] => {
  const out = new Array<Handle>(slots.length);
  for (let i = 0; i < slots.length; i++) out[i] = values[slots[i]];
  return out;
};

const freeSlot = (device: Executor["device"], values: Handle[], slot: number): void => {
  device.free(values[slot]);
  values[slot] = undefined;
};

export class Program implements Runnable {
  readonly #executor: Executor;
  readonly #steps: readonly Step[];
  readonly #outs: readonly number[];
  readonly #constants: readonly Handle[];
  readonly #inputs: number;
  readonly #consumed: ReadonlySet<number>;
  /** Inputs to be consumed that nothing reads. */
  readonly #unread: readonly number[];
  #slots: number;

  /** @param consumed  for each input, whether a run frees it; none by default */
  constructor(executor: Executor, source: Jaxpr, consumed: readonly boolean[] = []) {
    this.#executor = executor;
    this.#consumed = new Set(consumed.flatMap((yes, slot) => (yes ? [slot] : [])));
    const compile = (jaxpr: Jaxpr, inputs: readonly boolean[]): Program => new Program(executor, jaxpr, inputs);
    const optimized = optimize(source);
    const { jaxpr, consts } = executor.arrange?.(optimized) ?? optimized;
    const slots = new Map<Var, number>();
    const literals = new Map<string, number>();
    const constants: Handle[] = [];
    this.#inputs = jaxpr.inVars.length;
    let next = 0;
    const give = (v: Var): number => {
      slots.set(v, next);
      return next++;
    };
    for (const v of jaxpr.inVars) give(v);
    jaxpr.constVars.forEach((v, i) => {
      give(v);
      constants.push(executor.device.upload(consts[i]));
    });
    // Literals get slots right behind the constants, before the first intermediate.
    const literalSlot = (a: Literal): number => {
      const key = `${a.aval.dtype} ${Object.is(a.value, -0) ? "-0" : a.value}`;
      let slot = literals.get(key);
      if (slot === undefined) {
        slot = next++;
        literals.set(key, slot);
        constants.push(executor.device.upload(a.host()));
      }
      return slot;
    };
    for (const eqn of jaxpr.eqns) for (const a of eqn.inputs) if (a instanceof Literal) literalSlot(a);
    for (const a of jaxpr.outs) if (a instanceof Literal) literalSlot(a);
    const firstIntermediate = next;
    const slotOf = (a: Var | Literal): number => (a instanceof Literal ? literalSlot(a) : (slots.get(a) as number));

    const drafts = jaxpr.eqns.map((eqn) => {
      const inAvals = eqn.inputs.map((a) => a.aval);
      const outAvals = eqn.outputs.map((v) => v.aval);
      return {
        name: eqn.prim.name,
        work:
          blockOf(executor, compile, eqn.prim, eqn.params, inAvals) ??
          effectKernel(executor, eqn.prim, eqn.params) ??
          executor.kernel(eqn.prim, eqn.params, inAvals, outAvals),
        inAvals,
        inputs: eqn.inputs.map(slotOf),
        outputs: eqn.outputs.map(give),
      };
    });
    this.#outs = jaxpr.outs.map(slotOf);
    const kept = new Set(this.#outs);
    const seen = new Set<number>();
    const owned = (slot: number): boolean => slot >= firstIntermediate || this.#consumed.has(slot);
    this.#steps = drafts
      .reverse()
      .map((draft) => {
        const frees: number[] = [];
        for (const slot of [...draft.inputs, ...draft.outputs]) {
          if (!owned(slot) || kept.has(slot) || seen.has(slot)) continue;
          seen.add(slot);
          frees.push(slot);
        }
        return { ...draft, frees };
      })
      .reverse();
    this.#unread = [...this.#consumed].filter((slot) => !kept.has(slot) && !seen.has(slot));
    this.#constants = constants;
    this.#slots = next;
  }

  /** Runs on handles that stay with the caller, but for those that are consumed; the results are the caller's to free. */
  run(inputs: readonly Handle[]): Handle[] {
    const { device } = this.#executor;
    const steps = this.steps(inputs);
    let next = steps.next();
    while (next.done !== true) {
      try {
        next = steps.next(device.download(next.value).data[0]);
      } catch (cause) {
        steps.throw(isFluxionError(cause, "PendingError") ? needsNumber(cause) : cause);
      }
    }
    return next.value;
  }

  /** A run that yields the handles whose number it must know to go on. */
  *steps(inputs: readonly Handle[]): Steps {
    const { device, name } = this.#executor;
    const values = this.#given(inputs);
    for (const slot of this.#unread) freeSlot(device, values, slot);
    for (const step of this.#steps) {
      try {
        const given = pick(values, step.inputs);
        const outs = typeof step.work === "function" ? step.work(given) : yield* step.work.steps(given);
        for (let i = 0; i < step.outputs.length; i++) values[step.outputs[i]] = outs[i];
      } catch (cause) {
        values.forEach((h, slot) => {
          if (h !== undefined && this.#owns(slot)) device.free(h);
        });
        throw kernelError(name, step.name, step.inAvals, cause);
      }
      for (const slot of step.frees) freeSlot(device, values, slot);
    }
    const given = new Set<number>();
    return this.#outs.map((slot) => {
      const own = this.#owns(slot) && !given.has(slot);
      given.add(slot);
      return own ? values[slot] : device.share(values[slot]);
    });
  }

  /** The slots at the beginning of a run. */
  #given(inputs: readonly Handle[]): Handle[] {
    const values = new Array<Handle>(this.#slots).fill(undefined);
    [...inputs, ...this.#constants].forEach((h, slot) => {
      values[slot] = h;
    });
    return values;
  }
  /** Whether a run frees the value in a slot. */
  #owns(slot: number): boolean {
    return slot >= this.#inputs + this.#constants.length || this.#consumed.has(slot);
  }

  dispose(): void {
    for (const { work } of this.#steps) {
      if (typeof work === "function") work.dispose?.();
      else for (const program of work.programs) program.dispose();
    }
    for (const h of this.#constants) this.#executor.device.free(h);
    this.#slots = 0;
  }
}
