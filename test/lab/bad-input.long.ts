import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fewRows, runProgram, temporary } from "../helpers/program.js";

const Bad = suite("lab/bad-input");

const folder = temporary("bad-input");
const nano = fileURLToPath(new URL("../../assets/t5-nano", import.meta.url));
Bad.after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the program with bad input: one readable message, exit code 1, nothing written. */
const refuses = async (args: readonly string[], ...parts: readonly string[]): Promise<void> => {
  const out = join(folder, "out");
  const { code, err } = await runProgram(...args, "--out", out);
  assert.is(code, 1, err);
  for (const part of parts) assert.ok(err.includes(part), `"${part}" is not in: ${err}`);
  assert.not.ok(/\n\s+at .*\.ts:/.test(err), `a stack trace is shown: ${err}`);
  assert.not.ok(existsSync(out), "something was written");
};

/** A copy of the small model, to be spoilt. */
const model = (name: string): string => {
  const dir = join(folder, name);
  cpSync(nano, dir, { recursive: true });
  return dir;
};

/** A data folder with these lines for training. */
const data = (name: string, lines: readonly string[]): string => {
  const dir = fewRows(join(folder, name));
  writeFileSync(join(dir, "CB", "train.jsonl"), lines.map((line) => `${line}\n`).join(""));
  return dir;
};

const row = { premise: "p", hypothesis: "h", label: "neutral", idx: 0 };

Bad("a fault of a later task, before the first of all is trained", async () => {
  await refuses(["--task", "all", "--evaluation", "rank"], "record has no labels to rank");
});

Bad("a missing model file", async () => {
  const dir = model("no-weights");
  rmSync(join(dir, "model.safetensors"));
  await refuses(["--model", dir], "model.safetensors", "hint");
});

Bad("truncated weights", async () => {
  const dir = model("truncated");
  truncateSync(join(dir, "model.safetensors"), 1_000_000);
  await refuses(["--model", dir], "model.safetensors");
});

Bad("a wrong hidden size", async () => {
  const dir = model("wrong-size");
  const config = JSON.parse(readFileSync(join(dir, "config.json"), "utf8")) as Record<string, unknown>;
  writeFileSync(join(dir, "config.json"), JSON.stringify({ ...config, d_model: 256 }));
  await refuses(["--model", dir], "256", "128");
});

Bad("a row with a missing field", async () => {
  const { premise: _, ...rest } = row;
  await refuses(
    ["--data", data("missing-field", [JSON.stringify(row), JSON.stringify(rest)])],
    "train.jsonl, row 2",
    "premise",
  );
});

Bad("a label outside of the label set", async () => {
  const bad = data("bad-label", [JSON.stringify({ ...row, label: "perhaps" })]);
  await refuses(["--data", bad], "train.jsonl, row 1", "perhaps", "entailment");
});

Bad("an empty data set", async () => {
  await refuses(["--data", data("empty", [])], "train.jsonl", "no rows");
});

Bad("an unknown task, an unknown option, a number that is none", async () => {
  await refuses(["--task", "cbb"], "cbb", "cb");
  await refuses(["--stepz", "3"], "--stepz", "--help");
  await refuses(["--steps", "many"], "--steps", "many", "integer from 0");
  await refuses(["--steps", "1.5"], "--steps", "1.5");
  await refuses(["--steps", "many", "--seed", "-1"], "2 settings", "--steps", "many", "--seed", "-1");
  await refuses(["--init", "magic"], "magic", "class-label");
});

Bad("an unknown method, one named twice, a kernel or weight that the model does not have", async () => {
  await refuses(["--method", "lorra"], "lorra", "lora");
  await refuses(["--method", "lora+lora"], "lora+lora");
  await refuses(["--method", "lora", "--kernels", "qurey"], "qurey", "query");
  await refuses(["--method", "weights", "--where", "nowhere/**"], "nowhere/**", "selects no weight");
  await refuses(["--method", "full+norms"], "two methods replace one weight");
});

Bad("microbatches that do not divide the batch", async () => {
  await refuses(["--microbatches", "5"], "--microbatches", "the batch of 32 examples", "5");
});

Bad("a prompt of another size", async () => {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "prompt.npy");
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  const padded = `${header.padEnd(117)}\n`;
  writeFileSync(
    path,
    Buffer.concat([Buffer.from("\x93NUMPY\x01\x00v\x00", "latin1"), Buffer.from(padded), Buffer.alloc(24)]),
  );
  await refuses(["--init", "file", "--init-file", path, "--prompt-length", "2"], "[2,128]", "[2,3]");
});

Bad("a folder that already holds a run", async () => {
  for (const [name, part] of [
    ["recipe.json", "--resume"],
    ["config.json", "another --out"],
  ]) {
    const out = join(folder, `taken-${name}`);
    mkdirSync(out);
    writeFileSync(join(out, name), "{}");
    const { code, err } = await runProgram("--out", out);
    assert.is(code, 1);
    assert.ok(err.includes("already holds a run") && err.includes(part), err);
    assert.equal(readdirSync(out), [name]);
  }
});

Bad("a run of 0.1, in one sentence", async () => {
  const out = join(folder, "old");
  mkdirSync(out);
  writeFileSync(join(out, "config.json"), '{ "promptLength": 20 }');
  const { code, err } = await runProgram("--resume", out);
  assert.is(code, 1);
  assert.ok(err.includes("of fluxion 0.1") && err.includes(out), err);
});

Bad("--help lists every setting and exits with 0", async () => {
  const { code, out } = await runProgram("--help");
  assert.is(code, 0);
  for (const option of ["--optimizer-start-step", "--prompt-length", "--resume", "--evaluation"])
    assert.ok(out.includes(option));
});

Bad.run();
