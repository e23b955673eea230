/** @file The memory of loading a checkpoint of 1 GB: measured in a process of its own, against what the parameters take. */
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { wantedParams } from "../../lib/io/huggingface-fit.js";
import { configs } from "../../lib/t5/configs.js";
import { temporaryFolder } from "./folder.js";
import { configOf } from "./tiny-t5.js";

const Memory = suite("io/huggingface-memory");
const folder = temporaryFolder(Memory);

const { vocabSize, dModel, dKv, dFf, numHeads } = configs["t5-1.1-large"];
const RAW = {
  vocab_size: vocabSize,
  d_model: dModel,
  d_kv: dKv,
  d_ff: dFf,
  num_heads: numHeads,
  num_layers: 16,
  num_decoder_layers: 15,
  feed_forward_proj: "gated-gelu",
  tie_word_embeddings: false,
};
const wanted = wantedParams(configOf(RAW));
const elementsOf = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

/** Writes the bfloat16 tensors one after the other, a row at a time; element `i` of a tensor has the bits `0x3f80 + i % 64`. */
const writeShard = (path: string, tensors: typeof wanted): void => {
  let end = 0;
  const header = tensors.map(({ names, shape }) => {
    const begin = end;
    end += 2 * elementsOf(shape);
    return [names[0], { dtype: "BF16", shape, data_offsets: [begin, end] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  const file = openSync(path, "w");
  writeSync(file, Buffer.concat([prefix, json]));
  const block = Uint16Array.from({ length: 2 ** 20 }, (_, i) => 0x3f80 + (i % 64));
  for (const { shape } of tensors) {
    for (let left = elementsOf(shape); left > 0; left -= block.length) {
      writeSync(file, block.subarray(0, Math.min(left, block.length)));
    }
  }
  closeSync(file);
};

/** A folder of the model in `shards` parts; one part is a single file. */
const writeModel = (shards: number): string => {
  const dir = join(folder, `${shards}`);
  mkdirSync(dir);
  writeFileSync(join(dir, "config.json"), JSON.stringify(RAW));
  const parts = Array.from({ length: shards }, (_, i) => wanted.filter((_, k) => k % shards === i));
  const nameOf = (i: number): string => (shards === 1 ? "model.safetensors" : `model-${i + 1}.safetensors`);
  for (const [i, part] of parts.entries()) writeShard(join(dir, nameOf(i)), part);
  const weightMap = Object.fromEntries(parts.flatMap((part, i) => part.map(({ names }) => [names[0], nameOf(i)])));
  if (shards > 1) writeFileSync(join(dir, "model.safetensors.index.json"), JSON.stringify({ weight_map: weightMap }));
  return dir;
};

const child = `
const { loadHuggingFace } = await import(process.argv[1]);
const peak = () => process.resourceUsage().maxRSS * 1024;
const before = peak();
let calls = 0;
let last;
const { params } = await loadHuggingFace(process.argv[2], { onProgress: (p) => { calls++; last = p; } });
const kernel = params.decoder.logitsDense.kernel;
const at = (row, column) => kernel.data[row * kernel.shape[1] + column];
console.log(JSON.stringify({ extra: peak() - before, calls, last, shape: kernel.shape, values: [at(0, 0), at(1, 0), at(0, 1), at(63, 9)] }));
`;

for (const shards of [1, 3]) {
  Memory(
    `a bfloat16 checkpoint of 1 GB in ${shards} file(s) loads with less than its largest tensor besides the result`,
    () => {
      const dir = writeModel(shards);
      const module = fileURLToPath(new URL("../../lib/io/huggingface.ts", import.meta.url));
      const args = ["--import", "tsx", "--input-type=module", "-e", child, module, dir];
      const { extra, last, shape, values } = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
      const sizes = wanted.map((param) => 4 * elementsOf(param.shape));
      const [result, largest] = [sizes.reduce((a, b) => a + b), Math.max(...sizes)];
      assert.ok(last.total > 1e9, `${last.total} bytes`);
      assert.is(last.done, last.total);
      assert.equal(shape, [dModel, vocabSize]);
      // lm_head.weight is [vocabSize, dModel]: its element [r, c] is number r * dModel + c, and 64 divides dModel.
      assert.equal(values, [1, 1 + 1 / 128, 1, 1 + 63 / 128]);
      const mb = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
      console.log(
        `  file ${mb(last.total)}, result ${mb(result)}, peak besides it ${mb(extra - result)}, largest tensor ${mb(largest)}`,
      );
      assert.ok(extra - result < largest, `${extra - result} is not less than ${largest}`);
    },
  );
}

Memory.run();
