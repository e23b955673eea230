import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import {
  checkSameStructure,
  differences,
  flatten,
  leavesOf,
  MAX_DEPTH,
  pathsOf,
  printPath,
  registerNode,
  structureOf,
  treeMap,
  treeMapWithPath,
  unflatten,
} from "../../lib/core/pytree.js";
import { array } from "../../lib/np/array.js";
import { merge } from "../../lib/tree/partition.js";

const Pytree = suite("core/pytree");

Pytree("keys of objects are taken in sorted order, whatever order they were written in", () => {
  const [leaves, def] = flatten({ b: 2, a: 1, "10": 4, "9": 3 });
  assert.equal(leaves, [4, 3, 1, 2]);
  assert.is(def.key, structureOf({ a: 0, "9": 0, b: 0, "10": 0 }).key);
});

Pytree("flatten and unflatten are inverses, with null and undefined as trees without leaves", () => {
  const tree = { w: [1, { q: 2, none: null }], gone: undefined, empty: {}, list: [] };
  const [leaves, def] = flatten(tree);
  assert.equal(leaves, [1, 2]);
  assert.equal(unflatten(def, ["x", "y"]), { ...tree, w: ["x", { q: "y", none: null }] });
});

Pytree("null, undefined, a leaf, an empty object and an empty array are five structures", () => {
  const keys = [null, undefined, 1, {}, []].map((t) => structureOf(t).key);
  assert.is(new Set(keys).size, 5);
});

Pytree("keys that hold separators do not make two structures one", () => {
  assert.is.not(structureOf({ 'a":*,"b': 1 }).key, structureOf({ a: 1, b: 1 }).key);
});

class Pair {
  constructor(
    readonly left: unknown,
    readonly right: unknown,
    readonly label: string,
  ) {}
}
registerNode(Pair, {
  name: "Pair",
  flatten: (p) => ({ children: { left: p.left, right: p.right }, aux: p.label }),
  unflatten: ({ left, right }, aux) => new Pair(left, right, aux as string),
});

Pytree("a registered class is an inner node that keeps its static data and its own order of children", () => {
  const mapped = treeMap((x: number) => 10 * x, new Pair(1, [2, 3], "p")) as Pair;
  assert.instance(mapped, Pair);
  assert.equal([mapped.left, mapped.right, mapped.label], [10, [20, 30], "p"]);
  assert.is.not(structureOf(new Pair(1, 2, "p")).key, structureOf(new Pair(1, 2, "q")).key);
});

Pytree("an instance of a class that is not registered is a leaf", () => {
  class Opaque {}
  const x = new Opaque();
  assert.equal(leavesOf({ x }), [x]);
});

Pytree("isLeaf stops the descent", () => {
  assert.equal(flatten({ a: [1, 2], b: 3 }, Array.isArray)[0], [[1, 2], 3]);
});

Pytree("paths name the leaves in the order of flatten", () => {
  const def = structureOf({ layers: [{ q: 1 }, { q: 2, "odd key": 3 }] });
  assert.equal(
    pathsOf(def).map((p) => printPath(p, "params")),
    ["params.layers[0].q", 'params.layers[1]["odd key"]', "params.layers[1].q"],
  );
  assert.is(printPath(["a", 0, "b"]), "a[0].b");
});

Pytree("differences name at most three places, in words", () => {
  const expected = structureOf({ a: 1, b: [1, 2], c: null, d: { e: 1 } });
  const got = structureOf({ a: [1], b: [1], c: 1, d: { e: 1, f: 2 } });
  assert.equal(differences(expected, got, "t"), [
    "t.a: expected a leaf, got array",
    "t.b[1]: missing",
    "t.c: expected null, got a leaf",
  ]);
  assert.equal(differences(expected, expected), []);
  assert.equal(differences(structureOf({ d: { e: 1 } }), structureOf({ d: { e: 1, f: 2 } })), ["d.f: unexpected"]);
  assert.equal(differences(structureOf(new Pair(1, 2, "p")), structureOf(new Pair(1, 2, "q"))), [
    "the root: the static data differ",
  ]);
});

Pytree("trees of different structure are an error that names the caller and the places", () => {
  assert.throws(
    () => checkSameStructure("grad of loss", structureOf({ a: 1 }), structureOf({ b: 1 })),
    (e: unknown) =>
      isFluxionError(e, "TreeError") &&
      e.mismatch.where === "grad of loss" &&
      e.mismatch.at === "a: missing; b: unexpected",
  );
  assert.throws(
    () => treeMap((x: number, y: number) => x + y, { a: 1 }, { a: [1] }),
    (e: unknown) => isFluxionError(e, "TreeError"),
  );
});

Pytree("unflatten counts the leaves", () => {
  assert.throws(
    () => unflatten(structureOf([1, 2]), [1]),
    (e: unknown) => isFluxionError(e, "TreeError") && /2 leaves[\s\S]*1/.test(e.message),
  );
});

Pytree("map takes several trees, and mapWithPath gives each leaf its path", () => {
  assert.equal(
    treeMap((x: number, y: number) => x - y, { a: 5, b: [7] }, { b: [2], a: 1 }),
    { a: 4, b: [5] },
  );
  assert.equal(
    treeMapWithPath((path, x: number) => `${printPath(path)}=${x}`, { a: [1, 2] }),
    { a: ["a[0]=1", "a[1]=2"] },
  );
});

Pytree("a tree that is too deep, or contains itself, is an error and not the end of the stack", () => {
  const chain = (levels: number): unknown => {
    let tree: unknown = 1;
    for (let i = 0; i < levels; i++) tree = i % 2 === 0 ? { a: tree } : [tree];
    return tree;
  };
  const cyclic: { a: number; self?: unknown } = { a: 1 };
  cyclic.self = [cyclic];
  const same = (x: unknown): unknown => x;
  for (const tree of [chain(2000), chain(100_000), cyclic]) {
    for (const walk of [() => flatten(tree), () => treeMap(same, tree), () => merge(tree, tree)]) {
      assert.throws(walk, (e: unknown) => isFluxionError(e, "TreeError") && e.message.includes(`${MAX_DEPTH} levels`));
    }
  }
  const [leaves, def] = flatten(chain(MAX_DEPTH));
  assert.equal(unflatten(def, leaves), chain(MAX_DEPTH));
  assert.is(pathsOf(def)[0].length, MAX_DEPTH);
  // Also far down in a recursion of the user's.
  const below = (frames: number): number =>
    frames === 0 ? flatten(chain(MAX_DEPTH))[0].length : below(frames - 1) + 0;
  assert.is(below(2000), 1);
  assert.throws(
    () => array([cyclic.self] as never),
    (e: unknown) => isFluxionError(e),
  );
  const lists: unknown[] = [];
  lists.push(lists);
  assert.throws(
    () => array(lists as never),
    (e: unknown) => isFluxionError(e, "ShapeError"),
  );
});

Pytree.run();
