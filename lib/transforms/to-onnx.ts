/** @file Any traced function as an ONNX model, which other runtimes can run. */

import { fallbacksOf } from "../compile/fallbacks.js";
import { type Interface, modelOf, writerOf } from "../compile/onnx/graph.js";
import { encodeModel } from "../compile/onnx/model.js";
import { optimize } from "../compile/passes/optimize.js";
import { scope, takes } from "../core/composite.js";
import { DTypeError, UnsupportedError } from "../core/errors.js";
import { Jaxpr } from "../core/jaxpr.js";
import { type KeyPath, pathsOf, printPath, type TreeDef } from "../core/pytree.js";
import { hasEffect } from "../core/rewrite.js";
import { constsAsInputs } from "../core/stage.js";
import type { Tensor } from "../core/tensor.js";
import { VERSION } from "../core/version.js";
import { stageTrees } from "./make-jaxpr.js";
import { nameOf } from "./trees.js";

export interface OnnxOptions {
  /** Standard operators only (default), which any runtime knows; otherwise also those of onnxruntime, which save transposes. */
  readonly portable?: boolean;
  /** Strings that the model keeps beside those of fluxion. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** What the arguments are called, in order, instead of `args[0]`, `args[1]`, … */
  readonly argNames?: readonly string[];
  /** What the result is called; default `result`. */
  readonly resultName?: string;
}

/** Names and key paths of the leaves of a tree; the names are identifiers, as the format asks, and all different. */
const namesOf = (def: TreeDef, print: (path: KeyPath) => string): Map<string, string> => {
  const names = new Map<string, string>();
  for (const path of pathsOf(def).map(print)) {
    const plain = path.replace(/[^A-Za-z0-9]+/g, "_").replace(/_$/, "");
    let name = plain;
    for (let n = 2; names.has(name); n++) name = `${plain}_${n}`;
    names.set(name, path);
  }
  return names;
};

/** A file of the format has less than this. */
const LIMIT = 2 ** 31;

const checkConstants = (where: string, consts: readonly Tensor[]): void => {
  const bytes = consts.reduce((sum, c) => sum + c.aval.bytes, 0);
  if (bytes < LIMIT) return;
  throw new UnsupportedError({
    where,
    what: "what the function closes over does not fit into one ONNX file",
    expected: "less than 2 GiB",
    got: `${(bytes / 2 ** 30).toFixed(1)} GiB`,
    hint: "give the weights as arguments; then they are inputs of the model",
  });
};

const checkOperators = (where: string, jaxpr: Jaxpr, portable: boolean): void => {
  if (jaxpr.eqns.some(hasEffect)) {
    throw new UnsupportedError({
      where,
      what: "the program calls back into JavaScript, which a model cannot",
      expected: "a function without debug.print and debug.callback",
      got: "one that calls them",
      hint: "leave them out where the function is exported",
    });
  }
  const missing = fallbacksOf({ compiles: (eqn) => writerOf(eqn, portable) !== undefined }, jaxpr);
  if (missing.length === 0) return;
  throw new UnsupportedError({
    where,
    what: "the program has operations that ONNX has none for",
    got: missing.join(", "),
    hint: "compute them outside of the exported function",
  });
};

/** Those of the constants that anything reads. */
const usedOf = <C extends { readonly variable: unknown }>({ eqns, outs }: Jaxpr, constants: readonly C[]): C[] => {
  const read = new Set<unknown>([...eqns.flatMap(({ inputs }) => inputs), ...outs]);
  return constants.filter(({ variable }) => read.has(variable));
};

/**
 * The bytes of an ONNX model that computes `f` for arguments like `args` (tensors, numbers or `ShapeDtype`s): the whole traced function, a
 * training step too.
 *
 * Each leaf of the arguments is an input and each leaf of the result an output, named after its key path: `args[0].encoder.w` is
 * `args_0_encoder_w`, unless `argNames` and `resultName` name them. What `f` closes over becomes part of the model. The metadata has the version of fluxion, and name and path of all inputs
 * and outputs as JSON (`fluxion.inputs`, `fluxion.outputs`).
 * @throws {UnsupportedError} when an operation cannot be written, the function prints or calls back (`debug`), or constants do not fit; {DTypeError} for float64
 * @see `exportOnnx` of `fluxion/io`, which writes a file
 * @example const bytes = toOnnx((x: Tensor) => np.tanh(x), [new ShapeDtype([8])])
 */
export const toOnnx = takes(
  "toOnnx(f, args, { portable, metadata, argNames, resultName })",
  <A extends readonly unknown[]>(
    f: (...args: A) => unknown,
    args: { readonly [K in keyof A]: unknown },
    { portable = true, metadata = {}, argNames = [], resultName = "result" }: OnnxOptions = {},
  ): Uint8Array => {
    const where = nameOf("toOnnx", f);
    const { jaxpr: closed, inDef, outDef } = scope(() => stageTrees(where, f as (...a: never[]) => unknown, args));
    try {
      const wide = [...closed.jaxpr.inAvals, ...closed.jaxpr.outAvals].find((a) => a.dtype === "float64");
      if (wide !== undefined) {
        throw new DTypeError({ where, what: "models have no float64", expected: "float32", got: `${wide}` });
      }
      checkConstants(where, closed.consts);
      const source = constsAsInputs(closed.jaxpr);
      checkOperators(where, source, portable);
      const { jaxpr, consts } = optimize(source);
      const given = closed.consts.length;
      const kept = usedOf(jaxpr, [
        ...jaxpr.constVars.map((variable, i) => ({ variable, value: () => consts[i] })),
        ...closed.consts.map((c, i) => ({ variable: jaxpr.inVars[i], value: () => c.concrete(where).host() })),
      ]);
      const held = kept.map(({ variable }) => variable);
      const whole = new Jaxpr(held, jaxpr.inVars.slice(given), jaxpr.eqns, jaxpr.outs);
      const inputs = namesOf(inDef, (path) => {
        const name = argNames[path[0] as number];
        return name === undefined ? printPath(path, "args") : printPath(path.slice(1), name);
      });
      const outputs = namesOf(outDef, (path) => printPath(path, resultName));
      const own = (names: Map<string, string>): string => JSON.stringify(Object.fromEntries(names));
      const shown: Interface = {
        inputs: [...inputs.keys()],
        outputs: [...outputs.keys()],
        metadata: {
          ...metadata,
          "fluxion.version": VERSION,
          "fluxion.inputs": own(inputs),
          "fluxion.outputs": own(outputs),
        },
      };
      const values = kept.map(({ value }) => value());
      return encodeModel(modelOf(whole, values, portable, shown));
    } finally {
      closed.dispose();
    }
  },
);
