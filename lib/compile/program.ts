/**
 * @file A compiled program: kernels in order, with the last use of every intermediate.
 *
 * Intermediates are freed right after their last use, also when a kernel fails; inputs and constants are never freed by a run.
 */
import type { Aval } from "../core/aval.js";
import type { Jaxpr, Var } from "../core/jaxpr.js";
import { type Handle, Literal } from "../core/tensor.js";
import type { Executor, Kernel } from "./executor.js";
import { kernelError } from "./executor.js";
import { optimize } from "./passes.js";

interface Step {
  readonly name: string;
  readonly kernel: Kernel;
  readonly inAvals: readonly Aval[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Slots whose last use this is, and outputs that nothing reads. */
  readonly frees: readonly number[];
}

export class Program {
  readonly #executor: Executor;
  readonly #steps: readonly Step[];
  readonly #outs: readonly number[];
  readonly #constants: readonly Handle[];
  readonly #inputs: number;
  #slots: number;

  constructor(executor: Executor, source: Jaxpr) {
    this.#executor = executor;
    const { jaxpr, consts } = optimize(source);
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
        kernel: executor.kernel(eqn.prim, eqn.params, inAvals, outAvals),
        inAvals,
        inputs: eqn.inputs.map(slotOf),
        outputs: eqn.outputs.map(give),
      };
    });
    this.#outs = jaxpr.outs.map(slotOf);
    const kept = new Set(this.#outs);
    const seen = new Set<number>();
    this.#steps = drafts
      .reverse()
      .map((draft) => {
        const frees: number[] = [];
        for (const slot of [...draft.inputs, ...draft.outputs]) {
          if (slot < firstIntermediate || kept.has(slot) || seen.has(slot)) continue;
          seen.add(slot);
          frees.push(slot);
        }
        return { ...draft, frees };
      })
      .reverse();
    this.#constants = constants;
    this.#slots = next;
  }

  /** Runs on handles that stay with the caller; the results are the caller's to free. */
  run(inputs: readonly Handle[]): Handle[] {
    const { device, name } = this.#executor;
    const values = new Array<Handle>(this.#slots).fill(undefined);
    inputs.forEach((h, i) => {
      values[i] = h;
    });
    this.#constants.forEach((h, i) => {
      values[this.#inputs + i] = h;
    });
    const first = this.#inputs + this.#constants.length;
    for (const step of this.#steps) {
      try {
        const outs = step.kernel(step.inputs.map((slot) => values[slot]));
        step.outputs.forEach((slot, i) => {
          values[slot] = outs[i];
        });
      } catch (cause) {
        for (let slot = first; slot < values.length; slot++) {
          if (values[slot] !== undefined) device.free(values[slot]);
        }
        throw kernelError(name, step.name, step.inAvals, cause);
      }
      for (const slot of step.frees) {
        device.free(values[slot]);
        values[slot] = undefined;
      }
    }
    const given = new Set<number>();
    return this.#outs.map((slot) => {
      const own = slot >= first && !given.has(slot);
      given.add(slot);
      return own ? values[slot] : device.share(values[slot]);
    });
  }

  dispose(): void {
    for (const h of this.#constants) this.#executor.device.free(h);
    this.#slots = 0;
  }
}
