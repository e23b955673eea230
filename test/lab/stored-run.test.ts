import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openRunFolder } from "../../lib/lab/folder.js";
import { loadRun } from "../../lib/lab/stored-run.js";
import { nodeStore } from "../../lib/store/node.js";
import { temporaryFolder } from "../io/folder.js";
import { beginning } from "./beginning.js";
import { failure } from "./refused.js";

const Stored = suite("lab/stored-run");
const root = temporaryFolder(Stored);

const text = (...path: string[]): string => readFileSync(join(...path), "utf8");

Stored("a run of 0.1 is neither overwritten nor gone on with, and that is said in one sentence", async () => {
  const dir = join(root, "old");
  mkdirSync(dir);
  writeFileSync(join(dir, "config.json"), '{ "task": "cb", "promptLength": 20 }');
  const store = nodeStore(dir);
  const fresh = await failure(() => openRunFolder(store, beginning, false));
  assert.ok(fresh.includes("already holds a run") && fresh.includes("another --out"), fresh);
  assert.not.ok(fresh.includes("--resume"), fresh);
  const said = await failure(() => loadRun(store));
  for (const part of ["this run is of fluxion 0.1, which this version cannot go on with", dir, "can be read"]) {
    assert.ok(said.includes(part), said);
  }
  assert.equal(readdirSync(dir), ["config.json"]);
  writeFileSync(join(dir, "config.json"), '{ "d_model": 512 }');
  assert.match(await failure(() => loadRun(store)), /there is no run here/, "a model has a config.json, too");
});

Stored("recipe, lock and summary are read back; what is missing or no JSON is an error with the path", async () => {
  const dir = join(root, "settings");
  mkdirSync(dir);
  const store = nodeStore(dir);
  assert.match(await failure(() => loadRun(store)), /there is no run here[\s\S]*recipe\.json/);
  await (await openRunFolder(store, beginning, false)).close();
  await store.write("summary.json", '{ "kind": "run", "score": 3 }');
  assert.equal((await loadRun(store)).outcome, { kind: "run", score: 3 });
  for (const name of ["recipe.json", "lock.json", "summary.json"]) {
    const before = text(dir, name);
    writeFileSync(join(dir, name), "{");
    const message = await failure(() => loadRun(store));
    assert.ok(message.includes("not valid JSON") && message.includes(join(dir, name)), message);
    writeFileSync(join(dir, name), before);
  }
  writeFileSync(join(dir, "lock.json"), '{ "schema": "two" }');
  const damaged = await failure(() => loadRun(store));
  for (const part of ["lock.json", "schema", "two"]) assert.ok(damaged.includes(part), damaged);
  writeFileSync(join(dir, "recipe.json"), '{ "stepz": 3 }');
  const unknown = await loadRun(store).catch((error: Error) => error.message);
  for (const part of [`${join(dir, "recipe.json")}: stepz`, "did you mean steps?"])
    assert.ok(`${unknown}`.includes(part));
  assert.not.ok(existsSync(join(dir, "metrics.jsonl")));
});

Stored.run();
