/** @file What a file or folder is that was given as a prompt and is none, and what to do with it. */
import { basename } from "node:path";
import { CheckpointError } from "../core/errors.js";
import { brief } from "../edge/decode.js";
import { ADAPTER_CONFIG } from "./peft.js";
import type { SafetensorsFile } from "./safetensors.js";
import { isTuned, methodNameOf } from "./tuned.js";

const WHERE = "loadPrompt";

/** Adapters of PEFT by the names of their tensors. */
const KINDS: readonly (readonly [kind: string, names: RegExp])[] = [
  ["a LoRA adapter", /\.lora_(A|B|embedding_A|embedding_B|magnitude_vector)\b/],
  ["an IA3 adapter", /\.ia3_l\b/],
  ["an adapter of LN tuning", /\.ln_tuning_layers\b/],
];

/** Why a safetensors file without the tensor of a prompt is refused. */
export const notAPrompt = ({ path, entries, metadata }: SafetensorsFile): CheckpointError => {
  const names = [...entries.keys()];
  const expected = "a tensor named prompt";
  if (isTuned(metadata)) {
    const [what, got] = ["the adapter is not a prompt", `an adapter of the method ${methodNameOf(metadata)}`];
    const hint = "loadAdapter, or --adapter, reads adapters of all methods";
    return new CheckpointError({ where: WHERE, what, expected, got, at: path, hint });
  }
  const kind = KINDS.find(([, pattern]) => names.some((name) => pattern.test(name)))?.[0];
  if (kind !== undefined) {
    const what = `this is ${kind} without its configuration, and not a prompt`;
    const hint = `give the folder of the adapter, with its ${ADAPTER_CONFIG}; loadAdapter, or --adapter, reads it`;
    return new CheckpointError({ where: WHERE, what, expected, got: brief(names), at: path, hint });
  }
  return new CheckpointError({ where: WHERE, what: "the file holds no prompt", expected, got: brief(names), at: path });
};

/** Why the rows of an adapter without its configuration are refused: they may be those of two submodules, of which T5 uses the first. */
export const halfUnknown = (rows: number, path: string): CheckpointError =>
  new CheckpointError({
    where: WHERE,
    what: "an adapter without its configuration: how many of its rows are the prompt is not known",
    expected: `${ADAPTER_CONFIG} beside ${basename(path)}`,
    got: `${rows} rows, which may be ${rows / 2} for the encoder and ${rows / 2} that T5 does not use`,
    at: path,
    hint: `fetch ${ADAPTER_CONFIG}, too, or save the rows of the prompt in Python: numpy.save("prompt.npy", rows)`,
  });

/** Why the folder of an adapter without its configuration is refused. */
export const noConfiguration = (weights: string, dir: string): CheckpointError =>
  new CheckpointError({
    where: WHERE,
    what: "the adapter has no configuration",
    expected: `${ADAPTER_CONFIG} beside ${weights}`,
    at: dir,
    hint: "fetch it from where the weights are from",
  });

const NPZ = /^PK[\s\S]{28}[^\0]*\.npy/;

/** What to do about a file that begins so. */
export const hintFor = (start: string): string => {
  if (NPZ.test(start)) {
    return 'this is an .npz, a zip of arrays; save the intended one in Python: numpy.save("prompt.npy", numpy.load("FILE.npz")["NAME"])';
  }
  return start.startsWith("PK") || start.startsWith("\x80")
    ? 'this is a pickle, which can run code when it is read; save it in Python: numpy.save("prompt.npy", prompt.float().numpy())'
    : "save it with numpy.save, or give the folder of an adapter";
};
