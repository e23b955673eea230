import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as np from "../../lib/np/index.js";
import { ShapeDtype } from "../../lib/transforms/make-jaxpr.js";
import * as tree from "../../lib/tree/index.js";
import { messageOf, onReference } from "../helpers/runtime.js";

const Summary = suite("tree/summary");

const TREE = {
  embed: { table: new ShapeDtype([1200, 8]) },
  layers: [{ kernel: new ShapeDtype([8, 8]), seen: new ShapeDtype([3], "bool") }, { kernel: new ShapeDtype([8, 8]) }],
};

Summary("a table has a line for every leaf, and the sums", () => {
  assert.is(
    tree.summaryTable(TREE),
    [
      "path             shape     dtype    count   bytes",
      "-------------------------------------------------",
      "embed/table      [1200,8]  float32  9 600  38 400",
      "layers/0/kernel  [8,8]     float32     64     256",
      "layers/0/seen    [3]       bool         3       3",
      "layers/1/kernel  [8,8]     float32     64     256",
      "-------------------------------------------------",
      "total                               9 731  38 915",
    ].join("\n"),
  );
});

Summary("below a depth the leaves are added up", () => {
  const { rows, count } = tree.summarize(TREE, { depth: 1 });
  assert.equal(rows, [
    { path: "embed", count: 9600, bytes: 38400 },
    { path: "layers", count: 131, bytes: 515 },
  ]);
  assert.is(count, 9731);
});

Summary("tensors and host arrays count too, and other leaves are refused with their path", () => {
  onReference(() => {
    assert.is(tree.summarize([np.ones([2, 3]), { data: new Int32Array(4), shape: [4], dtype: "int32" }]).bytes, 40);
    assert.match(messageOf(() => tree.summarize({ a: { b: "x" } })) ?? "", /string[\s\S]*a\/b/);
  });
});

Summary.run();
