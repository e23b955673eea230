import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as np from "../../lib/np/index.js";
import { grad } from "../../lib/transforms/grad.js";
import * as tree from "../../lib/tree/index.js";
import { messageOf, numbers, onReference } from "../helpers/runtime.js";

const Partition = suite("tree/partition");

const TREE = {
  encoder: {
    layers: [
      { kernel: 1, bias: 2 },
      { kernel: 3, bias: 4 },
    ],
    norm: { scale: 5 },
  },
  head: { kernel: 6, "a.b": 7 },
};
const chosen = (filter: tree.PathFilter<number>): number[] =>
  (tree.leaves(tree.select(TREE, filter)) as number[]).sort();

Partition("globs, expressions, predicates and lists of them choose leaves by path", () => {
  assert.equal(chosen("**/kernel"), [1, 3, 6]);
  assert.equal(chosen("encoder/**/kernel"), [1, 3]);
  assert.equal(chosen("encoder/**"), [1, 2, 3, 4, 5]);
  assert.equal(chosen("*/kernel"), [6]);
  assert.equal(chosen("encoder/layers/*/b*"), [2, 4]);
  assert.equal(chosen("**"), [1, 2, 3, 4, 5, 6, 7]);
  assert.equal(chosen("head/a.b"), [7]);
  assert.equal(chosen(/bias$/), [2, 4]);
  assert.equal(
    chosen((path, leaf) => leaf > 5 && path !== "head/kernel"),
    [7],
  );
  assert.equal(chosen(["**/scale", /^head/]), [5, 6, 7]);
  // An expression with a memory of its last match must not skip every second leaf.
  assert.equal(chosen(/kernel/g), [1, 3, 6]);
  assert.equal(tree.mask({ a: 1, b: [2] }, "a"), { a: true, b: [false] });
});

Partition("a pattern that matches no leaf is refused, with paths and the pattern that matches", () => {
  assert.throws(
    () => tree.partition(TREE, "kernel"),
    /tree.partition: the pattern matches no leaf\n {2}expected .*encoder\/layers\/0\/bias, .*\(7 leaves\)\n {2}got +kernel\n {2}hint +"\*\*\/kernel" matches/,
  );
  assert.throws(() => tree.select(TREE, "encoder"), /hint +"encoder\/\*\*" matches/);
  // A question mark stands for itself.
  assert.throws(
    () => tree.mask(TREE, ["head/a?b", /nothing/]),
    /got +head\/a\?b, \/nothing\/\n {2}hint +\* stands for/,
  );
  assert.equal(chosen([]), []);
  assert.equal(
    chosen(() => false),
    [],
  );
  assert.equal(tree.select({}, "kernel"), {});
});

Partition("the parts have null where the other has the leaf, and merge gives the tree again", () => {
  const [kernels, others] = tree.partition(TREE.head, "kernel");
  assert.equal(kernels, { kernel: 6, "a.b": null });
  assert.equal(others, { kernel: null, "a.b": 7 });
  for (const filter of ["**/kernel", "**", []]) assert.equal(tree.merge(...tree.partition(TREE, filter)), TREE);
  assert.equal(tree.merge<unknown>({ a: null, b: [1, null] }, { a: 2, b: [null, null] }), { a: 2, b: [1, null] });
});

Partition("a place that two parts claim, or parts of other trees, are refused with the path", () => {
  const message = (a: unknown, b: unknown): string => messageOf(() => tree.merge(a, b)) ?? "no error";
  assert.match(message({ a: [1, 2] }, { a: [null, 3] }), /two parts have a leaf[\s\S]*a\/1/);
  assert.match(message({ a: [1] }, { a: [null, 3] }), /not parts of one tree[\s\S]*at +a$/);
  assert.match(message({ a: 1 }, { a: { b: null } }), /not parts of one tree/);
  assert.match(message({ a: 1 }, { b: 1 }), /the root/);
});

Partition("a part is differentiated by itself", () => {
  onReference(() => {
    const params = { w: np.array([2, 3]), frozen: np.array([5, 7]) };
    const [own, frozen] = tree.partition(params, "w");
    const grads = grad((p: typeof own) => {
      const all = tree.merge(p, frozen);
      return np.sum(np.multiply(all.w, all.frozen));
    })(own);
    assert.equal(numbers(grads.w), [5, 7]);
    assert.is(grads.frozen, null);
  });
});

Partition.run();
