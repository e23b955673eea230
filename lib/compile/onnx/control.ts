/** @file Loops and branches as ONNX nodes, whose bodies are graphs that see the values around them. */
import { type Aval, range } from "../../core/aval.js";
import { type CondParams, type ScanParams, scanParts, type WhileParams, whileParts } from "../../core/control.js";
import type { Jaxpr } from "../../core/jaxpr.js";
import type { AnyPrimitive, Params } from "../../core/primitive.js";
import { elementOf, GraphBuilder } from "./builder.js";
import type { Write } from "./lowering.js";
import type { Graph, Port } from "./model.js";

/** Writes the equations of a jaxpr without constants; takes the names of its inputs and gives those of its results. */
export type WriteJaxpr = (b: GraphBuilder, jaxpr: Jaxpr, inputs: readonly string[]) => readonly string[];

/** A scan of no more equations than this, all turns counted, is written out: the runtime spends more on a turn than on small operations. */
const WRITTEN_OUT = 256;

const dropFirst = (aval: Aval): Aval => aval.withShape(aval.shape.slice(1));

/** A graph inside of `b`: `write` takes the names of its inputs and gives those of its outputs. */
const graphOf = (
  b: GraphBuilder,
  name: string,
  inputs: readonly Omit<Port, "name">[],
  outputs: readonly Omit<Port, "name">[],
  write: (inner: GraphBuilder, inputs: readonly string[]) => readonly string[],
): Graph => {
  const inner = new GraphBuilder(b.names);
  inner.writing = name;
  const named = (ports: readonly Omit<Port, "name">[]): Port[] => ports.map((p) => ({ ...p, name: inner.fresh() }));
  const ins = named(inputs);
  const values = write(
    inner,
    ins.map((p) => p.name),
  );
  // What a graph gives is made by a separate node: a value from outside, or one that is given twice, is copied.
  const made = new Set(inner.nodes.flatMap((node) => node.outputs));
  const outs = outputs.map((port, i) => {
    if (made.delete(values[i])) return { ...port, name: values[i] };
    const name = inner.fresh();
    inner.alias(name, values[i]);
    return { ...port, name };
  });
  return inner.finish(name, ins, outs);
};

const COUNTER: Omit<Port, "name"> = { element: "int64", shape: [] };
const FLAG: Omit<Port, "name"> = { element: "bool", shape: [] };
const portsOf = (avals: readonly Aval[]): Omit<Port, "name">[] =>
  avals.map(({ dtype, shape }) => ({ element: elementOf(dtype), shape }));

const row = (b: GraphBuilder, x: string, index: string): string => b.node("Gather", [x, index], { axis: 0 });

const writtenOut = (write: WriteJaxpr, params: ScanParams): Write => {
  const { jaxpr, numCarry, length, reverse } = params;
  return (b, inputs) => {
    const { consts, carry: init, xs } = scanParts(params, inputs);
    let carry = init;
    const stacks: string[][] = jaxpr.outs.slice(numCarry).map(() => []);
    for (const turn of range(length)) {
      const i = reverse ? length - 1 - turn : turn;
      const outs = write(b, jaxpr, [...consts, ...carry, ...xs.map((x) => row(b, x, b.int(i)))]);
      carry = outs.slice(0, numCarry);
      stacks.forEach((stack, k) => {
        stack[i] = b.node("Unsqueeze", [outs[numCarry + k], b.ints([0])]);
      });
    }
    return [...carry, ...stacks.map((rows) => b.node("Concat", rows, { axis: 0 }))];
  };
};

const scan = (write: WriteJaxpr, params: ScanParams, outAvals: readonly Aval[]): Write => {
  const { jaxpr, numCarry, length, reverse } = params;
  if (length === 0) {
    const empty = outAvals.slice(numCarry);
    return (b, inputs) => [
      ...scanParts(params, inputs).carry,
      ...empty.map((a) => b.constant(elementOf(a.dtype), a.shape, new Uint8Array())),
    ];
  }
  if (length * jaxpr.eqns.length <= WRITTEN_OUT) return writtenOut(write, params);
  return (b, inputs) => {
    const { consts, carry, xs } = scanParts(params, inputs);
    const body = graphOf(
      b,
      "turn",
      [COUNTER, FLAG, ...portsOf(outAvals.slice(0, numCarry))],
      [FLAG, ...portsOf([...outAvals.slice(0, numCarry), ...outAvals.slice(numCarry).map(dropFirst)])],
      (inner, [turn, go, ...state]) => {
        const i = reverse ? inner.node("Sub", [inner.int(length - 1), turn]) : turn;
        return [go, ...write(inner, jaxpr, [...consts, ...state, ...xs.map((x) => row(inner, x, i))])];
      },
    );
    const outs = b.nodeN("Loop", [b.int(length), "", ...carry], outAvals.length, { body });
    if (!reverse) return outs;
    const reversed = (x: string): string =>
      b.node("Slice", [x, b.ints([-1]), b.ints([-length - 1]), b.ints([0]), b.ints([-1])]);
    return [...outs.slice(0, numCarry), ...outs.slice(numCarry).map(reversed)];
  };
};

const whileLoop =
  (write: WriteJaxpr, params: WhileParams, outAvals: readonly Aval[]): Write =>
  (b, inputs) => {
    const { condConsts, bodyConsts, carry } = whileParts(params, inputs);
    const goesOn = (inner: GraphBuilder, state: readonly string[]): string =>
      write(inner, params.cond, [...condConsts, ...state])[0];
    const ports = portsOf(outAvals);
    const body = graphOf(b, "turn", [COUNTER, FLAG, ...ports], [FLAG, ...ports], (inner, [, , ...state]) => {
      const next = write(inner, params.body, [...bodyConsts, ...state]);
      return [goesOn(inner, next), ...next];
    });
    return b.nodeN("Loop", ["", goesOn(b, carry), ...carry], outAvals.length, { body });
  };

/** A chain of two-way branches: the index is below 1, below 2, and so on. */
const cond =
  (write: WriteJaxpr, { branches }: CondParams, outAvals: readonly Aval[]): Write =>
  (b, [index, ...operands]) => {
    const ports = portsOf(outAvals);
    const from = (outer: GraphBuilder, k: number): readonly string[] => {
      if (k === branches.length - 1) return write(outer, branches[k], operands);
      const below = outer.node("Less", [index, outer.scalar("int32", k + 1)]);
      const branch = (f: (inner: GraphBuilder) => readonly string[]): Graph => graphOf(outer, "branch", [], ports, f);
      return outer.nodeN("If", [below], outAvals.length, {
        then_branch: branch((inner) => write(inner, branches[k], operands)),
        else_branch: branch((inner) => from(inner, k + 1)),
      });
    };
    return from(b, 0);
  };

/** How an equation of control flow is written, all of whose bodies can be. */
export const controlOf = (prim: AnyPrimitive, params: Params, outAvals: readonly Aval[], write: WriteJaxpr): Write => {
  if (outAvals.length === 0) return () => [];
  switch (prim.control) {
    case "scan":
      return scan(write, params as unknown as ScanParams, outAvals);
    case "while":
      return whileLoop(write, params as unknown as WhileParams, outAvals);
    default:
      return cond(write, params as unknown as CondParams, outAvals);
  }
};
