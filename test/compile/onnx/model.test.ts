import { PbfReader } from "pbf";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeModel, type Model } from "../../../lib/compile/onnx/model.js";

const ModelFile = suite("compile/onnx/model");

type Message = Readonly<Record<number, readonly unknown[]>>;

/** The fields of a message by number: varints as numbers, the rest as bytes. */
const fieldsOf = (bytes: Uint8Array): Message => {
  const fields: Record<number, unknown[]> = {};
  const pbf = new PbfReader(bytes);
  pbf.readFields((tag) => {
    const wire = pbf.type;
    const value = wire === 0 ? pbf.readVarint(true) : wire === 5 ? pbf.readFloat() : pbf.readBytes();
    fields[tag] ??= [];
    fields[tag].push(value);
  }, undefined);
  return fields;
};
const inner = (message: Message, tag: number): Message[] =>
  (message[tag] ?? []).map((bytes) => fieldsOf(bytes as Uint8Array));
const texts = (message: Message, tag: number): string[] =>
  (message[tag] ?? []).map((bytes) => new TextDecoder().decode(bytes as Uint8Array));

const model: Model = {
  graph: {
    name: "g",
    nodes: [
      {
        name: "n",
        op: "Op",
        domain: "my.domain",
        inputs: ["x", "", "c"],
        outputs: ["y"],
        attributes: {
          axis: -1,
          alpha: { float: 0.5 },
          mode: "linear",
          perm: [1, 0],
          body: { name: "inside", nodes: [], constants: [], inputs: [], outputs: [] },
        },
      },
    ],
    constants: [{ name: "c", element: "int64", shape: [2, 1], bytes: Uint8Array.of(1, 2, 3) }],
    inputs: [{ name: "x", element: "bool", shape: [3, 0] }],
    outputs: [{ name: "y", element: "float32", shape: [] }],
  },
  opsets: { "": 21, "my.domain": 1 },
  metadata: { version: "1" },
};

/** The numbers of the fields are those of onnx.proto; each is read back as it was written. */
ModelFile("a model has the messages of the format", () => {
  const file = fieldsOf(encodeModel(model));
  assert.equal([file[1], texts(file, 2)], [[10], ["fluxion"]]);
  assert.equal(
    inner(file, 8).map((opset) => [texts(opset, 1), opset[2]]),
    [
      [[], [21]],
      [["my.domain"], [1]],
    ],
  );
  assert.equal(
    inner(file, 14).map((pair) => [texts(pair, 1), texts(pair, 2)]),
    [[["version"], ["1"]]],
  );
  const [graph] = inner(file, 7);
  assert.equal(texts(graph, 2), ["g"]);
  const [constant] = inner(graph, 5);
  assert.equal([constant[1], constant[2], texts(constant, 8)], [[2, 1], [7], ["c"]]);
  assert.equal([...(constant[9][0] as Uint8Array)], [1, 2, 3]);
});

ModelFile("a node has its name, operands and attributes with their types", () => {
  const [graph] = inner(fieldsOf(encodeModel(model)), 7);
  const [node] = inner(graph, 1);
  assert.equal(
    [1, 2, 3, 4, 7].map((tag) => texts(node, tag)),
    [["x", "", "c"], ["y"], ["n"], ["Op"], ["my.domain"]],
  );
  const attributes = inner(node, 5);
  assert.equal(
    attributes.map((a) => [texts(a, 1)[0], a[20]]),
    [
      ["axis", [2]],
      ["alpha", [1]],
      ["mode", [3]],
      ["perm", [7]],
      ["body", [5]],
    ],
  );
  const [axis, alpha, mode, perm, body] = attributes;
  assert.equal([axis[3], alpha[2], texts(mode, 4), perm[8]], [[-1], [0.5], ["linear"], [1, 0]]);
  assert.equal(texts(inner(body, 6)[0], 2), ["inside"]);
});

ModelFile("an input has an element type and a shape", () => {
  const [graph] = inner(fieldsOf(encodeModel(model)), 7);
  const port = (message: Message) => {
    const [tensor] = inner(inner(message, 2)[0], 1);
    const [dims] = inner(tensor, 2);
    return [texts(message, 1)[0], tensor[1], inner(dims, 1).map((dim) => dim[1][0])];
  };
  assert.equal(inner(graph, 11).map(port), [["x", [9], [3, 0]]]);
  assert.equal(inner(graph, 12).map(port), [["y", [1], []]]);
});

ModelFile.run();
