/**
 * @file ONNX models as plain objects, and as the bytes of their protobuf messages.
 *
 * @see onnx/onnx.proto of the ONNX project for the numbers of the fields
 */
import { PbfWriter } from "pbf";
import type { Shape } from "../../core/aval.js";

/** Element types that the models here use, by their code in the format. */
export const ELEMENT = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11, uint32: 12 } as const;
export type Element = keyof typeof ELEMENT;

/** Constant data inside a model. */
export interface Constant {
  readonly name: string;
  readonly element: Element;
  readonly shape: Shape;
  /** The elements, little-endian. */
  readonly bytes: Uint8Array;
}

export type Attribute = number | { readonly float: number } | string | readonly number[] | Graph;

/** One operation. */
export interface Node {
  /** Shown in the runtime's messages and in viewers. */
  readonly name: string;
  readonly op: string;
  /** "" for the standard operators. */
  readonly domain: string;
  /** "" where an optional input is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A named input or output. */
export interface Port {
  readonly name: string;
  readonly element: Element;
  readonly shape: Shape;
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly constants: readonly Constant[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

export interface Model {
  readonly graph: Graph;
  /** Versions of operator sets, by domain. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const ATTRIBUTE = { float: 1, int: 2, string: 3, graph: 5, ints: 7 } as const;
const utf8 = new TextEncoder();

const writePort = ({ name, element, shape }: Port, pbf: PbfWriter): void => {
  pbf.writeStringField(1, name);
  pbf.writeMessage(
    2,
    (_, type) => {
      type.writeMessage(
        1,
        (_, tensor) => {
          tensor.writeVarintField(1, ELEMENT[element]);
          tensor.writeMessage(
            2,
            (_, dims) => {
              for (const n of shape) dims.writeMessage(1, (_, dim) => dim.writeVarintField(1, n), null);
            },
            null,
          );
        },
        null,
      );
    },
    null,
  );
};

const writeConstant = ({ name, element, shape, bytes }: Constant, pbf: PbfWriter): void => {
  for (const n of shape) pbf.writeVarintField(1, n);
  pbf.writeVarintField(2, ELEMENT[element]);
  pbf.writeStringField(8, name);
  pbf.writeBytesField(9, bytes);
};

const writeAttribute = ([name, value]: readonly [string, Attribute], pbf: PbfWriter): void => {
  pbf.writeStringField(1, name);
  const type = (code: number): void => pbf.writeVarintField(20, code);
  if (typeof value === "number") {
    pbf.writeVarintField(3, value);
    type(ATTRIBUTE.int);
  } else if (typeof value === "string") {
    pbf.writeBytesField(4, utf8.encode(value));
    type(ATTRIBUTE.string);
  } else if ("float" in value) {
    pbf.writeFloatField(2, value.float);
    type(ATTRIBUTE.float);
  } else if ("nodes" in value) {
    pbf.writeMessage(6, writeGraph, value);
    type(ATTRIBUTE.graph);
  } else {
    for (const n of value) pbf.writeVarintField(8, n);
    type(ATTRIBUTE.ints);
  }
};

const writeNode = ({ name, op, domain, inputs, outputs, attributes }: Node, pbf: PbfWriter): void => {
  for (const input of inputs) pbf.writeStringField(1, input);
  for (const output of outputs) pbf.writeStringField(2, output);
  pbf.writeStringField(3, name);
  pbf.writeStringField(4, op);
  for (const attribute of Object.entries(attributes)) pbf.writeMessage(5, writeAttribute, attribute);
  if (domain !== "") pbf.writeStringField(7, domain);
};

const writeGraph = ({ name, nodes, constants, inputs, outputs }: Graph, pbf: PbfWriter): void => {
  for (const node of nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, name);
  for (const constant of constants) pbf.writeMessage(5, writeConstant, constant);
  for (const input of inputs) pbf.writeMessage(11, writePort, input);
  for (const output of outputs) pbf.writeMessage(12, writePort, output);
};

const writePair = ([first, second]: readonly [string, string], pbf: PbfWriter): void => {
  pbf.writeStringField(1, first);
  pbf.writeStringField(2, second);
};

/** Version of the file format; 10 came with opset 21. */
const IR_VERSION = 10;

/** The model as the bytes of an `.onnx` file. */
export const encodeModel = ({ graph, opsets, metadata }: Model): Uint8Array => {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, IR_VERSION);
  pbf.writeStringField(2, "fluxion");
  pbf.writeMessage(7, writeGraph, graph);
  for (const [domain, version] of Object.entries(opsets)) {
    pbf.writeMessage(
      8,
      (_, opset) => {
        if (domain !== "") opset.writeStringField(1, domain);
        opset.writeVarintField(2, version);
      },
      null,
    );
  }
  for (const pair of Object.entries(metadata)) pbf.writeMessage(14, writePair, pair);
  return pbf.finish();
};
