/** @file docs/compatibility.md is what the generator makes of JAX's names, and what it says is there is exported. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lax, np, scipy, scope } from "../../lib/index.js";
import { MODULES } from "../../scripts/compatibility/notes.js";
import { camelCase, entriesOf, exported, guess, type JaxNames, pageOf } from "../../scripts/compatibility/table.js";
import { onReference } from "../helpers/runtime.js";
import { readSharedJson, withShared } from "../helpers/shared.js";

const Compatibility = suite("docs/compatibility");
const page = readFileSync(fileURLToPath(new URL("../../docs/compatibility.md", import.meta.url)), "utf8");
const read = (root: string): { source: string; modules: JaxNames } => readSharedJson(root, "data/jax-names.json");

Compatibility("every name that the page says is there is exported", () => {
  const named = [...page.matchAll(/^\| `[^`]+` +\| (?:yes|differs) +\| `([^`]+)`/gm)].map(([, path]) => path);
  assert.ok(named.length > 300, `${named.length} names`);
  assert.equal(
    named.filter((path) => exported(path) === undefined),
    [],
  );
});

withShared(Compatibility, "the page is what the generator makes of all of JAX's names", (root) => {
  const { source, modules } = read(root);
  assert.is(page, pageOf(source, modules), "run: node --import tsx scripts/compatibility/main.ts NAMES.json");
});

withShared(
  Compatibility,
  "every name has exactly one row, and no note is about a name that JAX does not have",
  (root) => {
    const { modules } = read(root);
    for (const [module, entries] of entriesOf(modules)) {
      assert.equal(
        entries.map((e) => e.name),
        [...new Set(modules[module])],
      );
      const unknown = Object.keys(MODULES[module].names ?? {}).filter((name) => !modules[module].includes(name));
      assert.equal(unknown, [], module);
    }
  },
);

withShared(
  Compatibility,
  "what the page says is not there is not exported, and nothing is absent without a reason",
  (root) => {
    const { modules } = read(root);
    for (const [module, entries] of entriesOf(modules)) {
      const absent = entries.filter((e) => e.here === undefined);
      const there = absent.filter(({ name }) => {
        const path = guess(MODULES[module], name);
        return path !== undefined && exported(path) !== undefined;
      });
      assert.equal(there, [], module);
      assert.equal(
        absent.filter((e) => e.note === ""),
        [],
        module,
      );
      // A note on how a name differs, where the name is gone, would vanish behind the reason of the module.
      const notes = MODULES[module].names ?? {};
      assert.equal(
        absent.filter(({ name }) => notes[name] !== undefined && !("not" in notes[name])),
        [],
        module,
      );
    }
  },
);

Compatibility("what the page says of values holds", () => {
  onReference(() =>
    scope(() => {
      const [one, edge] = [np.ones([3]), np.array([0])];
      const { NEGATIVE_INFINITY: low, POSITIVE_INFINITY: high } = Number;
      assert.throws(() => np.quantile(one, 1.5), /np.quantile/);
      assert.equal(lax.digamma(edge).toArray(), [low]);
      assert.equal(scipy.special.digamma(edge).toArray(), [low]);
      assert.equal(scipy.special.beta(np.array([2.2]), np.array([-2])).toArray(), [high]);
      assert.equal(np.ravelMultiIndex([np.array([5], "int32")], [3]).toArray(), [2]);
      assert.equal(
        np.split(one, [2, 1]).map((x) => x.shape),
        [[2], [0], [2]],
      );
      assert.equal(
        np.polydiv(np.ones([4]), one).map((x) => x.shape),
        [[2], [2]],
      );
      assert.is(np.devicePut(3), 3);
      const skew = np.array([
        [1, 2],
        [3, 4],
      ]);
      const even = np.multiply(np.add(skew, np.transpose(skew)), 0.5);
      assert.equal(np.linalg.eigvalsh(skew).toArray(), np.linalg.eigvalsh(even).toArray());
      assert.equal(np.reshape(skew, [4]).toArray(), [1, 2, 3, 4]);
    }),
  );
});

Compatibility("names go to camel case", () => {
  assert.equal(["value_and_grad", "atleast_1d", "log1p"].map(camelCase), ["valueAndGrad", "atleast1d", "log1p"]);
});

Compatibility.run();
