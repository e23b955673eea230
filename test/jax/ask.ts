/** @file Asking the library what JAX was asked: an expression on inputs, its derivatives, and its result over a batch. */
import { isFloat } from "../../lib/core/aval.js";
import type { HostArray } from "../../lib/core/host.js";
import { leavesOf } from "../../lib/core/pytree.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as fluxion from "../../lib/index.js";
import { onDevice, taken } from "../helpers/runtime.js";
import { type Case, dtypeOf, type GoldenTensor, hostOf, type Part } from "./cases.js";

type OnTensors = (...xs: Tensor[]) => Tensor[];

/** The parameters after each update of an optimizer with each of the gradients. */
const steps = (
  tx: fluxion.optim.GradientTransformation<unknown>,
  params: unknown,
  grads: readonly unknown[],
): readonly unknown[] => {
  let [held, state] = [params, tx.init(params as never) as unknown];
  return grads.map((g) => {
    const [updates, after] = tx.update(g as never, state as never, held as never);
    [held, state] = [fluxion.optim.applyUpdates(held as never, updates as never), after];
    return held;
  });
};

const NAMES = { ...fluxion, steps };
const LETTERS = "abcdefghijklmnopqrstuvwxyz";

/** What leaves of a result may be: an expression may give plain numbers and bools. */
const asTensor = (leaf: unknown): Tensor =>
  fluxion.isTensor(leaf) ? leaf : (fluxion.np.asarray(leaf as never) as Tensor);

/** The expression of a case as a function from its inputs to the leaves of its result. */
const functionOf = ({ ts, in: inputs }: Case): OnTensors => {
  const letters = [...LETTERS.slice(0, inputs.length)];
  const compiled = new Function(...Object.keys(NAMES), `return (${letters.join(", ")}) => (${ts});`) as (
    ...names: unknown[]
  ) => (...xs: Tensor[]) => unknown;
  const f = compiled(...Object.values(NAMES));
  return (...xs) => leavesOf(f(...xs)).map(asTensor);
};

const floats = (inputs: readonly GoldenTensor[]): number[] =>
  inputs.flatMap((x, i) => (isFloat(dtypeOf(x)) ? [i] : []));

/** `f` of its inputs of a float dtype alone; the others are as given. */
const ofFloats = (f: OnTensors, c: Case, all: readonly Tensor[]): OnTensors => {
  const places = floats(c.in);
  return (...xs) => {
    const whole = [...all];
    places.forEach((at, k) => {
      whole[at] = xs[k];
    });
    return f(...whole);
  };
};

/** Cotangents stand for the results of a float dtype; the others get zeros. */
const pullback =
  (f: OnTensors, count: number): OnTensors =>
  (...args) => {
    const [xs, given] = [args.slice(0, count), args.slice(count)];
    const [, back] = fluxion.vjp(f, ...xs);
    return [...back(given as never)] as unknown as Tensor[];
  };

/** A function, and the golden tensors that it takes. */
interface Question {
  readonly f: OnTensors;
  readonly inputs: readonly GoldenTensor[];
}

const questionOf = (c: Case, part: Part): Question => {
  const f = functionOf(c);
  const all = c.in.length;
  const places = floats(c.in);
  const [ct, t] = [c.vjp?.ct ?? [], c.jvp?.t ?? []];
  const split = (args: readonly Tensor[], ...at: readonly number[]): readonly Tensor[][] => {
    const ends = [...at, args.length];
    return ends.map((end, i) => args.slice(i === 0 ? 0 : ends[i - 1], end));
  };
  const chosen = (xs: readonly Tensor[]): Tensor[] => places.map((i) => xs[i]);
  switch (part) {
    case "result":
      return { f, inputs: c.in };
    case "vmap":
      return {
        f: fluxion.vmap(f as never, { inAxes: c.vmap?.axes as never }) as OnTensors,
        inputs: c.vmap?.in ?? [],
      };
    case "vjp":
      return {
        f: (...args) => {
          const [xs, cts] = split(args, all);
          return pullback(ofFloats(f, c, xs), places.length)(...chosen(xs), ...cts);
        },
        inputs: [...c.in, ...ct],
      };
    case "jvp":
      return {
        f: (...args) => {
          const [xs, ts] = split(args, all);
          return fluxion.jvp(ofFloats(f, c, xs), chosen(xs) as never, ts as never)[1] as unknown as Tensor[];
        },
        inputs: [...c.in, ...t],
      };
    case "hess":
      return {
        f: (...args) => {
          const [xs, cts, ts] = split(args, all, all + ct.length);
          const back = pullback(ofFloats(f, c, xs), places.length);
          return fluxion.jvp(
            (...moving: Tensor[]) => back(...moving, ...cts),
            chosen(xs) as never,
            ts as never,
          )[1] as unknown as Tensor[];
        },
        inputs: [...c.in, ...ct, ...t],
      };
  }
};

/** What the library gives for a part of a case on the current runtime. */
export const ask = (c: Case, part: Part, jitted: boolean): HostArray[] => {
  const { f, inputs } = questionOf(c, part);
  const tensors = inputs.map((x) => onDevice(hostOf(x)));
  const run = jitted ? fluxion.jit(f as never) : f;
  return taken((run as OnTensors)(...tensors));
};
