/** @file The table of `docs/random.md` is that of the samplers, and no name of `jax.random` is forgotten. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as random from "../../lib/random/index.js";
import { readSharedJson, withShared } from "../helpers/shared.js";
import { KEYS, SAMPLERS } from "./samplers.js";

const Docs = suite("random/docs");

const rows = [
  ...Object.entries(KEYS).map(([jax, name]) => ({ jax, name, agreement: "bits" })),
  ...SAMPLERS.filter(({ name }, i) => SAMPLERS.findIndex((s) => s.name === name) === i),
];

Docs("docs/random.md tells of every function how far it agrees with JAX's", () => {
  const [, table] = readFileSync("docs/random.md", "utf8").split(/<!-- samplers -->|<!-- end -->/);
  const cells = table
    .trim()
    .split("\n")
    .slice(2)
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  assert.equal(
    cells,
    rows.map(({ name, jax, agreement }) => [`\`${name}\``, `\`${jax}\``, agreement]),
  );
});

withShared(Docs, "every name of jax.random is there, but that of typed keys", (root) => {
  const { modules } = readSharedJson<{ modules: Record<string, string[]> }>(root, "data/jax-names.json");
  const known = new Map(rows.map(({ jax, name }) => [jax, name as string]));
  assert.equal(
    modules["jax.random"].filter((name) => !known.has(name)),
    ["key_dtype"],
  );
  // Every function of the module is in the table, but `subkeys`, which in JAX is unpacking.
  const own = Object.keys(random).sort();
  assert.equal(own, [...known.values(), "subkeys"].sort());
});

Docs.run();
