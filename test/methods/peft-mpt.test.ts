/** @file PEFT's multi-task prompts: the defaults of a short configuration, and what is refused. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type HostArray, hostArray } from "../../lib/core/host.js";
import type { JsonObject, PeftAdapter } from "../../lib/methods/peft/adapter.js";
import { messageOf } from "../io/folder.js";
import { formOf, open, write } from "./peft-memory.js";

const PeftMpt = suite("methods/peft-mpt");

const floats = (...shape: number[]): HostArray =>
  hostArray(
    shape,
    "float32",
    Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => i),
  );
const TYPE: JsonObject = { peft_type: "MULTITASK_PROMPT_TUNING", task_type: "SEQ_2_SEQ_LM" };
/** Of three tasks, rank 2 and width 5. */
const adapter = (rows: number, config: JsonObject = {}, changes: Record<string, HostArray> = {}): PeftAdapter => ({
  config: { ...TYPE, num_virtual_tokens: 4, num_tasks: 3, num_ranks: 2, ...config },
  tensors: new Map(
    Object.entries({
      prompt_embeddings: floats(rows, 5),
      prefix_task_cols: floats(3, rows, 2),
      prefix_task_rows: floats(3, 2, 5),
      ...changes,
    }),
  ),
});
const refused = (one: PeftAdapter, tag: "CheckpointError" | "ConfigError"): string =>
  messageOf(formOf(one.config).fromPeft(one, "there"), tag);

PeftMpt("a configuration without it has PEFT's number of submodules for T5, 2, and it goes back as it came", () => {
  const { settings } = open(adapter(8));
  assert.equal(settings, { name: "mpt", length: 4, rank: 2, tasks: 3, submodules: 2 });
  for (const one of [
    adapter(8),
    adapter(4, { num_transformer_submodules: 1, token_dim: 5, prompt_tuning_init: "TEXT" }),
  ]) {
    const back = write(open(one));
    assert.equal([...back.tensors], [...one.tensors]);
    for (const [key, value] of Object.entries(one.config)) assert.is(back.config[key], value, key);
    assert.is(back.config.token_dim, 5);
  }
});

PeftMpt("tensors of other shapes or names are refused together, and settings that change results", () => {
  const wrong = { prefix_task_cols: floats(2, 8, 2), more: floats(1) };
  assert.match(
    refused(adapter(8, {}, wrong), "CheckpointError"),
    /unexpected: more[\s\S]*prefix_task_cols is f32\[2,8,2\]/,
  );
  assert.match(refused(adapter(8, { num_transformer_submodules: 1 }), "CheckpointError"), "prompt_embeddings");
  assert.match(refused(adapter(8, { token_dim: 6 }), "CheckpointError"), "prefix_task_rows");
  assert.match(refused(adapter(8, { num_transformer_submodules: 3 }), "ConfigError"), "num_transformer_submodules");
  assert.match(
    refused(adapter(8, { modules_to_save: ["lm_head"] }), "ConfigError"),
    /modules_to_save[\s\S]*methods\.mpt/,
  );
  assert.match(refused({ ...adapter(8), tensors: new Map() }, "CheckpointError"), "prompt_embeddings");
});

PeftMpt.run();
