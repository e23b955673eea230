import { join } from "node:path";
import { Command } from "commander";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addTrainArguments, readArguments } from "../../lib/cli/train-arguments.js";
import { recipe } from "../../lib/lab/recipe.js";
import { temporaryFolder } from "../io/folder.js";
import { ROWS } from "../lab/setting-rows.js";
import { problem, read, recipeFile, recipeOf } from "./reading.js";

const Program = suite("cli/train-program");
const folder = temporaryFolder(Program);

const fileOf = (...lines: readonly string[]): string => recipeFile(folder, lines);

Program("--task all trains each task alone, unless it is said otherwise", async () => {
  assert.equal(await recipeOf("--task", "all"), recipe({ train: "all", each: true }));
  assert.equal(await recipeOf("--task", "all", "each=false"), recipe({ train: "all" }));
  assert.equal(await recipeOf("train=all"), recipe({ train: "all" }));
  assert.is((await recipeOf("--task", "cb,rte")).each, false);
  assert.match((await read("--task", "all")).out, /^runs\/each-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d$/);
});

Program("the folder, and what else is asked for", async () => {
  const plain = await read("--task", "cb,rte");
  assert.match(plain.out, /^runs\/cb-rte-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d$/);
  assert.equal([plain.resume, plain.print, plain.verify, plain.tensorboard], [false, false, false, false]);
  const { recipe: _, ...all } = await read("--out", "here", "--print", "--verify", "--tensorboard");
  assert.equal(all, { out: "here", resume: false, print: true, verify: true, tensorboard: true });
});

Program("the environment names an executor for new runs, over which everything else wins", async () => {
  const before = process.env.FLUXION_EXECUTOR;
  try {
    process.env.FLUXION_EXECUTOR = "tfjs";
    assert.is((await recipeOf()).executor, "tfjs");
    assert.is((await recipeOf(fileOf("executor: onnx"))).executor, "onnx");
    assert.is((await recipeOf("--executor", "auto")).executor, "auto");
    process.env.FLUXION_EXECUTOR = "tfsj";
    const { at, got } = await problem();
    assert.equal([at, got], ["FLUXION_EXECUTOR", '"tfsj"']);
    process.env.FLUXION_EXECUTOR = "";
    assert.is((await recipeOf()).executor, "auto");
  } finally {
    if (before === undefined) delete process.env.FLUXION_EXECUTOR;
    else process.env.FLUXION_EXECUTOR = before;
  }
});

Program("options that are not there, two files, and files that are not there are refused", async () => {
  const unknown = await problem("--stepz", "3");
  assert.equal([unknown.what, unknown.hint], ["unknown option '--stepz'", "did you mean --steps? see --help"]);
  const two = await problem(fileOf("steps: 1"), "other.yaml");
  assert.equal(
    [two.what, two.got],
    ["there is more than one recipe file", `${join(folder, "recipe.yaml")}, other.yaml`],
  );
  assert.ok((await problem("none.yaml")).at?.includes("none.yaml"));
  assert.ok((await problem("--steps")).what.includes("argument missing"));
});

Program("help gives no run", async () => {
  const write = process.stdout.write;
  const printed: string[] = [];
  process.stdout.write = ((out: string) => printed.push(out) > 0) as typeof write;
  try {
    assert.is(await readArguments(["--help"], { name: "npm run superglue --" }), undefined);
  } finally {
    process.stdout.write = write;
  }
  assert.ok(printed.join("").startsWith("Usage: npm run superglue -- "), printed.join(""));
});

Program("help lists every flag with its default", () => {
  const printed: string[] = [];
  addTrainArguments(new Command("train").configureOutput({ writeOut: (out) => printed.push(out) })).outputHelp();
  const text = printed.join("");
  for (const flag of new Set(ROWS.flatMap((row) => row.flag ?? []))) assert.ok(text.includes(`${flag} `), flag);
  for (const flag of ["--out <dir>", "--resume <dir>", "--preset <name>", "--print", "--verify", "--tensorboard"]) {
    assert.ok(text.includes(flag), flag);
  }
  const flat = text.replaceAll(/\s+/g, " ");
  assert.ok(flat.includes("training steps (default: 600)"), flat);
  assert.ok(flat.includes("or all-linear (default: query,value)"), flat);
  assert.ok(!/default: (|false|\{\}|\[\])\)/.test(flat), flat);
  assert.ok(flat.includes("method.length=50, or --stop.patience 0"), flat);
});

Program.run();
