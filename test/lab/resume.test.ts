import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Recipe, type RecipeInput, recipe } from "../../lib/lab/recipe.js";
import { checkChanges } from "../../lib/lab/resume.js";
import { refused } from "./refused.js";
import { inputFor, ROWS } from "./setting-rows.js";

const Resume = suite("lab/resume");

const named = (path: readonly string[]): string => `<${path.join(".")}>`;
const changed = (before: RecipeInput, after: RecipeInput): boolean =>
  checkChanges(recipe(before), recipe(after), named);

Resume("the same recipe has not changed, nor has one whose inputs are elsewhere", () => {
  assert.is(changed({}, {}), false);
  assert.is(changed({}, { model: "a", tokenizer: "b", data: "c" }), false);
});

Resume("steps may grow, unless the learning rate depends on them, and stop may change", () => {
  assert.is(changed({ steps: 5 }, { steps: 6 }), true);
  assert.is(changed({}, { stop: { patience: 3 } }), true);
  assert.is(changed({}, { model: "a", stop: { patience: 3 } }), true);
  const rows = { train: "a.csv", validation: "b.csv", input: "x", target: "y" };
  const moved = { ...rows, train: "c/a.csv", validation: "c/b.csv" };
  assert.is(changed({ table: rows, taskFiles: "t.js" }, { table: moved, taskFiles: "c/t.js" }), false);
  const less = refused(() => changed({ steps: 5 }, { steps: 4 }));
  assert.equal([less.at, less.expected, less.got], ["<steps>", "5 or more", "4"]);
  for (const schedule of ["linear", "cosine"] as const) {
    const optimizer = { name: "sgd", schedule } as const;
    const more = refused(() => changed({ steps: 5, optimizer }, { steps: 6, optimizer }));
    assert.equal([more.where, more.at, more.got], ["resume", "<steps>", "6"]);
    assert.is(more.expected, "5, on which the learning rate of the run depends");
  }
  for (const schedule of ["constant", "inverse-square-root"] as const) {
    const optimizer = { name: "sgd", schedule } as const;
    assert.is(changed({ steps: 5, optimizer }, { steps: 6, optimizer }), true);
  }
});

Resume("every other setting has to be as it was", () => {
  const free = /^(model|tokenizer|data|taskFiles|stop\.patience|steps|table\.[tvi].*|microbatches)$/;
  for (const row of ROWS.filter(({ path, under }) => !free.test(path) && under === "")) {
    const other = row.takes.find(([, becomes]) => JSON.stringify(becomes) !== JSON.stringify(row.fallback));
    if (other === undefined) continue;
    const after = recipe(inputFor(row, other[0]) as RecipeInput);
    const error = refused(() => checkChanges(recipe({}), after, named));
    const said = `${error.at} ${error.expected}`;
    assert.ok(said.includes(`<${row.path.split(".")[0]}`) && said.includes("as the run was started"), said);
    assert.is(error.hint, "leave the setting out, or begin a new run with another --out");
  }
});

Resume("a setting named like an input, deeper down, is none", () => {
  const before = { ...recipe({}), lengths: { model: 1 } } as unknown as Recipe;
  const after = { ...recipe({}), lengths: { model: 2 } } as unknown as Recipe;
  const error = refused(() => checkChanges(before, after, named));
  assert.equal([error.at, error.expected, error.got], ["<lengths.model>", "1, as the run was started", "2"]);
});

Resume.run();
