/** @file docs/optax.md names every function of `optim`, and no other. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as optim from "../../lib/optim/index.js";

const Optax = suite("docs/optax");

Optax("the page has every function of optim, and each name on it exists", () => {
  const page = readFileSync(new URL("../../docs/optax.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| ") && line.includes("optim."));
  const named = rows.flatMap((row) =>
    [...(row.split("|")[2] ?? "").matchAll(/`(?:optim\.)?(\w+)/g)].map(([, name]) => name as string),
  );
  const here = Object.entries(optim).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
  assert.equal(
    named.filter((name) => !here.includes(name)),
    [],
  );
  assert.equal(
    here.filter((name) => !named.includes(name)),
    [],
  );
});

Optax.run();
