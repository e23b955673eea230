import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { hostArray } from "../../lib/core/host.js";
import { dispose } from "../../lib/core/tensor.js";
import { loadHuggingFace } from "../../lib/io/huggingface.js";
import { savePrompt } from "../../lib/io/prompts.js";
import { saveHuggingFace } from "../../lib/io/save-huggingface.js";
import { saveT5x } from "../../lib/io/t5x/save.js";
import * as np from "../../lib/np/index.js";
import { generate } from "../../lib/t5/generate.js";
import type { Params } from "../../lib/t5/model.js";
import { rank } from "../../lib/t5/rank.js";
import { loadTokenizer } from "../../lib/tokenizer/load-tokenizer.js";
import { readSentencePieceModel } from "../../lib/tokenizer/sentencepiece-model.js";
import { temporaryFolder } from "../io/folder.js";
import { tokenizerJson } from "../tokenizer/tokenizer-json-file.js";
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
  const { config, params } = await loadHuggingFace("assets/t5-nano");
  const tokenizer = await loadTokenizer("assets/t5-nano");
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
  await savePrompt(path, hostArray([4, 128], "float32", data));
  await savePrompt(narrow, hostArray([4, 2], "float32", data.slice(0, 8)));
  const [bare, tuned] = [await answers([TEXTS[1]]), await answers(["--prompt", path, TEXTS[1]])];
  assert.is.not(JSON.stringify(bare[0].outputs), JSON.stringify(tuned[0].outputs));
  assert.match(
    await failure("generate", ...MODEL, "--prompt", narrow, "x"),
    /does not fit the model[\s\S]*prompt is f32\[4,2\], not f32\[4,128\][\s\S]*--model/,
  );
});

Generate("labels are chosen by the likelihood that t5.rank gives them, also in a batch", async () => {
  const { config, params } = await loadHuggingFace("assets/t5-nano");
  const tokenizer = await loadTokenizer("assets/t5-nano");
  await init({ executor: "tfjs" });
  const labels = ["contradiction", "entailment", "neutral"];
  const weights = np.devicePut(params) as Params;
  const score = rank(config);
  const want = TEXTS.flatMap((text) =>
    labels.map((label) => {
      const [inputs, targets] = [text, label].map((part) => [...tokenizer.encode(part), tokenizer.eosId]);
      using x = np.array(Int32Array.from(inputs), { shape: [1, inputs.length] });
      using y = np.array(Int32Array.from(targets), { shape: [1, targets.length] });
      using got = score(weights, x, y);
      return got.dataSync()[0];
    }),
  );
  score.dispose();
  dispose(weights);
  const flags = labels.flatMap((label) => ["--label", label]);
  const got = await answers([...flags, "--number", "3", ...TEXTS]);
  got.forEach(({ outputs }, row) => {
    const scores = want.slice(3 * row, 3 * row + 3);
    for (const { text, score } of outputs) assert.ok(Math.abs(score - scores[labels.indexOf(text)]) < 1e-4);
    assert.equal(
      outputs.map(({ score }) => score),
      outputs.map(({ score }) => score).sort((a, b) => b - a),
    );
  });
  assert.is((await fluxion(["generate", ...MODEL, ...flags, TEXTS[0]])).out, "entailment\n");
});

Generate("a prompt in a T5X checkpoint is used where it is asked for, and named where it is not", async () => {
  const { config, params } = await loadHuggingFace("assets/t5-nano");
  assert.is(config.dModel, 128);
  const prompt = hostArray(
    [4, 128],
    "float32",
    Float32Array.from({ length: 4 * 128 }, (_, i) => 3 * Math.sin(i)),
  );
  const tuned = join(folder, "tuned");
  await saveT5x(tuned, { params, prompts: { "encoder/prompt/prompt/prompt": prompt } });
  const path = join(folder, "taken.npy");
  await savePrompt(path, prompt);
  assert.equal(await answers(["--prompt", tuned, TEXTS[1]]), await answers(["--prompt", path, TEXTS[1]]));
  const other = ["--model", tuned, "--tokenizer", "assets/t5-nano", TEXTS[1]];
  const { notes } = await fluxion(["generate", ...MODEL.slice(2), ...other]);
  assert.match(notes.join("\n"), /^not used: encoder\/prompt\/prompt\/prompt, .*--adapter .*tuned/);
});

Generate("a prompt that is not of numbers is refused, with its row", async () => {
  const path = join(folder, "nan.npy");
  await savePrompt(path, hostArray([2, 128], "float32", new Float32Array(256).fill(Number.NaN, 200)));
  assert.match(await failure("generate", ...MODEL, "--prompt", path, "x"), /not of numbers[\s\S]*NaN in row 1/);
});

Generate(
  "sentinels that are typed are tokens, by either file of a vocabulary, and one that is not is said to be text",
  async () => {
    const dir = join(folder, "by-json");
    const pieces = readSentencePieceModel(readFileSync("assets/t5-nano/spiece.model")).pieces.slice(3, 3996);
    mkdirSync(dir);
    const json = tokenizerJson(pieces.map(({ text, score }) => [text, score] as const));
    writeFileSync(join(dir, "tokenizer.json"), JSON.stringify(json));
    const text = "The city of <extra_id_0> is <extra_id_1>";
    const [piece, byJson] = [await answers([text]), await answers(["--tokenizer", dir, text])];
    assert.equal(
      piece[0].inputIds.filter((id) => id > 3996),
      [4095, 4094],
    );
    assert.equal(
      byJson[0].inputIds.filter((id) => id > 3996),
      [4095, 4094],
    );
    assert.equal((await fluxion(["generate", ...MODEL, text])).notes, []);
    const inside = "The city<extra_id_0>";
    const { notes } = await fluxion(["generate", ...MODEL, inside]);
    assert.match(
      notes.join("\n"),
      /<extra_id_0> is read as ordinary text; put a space before it to make it a sentinel/,
    );
    assert.equal((await fluxion(["generate", ...MODEL, "--tokenizer", dir, inside])).notes, []);
  },
);

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
  assert.match(
    await failure("generate", "--modle", "nowhere", "x"),
    /unknown option '--modle'\n.*did you mean --model/,
  );
  const wrong: readonly (readonly [flag: string, value: string, what: RegExp])[] = [
    ["--top-k", "many", /^--top-k <n>: not a positive integer\n {2}expected +a whole number[\s\S]*many/],
    ["--brevity", "much", /^--brevity <alpha>: not a number/],
    ["--temperature", "-1", /^--temperature <x>: not a temperature\n {2}expected +0 or more/],
    ["--top-p", "2", /^--top-p <x>: not a probability\n {2}expected +above 0, at most 1/],
    ["--seed", "1.5", /^--seed <n>: not a seed\n {2}expected +a whole number/],
    ["--threads", "1000000", /^--threads <n>: .*\n {2}expected +a whole number from 1 to 1024/],
  ];
  for (const [flag, value, what] of wrong) assert.match(await failure(...nowhere, flag, value, "x"), what);
  assert.match(
    await failure(...nowhere, "--prompt", "a", "--prompt", "b", "x"),
    /--prompt <path>: given more than once/,
  );
  assert.match(await failure(...nowhere, "--label", "a", "--top-k", "3", "x"), /cannot be used with/);
  assert.match(await failure(...nowhere, "--label", "a", "--number", "2", "x"), /more answers than labels/);
  assert.match(await failure(...nowhere, "--max-input-length", "1", "x"), /there is no room for a text/);
  assert.match(await failure(...nowhere, "x"), /^--model <dir>: there is no such file or folder\n {2}at +nowhere/);
  const nano = ["generate", "--model", "assets/t5-nano"];
  for (const option of ["--tokenizer <file>", "--adapter <path>", "--prompt <path>"]) {
    const [name] = option.split(" ");
    assert.match(await failure(...nano, name, "nowhere", "x"), `${option}: there is no such file or folder`);
  }
  assert.match(await failure(...nowhere, "--label", "", "x"), /^--label <text>: a label is empty/);
  assert.match(await failure(...nowhere, "--label", "a", "--label", " ", "x"), /a label is empty/);
  assert.match(
    await failure(...nowhere, "--label", "a", "--label", "b", "--label", "a ", "x"),
    /^--label <text>: a label is given twice\n.*\n {2}got +a \n/,
  );
  assert.match(
    await failure("generate", "--model", "assets/superglue-mini", "x"),
    /^--model <dir>: the folder holds no vocabulary/,
  );
});

Generate("every command says of a model that is not there by which option it was given", async () => {
  const out = ["--out", join(folder, "no")];
  for (const command of [
    ["evaluate", "--task", "cb"],
    ["export", ...out],
    ["merge", "--adapter", "nowhere", ...out],
    ["train", "--task", "cb", ...out],
  ]) {
    assert.match(
      await failure(...command, "--model", "nowhere"),
      /^--model <(dir|path)>: there is no such file or folder/,
    );
  }
});

Generate("one weight that is NaN ends in an error, where an empty line or the first label was printed", async () => {
  const dir = join(folder, "nan");
  const { config, params } = await loadHuggingFace("assets/t5-nano");
  (params.decoder.decoderNorm.scale.data as Float32Array)[3] = Number.NaN;
  const companions = { "spiece.model": readFileSync("assets/t5-nano/spiece.model") };
  await saveHuggingFace(dir, { config, params }, { companions });
  const options = ["--model", dir, "--executor", "tfjs"];
  const ways = ["", "--beams 2", "--temperature 0.5 --top-k 5", "--label yes --label no"].map((way) =>
    way.split(" ").filter(Boolean),
  );
  for (const way of ways) {
    const message = await failure("generate", ...options, "--max-tokens", "4", ...way, "London");
    assert.match(message, /logits that are NaN[\s\S]*example 0/, way.join(" "));
  }
  assert.match(await failure("evaluate", ...options, "--task", "cb", "--limit", "2"), "logits that are NaN");
  assert.match(
    await failure("evaluate", ...options, "--task", "cb", "--limit", "2", "--decode", "rank"),
    "logits that are NaN",
  );
});

Generate.run();
