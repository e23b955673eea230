/** @file What says that work should end. */

/**
 * What is used of an `AbortSignal`, which serves for it.
 *
 * The global type is not there in a program with neither the DOM library nor Node's types.
 */
export interface Signal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
