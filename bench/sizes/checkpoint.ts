/**
 * @file A Hugging Face directory of a T5 with random weights: bfloat16, in shards, written piece by piece.
 *
 * The numbers are pieces of one list of normal numbers, of which every tensor takes other ones at its own scale: enough to be no special
 * case, and as quick as the disk.
 */
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { sizeOf } from "../../lib/core/aval.js";
import { encodeHuggingFaceConfig } from "../../lib/io/huggingface-config.js";
import { type WantedParam, wantedParams } from "../../lib/io/huggingface-fit.js";
import type { T5Config } from "../../lib/t5/config.js";
import { normals, uniforms } from "../t5/model.js";

const SHARD_BYTES = 512 * 2 ** 20;
const NORMALS = normals(uniforms(1), 2 ** 20, 1);

/** The upper halves of float32 numbers. */
const bfloat16 = (x: Float32Array): Uint16Array => {
  const out = new Uint16Array(x.length);
  const bits = new Uint32Array(x.buffer, x.byteOffset, x.length);
  for (let i = 0; i < out.length; i++) out[i] = bits[i] >>> 16;
  return out;
};

const byScale = new Map<number, Uint16Array>();
const scaled = (scale: number): Uint16Array => {
  const numbers = byScale.get(scale) ?? bfloat16(NORMALS.map((x) => x * scale));
  byScale.set(scale, numbers);
  return numbers;
};
const ONES = bfloat16(new Float32Array(NORMALS.length).fill(1));

/** Ones for a norm; else normal numbers that keep the size of what goes through a kernel, which is `[out, in]` here. */
const numbersOf = (config: T5Config, { shape, names: [name] }: WantedParam): Uint16Array => {
  if (shape.length === 1) return ONES;
  const inputs = name === "shared.weight" ? 1 : shape[1];
  return scaled(name.endsWith(".q.weight") ? (inputs * config.dKv) ** -0.5 : inputs ** -0.5);
};

/** The tensors, in shards of about 512 MB. */
const shardsOf = (wanted: readonly WantedParam[]): WantedParam[][] => {
  const shards: WantedParam[][] = [];
  let room = 0;
  for (const param of wanted) {
    const bytes = 2 * sizeOf(param.shape);
    if (shards.length === 0 || bytes > room) {
      shards.push([]);
      room = SHARD_BYTES;
    }
    shards[shards.length - 1].push(param);
    room -= bytes;
  }
  return shards;
};

const writeShard = (path: string, config: T5Config, tensors: readonly WantedParam[], seed: number): void => {
  let end = 0;
  const header = tensors.map(({ names, shape }) => {
    const begin = end;
    end += 2 * sizeOf(shape);
    return [names[0], { dtype: "BF16", shape, data_offsets: [begin, end] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = openSync(path, "w");
  writeSync(file, Buffer.concat([length, json]));
  for (const [i, tensor] of tensors.entries()) {
    const numbers = numbersOf(config, tensor);
    let start = ((seed * 1000 + i) * 7919) % numbers.length;
    for (let left = sizeOf(tensor.shape); left > 0; ) {
      const piece = numbers.subarray(start, start + left);
      writeSync(file, piece);
      left -= piece.length;
      start = 0;
    }
  }
  closeSync(file);
};

/** Writes the directory, which must be there. */
export const writeRandomT5 = (folder: string, config: T5Config): void => {
  const shards = shardsOf(wantedParams(config));
  const nameOf = (i: number): string => `model-${i + 1}-of-${shards.length}.safetensors`;
  for (const [i, tensors] of shards.entries()) writeShard(join(folder, nameOf(i)), config, tensors, i);
  const files = shards.flatMap((tensors, i) => tensors.map(({ names }) => [names[0], nameOf(i)]));
  const write = (name: string, value: unknown): void => writeFileSync(join(folder, name), JSON.stringify(value));
  write("model.safetensors.index.json", { weight_map: Object.fromEntries(files) });
  write("config.json", encodeHuggingFaceConfig({ config }));
};
