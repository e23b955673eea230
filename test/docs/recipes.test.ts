import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withRecipeTables } from "../../scripts/recipe-tables.js";

const Recipes = suite("docs/recipes");

Recipes("the tables of docs/recipes.md are those of the description of recipes", () => {
  const page = readFileSync("docs/recipes.md", "utf8");
  assert.is(page, withRecipeTables(page), "run scripts/recipe-tables.ts");
  for (const part of ["`method.length`", "`--prompt-length <n>`", "`optimizer.startStep`", "1100000"])
    assert.ok(page.includes(part), part);
});

Recipes.run();
