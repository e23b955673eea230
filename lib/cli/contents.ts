/** @file What is in a checkpoint, from its headers alone: no tensor is read. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { type Shape, sizeOf } from "../core/aval.js";
import { CheckpointError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { orThrow } from "../edge/either.js";
import type { CheckpointKind } from "../io/checkpoint-kind.js";
import { configCaller, decodeHuggingFaceConfigE, withOwnHead } from "../io/huggingface-config.js";
import { openMesh } from "../io/meshtf/load.js";
import { openSafetensorsTE, type SafetensorsFile } from "../io/safetensors.js";
import { openSharded, openWeights } from "../io/sharded.js";
import type { StoredName } from "../io/stored.js";
import { inferConfig } from "../io/t5-source.js";
import { openT5x } from "../io/t5x/checkpoint.js";
import type { TensorSource } from "../io/tensor-source.js";
import { readJson } from "../store/json-file.js";
import type { T5Config } from "../t5/config.js";
import { HEAD, huggingFaceName } from "../t5/huggingface-names.js";

/** One tensor as it is stored. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: StoredName;
  /** Bytes in the files; fewer than the elements take where they are compressed. */
  readonly bytes: number;
}

export interface Contents {
  readonly kind: CheckpointKind;
  readonly tensors: readonly StoredTensor[];
  readonly config: T5Config | undefined;
  /** Steps of training. */
  readonly step: number | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

const ofSafetensors = async (file: SafetensorsFile): Promise<Pick<Contents, "tensors" | "metadata">> => {
  const tensors = [...file.entries].map(([name, { shape, stored, bytes }]) => ({
    name,
    shape,
    dtype: stored,
    bytes,
  }));
  await file.close();
  return { tensors, metadata: file.metadata };
};

/** The checkpoint, if it is of a kind whose parameters have T5X's names. */
const sourceOf = async (path: string, kind: CheckpointKind): Promise<TensorSource | undefined> => {
  if (kind === "t5x") return orThrow(openT5x(path));
  return kind === "meshtf" ? orThrow(openMesh(path)) : undefined;
};

const ofSource = (source: TensorSource): Omit<Contents, "kind"> => {
  const tensors = [...source.entries].map(([name, { shape, stored, storedBytes }]) => ({
    name,
    shape,
    dtype: stored,
    bytes: storedBytes,
  }));
  const config = inferConfig("inspect", source);
  return { tensors, config: E.isRight(config) ? config.right : undefined, step: source.step, metadata: {} };
};

/** The configuration of a Hugging Face folder with these tensors, if it is that of a T5. */
const configOf = async (dir: string, tensors: readonly StoredTensor[]): Promise<T5Config | undefined> => {
  const path = join(dir, "config.json");
  if (!existsSync(path)) return undefined;
  const raw = await orThrow(readJson(path, configCaller));
  const { config } = await orThrow(async () => decodeHuggingFaceConfigE(raw, path));
  const hasHead = tensors.some(({ name }) => name === HEAD);
  return hasHead && config.tiedEmbeddings ? (withOwnHead(raw, config) ?? config) : config;
};

/** What a checkpoint holds; `kind` is what the path was found to be. */
export const contentsOf = async (path: string, kind: CheckpointKind): Promise<Contents> => {
  const none = { config: undefined, step: undefined };
  const source = await sourceOf(path, kind);
  if (source !== undefined) return { kind, ...ofSource(source) };
  if (kind === "huggingface") {
    const stored = await ofSafetensors(await orThrow(openWeights(path)));
    return { kind, ...none, config: await configOf(path, stored.tensors), ...stored };
  }
  const open = path.endsWith(".index.json") ? openSharded : openSafetensorsTE;
  return { kind, ...none, ...(await ofSafetensors(await orThrow(open(path)))) };
};

const noEmbedding = (path: string): CheckpointError =>
  new CheckpointError({
    where: "inspect",
    what: "there is no embedding to compare with",
    expected: "a T5 of Hugging Face, T5X or Mesh TensorFlow",
    at: path,
  });

/** The embedding of a model, `[V, d]`; nothing else of it is read. */
export const readEmbedding = async (path: string, kind: CheckpointKind): Promise<HostArray> => {
  const source = await sourceOf(path, kind);
  if (source !== undefined) {
    const name = "token_embedder/embedding";
    if (!source.entries.has(name)) throw noEmbedding(path);
    return orThrow(source.read(name));
  }
  if (kind !== "huggingface") throw noEmbedding(path);
  const file = await orThrow(openWeights(path));
  try {
    const name = huggingFaceName(["tokenEmbedder", "embedding"], false)?.names.find((n) => file.entries.has(n));
    if (name === undefined) throw noEmbedding(path);
    return await orThrow(file.read(name));
  } finally {
    await file.close();
  }
};

/** Elements of all tensors. */
export const totalElements = (tensors: readonly StoredTensor[]): number =>
  tensors.reduce((n, { shape }) => n + sizeOf(shape), 0);
