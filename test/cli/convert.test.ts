import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Shape, sizeOf } from "../../lib/core/aval.js";
import { type HostArray, hostArray } from "../../lib/core/host.js";
import { flatten, leavesOf, unflatten } from "../../lib/core/pytree.js";
import { loadHuggingFaceTE } from "../../lib/io/huggingface.js";
import { encodeNpy } from "../../lib/io/npy.js";
import { loadPromptTE, savePromptTE } from "../../lib/io/prompts.js";
import { outgoing, safetensorsChunks } from "../../lib/io/safetensors-write.js";
import { saveT5xTE } from "../../lib/io/t5x/save.js";
import { isShape, paramShapes, type T5Tree } from "../../lib/t5/config.js";
import { withShared } from "../helpers/shared.js";
import { run, temporaryFolder } from "../io/folder.js";
import { layOut, models } from "../io/saved-here.js";
import { CONFIG, configOf, tensorsOf } from "../io/tiny-t5.js";
import { failure, filesBelow, fluxion, fluxionJson } from "./run.js";

const Convert = suite("cli/convert");
const folder = temporaryFolder(Convert);
const NANO = "assets/t5-nano";
const place = (name: string): string => join(folder, name);

Convert("from Hugging Face to T5X and back, weights are the same bit by bit", async () => {
  const t5x = await fluxionJson<{ out: string; format: string }>("convert", NANO, place("t5x"));
  assert.equal([t5x.out, t5x.format], [place("t5x/checkpoint_0"), "t5x"]);
  const { out } = await fluxion(["convert", place("t5x"), place("back")]);
  assert.is(out, `${place("back")}: hf\n`);
  const [before, after] = [await run(loadHuggingFaceTE(NANO)), await run(loadHuggingFaceTE(place("back")))];
  assert.equal(after.config, before.config);
  assert.equal(leavesOf(after.params), leavesOf(before.params));
});

Convert(
  "between dtypes of Hugging Face folders the vocabulary comes along, and bfloat16 stays what it was",
  async () => {
    await fluxion([
      "convert",
      NANO,
      place("half"),
      "--to",
      "hf",
      "--dtype",
      "bfloat16",
      "--max-shard-bytes",
      "2000000",
    ]);
    const files = filesBelow(place("half"));
    assert.ok(files.includes("spiece.model") && files.includes("model.safetensors.index.json"), `${files}`);
    const [before, after] = [await run(loadHuggingFaceTE(NANO)), await run(loadHuggingFaceTE(place("half")))];
    assert.equal(leavesOf(after.params), leavesOf(before.params));
  },
);

Convert(
  "a folder in bfloat16 stays bfloat16, in one file or in shards; of mixed dtypes float32 is made, and said",
  async () => {
    const dtypes = async (dir: string): Promise<string[]> => {
      const { tensors } = await fluxionJson<{ tensors: { dtype: string }[] }>("inspect", dir);
      return [...new Set(tensors.map(({ dtype }) => dtype))];
    };
    await fluxion(["convert", NANO, place("shards"), "--to", "hf", "--max-shard-bytes", "2000000"]);
    assert.ok(filesBelow(place("shards")).includes("model.safetensors.index.json"));
    assert.equal(await dtypes(place("shards")), ["bfloat16"]);
    const { notes } = await fluxion(["convert", place("shards"), place("wide"), "--to", "hf", "--dtype", "float32"]);
    assert.equal([await dtypes(place("wide")), notes], [["float32"], []]);
    mkdirSync(place("mixed"));
    const tensors = Object.entries(tensorsOf(configOf(CONFIG)));
    const both = tensors.map(([name, x], i) => outgoing(name, x, () => x, i === 0 ? "float32" : "bfloat16"));
    writeFileSync(place("mixed/model.safetensors"), Buffer.concat([...safetensorsChunks(both)]));
    writeFileSync(place("mixed/config.json"), JSON.stringify(CONFIG));
    const mixed = await fluxion(["convert", place("mixed"), place("mixed-out"), "--to", "hf"]);
    assert.match(mixed.notes.join("\n"), /written as float32; in .*mixed they are bfloat16 and float32 \(--dtype\)/);
    assert.equal(await dtypes(place("mixed-out")), ["float32"]);
  },
);

Convert("tokens that were added to the vocabulary come along with it", async () => {
  const dir = place("added");
  cpSync(NANO, dir, { recursive: true });
  writeFileSync(join(dir, "added_tokens.json"), '{"<city>":4096}');
  await fluxion(["convert", dir, place("added-out"), "--to", "hf"]);
  assert.is(readFileSync(place("added-out/added_tokens.json"), "utf8"), '{"<city>":4096}');
});

Convert("an mT5 stays one", async () => {
  layOut(place("mt5"), models["mT5, tied"]?.files ?? {});
  await fluxion(["convert", place("mt5"), place("mt5-out"), "--to", "hf"]);
  const said = JSON.parse(readFileSync(place("mt5-out/config.json"), "utf8"));
  assert.equal([said.model_type, said.architectures], ["mt5", ["MT5ForConditionalGeneration"]]);
});

const numbers = Float32Array.from({ length: 12 }, (_, i) => Math.fround(Math.sin(i)));
const prompt = hostArray([3, 4], "float32", numbers);

Convert("a prompt goes round through all formats", async () => {
  await run(savePromptTE(place("a.npy"), prompt));
  await fluxion(["convert", place("a.npy"), place("adapter"), "--base-model", "google/t5-base-lm-adapt"]);
  assert.is((await run(loadPromptTE(place("adapter")))).baseModel, "google/t5-base-lm-adapt");
  await fluxion(["convert", place("adapter"), place("b.safetensors")]);
  await fluxion(["convert", place("b.safetensors"), place("without-suffix"), "--to", "npy"]);
  assert.equal(new Uint8Array(readFileSync(place("without-suffix"))), encodeNpy(prompt));
});

Convert("what is there stays, unless it is forced", async () => {
  await run(savePromptTE(place("first.npy"), prompt));
  await run(savePromptTE(place("second.npy"), hostArray([1, 4], "float32", numbers.slice(4, 8))));
  const before = readFileSync(place("second.npy"));
  assert.match(
    await failure("convert", place("first.npy"), place("second.npy")),
    /the path already exists[\s\S]*--force/,
  );
  assert.equal(readFileSync(place("second.npy")), before);
  await fluxion(["convert", place("first.npy"), place("second.npy"), "--force"]);
  assert.equal(readFileSync(place("second.npy")), readFileSync(place("first.npy")));
  await fluxion(["convert", NANO, place("twice")]);
  assert.match(await failure("convert", NANO, place("twice")), /the path already exists\n {2}at +.*checkpoint_0/);
  await fluxion(["convert", NANO, place("twice"), "--force"]);
  assert.equal(filesBelow(place("twice")), filesBelow(place("t5x")), "nothing is left of what was replaced");
});

Convert("a prompt among the parameters of a T5X checkpoint is taken out, or named when it is left out", async () => {
  const [shapes, treedef] = flatten(paramShapes(configOf(CONFIG)), isShape);
  const zeros = shapes.map((shape) => hostArray(shape as Shape, "float32", new Float32Array(sizeOf(shape as Shape))));
  const params = unflatten(treedef, zeros) as T5Tree<HostArray>;
  await run(saveT5xTE(place("tuned"), { params, prompts: { "encoder/prompt/prompt/prompt": prompt } }));
  await fluxion(["convert", place("tuned"), place("taken.npy")]);
  assert.equal((await run(loadPromptTE(place("taken.npy")))).prompt, prompt);
  const { notes } = await fluxion(["convert", place("tuned"), place("bare")]);
  assert.match(notes.join("\n"), /left out.*encoder\/prompt\/prompt\/prompt/);
  assert.match(await failure("convert", place("t5x"), place("none.npy")), /does not hold exactly one prompt/);
});

Convert("a vocabulary that is there is not replaced unasked, and that none comes along is said", async () => {
  mkdirSync(place("kept"));
  writeFileSync(place("kept/spiece.model"), "mine");
  assert.match(
    await failure("convert", NANO, place("kept"), "--to", "hf"),
    /the path already exists\n {2}at +.*spiece\.model/,
  );
  assert.equal(filesBelow(place("kept")), ["spiece.model"]);
  await fluxion(["convert", NANO, place("kept"), "--to", "hf", "--force"]);
  assert.equal(readFileSync(place("kept/spiece.model")), readFileSync(`${NANO}/spiece.model`));
  const { notes } = await fluxion(["convert", place("t5x"), place("no-vocabulary")]);
  assert.match(notes.join("\n"), /the vocabulary is not in .*no-vocabulary: .*--tokenizer/);
});

Convert("an empty folder is free, and folders of prompts are made", async () => {
  mkdirSync(place("free"));
  await fluxion(["convert", place("a.npy"), place("free")]);
  assert.equal((await run(loadPromptTE(place("free")))).prompt, prompt);
  await fluxion(["convert", place("a.npy"), place("made/for/it.npy")]);
  assert.equal(readFileSync(place("made/for/it.npy")), readFileSync(place("a.npy")));
});

Convert("what cannot be is refused before anything is written", async () => {
  assert.match(await failure("convert", NANO, place("x"), "--to", "npy"), /a model cannot be written as npy/);
  assert.match(
    await failure("convert", place("a.npy"), place("x"), "--to", "hf"),
    /an adapter cannot be written as hf[\s\S]*fluxion merge --adapter /,
  );
  assert.match(await failure("convert", NANO, place("x.npy")), /a model cannot be written as npy/);
  assert.match(
    await failure("convert", `${NANO}/model.safetensors`, place("x"), "--to", "t5x"),
    /cannot be written as t5x[\s\S]*of a model give the folder/,
  );
  assert.match(await failure("convert", NANO, place("x"), "--dtype", "float16"), /--dtype is not for T5X/);
  assert.match(await failure("convert", NANO, place("x"), "--base-model", "y"), /--base-model is not for T5X/);
  assert.match(await failure("convert", NANO, `${NANO}/`, "--to", "hf"), /the same/);
  assert.match(await failure("convert", NANO, place("x"), "--dtype", "int8"), /Allowed choices are float32/);
  assert.match(await failure("convert", NANO, place("x"), "--max-shard-bytes", "0"), /not a positive integer/);
});

withShared(Convert, "the checkpoint of T5X's own tests becomes a Hugging Face folder", async (root) => {
  await fluxion(["convert", `${root}/data/t5x/test_t5_1_1_tiny`, place("tiny")]);
  const { config } = await run(loadHuggingFaceTE(place("tiny")));
  assert.equal([config.vocabSize, config.dModel, config.gated], [32128, 4, true]);
});

Convert.run();
