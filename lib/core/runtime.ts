/**
 * @file The runtime that computes what no transformation looks at: set once by `init`, swapped by tests.
 *
 * Core knows no device; it only holds the one that was started.
 */
import { BackendError } from "./errors.js";
import type { AnyPrimitive, Params } from "./primitive.js";
import type { Device, DeviceArray, Literal } from "./tensor.js";

/** Evaluates single primitives on one device. */
export interface Runtime {
  readonly name: string;
  readonly device: Device;
  evaluate(prim: AnyPrimitive, args: readonly (Literal | DeviceArray)[], params: Params): readonly DeviceArray[];
  /** The executors that a program may ask for by name. */
  readonly executors: readonly string[];
  /** Names of the primitives in a jaxpr that are not compiled but computed by their definition, in JavaScript. */
  fallbacks(jaxpr: object, executor?: string): readonly string[];
  /** Drops the program compiled from a jaxpr, if there is one. */
  forget(jaxpr: object): void;
}

let runtime: Runtime | undefined;

/** The runtime in use. @throws {BackendError} before `init` */
export const currentRuntime = (where: string): Runtime => {
  if (runtime !== undefined) return runtime;
  throw new BackendError({
    where,
    what: "no backend has been started",
    expected: "await init() once, before the first operation",
    got: `${where} before init`,
    hint: 'write: import { init } from "fluxion"; await init()',
  });
};

/** Makes `next` the runtime; returns the one before. */
export const setRuntime = (next: Runtime | undefined): Runtime | undefined => {
  const before = runtime;
  runtime = next;
  return before;
};

/** Runs `f` with another runtime. */
export const withRuntime = <T>(other: Runtime, f: () => T): T => {
  const before = setRuntime(other);
  try {
    return f();
  } finally {
    setRuntime(before);
  }
};
