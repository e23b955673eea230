/**
 * @file Weights and batch as files, for peers in other languages: `write-model.ts DIR TASK`.
 *
 * `weights.bin` (float32) with `weights.json` (name, shape and offset in elements), `size.json` and `data.json`.
 */
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { bucketTable } from "../../lib/t5/positions.js";
import { drawData, drawWeights } from "./model.js";
import { dimensionsOf, type Task } from "./task.js";

const [folder = "", json = ""] = process.argv.slice(2);
const c = dimensionsOf(JSON.parse(json) as Task);
const write = (name: string, value: unknown): void => writeFileSync(join(folder, name), JSON.stringify(value));

const index: Record<string, { shape: readonly number[]; offset: number }> = {};
const file = openSync(join(folder, "weights.bin"), "w");
let offset = 0;
for (const { name, shape, data } of drawWeights(c)) {
  index[name] = { shape, offset };
  writeSync(file, data);
  offset += data.length;
}
closeSync(file);
write("size.json", c);
write("weights.json", index);
const { inputs, targets, prompt } = drawData(c);
const length = c.input + c.prompt;
write("data.json", {
  inputs: Array.from(inputs),
  targets: Array.from(targets),
  prompt: Array.from(prompt),
  encBuckets: Array.from(bucketTable(length, length, true, 32, 128)),
  decBuckets: Array.from(bucketTable(c.target, c.target, false, 32, 128)),
});
