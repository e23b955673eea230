import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as ort from "onnxruntime-web";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hostArray } from "../../lib/core/host.js";
import { savePrompt } from "../../lib/io/prompts.js";
import { temporaryFolder } from "../io/folder.js";
import { failure, filesBelow, fluxion, fluxionJson } from "./run.js";

const Export = suite("cli/export");
const folder = temporaryFolder(Export);
const NANO = "assets/t5-nano";
const TEXTS = ["nli premise: Indeed, Tom washed the table. hypothesis: Tom washed the table.", "The city of London is"];
const LENGTH = 6;

interface Manifest {
  readonly promptLength: number;
  readonly layers: number;
  readonly cacheShape: readonly number[];
  readonly vocabSize: number;
  readonly eosId: number;
  readonly startId: number;
}
interface Answer {
  readonly inputIds: readonly number[];
  readonly outputs: readonly { readonly ids: readonly number[] }[];
}

const int32 = (data: readonly number[], shape: number[]): ort.Tensor =>
  new ort.Tensor("int32", Int32Array.from(data), shape);

/** Greedy decoding by the exported files and onnxruntime-web alone: ids of each row up to its EOS. */
const decodeBy = async (
  dir: string,
  rows: readonly (readonly number[])[],
  inputLength: number,
): Promise<number[][]> => {
  const manifest = JSON.parse(readFileSync(join(dir, "fluxion.json"), "utf8")) as Manifest;
  const { layers, cacheShape, vocabSize, eosId, startId } = manifest;
  ort.env.wasm.numThreads = 1;
  const open = (name: string) => ort.InferenceSession.create(readFileSync(join(dir, name)));
  const [encoder, step] = [await open("encoder.onnx"), await open("decoder-step.onnx")];
  const padded = rows.flatMap((row) => [...row, ...new Array<number>(inputLength - row.length).fill(0)]);
  const memory = await encoder.run({ tokens: int32(padded, [rows.length, inputLength]) });
  const zeros = new Float32Array(cacheShape.reduce((a, b) => a * b));
  const names = Array.from({ length: layers }, (_, i) => [`cache_${i}_key`, `cache_${i}_value`]).flat();
  let cache: Record<string, ort.Tensor> = {};
  for (const name of names) cache[name] = new ort.Tensor("float32", zeros, [...cacheShape]);
  const ids = rows.map((): number[] => []);
  for (let position = 0; position < LENGTH; position++) {
    const token = int32(
      ids.map((row) => row.at(-1) ?? startId),
      [rows.length],
    );
    const next = await step.run({ ...memory, ...cache, token, position: int32([position], []) });
    ids.forEach((row, i) => {
      const logits = (next.next_logits.data as Float32Array).subarray(i * vocabSize, (i + 1) * vocabSize);
      row.push(logits.indexOf(Math.max(...logits)));
    });
    cache = Object.fromEntries(names.map((name) => [name, next[`next_${name}`]]));
  }
  await encoder.release();
  await step.release();
  return ids.map((row) => (row.includes(eosId) ? row.slice(0, row.indexOf(eosId) + 1) : row));
};

Export("onnxruntime-web decodes the files to the ids of fluxion generate, with a prompt and in a batch", async () => {
  const prompt = join(folder, "prompt.npy");
  const data = Float32Array.from({ length: 3 * 128 }, (_, i) => 2 * Math.sin(i * i));
  await savePrompt(prompt, hostArray([3, 128], "float32", data));
  const lengths = ["--input-length", "40", "--max-length", `${LENGTH}`, "--batch-size", "2"];
  const flags = ["--model", NANO, "--prompt", prompt];
  const args = ["export", ...flags, "--out", join(folder, "out"), "--task", "nli", ...lengths];
  const said = await fluxionJson<Manifest & { task: string }>(...args);
  assert.equal([said.promptLength, said.task, said.cacheShape], [3, "nli", [2, 4, LENGTH, 32]]);
  assert.equal(filesBelow(join(folder, "out")), ["decoder-step.onnx", "encoder.onnx", "fluxion.json"]);
  const generate = ["generate", ...flags, "--executor", "tfjs", "--max-tokens", `${LENGTH}`, "--json", ...TEXTS];
  const answers = (await fluxion(generate)).out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
  const got = await decodeBy(
    join(folder, "out"),
    answers.map(({ inputIds }) => inputIds),
    40,
  );
  assert.equal(
    got,
    answers.map(({ outputs }) => outputs[0].ids),
  );
  assert.match(await failure(...args), /the path already exists[\s\S]*--force/);
  const metadata = readFileSync(join(folder, "out", "encoder.onnx")).toString("latin1");
  for (const entry of ["fluxion.t5.task", "fluxion.t5.promptLength", "fluxion.t5.eosId"]) {
    assert.ok(metadata.includes(entry), entry);
  }
});

Export.run();
