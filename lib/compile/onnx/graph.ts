/** @file A jaxpr as an ONNX model. */
import { InvariantError } from "../../core/errors.js";
import type { HostArray } from "../../core/host.js";
import { type Atom, type Eqn, type Jaxpr, jaxprsOf, type Var } from "../../core/jaxpr.js";
import { Literal } from "../../core/tensor.js";
import { GraphBuilder, MICROSOFT, portOf } from "./builder.js";
import { controlOf } from "./control.js";
import { Nodes } from "./elementwise.js";
import { idiomsOf } from "./idioms.js";
import { lower } from "./lower.js";
import type { Write } from "./lowering.js";
import type { Attribute, Graph, Model, Port } from "./model.js";

/** The newest set of standard operators that onnxruntime 1.30 runs with kernels for all that is used here. */
const OPSET = 21;

/** How a model looks to those who run it: names of inputs and outputs, and what is written beside. */
export interface Interface {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** How an equation of a jaxpr is written, or undefined where it cannot be. */
export const writerOf = (eqn: Eqn, portable: boolean): Write | undefined => {
  const { prim, params } = eqn;
  const avals = { inAvals: eqn.inputs.map((a) => a.aval), outAvals: eqn.outputs.map((v) => v.aval) };
  if (prim.control === undefined) return lower({ prim, params, ...avals, portable });
  const inside = jaxprsOf(params).flatMap((jaxpr) => jaxpr.eqns);
  if (inside.some((own) => writerOf(own, portable) === undefined)) return undefined;
  return controlOf(prim, params, avals.outAvals, (b, jaxpr, inputs) => writeJaxpr(b, jaxpr, inputs, portable));
};

/** Writes the equations of a jaxpr, which all have a writer, given the names of its constants and inputs. */
const writeJaxpr = (b: GraphBuilder, jaxpr: Jaxpr, inputs: readonly string[], portable: boolean): readonly string[] => {
  const names = new Map<Var, string>([...jaxpr.constVars, ...jaxpr.inVars].map((v, i) => [v, inputs[i]]));
  const nameOf = (a: Var | Literal): string => {
    if (a instanceof Literal) return b.scalar(a.aval.dtype, a.value);
    const name = names.get(a);
    if (name === undefined) throw new InvariantError({ where: "onnx", what: "a variable has no name" });
    return name;
  };
  const { byRoot, covered } = idiomsOf(jaxpr, portable);
  for (const eqn of jaxpr.eqns) {
    if (covered.has(eqn)) continue;
    const { inputs: operands, write } = byRoot.get(eqn) ?? { inputs: eqn.inputs, write: writerOf(eqn, portable) };
    if (write === undefined) throw new InvariantError({ where: "onnx", what: `no operators for ${eqn.prim.name}` });
    b.writing = eqn.prim.name;
    const outs = write(b, operands.map(nameOf));
    eqn.outputs.forEach((v, i) => {
      names.set(v, outs[i]);
    });
  }
  return jaxpr.outs.map(nameOf);
};

export const inputName = (i: number): string => `in${i}`;
export const outputName = (i: number): string => `out${i}`;

/** The same graph with other names for some of its values, also where the graphs inside of it refer to them. */
const renamed = (graph: Graph, names: ReadonlyMap<string, string>): Graph => {
  const all = (values: readonly string[]): string[] => values.map((value) => names.get(value) ?? value);
  const attribute = (value: Attribute): Attribute =>
    typeof value === "object" && "nodes" in value ? renamed(value, names) : value;
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: all(node.inputs),
    outputs: all(node.outputs),
    attributes: Object.fromEntries(Object.entries(node.attributes).map(([key, value]) => [key, attribute(value)])),
  }));
  return { ...graph, nodes };
};

/**
 * The model of a jaxpr whose equations all have a writer.
 *
 * @param consts  values of its constants, which become part of the model
 * @param shown  for a model that others run: standard operators only if `portable`, and the dtypes of the program (uint32 too)
 */
export const modelOf = (jaxpr: Jaxpr, consts: readonly HostArray[], portable: boolean, shown?: Interface): Model => {
  const b = new GraphBuilder();
  const port = (name: string, { aval }: Atom): Port =>
    shown === undefined ? portOf(name, aval) : { name, element: aval.dtype, shape: aval.shape };
  const inputs = jaxpr.inVars.map((v, i) => port(shown?.inputs[i] ?? inputName(i), v));
  const outputs = jaxpr.outs.map((a, i) => port(shown?.outputs[i] ?? outputName(i), a));
  const held = inputs.map(({ name, element }) => (element === "uint32" ? new Nodes(b).signed(name) : name));
  const results = writeJaxpr(b, jaxpr, [...consts.map((x) => b.array(x)), ...held], portable);
  const values = outputs.map(({ element }, i) =>
    element === "uint32" ? new Nodes(b).unsigned(results[i]) : results[i],
  );
  const made = new Set(b.nodes.flatMap((node) => node.outputs));
  const names = new Map<string, string>();
  outputs.forEach(({ name }, i) => {
    const value = values[i];
    // A value that is two outputs, an input or a constant keeps its name, and the identity gives it one more, by a copy.
    if (made.delete(value)) names.set(value, name);
    else b.alias(name, value);
  });
  return {
    graph: renamed(b.finish("fluxion", inputs, outputs), names),
    opsets: { "": OPSET, ...(portable ? {} : { [MICROSOFT]: 1 }) },
    metadata: shown?.metadata ?? {},
  };
};
