/** @file Writing a graph, node by node. */
import type { Aval, DType, Shape } from "../../core/aval.js";
import type { HostArray } from "../../core/host.js";
import type { Attribute, Constant, Element, Graph, Node, Port } from "./model.js";

/** The element type in which a dtype is held: the runtime has few operations on uint32, whose bits int32 holds as well. */
export const elementOf = (dtype: DType): Element => (dtype === "uint32" ? "int32" : dtype);

/** Operators that only onnxruntime has; not in portable models. */
export const MICROSOFT = "com.microsoft";

/** Names are given by one counter for a graph and the graphs inside of it, since those may refer to outer values. */
export interface Names {
  next: number;
}

export class GraphBuilder {
  readonly nodes: Node[] = [];
  readonly constants: Constant[] = [];
  /** The primitive that is being written: its nodes are named after it. */
  writing = "";
  readonly #byContent = new Map<string, string>();
  readonly #byKey = new Map<string, string>();

  constructor(readonly names: Names = { next: 0 }) {}

  fresh(): string {
    return `v${this.names.next++}`;
  }

  /** A node with one output; its name. */
  node(op: string, inputs: readonly string[], attributes: Node["attributes"] = {}, domain = ""): string {
    return this.nodeN(op, inputs, 1, attributes, domain)[0];
  }
  /** A node with several outputs. */
  nodeN(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = "",
  ): string[] {
    const outputs = Array.from({ length: count }, () => this.fresh());
    this.nodes.push({ name: `${this.writing}/${outputs[0]}`, op, domain, inputs, outputs, attributes });
    return outputs;
  }
  /** Gives a value one more name. */
  alias(name: string, value: string): void {
    this.nodes.push({ name, op: "Identity", domain: "", inputs: [value], outputs: [name], attributes: {} });
  }

  /** What `write` gives, written once for a key: for what several equations compute alike on their way. */
  once(key: string, write: () => string): string {
    const before = this.#byKey.get(key);
    if (before !== undefined) return before;
    const value = write();
    this.#byKey.set(key, value);
    return value;
  }

  constant(element: Element, shape: Shape, bytes: Uint8Array): string {
    const key = bytes.length <= 256 ? `${element}${shape}|${bytes}` : undefined;
    const before = key === undefined ? undefined : this.#byContent.get(key);
    if (before !== undefined) return before;
    const name = this.fresh();
    this.constants.push({ name, element, shape, bytes });
    if (key !== undefined) this.#byContent.set(key, name);
    return name;
  }
  /** A list of sizes, axes or the like. */
  ints(values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.constant("int64", [values.length], new Uint8Array(data.buffer));
  }
  int(value: number): string {
    return this.constant("int64", [], new Uint8Array(BigInt64Array.of(BigInt(value)).buffer));
  }
  /** A scalar of a dtype. */
  scalar(dtype: DType, value: number): string {
    const data =
      dtype === "float32"
        ? Float32Array.of(value)
        : dtype === "float64"
          ? Float64Array.of(value)
          : dtype === "bool"
            ? Uint8Array.of(value === 0 ? 0 : 1)
            : Int32Array.of(value);
    return this.constant(elementOf(dtype), [], new Uint8Array(data.buffer));
  }
  array({ shape, dtype, data }: HostArray): string {
    return this.constant(elementOf(dtype), shape, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  finish(name: string, inputs: readonly Port[], outputs: readonly Port[]): Graph {
    return { name, nodes: this.nodes, constants: this.constants, inputs, outputs };
  }
}

export const portOf = (name: string, aval: Aval): Port => ({
  name,
  element: elementOf(aval.dtype),
  shape: aval.shape,
});
