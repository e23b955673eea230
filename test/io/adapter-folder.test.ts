import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { adapterNames, adapterStem, runsBelow } from "../../lib/io/adapter-folder.js";
import { loadAdapter } from "../../lib/io/adapters.js";
import { checkpointKind } from "../../lib/io/checkpoint-kind.js";
import { loadPrompt } from "../../lib/io/prompts.js";
import { refusal } from "../lab/refused.js";
import { temporaryFolder } from "./folder.js";

const Folder = suite("io/adapter-folder");
const folder = temporaryFolder(Folder);
const at = (...names: string[]): string => join(folder, ...names);

/** A folder of a run that has written nothing else. */
const begunRun = (...names: string[]): string => {
  mkdirSync(at(...names), { recursive: true });
  for (const file of ["recipe.json", "metrics.jsonl"]) writeFileSync(at(...names, file), "");
  return at(...names);
};

Folder("entries are folders and files of adapters, in the order of their numbers; links are what they lead to", () => {
  for (const name of ["all/seed-10", "all/seed-2", "all/.hidden", "elsewhere"]) {
    mkdirSync(at(name), { recursive: true });
  }
  for (const name of ["cb.npy", "rte.safetensors", "notes.txt", ".rte.npy", "recipe.json"])
    writeFileSync(at("all", name), "");
  for (const [to, name] of [
    [at("elsewhere"), "to-folder"],
    [at("all/notes.txt"), "to-file"],
    [at("all/cb.npy"), "link.npy"],
    [at("nowhere"), "lost"],
  ])
    symlinkSync(to, at("all", name));
  assert.equal(adapterNames(at("all")), ["cb.npy", "link.npy", "rte.safetensors", "seed-2", "seed-10", "to-folder"]);
  assert.equal(["cb.npy", "rte.safetensors", "seed-2", "a.npy.txt"].map(adapterStem), [
    "cb",
    "rte",
    "seed-2",
    "a.npy.txt",
  ]);
  assert.throws(() => adapterNames(at("nowhere")), /ENOENT/);
});

Folder("a run that was killed before its first evaluation says how to go on", async () => {
  const run = begunRun("killed");
  assert.is(await checkpointKind(run), "adapter");
  for (const read of [loadAdapter, loadPrompt]) {
    const { what, at, hint } = await refusal(read(run), "CheckpointError");
    assert.equal([what, at], ["the run has no adapter yet: it was ended before its first evaluation", run]);
    assert.is(hint, `go on with it: npx fluxion train --resume ${run}`);
  }
});

Folder("one of several runs is gone on with in their folder, and of their folder one is to be named", async () => {
  const whole = begunRun("several");
  const parts = ["seed-9", "seed-10"].map((name) => begunRun("several", name));
  mkdirSync(at("several", "other"));
  assert.equal(runsBelow(whole), ["seed-9", "seed-10"]);
  const one = await refusal(loadAdapter(parts[1]), "CheckpointError");
  assert.equal([one.at, one.hint], [parts[1], `go on with it: npx fluxion train --resume ${whole}`]);
  const { what, expected, hint } = await refusal(loadAdapter(whole), "CheckpointError");
  assert.equal(
    [what, expected],
    ["this is the folder of several runs, each with its own adapter", "one of seed-9, seed-10"],
  );
  assert.ok(hint?.startsWith(`name one, such as ${parts[0]}; evaluate --prompts ${whole} --vote`), hint);
});

Folder("a run whose adapter is there is that adapter", async () => {
  const run = begunRun("done");
  writeFileSync(join(run, "prompt.npy"), "no array");
  assert.match((await refusal(loadAdapter(run), "CheckpointError")).what, "not a file of a prompt");
});

Folder.run();
