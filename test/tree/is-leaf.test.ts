/** `isLeaf`: where functions of trees stop, as JAX's `is_leaf` says. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import * as tree from "../../lib/tree/index.js";

const IsLeaf = suite("tree/isLeaf");
const pairs = { a: [1, 2], b: { c: [3, 4] } };
const isLeaf = Array.isArray;
const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b);

IsLeaf("map gives what isLeaf names to the function, whole", () => {
  assert.equal(tree.map(sum, pairs, { isLeaf }), { a: 3, b: { c: 7 } });
  assert.equal(
    tree.map((x: number) => x + 1, pairs),
    { a: [2, 3], b: { c: [4, 5] } },
  );
  // A node that is a leaf may be the root, or null, which is no leaf otherwise.
  assert.is(
    tree.map(() => 5, pairs, { isLeaf: () => true }),
    5,
  );
  assert.equal(
    tree.map((x: unknown) => x ?? 0, { a: null, b: 1 }, { isLeaf: (x) => x === null }),
    { a: 0, b: 1 },
  );
});

IsLeaf("what further trees have in the place of such a leaf goes with it", () => {
  const more = { a: "first", b: { c: { d: 9 } } };
  const both = tree.map((xs: readonly number[], y: never) => [sum(xs), y], pairs, more, { isLeaf });
  assert.equal(both, { a: [3, "first"], b: { c: [7, { d: 9 }] } });
  assert.throws(
    () => tree.map(sum, pairs, { a: 1 }, { isLeaf }),
    (e: unknown) => isFluxionError(e, "TreeError"),
  );
  assert.throws(
    () => tree.map(sum, pairs, { a: 1, b: { c: 2 }, z: 3 }, { isLeaf }),
    (e: unknown) => isFluxionError(e, "TreeError") && /z: unexpected/.test(e.message),
  );
});

IsLeaf("leaves, structure, flatten, paths and reduce stop there too", () => {
  const expected = [
    [1, 2],
    [3, 4],
  ];
  assert.equal(tree.leaves(pairs, { isLeaf }), expected);
  assert.equal(tree.leaves(pairs, isLeaf), expected);
  assert.is(tree.structure(pairs, { isLeaf }).leaves, 2);
  const [leaves, def] = tree.flatten(pairs, isLeaf);
  assert.equal(tree.flatten(pairs, { isLeaf }), [leaves, def]);
  assert.equal(tree.unflatten(def, [5, 6]), { a: 5, b: { c: 6 } });
  assert.equal(
    tree.flattenWithPath(pairs, { isLeaf })[0].map(([path]) => tree.slashPath(path)),
    ["a", "b/c"],
  );
  const named = tree.mapWithPath((path) => path.join("/"), pairs, { isLeaf });
  assert.equal(named as unknown, { a: "a", b: { c: "b/c" } });
  assert.is(
    tree.reduce((n: number, xs: readonly number[]) => n + xs.length, pairs, 0, { isLeaf }),
    4,
  );
});

IsLeaf("an isLeaf that is no function is refused", () => {
  const leaves = tree.leaves as unknown as (...args: unknown[]) => unknown;
  assert.throws(
    () => leaves(pairs, { isLeaf: true }),
    (e: unknown) => isFluxionError(e, "ArgumentError") && /isLeaf is not a function[\s\S]*got +true/.test(e.message),
  );
});

IsLeaf.run();
