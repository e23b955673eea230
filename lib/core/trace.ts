/**
 * @file Tracing without a stack.
 *
 * There is one current trace. A transformation runs the user's function under a new trace whose parent is the one before;
 * `bind` asks the current trace to process a primitive; a trace lifts what is not its own. At the root, primitives are
 * evaluated by the runtime. The move from levels to one context follows JAX's "stackless" core (2024).
 */
import { calledBack } from "./caller.js";
import { TracerError } from "./errors.js";
import type { AnyPrimitive, Params, Primitive } from "./primitive.js";
import { currentRuntime } from "./runtime.js";
import { isPromise } from "./scope.js";
import { DeviceArray, Literal, type Tensor, type TraceInfo, Tracer } from "./tensor.js";

/** A way of processing primitives. */
export abstract class Trace implements TraceInfo {
  ended = false;
  constructor(readonly name: string) {}
  abstract process(prim: AnyPrimitive, args: readonly Tensor[], params: Params): readonly Tensor[];
}

/** The error of a tracer used where its transformation does not look on. */
export const leaked = (tracer: Tracer, where: string): TracerError =>
  new TracerError({
    where,
    what: `a tensor of ${tracer.owner.name} is used outside of it`,
    expected: "only values that the transformed function returned",
    got: tracer.describe(),
    at: tracer.argument?.(),
    hint: "return the value from the function (hasAux helps) instead of storing it; do not await inside; give a custom rule what it needs as arguments",
  });

class EvalTrace extends Trace {
  process(prim: AnyPrimitive, args: readonly Tensor[], params: Params): readonly Tensor[] {
    if (prim.evaluate !== undefined) return prim.evaluate(args, params);
    const concrete = args.map((x) => {
      if (x instanceof Literal || x instanceof DeviceArray) return x;
      throw leaked(x as Tracer, prim.name);
    });
    return currentRuntime(prim.name).evaluate(prim, concrete, params);
  }
}

const root: Trace = new EvalTrace("evaluation");
let current: Trace = root;

export const currentTrace = (): Trace => current;

/** Whether operations are computed at once, with no transformation looking. */
export const isEager = (): boolean => current === root;

/** Runs `f` under `trace`; the trace before is restored whatever happens. */
export const withTrace = <T>(trace: Trace, f: () => T): T => {
  const saved = current;
  current = trace;
  try {
    return f();
  } finally {
    current = saved;
  }
};

/** The result of a function, which must be there at once. @throws {TracerError} for a Promise */
export const notPromised = <T>(where: string, result: T): T => {
  if (!isPromise(result)) return result;
  // The caller gets the error below; what the abandoned promise does later must not end the process.
  (result as unknown as Promise<unknown>).then(undefined, () => undefined);
  throw new TracerError({
    where,
    what: "the function returned a Promise",
    expected: "a function that returns its result at once",
    got: "an async function",
    hint: "load data and await before; a transformed function is pure and synchronous",
  });
};

/** Runs a user's function under a trace that ends with it. @throws {TracerError} when it returns a Promise */
export const traceCall = <T>(trace: Trace, f: () => T): T => {
  try {
    return notPromised(
      trace.name,
      withTrace(trace, () => calledBack(f)),
    );
  } finally {
    trace.ended = true;
  }
};

/** Applies a primitive under the current trace. All operations come through here. */
export const bind = <P>(prim: Primitive<P>, args: readonly Tensor[], params: P): readonly Tensor[] => {
  for (const x of args) {
    if (x instanceof Tracer) {
      if (x.owner.ended) throw leaked(x, prim.name);
    } else if (x instanceof DeviceArray) x.check(prim.name);
  }
  return current.process(prim, args, params as Params);
};

/** `bind` for a primitive with one result. */
export const bind1 = <P>(prim: Primitive<P>, args: readonly Tensor[], params: P): Tensor =>
  bind(prim, args, params)[0] as Tensor;
