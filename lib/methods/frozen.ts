/** @file The frozen model that a method is given. */
import { TreeError } from "../core/errors.js";
import { isTensor } from "../core/tensor.js";
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
