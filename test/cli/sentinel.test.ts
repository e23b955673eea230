/** @file Answers behind the first sentinel, as of models whose downstream targets begin with it, are read without it wherever the flag says so. */
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ServeFlags, serve } from "../../lib/cli/serve.js";
import { type HostArray, hostArray } from "../../lib/core/host.js";
import { loadHuggingFace } from "../../lib/io/huggingface.js";
import { savePrompt } from "../../lib/io/prompts.js";
import { saveHuggingFace } from "../../lib/io/save-huggingface.js";
import { dropSentinel } from "../../lib/tasks/answers.js";
import type { Prediction } from "../../lib/train/progress.js";
import { temporaryFolder } from "../io/folder.js";
import { clientOf } from "../serve/client.js";
import { fluxion } from "./run.js";

const Sentinel = suite("cli/--sentinel");
const folder = temporaryFolder(Sentinel);
const MODEL = join(folder, "model");
const PROMPTS = join(folder, "prompts");
const COMMON = ["--model", MODEL, "--executor", "tfjs"];
const TEXT = "nli premise: Indeed, Tom washed the table. hypothesis: Tom washed the table.";
/** What the model writes to it: the first piece of entailment goes by the id of the first sentinel. */
const SAID = "<extra_id_0>tailment";
const READ = "tailment";

/** A matrix with two rows, or two columns, in each other's place. */
const swapped = (array: HostArray, axis: 0 | 1, a: number, b: number): HostArray => {
  const [rows, columns] = array.shape;
  const data = Float32Array.from(array.data as Float32Array);
  const at = (one: number, other: number) => (axis === 0 ? one * columns + other : other * columns + one);
  for (let i = 0; i < (axis === 0 ? columns : rows); i++) {
    [data[at(a, i)], data[at(b, i)]] = [data[at(b, i)], data[at(a, i)]];
  }
  return hostArray(array.shape, "float32", data);
};

/** t5-nano, with the ids of two pieces exchanged: it writes one where it wrote the other. */
Sentinel.before(async () => {
  const { config, params } = await loadHuggingFace("assets/t5-nano");
  const [first, sentinel] = [399, 4095];
  const { embedding } = params.tokenEmbedder;
  const { kernel } = params.decoder.logitsDense as { readonly kernel: HostArray };
  const renamed = {
    ...params,
    tokenEmbedder: { embedding: swapped(embedding as HostArray, 0, first, sentinel) },
    decoder: { ...params.decoder, logitsDense: { kernel: swapped(kernel, 1, first, sentinel) } },
  };
  await saveHuggingFace(MODEL, { config, params: renamed } as never);
  copyFileSync("assets/t5-nano/spiece.model", join(MODEL, "spiece.model"));
  mkdirSync(PROMPTS);
  const small = Float32Array.from({ length: 128 }, (_, i) => 0.01 * Math.sin(i));
  for (const name of ["a", "b"]) await savePrompt(join(PROMPTS, `${name}.npy`), hostArray([1, 128], "float32", small));
});

const generated = async (...args: string[]): Promise<string> => (await fluxion(["generate", ...COMMON, ...args])).out;

Sentinel("generate reads one text as it comes, several in a batch, beams and drawn ones", async () => {
  assert.is(await generated(TEXT), `${SAID}\n`);
  assert.is(await generated("--sentinel", TEXT), `${READ}\n`);
  assert.is(await generated("--sentinel", TEXT, TEXT), `${READ}\n${READ}\n`);
  assert.is(await generated("--sentinel", "--beams", "2", TEXT), `${READ}\n`);
  assert.is(await generated("--sentinel", "--top-k", "1", TEXT), `${READ}\n`);
});

Sentinel("generate chooses labels behind the sentinel, and prints them without it", async () => {
  const chosen = async (...args: string[]): Promise<{ readonly text: string; readonly ids: readonly number[] }> =>
    JSON.parse(await generated("--json", TEXT, "--label", "neutral", ...args)).outputs[0];
  const [plain, behind] = [await chosen(), await chosen("--sentinel")];
  assert.equal([plain.text, behind.text], ["neutral", "neutral"]);
  assert.equal(behind.ids, [4095, ...plain.ids]);
});

Sentinel("the server answers without it, and as it is without the flag", async () => {
  const flags: ServeFlags = {
    ...{ model: MODEL, prompts: PROMPTS, executor: "tfjs", host: "127.0.0.1", port: 0 },
    ...{ maxTokens: 6, maxInputLength: 64, batchSize: 4, queue: 8, maxBodyBytes: 1000, timeout: 30, receiveTimeout: 9 },
  };
  const textOf = async (changes: Partial<ServeFlags>): Promise<string> => {
    const stop = new AbortController();
    const unused = { watched: false, typed: false, lines: async function* () {}, note: () => {} };
    let ended = Promise.resolve();
    const url = await new Promise<string>((resolve, reject) => {
      const terminal = { ...unused, write: (text: string) => resolve(text.trim()) };
      ended = serve({ ...flags, ...changes }, terminal, stop.signal);
      ended.catch(reject);
    });
    const client = clientOf(url, 1);
    const { body } = await client.ask({ task: "a", text: TEXT });
    stop.abort();
    await ended;
    return JSON.parse(body).text;
  };
  assert.is(await textOf({}), SAID);
  assert.is(await textOf({ sentinel: true }), READ);
});

/** The answers that a command writes for CB. */
const answersOf = async (name: string, ...args: string[]): Promise<string[]> => {
  const out = join(folder, name);
  const task = ["--task", "cb", "--split", "validation", "--limit", "6", "--max-tokens", "6"];
  await fluxion([...args, ...COMMON, ...task, "--out", out]);
  const lines = readFileSync(join(out, "cb.jsonl"), "utf8").trimEnd().split("\n");
  return lines.map((line) => (JSON.parse(line) as Prediction).prediction);
};

Sentinel("evaluate, predict and a vote write answers without it", async () => {
  const commands = [["evaluate"], ["predict"], ["evaluate", "--vote", "--prompts", PROMPTS]];
  for (const [i, command] of commands.entries()) {
    const said = await answersOf(`said-${i}`, ...command);
    assert.ok(said.includes(SAID), said.join(" | "));
    assert.equal(await answersOf(`read-${i}`, ...command, "--sentinel"), said.map(dropSentinel));
  }
});

Sentinel.run();
