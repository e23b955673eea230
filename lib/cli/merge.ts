/** @file `fluxion merge`: a T5 with an adapter's change of its weights as a plain checkpoint, which needs no adapter. */
import { UnsupportedError } from "../core/errors.js";
import { namedBy, orThrow } from "../edge/either.js";
import { checkpointKindTE } from "../io/checkpoint-kind.js";
import type { SavedT5 } from "../io/save-huggingface.js";
import type { Modified } from "../t5/modified.js";
import type { AdapterFlags } from "./adapter.js";
import { MODEL_FLAG } from "./flags.js";
import { type HuggingFaceFlags, huggingFaceWriter, sayWidened } from "./huggingface-out.js";
import { readyT5 } from "./ready.js";
import type { Terminal } from "./terminal.js";

const WHERE = "fluxion merge";

export interface MergeFlags extends HuggingFaceFlags, AdapterFlags {
  readonly model: string;
  readonly out: string;
  readonly json?: boolean;
}

/** @throws {UnsupportedError} for an adapter that changes more than weights */
const checkWeightsOnly = ({ params: _, ...inserted }: Modified, at: string | undefined): void => {
  const names = Object.keys(inserted);
  if (names.length === 0) return;
  throw new UnsupportedError({
    where: WHERE,
    what: "weights cannot hold what this adapter inserts",
    expected: "an adapter that changes weights only: LoRA, DoRA, IA3, or tuned weights",
    got: names.join(", "),
    at,
    hint: "use it beside the model, `--adapter PATH`, or write both as ONNX: `fluxion export --adapter PATH`",
  });
};

/** Writes a Hugging Face folder of the merged model. */
export const merge = async (flags: MergeFlags, terminal: Terminal): Promise<void> => {
  const { model: input, out, json } = flags;
  const kind = await orThrow(namedBy(MODEL_FLAG, checkpointKindTE(input)));
  const write = await huggingFaceWriter(WHERE, out, { input, kind }, flags);
  // Notes are for a model that is written, and not in front of a refusal.
  const notes: string[] = [];
  const later: Terminal = { ...terminal, note: (line) => void notes.push(line) };
  await sayWidened(input, kind, flags.dtype, later);
  const ready = await readyT5({ ...flags, executor: "tfjs", merged: true }, later);
  const { model, config, said, dispose } = ready;
  try {
    checkWeightsOnly(model, flags.adapter ?? flags.prompt);
    for (const note of notes) terminal.note(note);
    const params = model.params as SavedT5["params"];
    await write({ config, params, ...said }, terminal);
  } finally {
    dispose();
  }
  terminal.write(json ? `${JSON.stringify({ out, format: "hf" })}\n` : `${out}: hf\n`);
};
