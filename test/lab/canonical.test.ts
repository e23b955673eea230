import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { canonicalJson, hashOf, sha256 } from "../../lib/lab/canonical.js";
import { differences } from "../../lib/lab/differences.js";
import { type Recipe, type RecipeInput, recipe } from "../../lib/lab/recipe.js";
import { inputFor, isChoice, ROWS } from "./setting-rows.js";

const Canonical = suite("lab/canonical");

/** The same value with the keys of all groups in another order. */
const reordered = (value: unknown, order: (keys: string[]) => string[]): unknown => {
  if (Array.isArray(value)) return value.map((item) => reordered(item, order));
  if (typeof value !== "object" || value === null) return value;
  const groups = value as Record<string, unknown>;
  return Object.fromEntries(order(Object.keys(groups)).map((key) => [key, reordered(groups[key], order)]));
};

/** Recipes with a few settings of the table. */
const recipes = fc
  .array(
    fc.constantFrom(
      ...ROWS.filter((row) => row.under === "" && !isChoice(row) && !/^(microbatches|table)/.test(row.path)),
    ),
    {
      maxLength: 4,
    },
  )
  .chain((rows) => fc.tuple(...rows.map((row) => fc.constantFrom(...row.takes).map(([given]) => inputFor(row, given)))))
  .map((inputs) => Object.assign({}, ...inputs) as RecipeInput);

Canonical("keys are in the order of the alphabet at every depth, lists keep theirs", () => {
  assert.is(
    canonicalJson({ b: 1, a: { d: [2, { z: 1, y: null }], c: "x" } }),
    '{"a":{"c":"x","d":[2,{"y":null,"z":1}]},"b":1}',
  );
  assert.is(canonicalJson([3, 1, 2]), "[3,1,2]");
  assert.is(canonicalJson({ a: undefined, b: 1 }), '{"b":1}');
  assert.is(canonicalJson("a"), '"a"');
  assert.is(canonicalJson(null), "null");
});

Canonical("permuting keys gives the same text", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (value, random) => {
      const shuffle = (keys: string[]): string[] => {
        const weights = new Map(keys.map((key) => [key, random.next().value as number]));
        return keys.toSorted((a, b) => (weights.get(a) ?? 0) - (weights.get(b) ?? 0));
      };
      assert.is(canonicalJson(reordered(value, shuffle)), canonicalJson(value));
    }),
    { numRuns: 50 },
  );
});

Canonical("a recipe is the recipe of itself, and of its JSON", () => {
  fc.assert(
    fc.property(recipes, (input) => {
      const whole = recipe(input);
      assert.equal(recipe(whole as RecipeInput), whole);
      assert.equal(recipe(JSON.parse(JSON.stringify(whole)) as RecipeInput), whole);
      assert.equal(differences(whole, JSON.parse(canonicalJson(whole))), []);
    }),
    { numRuns: 50 },
  );
});

Canonical("a hash is the SHA-256 in hexadecimal digits", () => {
  assert.is(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert.is(sha256(new TextEncoder().encode("abc")), sha256("abc"));
  assert.match(hashOf(recipe({})), /^[0-9a-f]{64}$/);
});

Canonical("the hash of a recipe tells all settings but backend and executor", () => {
  const base = hashOf(recipe({}));
  for (const row of ROWS.filter(({ under, path }) => under === "" && !/^(table.[tvi]|microbatches)/.test(path))) {
    const other = row.takes.find(([, becomes]) => JSON.stringify(becomes) !== JSON.stringify(row.fallback));
    if (other === undefined) continue;
    const hash = hashOf(recipe(inputFor(row, other[0]) as RecipeInput));
    assert.is(hash === base, ["backend", "executor"].includes(row.path), row.path);
  }
});

Canonical("the order of composed methods counts, that of other keys does not", () => {
  const backwards = reordered(recipe({}), (keys) => keys.toReversed()) as Recipe;
  assert.is(hashOf(backwards), hashOf(recipe({})));
  assert.is.not(hashOf(recipe({ method: "prompt+lora" })), hashOf(recipe({ method: "lora+prompt" as "lora" })));
  assert.is(
    hashOf(recipe({ method: "prompt+lora" as "lora" })),
    hashOf(recipe({ method: { name: "compose", methods: { prompt: "prompt", lora: "lora" } } })),
  );
});

Canonical("differences are told by path, lists as a whole", () => {
  const before = { a: 1, b: { c: [1, 2], d: "x" }, gone: 1, same: null };
  const after = { a: 2, b: { c: [2, 1], d: "x" }, same: null, added: { e: 1 } };
  assert.equal(differences(before, after), [
    { path: ["a"], before: 1, after: 2 },
    { path: ["b", "c"], before: [1, 2], after: [2, 1] },
    { path: ["gone"], before: 1, after: undefined },
    { path: ["added"], before: undefined, after: { e: 1 } },
  ]);
  assert.equal(differences(before, before), []);
  assert.equal(differences({ a: {} }, { a: 1 }), [{ path: ["a"], before: {}, after: 1 }]);
  assert.equal(differences({ a: [1] }, { a: { 0: 1 } }), [{ path: ["a"], before: [1], after: { 0: 1 } }]);
  assert.equal(differences({ a: null }, { a: {} }), [{ path: ["a"], before: null, after: {} }]);
  assert.equal(differences(1, 2, ["x"]), [{ path: ["x"], before: 1, after: 2 }]);
});

Canonical.run();
