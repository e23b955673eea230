import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { grad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import * as tree from "../../lib/tree/index.js";
import { messageOf, noLeaks, numbers, onReference } from "../helpers/runtime.js";

const Map_ = suite("tree/map");

const TREE = { b: [1, 2], a: { c: 3, d: null } };

Map_("maps one tree or several of one structure, and leaves nulls", () => {
  assert.equal(
    tree.map((x) => x + 1, TREE),
    { b: [2, 3], a: { c: 4, d: null } },
  );
  assert.equal(
    tree.map((x, y: number) => x * y, TREE, TREE),
    { b: [1, 4], a: { c: 9, d: null } },
  );
  const message = messageOf(() => tree.map((x) => x, TREE, { b: [1], a: { c: 3, d: null } }));
  assert.match(message ?? "", /b\[1\]: missing/);
});

Map_("paths are given beside the leaves, in sorted order of keys", () => {
  assert.equal(
    tree.mapWithPath((path, x) => `${tree.slashPath(path)}=${x}`, TREE),
    { b: ["b/0=1", "b/1=2"], a: { c: "a/c=3", d: null } },
  );
  const [leaves, def] = tree.flattenWithPath(TREE);
  assert.equal(leaves, [
    [["a", "c"], 3],
    [["b", 0], 1],
    [["b", 1], 2],
  ]);
  assert.equal(
    tree.unflatten(
      def,
      leaves.map(([, x]) => x),
    ),
    TREE,
  );
});

Map_("reduce folds in order, all asks every leaf", () => {
  assert.is(
    tree.reduce((text, x) => text + x, TREE, ""),
    "312",
  );
  assert.is(
    tree.reduce((text: string, x: string) => text + x, ["3", "1", "2"]),
    "312",
  );
  assert.is(tree.reduce(Math.max, { a: 3, b: [5, 4] }), 5);
  assert.throws(() => tree.reduce(Math.max, {} as { a: number }), /there is nothing to start from/);
  assert.is(tree.all({ a: true, b: [true, null] }), true);
  assert.is(tree.all({ a: true, b: [false] }), false);
  assert.is(
    onReference(() => tree.all([np.scalar(true), np.scalar(0)])),
    false,
  );
});

Map_("transpose turns a tree of trees inside out, and refuses another structure", () => {
  const outer = tree.structure([0, 0]);
  const inner = tree.structure({ a: 0, b: [0] });
  const list = [
    { a: 1, b: [2] },
    { a: 3, b: [4] },
  ];
  const turned = tree.transpose(outer, inner, list);
  assert.equal(turned, { a: [1, 3], b: [[2, 4]] });
  assert.equal(tree.transpose(inner, outer, turned), list);
  assert.match(messageOf(() => tree.transpose(outer, inner, [list[0]])) ?? "", /\[1\]/);
});

Map_("ravelPytree makes one vector and the tree again, also of a gradient and compiled", () => {
  onReference(() => {
    const params = { w: np.array([[1, 2]]), n: np.array([3], { dtype: "int32" }), b: np.scalar(4) };
    const [flat, unravel] = tree.ravelPytree(params);
    assert.equal(numbers(flat), [4, 3, 1, 2]);
    const back = unravel(flat);
    assert.equal(back.w.toArray(), [[1, 2]]);
    assert.is(back.n.dtype, "int32");
    assert.equal(numbers(grad((v: Tensor) => np.sum(np.square(unravel(v).w)))(flat)), [0, 0, 2, 4]);
    using compiled = jit((v: Tensor) => unravel(v).b);
    assert.is(compiled(flat).item(), 4);
    assert.match(messageOf(() => unravel(np.ones([5]))) ?? "", /expected +\[4\]/);
    noLeaks(() => {
      const [one, take] = tree.ravelPytree(params);
      const again = take(one);
      for (const x of [one, ...(tree.leaves(again) as Tensor[])]) x.dispose();
    });
    assert.equal(tree.ravelPytree({})[0].shape, [0]);
  });
});

Map_.run();
