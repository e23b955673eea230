/** @file What the fuzzer and its workers tell each other. */

/** Which mutations to read: those numbered `from` to `to - 1` of a kind. */
export interface Job {
  readonly kind: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}
/** What a worker tells: that it begins with a mutation, what is wrong with it, or that all are done. */
export type Told =
  | { readonly begins: number }
  | { readonly fails: number; readonly why: string }
  | { readonly done: true; readonly accepted: number };

/** The exit code of a worker that could not do its job at all. */
export const BROKEN_FUZZER = 3;
