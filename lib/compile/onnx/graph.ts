/** @file A jaxpr as an ONNX model. */
import { InvariantError } from "../../core/errors.js";
import type { HostArray } from "../../core/host.js";
import type { Eqn, Jaxpr, Var } from "../../core/jaxpr.js";
import { Literal } from "../../core/tensor.js";
import { GraphBuilder, MICROSOFT, portOf } from "./builder.js";
import { lower } from "./lower.js";
import type { Write } from "./lowering.js";
import type { Model } from "./model.js";

/** The newest set of standard operators that onnxruntime 1.30 runs with kernels for all that is used here. */
const OPSET = 21;

export interface GraphOptions {
  /** Standard operators only. */
  readonly portable: boolean;
  /** Names of the inputs and outputs; by default `in0`, … and `out0`, …. */
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly metadata?: Readonly<Record<string, string>>;
}

/** How an equation of a jaxpr is written, or undefined where it cannot be. */
export const writerOf = ({ prim, params, inputs, outputs }: Eqn, portable: boolean): Write | undefined =>
  lower({ prim, params, inAvals: inputs.map((a) => a.aval), outAvals: outputs.map((v) => v.aval), portable });

export const inputName = (i: number): string => `in${i}`;
export const outputName = (i: number): string => `out${i}`;

/**
 * The model of a jaxpr whose equations all have a writer.
 *
 * @param consts  values of its constants, which become part of the model
 */
export const modelOf = (jaxpr: Jaxpr, consts: readonly HostArray[], options: GraphOptions): Model => {
  const b = new GraphBuilder();
  const names = new Map<Var, string>();
  jaxpr.constVars.forEach((v, i) => {
    names.set(v, b.array(consts[i]));
  });
  const inputs = jaxpr.inVars.map((v, i) => {
    const port = portOf(options.inputs?.[i] ?? inputName(i), v.aval);
    names.set(v, port.name);
    return port;
  });
  const nameOf = (a: Var | Literal): string => {
    if (a instanceof Literal) return b.scalar(a.aval.dtype, a.value);
    const name = names.get(a);
    if (name === undefined) throw new InvariantError({ where: "onnx", what: "a variable has no name" });
    return name;
  };
  for (const eqn of jaxpr.eqns) {
    const write = writerOf(eqn, options.portable);
    if (write === undefined) throw new InvariantError({ where: "onnx", what: `no operators for ${eqn.prim.name}` });
    b.writing = eqn.prim.name;
    const outs = write(b, eqn.inputs.map(nameOf));
    eqn.outputs.forEach((v, i) => {
      names.set(v, outs[i]);
    });
  }
  const outputs = jaxpr.outs.map((a, i) => {
    const port = portOf(options.outputs?.[i] ?? outputName(i), a.aval);
    // The identity gives an output a name of its own: one value may be two outputs, or an input.
    b.alias(port.name, nameOf(a));
    return port;
  });
  const microsoft = b.nodes.some((node) => node.domain === MICROSOFT);
  return {
    graph: b.finish("fluxion", inputs, outputs),
    opsets: { "": OPSET, ...(microsoft ? { [MICROSOFT]: 1 } : {}) },
    metadata: options.metadata ?? {},
  };
};
