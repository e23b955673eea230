/** @file docs/compatibility.md is what the generator makes of JAX's names, and what it says is there is exported. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MODULES } from "../../scripts/compatibility/notes.js";
import { camelCase, entriesOf, exported, guess, type JaxNames, pageOf } from "../../scripts/compatibility/table.js";
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

Compatibility("names go to camel case", () => {
  assert.equal(["value_and_grad", "atleast_1d", "log1p"].map(camelCase), ["valueAndGrad", "atleast1d", "log1p"]);
});

Compatibility.run();
