/** @file A T5 on the device, with what an adapter puts into it: what commands compute with. */
import type { ExecutorName } from "../compile/executors.js";
import { init } from "../compile/init.js";
import { scope } from "../core/composite.js";
import { leavesOf } from "../core/pytree.js";
import { dispose } from "../core/tensor.js";
import { namedBy, orThrow } from "../edge/either.js";
import { loadT5TE } from "../io/load-t5.js";
import * as np from "../np/index.js";
import type { T5Config } from "../t5/config.js";
import { merge } from "../t5/merge.js";
import type { Params } from "../t5/model.js";
import type { Modified } from "../t5/modified.js";
import { type AdapterFlags, adapterOf, checkAdapter, type FoundAdapter } from "./adapter.js";
import { withProgress } from "./bar.js";
import { MODEL_FLAG } from "./flags.js";
import { type Said, saidOf } from "./huggingface-out.js";
import type { Terminal } from "./terminal.js";

/** What to load, and what is to compute. */
export interface ReadyOptions extends AdapterFlags {
  readonly model: string;
  readonly executor: ExecutorName;
  readonly threads?: number;
  /** Makes what an adapter puts beside kernels part of them; default it stays beside them. */
  readonly merged?: boolean;
}

/** A T5 on the device. */
export interface ReadyT5 {
  readonly config: T5Config;
  /** The weights as they were stored. */
  readonly params: Params;
  /** These weights with the adapter, or alone. */
  readonly model: Modified;
  /** For a folder of Hugging Face that is written of it. */
  readonly said: Said;
  /** Frees everything. */
  readonly dispose: () => void;
}

/** The model with an adapter in it, and everything that has to be freed besides the weights. */
const withAdapter = (
  config: T5Config,
  params: Params,
  adapter: FoundAdapter | undefined,
  merged: boolean,
): { readonly model: Modified; readonly owned: readonly unknown[] } => {
  if (adapter === undefined) return { model: { params }, owned: [] };
  const tuned = np.devicePut(adapter.tuned) as object;
  const model = scope((): Modified => {
    const beside = adapter.method.apply(config, params, tuned);
    return merged ? { ...beside, params: merge(beside.params) } : beside;
  });
  const given = new Set(leavesOf(params));
  return { model, owned: [...new Set(leavesOf([tuned, model]))].filter((x) => !given.has(x)) };
};

/**
 * Loads a model and its adapter, checks that they fit together, and starts the backend.
 *
 * @param check  of the configuration, before anything is computed
 */
export const readyT5 = async (
  flags: ReadyOptions,
  terminal: Terminal,
  check: (config: T5Config) => void = () => undefined,
): Promise<ReadyT5> => {
  const { model: path, executor, threads, merged = false } = flags;
  const adapter = await adapterOf(flags);
  const stored = await withProgress(terminal, "reading", (onProgress) =>
    orThrow(namedBy(MODEL_FLAG, loadT5TE(path, { onProgress }))),
  );
  const { config } = stored;
  check(config);
  if (adapter !== undefined) checkAdapter(adapter, config, path, terminal);
  const inside = Object.keys(stored.prompts);
  if (inside.length > 0 && adapter === undefined) {
    terminal.note(`not used: ${inside.join(", ")}, which is in the checkpoint; --adapter ${path} puts it in front`);
  }
  await init({ executor, ...(threads !== undefined && { threads }) });
  const params = np.devicePut(stored.params, { donate: true }) as Params;
  const { model, owned } = withAdapter(config, params, adapter, merged);
  return { config, params, model, said: saidOf(stored), dispose: () => dispose([params, owned]) };
};
