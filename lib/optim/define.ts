/** @file How an optimizer takes its options: by name, by optax's short names, or the learning rate alone. */
import { named } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { contractOf } from "../core/signature.js";
import { isTensor } from "../core/tensor.js";
import type { Rate } from "./schedules.js";
import { type GradientTransformation, guarded } from "./state.js";

/** optax's short names of options. */
const SHORT = { b1: "beta1", b2: "beta2", eps: "epsilon", epsRoot: "epsilonRoot" } as const;
type Short = typeof SHORT;
/** The short names of the options that `O` has. */
type ShortNames<O> = { readonly [K in keyof Short as Short[K] extends keyof O ? K : never]?: number };
/** What may be given for the options `O`. */
type Given<O> = (O & ShortNames<O>) | ("learningRate" extends keyof O ? Rate : never);

/** Options with their long names. @throws {ArgumentError} when both names of one are given */
const spelled = (where: string, given: unknown): unknown => {
  if (typeof given !== "object" || given === null || isTensor(given)) return given;
  const options = given as Readonly<Record<string, unknown>>;
  for (const [short, long] of Object.entries(SHORT)) {
    if (options[short] === undefined || options[long] === undefined) continue;
    throw new ArgumentError({
      where,
      what: `"${short}" and "${long}" are one option`,
      expected: "one of them",
      got: `${options[short]} and ${options[long]}`,
    });
  }
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [SHORT[key as keyof Short] ?? key, value]));
};

/** What an optimizer may be called with: as in optax, the options may also follow the rate. */
type After<O> = "learningRate" extends keyof O ? [rate: Rate, options: Omit<O, "learningRate"> & ShortNames<O>] : never;
interface Optimizer {
  <O extends object, R>(signature: string, f: (options?: O) => R): (...args: [options?: Given<O>] | After<O>) => R;
  <O extends object, R>(signature: string, f: (options: O) => R): (...args: [options: Given<O>] | After<O>) => R;
}
/** Makes an optimizer of a function of its options, which may be a learning rate alone, or have short names. */
export const optimizer: Optimizer = <R>(
  signature: string,
  f: (options: never) => R,
): ((...args: readonly unknown[]) => R) => {
  const checked = named(signature, f) as (...args: readonly unknown[]) => R;
  const where = contractOf(signature, f.length).name;
  return (...args: readonly unknown[]) => {
    if (f.length > 0 && args.length < 2 && args[0] === undefined) {
      throw new ArgumentError({ where, what: "the options are missing", expected: signature, got: "nothing" });
    }
    const tx = checked(...args.map((options) => spelled(where, options)));
    return guarded(where, tx as GradientTransformation<unknown>) as R;
  };
};
