/** @file `fluxion export`: a T5 with its adapter as two ONNX graphs, which any runtime can decode with. */

import { join } from "node:path";
import { CheckpointError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import type { Caller } from "../edge/decode.js";
import { orThrow } from "../edge/either.js";
import { type StagedFile, writeTogether } from "../store/staging.js";
import { type DecoderCache, type DecoderMemory, decoderMemory, decodeStep } from "../t5/cache.js";
import { encode } from "../t5/model.js";
import { insertedLengths } from "../train/inserted.js";
import { evalShape, ShapeDtype } from "../transforms/make-jaxpr.js";
import { toOnnx } from "../transforms/to-onnx.js";
import type { AdapterFlags } from "./adapter.js";
import { checkFree } from "./check-free.js";
import { usageError } from "./parse.js";
import { type ReadyT5, readyT5 } from "./ready.js";
import type { Terminal } from "./terminal.js";

export interface ExportFlags extends AdapterFlags {
  readonly model: string;
  readonly out: string;
  readonly inputLength: number;
  readonly maxLength: number;
  readonly batchSize: number;
  readonly task?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** The manifest: how to use the graphs. Both files hold it, and a JSON file beside them too, since some runtimes do not show metadata. */
const manifestOf = ({ config, model }: ReadyT5, flags: ExportFlags) => ({
  ...(flags.task !== undefined && { task: flags.task }),
  promptLength: insertedLengths(model).encoder,
  batchSize: flags.batchSize,
  inputLength: flags.inputLength,
  maxLength: flags.maxLength,
  layers: config.numDecoderLayers,
  cacheShape: [flags.batchSize, config.numHeads, flags.maxLength, config.dKv],
  vocabSize: config.vocabSize,
  padId: config.padId,
  eosId: config.eosId,
  startId: config.decoderStartId,
});

type Manifest = ReturnType<typeof manifestOf>;

const caller: Caller<CheckpointError> = { where: "fluxion export", error: CheckpointError };

const FILES = ["encoder.onnx", "decoder-step.onnx", "fluxion.json"] as const;

/** The files, each made when it is its turn to be written, so that one graph is in memory. */
const filesOf = ({ config, model }: ReadyT5, manifest: Manifest, { batchSize, inputLength }: ExportFlags) => {
  const entries = Object.entries(manifest).map(([key, value]) => [`fluxion.t5.${key}`, `${value}`]);
  const metadata = Object.fromEntries(entries) as Record<string, string>;
  const tokens = new ShapeDtype([batchSize, inputLength], "int32");
  const encoder = (tokens: Tensor): DecoderMemory => decoderMemory(config, model, encode(config, model, tokens));
  const step = (memory: DecoderMemory, cache: DecoderCache, token: Tensor, position: Tensor) => {
    const [logits, next] = decodeStep(config, model, memory, cache, token, position);
    return { logits, cache: next };
  };
  const shape = new ShapeDtype(manifest.cacheShape);
  const cache = Array.from({ length: config.numDecoderLayers }, () => ({ key: shape, value: shape }));
  function* encoderFile(): Generator<Uint8Array> {
    yield toOnnx(encoder, [tokens], { metadata, argNames: ["tokens"], resultName: "memory" });
  }
  function* stepFile(): Generator<Uint8Array> {
    const memory = evalShape(encoder)(tokens);
    const args = [memory, cache, new ShapeDtype([batchSize], "int32"), new ShapeDtype([], "int32")];
    const argNames = ["memory", "cache", "token", "position"];
    yield toOnnx(step as never, args as never, { metadata, argNames, resultName: "next" });
  }
  const contents = [encoderFile(), stepFile(), `${JSON.stringify(manifest, null, 2)}\n`];
  return FILES.map((name, i): StagedFile => [name, contents[i]]);
};

/** Exports the encoder, whose results are what a decoder step reads, and the decoder step. */
export const exportModel = async (flags: ExportFlags, terminal: Terminal): Promise<void> => {
  for (const name of FILES) checkFree(caller.where, join(flags.out, name), flags.force);
  if (flags.inputLength < 2)
    throw usageError(caller.where, "there is no room for a text", { expected: "--input-length from 2 on" });
  // The graphs hold the kernels anyway, so that low-rank terms and scales become part of them.
  const ready = await readyT5({ ...flags, executor: "tfjs", merged: true }, terminal);
  const manifest = manifestOf(ready, flags);
  const files = filesOf(ready, manifest, flags);
  try {
    await orThrow(writeTogether(flags.out, files, () => false, caller));
    terminal.write(
      flags.json
        ? `${JSON.stringify({ out: flags.out, files: FILES, ...manifest })}\n`
        : FILES.map((name) => `${join(flags.out, name)}\n`).join(""),
    );
  } finally {
    ready.dispose();
  }
};
