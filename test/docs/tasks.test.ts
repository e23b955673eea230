import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { TASK_NAMES } from "../../lib/tasks/registry.js";
import { unlisted, withTaskTables } from "../../scripts/task-tables.js";

const Tasks = suite("docs/tasks");

Tasks("the tables of docs/tasks.md are those of the tasks, the catalogue and the stored counts", () => {
  const page = readFileSync("docs/tasks.md", "utf8");
  assert.is(page, withTaskTables(page), "run scripts/task-tables.ts");
});

Tasks("every task has a row of a table", () => {
  const page = readFileSync("docs/tasks.md", "utf8");
  assert.equal(unlisted, []);
  for (const name of TASK_NAMES) assert.ok(page.includes(`\n| \`${name}\` `), name);
});

Tasks.run();
