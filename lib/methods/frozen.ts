/** @file The frozen model that a method is given. */
import { ArgumentError, TreeError } from "../core/errors.js";
import { isTensor, type Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { embed } from "../t5/inputs.js";
import type { AnyParams } from "../t5/stack.js";
import { kindOf } from "./trees.js";

/** @throws {TreeError} when `params` are not the parameters of a T5 on the device */
export const checkFrozen = (where: string, params: unknown): void => {
  const embedder = (params as { tokenEmbedder?: { embedding?: unknown } } | null | undefined)?.tokenEmbedder;
  const embedding = embedder?.embedding;
  if (isTensor(embedding)) return;
  const onHost = typeof embedding === "object" && embedding !== null && "data" in embedding;
  throw new TreeError({
    where,
    what: onHost ? "the frozen model is on the host" : "the frozen model is not a tree of parameters of a T5",
    expected: "parameters such as those of t5.init, with tensors for leaves",
    got: embedder === undefined ? kindOf(params) : kindOf(embedding),
    at: embedder === undefined ? undefined : "tokenEmbedder/embedding",
    hint: onHost ? "np.devicePut(params) puts what loadT5 returns on the device" : undefined,
  });
};

/** @throws {ArgumentError} when a text has no ids */
export const checkIds = (where: string, ids: readonly number[]): void => {
  if (ids.length > 0) return;
  throw new ArgumentError({ where, what: "the text has no ids", expected: "at least one", got: "none" });
};

/** The embeddings of a text, `[ids, d]`. @throws {TreeError} when `frozen` is not a model on the device; {ArgumentError} for an id without an embedding */
export const embeddedIds = (where: string, frozen: AnyParams, ids: readonly number[]): Tensor => {
  checkFrozen(where, frozen);
  const rows = frozen.tokenEmbedder.embedding.shape[0];
  const outside = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < rows));
  if (outside === undefined) return embed(frozen, np.array(Int32Array.from(ids)));
  throw new ArgumentError({
    where,
    what: "an id has no embedding",
    expected: `ids from 0 to ${rows - 1}`,
    got: String(outside),
    hint: "use the tokenizer that belongs to the model",
  });
};
