/** @file Every public function that gives a TaskEither or an Either has a form that gives the value. Checked by `tsc`, never run. */
import type { Either } from "fp-ts/lib/Either.js";
import type { TaskEither } from "fp-ts/lib/TaskEither.js";
import type * as data from "../../lib/data/index.js";
import type * as fluxion from "../../lib/index.js";
import type * as io from "../../lib/io/index.js";
import type * as lab from "../../lib/lab/index.js";
import type * as methods from "../../lib/methods/index.js";
import type * as prompt from "../../lib/prompt/index.js";
import type * as store from "../../lib/store/index.js";
import type * as tasks from "../../lib/tasks/index.js";
import type * as tokenizer from "../../lib/tokenizer/index.js";
import type * as train from "../../lib/train/index.js";
import type { Equal, Expect } from "./equal.js";

type Result<F> = F extends (...args: never) => infer R ? R : never;
type Is<R, Form> = [R] extends [never] ? false : [unknown] extends [R] ? false : [R] extends [Form] ? true : false;

/** The names of a module's functions that give a value of a kind. */
type Giving<M, Form> = { [K in keyof M & string]: Is<Result<M[K]>, Form> extends true ? K : never }[keyof M & string];

/** The names of functions that are composed and do not end in what tells so, or have no other form. */
type Amiss<M> =
  | AmissOf<M, Giving<M, TaskEither<unknown, unknown>>, "TE">
  | AmissOf<M, Giving<M, Either<unknown, unknown>>, "E">;
type AmissOf<M, Names extends string, End extends string> = Names extends `${infer Plain}${End}`
  ? Plain extends keyof M
    ? never
    : Names
  : Names;

export type Forms = [
  Expect<Equal<Amiss<typeof fluxion>, never>>,
  Expect<Equal<Amiss<typeof data>, never>>,
  Expect<Equal<Amiss<typeof io>, never>>,
  Expect<Equal<Amiss<typeof lab>, never>>,
  Expect<Equal<Amiss<typeof methods>, never>>,
  Expect<Equal<Amiss<typeof prompt>, never>>,
  Expect<Equal<Amiss<typeof store>, never>>,
  Expect<Equal<Amiss<typeof tasks>, never>>,
  Expect<Equal<Amiss<typeof tokenizer>, never>>,
  Expect<Equal<Amiss<typeof train>, never>>,
];

/** What they do find, so that the list above is not empty for a wrong reason. */
export type Found = [
  Expect<
    Equal<
      Amiss<{ load: typeof io.loadT5TE; parse: typeof io.parseNpyE; aTE: typeof io.loadT5TE }>,
      "load" | "parse" | "aTE"
    >
  >,
  Expect<
    Equal<
      Extract<Giving<typeof io, TaskEither<unknown, unknown>>, "loadParamsTE" | "exportOnnxTE">,
      "loadParamsTE" | "exportOnnxTE"
    >
  >,
  Expect<Equal<Giving<typeof tasks, TaskEither<unknown, unknown>>, "loadTaskTE" | "readExamplesTE">>,
];

declare const like: {
  readonly w: { readonly shape: readonly number[]; readonly dtype: "float32" };
  steps: [fluxion.Tensor, null];
};
declare const loaded: ReturnType<typeof io.loadParams<typeof like>>;
export type Loaded = Expect<
  Equal<Awaited<typeof loaded>, { readonly w: fluxion.Tensor; steps: [fluxion.Tensor, null] }>
>;
