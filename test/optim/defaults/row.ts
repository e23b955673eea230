/** @file What a row of the table of defaults is, and which functions of lib/optim must have one: told from their types. */
import type { Tensor } from "../../../lib/core/tensor.js";
import type * as optim from "../../../lib/optim/index.js";

type Optim = typeof optim;

/** Names that an options object may lack; those of a dictionary are the caller's own. */
type OptionalNames<T> = {
  [K in keyof T]-?: string extends K ? never : number extends K ? never : object extends Pick<T, K> ? K : never;
}[keyof T];
/** Other names of settings. */
type ShortName = "b1" | "b2" | "eps" | "epsRoot";
/** A rate alone stands for options, and has no settings. */
type SettingsOfArg<T> = [Exclude<T, optim.Rate>] extends [never] ? unknown : SettingsOfOptions<Exclude<T, optim.Rate>>;
type SettingsOfOptions<T> = T extends Tensor | readonly unknown[]
  ? unknown
  : T extends object
    ? { readonly [K in Exclude<OptionalNames<T>, ShortName>]?: Exclude<T[K], undefined> }
    : unknown;
type Intersection<U> = (U extends unknown ? (x: U) => void : never) extends (x: infer I) => void ? I : never;
type SettingsOfArgs<A extends readonly unknown[]> = Intersection<
  [unknown] | { [I in keyof A]: [SettingsOfArg<A[I]>] }[number]
>;
/** A number that is left out by its place has no name of its own. */
type FirstNumber<A extends readonly unknown[]> = 0 extends A["length"]
  ? [A[0], number] extends [number | undefined, A[0]]
    ? { readonly least?: number }
    : unknown
  : unknown;

/** The optional settings of a function, from all of its arguments; `chain`, whose arguments cannot be inferred, has none. */
type SettingsOf<F> = F extends (...args: infer A) => unknown
  ? (SettingsOfArgs<Required<A>> & [FirstNumber<A>])[0]
  : unknown;

/** The functions that have optional settings. */
type WithSettings = { [N in keyof Optim]: keyof SettingsOf<Optim[N]> extends never ? never : N }[keyof Optim];
/** Those whose settings another test tries. */
export type SettingsElsewhere = "scaleByZoomLinesearch";
export type WithoutSettings = Exclude<keyof Optim, WithSettings>;

/** A transformation, whatever its state, or a schedule. */
export type Made =
  | optim.Schedule
  | {
      readonly init: (params: unknown) => unknown;
      readonly update: (...args: never[]) => readonly [updates: unknown, state: unknown];
    };

/** In place of a default: without the setting something is left out that no value stands for. */
export const NONE = undefined;

/** The default, another value, and the other settings without which this one would not matter. */
export type Setting<S, K extends keyof S> = readonly [standard: S[K] | typeof NONE, other: Required<S>[K], given?: S];

export interface Row<S> {
  readonly make: (settings: S) => Made;
  readonly settings: { readonly [K in keyof S]-?: Setting<S, K> };
  /** Settings that matter for large parameters only. */
  readonly large?: readonly (keyof S)[];
  /** Steps that it takes until all settings matter. By default 3. */
  readonly steps?: number;
}

/** A row for each of some functions; a function or a setting that is missing does not compile. */
export type Rows<N extends WithSettings = WithSettings> = { readonly [K in N]: Row<SettingsOf<Optim[K]>> };
