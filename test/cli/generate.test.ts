import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { orThrow } from "../../lib/cli/main.js";
import { init } from "../../lib/compile/init.js";
import { hostArray } from "../../lib/core/host.js";
import { dispose } from "../../lib/core/tensor.js";
import { loadTokenizer } from "../../lib/data/load-tokenizer.js";
import { loadHuggingFace } from "../../lib/io/huggingface.js";
import { savePrompt } from "../../lib/io/prompts.js";
import * as np from "../../lib/np/index.js";
import { generate } from "../../lib/t5/generate.js";
import type { Params } from "../../lib/t5/model.js";
import { temporaryFolder } from "../io/folder.js";
import { failure, fluxion } from "./run.js";

const Generate = suite("cli/generate");
const folder = temporaryFolder(Generate);
const MODEL = ["--model", "assets/t5-nano", "--executor", "tfjs", "--max-tokens", "8"];
const TEXTS = ["nli premise: Indeed, Tom washed the table. hypothesis: Tom washed the table.", "The city of London is"];

interface Answer {
  readonly text: string;
  readonly inputIds: readonly number[];
  readonly outputs: readonly { readonly text: string; readonly ids: readonly number[]; readonly score: number }[];
}
const answers = async (args: readonly string[], lines: readonly string[] = []): Promise<Answer[]> =>
  (await fluxion(["generate", ...MODEL, "--json", ...args], lines)).out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
const idsOf = (list: readonly Answer[]): (readonly number[])[] => list.map(({ outputs }) => outputs[0].ids);

Generate("the answers are those of t5.generate, each text by itself and padded in a batch", async () => {
  const { config, params } = await orThrow(loadHuggingFace("assets/t5-nano"));
  const tokenizer = await orThrow(loadTokenizer("assets/t5-nano"));
  await init({ executor: "tfjs" });
  const weights = np.devicePut(params) as Params;
  using greedy = generate(config, { maxLength: 8 });
  const want = TEXTS.map((text) => {
    const ids = [...tokenizer.encode(text), tokenizer.eosId];
    using inputs = np.array(Int32Array.from(ids), { shape: [1, ids.length] });
    return greedy(weights, inputs)[0][0].tokens;
  });
  dispose(weights);
  const got = await answers(TEXTS);
  assert.equal(idsOf(got), want);
  assert.equal(got[0].inputIds.at(-1), tokenizer.eosId);
  assert.is(got[0].outputs[0].text, tokenizer.decode(want[0]));
  const streamed = await fluxion(["generate", ...MODEL, TEXTS[0]]);
  assert.is(streamed.out, `${tokenizer.decode(want[0])}\n`, "one text is written as it comes");
});

Generate("without a text the lines of the standard input are answered, in batches", async () => {
  const lines = [...TEXTS, TEXTS[0]];
  const got = await answers(["--batch-size", "2"], lines);
  assert.equal(
    got.map(({ text }) => text),
    lines,
  );
  assert.equal(idsOf(got)[2], idsOf(got)[0]);
});

Generate("sampling is a function of the seed, and draws as many as asked for", async () => {
  const draw = (seed: number) =>
    answers(["--temperature", "1.5", "--top-k", "40", "--number", "3", "--seed", `${seed}`, TEXTS[1]]);
  const [a, b, c] = [await draw(1), await draw(1), await draw(2)];
  assert.equal(a, b);
  assert.is.not(JSON.stringify(a), JSON.stringify(c));
  assert.is(a[0].outputs.length, 3);
});

Generate("beams come best first, with either penalty", async () => {
  for (const penalty of [[], ["--brevity", "0"], ["--length-penalty", "2"]]) {
    const [{ outputs }] = await answers(["--beams", "3", "--number", "2", ...penalty, TEXTS[1]]);
    assert.is(outputs.length, 2);
    assert.ok(outputs[0].score >= outputs[1].score);
  }
  const { out } = await fluxion(["generate", ...MODEL, "--beams", "2", "--number", "2", TEXTS[1]]);
  assert.match(out, /^-[\d.]+\t.*\n-[\d.]+\t.*\n$/);
});

Generate("a prompt changes the answer, and has to fit the model", async () => {
  const [path, narrow] = [join(folder, "p.npy"), join(folder, "narrow.npy")];
  const data = Float32Array.from({ length: 4 * 128 }, (_, i) => 3 * Math.sin(i));
  await orThrow(savePrompt(path, hostArray([4, 128], "float32", data)));
  await orThrow(savePrompt(narrow, hostArray([4, 2], "float32", data.slice(0, 8))));
  const [bare, tuned] = [await answers([TEXTS[1]]), await answers(["--prompt", path, TEXTS[1]])];
  assert.is.not(JSON.stringify(bare[0].outputs), JSON.stringify(tuned[0].outputs));
  assert.match(
    await failure("generate", ...MODEL, "--prompt", narrow, "x"),
    /does not fit[\s\S]*\[4,128\][\s\S]*\[4,2\]/,
  );
});

Generate("a text that is too long is cut, and that is said", async () => {
  const { notes } = await fluxion(["generate", ...MODEL, "--max-input-length", "4", TEXTS[0]]);
  assert.match(notes.join("\n"), /is cut to 4/);
});

Generate("command lines that make no sense are refused before anything is read", async () => {
  const nowhere = ["generate", "--model", "nowhere"];
  assert.match(await failure("generate", "x"), /required option '--model <dir>' not specified/);
  assert.match(await failure(...nowhere, "--number", "2", "x"), /greedy decoding has one answer/);
  assert.match(await failure(...nowhere, "--brevity", "1", "x"), /penalties of length are for beams/);
  assert.match(await failure(...nowhere, "--beams", "2", "--number", "3", "x"), /more texts than beams/);
  assert.match(await failure(...nowhere, "--beams", "2", "--top-k", "3", "x"), /cannot be used with/);
  assert.match(
    await failure(...nowhere, "--beems", "2", "x"),
    /unknown option '--beems'\n {2}hint +did you mean --beams\?/,
  );
  assert.match(await failure(...nowhere, "--top-k", "many", "x"), /not a number/);
  assert.match(await failure(...nowhere, "x"), /no such file or folder/);
  assert.match(await failure("generate", "--model", "assets/superglue-mini", "x"), /holds no vocabulary/);
});

Generate.run();
