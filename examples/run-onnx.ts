/**
 * Answers a text with the files that `fluxion export` writes, run by plain onnxruntime-web, as a browser would.
 *
 * `node --conditions=fluxion-source --import tsx examples/run-onnx.ts [DIR] [TEXT]`; without arguments the small model that comes along is exported first.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fluxion } from "fluxion/cli";
import { loadTokenizer } from "fluxion/data";
import * as ort from "onnxruntime-web";

const MODEL = fileURLToPath(new URL("../assets/t5-nano", import.meta.url));
const TEXT = "nli premise: Indeed, Tom washed the table. hypothesis: Tom washed the table.";
const [given, text = TEXT] = process.argv[1]?.endsWith("run-onnx.ts") ? process.argv.slice(2) : [];
const dir = given ?? mkdtempSync(join(tmpdir(), "fluxion-run-"));
if (given === undefined) {
  await fluxion(["export", "--model", MODEL, "--out", dir, "--input-length", "32", "--max-length", "16", "--force"]);
}

const manifest = JSON.parse(readFileSync(join(dir, "fluxion.json"), "utf8"));
const { batchSize, inputLength, maxLength, layers, cacheShape, vocabSize, padId, eosId, startId } = manifest;
const { encode, decode } = await loadTokenizer(MODEL);

ort.env.wasm.numThreads = 1;
const open = (name: string) => ort.InferenceSession.create(readFileSync(join(dir, name)));
const [encoder, step] = [await open("encoder.onnx"), await open("decoder-step.onnx")];
const int32 = (data: Int32Array, shape: number[]): ort.Tensor => new ort.Tensor("int32", data, shape);

// The text in the first row of the batch, ended by EOS and padded.
const ids = new Int32Array(batchSize * inputLength).fill(padId);
ids.set([...encode(text).slice(0, inputLength - 1), eosId]);
const memory = await encoder.run({ tokens: int32(ids, [batchSize, inputLength]) });

// The cache is handed from step to step: the outputs next_cache_… are the inputs cache_… of the next.
const empty = () =>
  new ort.Tensor("float32", new Float32Array(cacheShape.reduce((a: number, b: number) => a * b)), cacheShape);
let cache: Record<string, ort.Tensor> = {};
for (let i = 0; i < layers; i++) cache = { ...cache, [`cache_${i}_key`]: empty(), [`cache_${i}_value`]: empty() };
const answer: number[] = [];
for (let position = 0; position < maxLength && answer.at(-1) !== eosId; position++) {
  const token = new Int32Array(batchSize).fill(answer.at(-1) ?? startId);
  const next = await step.run({
    ...memory,
    ...cache,
    token: int32(token, [batchSize]),
    position: int32(Int32Array.of(position), []),
  });
  const logits = (next.next_logits.data as Float32Array).subarray(0, vocabSize);
  answer.push(logits.indexOf(Math.max(...logits)));
  cache = Object.fromEntries(Object.keys(cache).map((name) => [name, next[`next_${name}`]]));
}
const got = decode(answer);

const want = (await fluxion(["generate", "--model", MODEL, "--max-tokens", `${maxLength}`, text])).trim();
console.log(`answer: ${got} (expected ${want})`);
if (given === undefined) rmSync(dir, { recursive: true });
