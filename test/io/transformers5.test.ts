/** @file Folders that transformers 5 saved (test/golden/make/transformers5.py): their logits, and the same folders and checkpoints of T5X written here. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import { loadHuggingFaceTE } from "../../lib/io/huggingface.js";
import { openWeights } from "../../lib/io/sharded.js";
import { loadT5xTE } from "../../lib/io/t5x/load.js";
import { saveT5xTE } from "../../lib/io/t5x/save.js";
import * as np from "../../lib/np/index.js";
import { isScaled, type T5Config, type T5Tree } from "../../lib/t5/config.js";
import * as t5 from "../../lib/t5/index.js";
import { assertNear } from "../helpers/golden.js";
import { onReference } from "../helpers/runtime.js";
import { messageOf, run, temporaryFolder } from "./folder.js";
import {
  assertAsRecorded,
  inputs,
  layOut,
  models,
  recorded,
  type SavedModel,
  saveModelAgain,
  targets,
} from "./saved-here.js";

const Saved = suite("io/huggingface: saved by transformers 5");
const root = temporaryFolder(Saved);

type Loaded = Awaited<ReturnType<typeof loadOf>>;
const loadOf = (dir: string) => run(loadHuggingFaceTE(dir));
const write = (title: string): string => layOut(join(root, title), models[title]?.files ?? {});

const assertLogits = (
  what: string,
  { config, params }: Pick<Loaded, "config" | "params">,
  { logits }: SavedModel,
): void =>
  onReference(() =>
    scope(() => {
      const ids = (rows: number[][]) => np.array(rows, { dtype: "int32" });
      const ours = t5.logits(config, np.devicePut(params), { inputs: ids(inputs), targets: ids(targets) });
      assertNear(what, ours.dataSync(), logits, { abs: 1e-4, rel: 2e-5 });
    }),
  );

/** All tensors of a folder with their types, as numbers. */
const tensorsOf = async (dir: string): Promise<object> => {
  const file = await run(openWeights(dir));
  const tensors = new Map<string, object>();
  for (const [name, { stored }] of [...file.entries].sort(([a], [b]) => (a < b ? -1 : 1)))
    tensors.set(name, { stored, data: await run(file.read(name)) });
  await file.close();
  return Object.fromEntries(tensors);
};

for (const [title, model] of Object.entries(models)) {
  Saved(`${title}: its logits, and the same tensors when it is saved here`, async () => {
    const dir = write(title);
    const loaded = await loadOf(dir);
    assert.equal([loaded.config.tiedEmbeddings, isScaled(loaded.config)], [model.tied, model.scaled]);
    assertLogits("loaded", loaded, model);

    const again = await saveModelAgain(dir, join(root, `${title} again`), model);
    assertAsRecorded(again, "config.json", recorded.models[title]);
    assert.equal(await tensorsOf(again), await tensorsOf(dir));
    const back = await loadOf(again);
    assert.equal([back.config, back.params], [loaded.config, loaded.params]);
    const said = JSON.parse(readFileSync(join(again, "config.json"), "utf8"));
    const scaling = said.model_type === "mt5" ? undefined : model.scaled;
    assert.equal([said.tie_word_embeddings, said.scale_decoder_outputs], [model.tied, scaling]);
  });

  Saved(`${title}: the same logits as a checkpoint of T5X, which cannot say what is scaled`, async () => {
    const { config, params } = await loadOf(write(title));
    const t5x = await run(saveT5xTE(join(root, `${title} t5x`), { config, params }));
    const choices: Partial<T5Config> = { relativeAttentionMaxDistance: config.relativeAttentionMaxDistance };
    const back = await run(loadT5xTE(t5x, { config: choices }));
    assert.is(back.config.scaleDecoderOutputs, undefined);
    assertLogits("through T5X", back, model);
  });
}

Saved("a checkpoint of T5X is read as unscaled where the caller says so", async () => {
  const { config, params } = await loadOf(write("T5 1.1, tied"));
  const t5x = await run(saveT5xTE(join(root, "as it is"), { params: params as T5Tree<never> }));
  const back = await run(loadT5xTE(t5x, { config: { scaleDecoderOutputs: false } }));
  assert.equal(back.config, config);
  const beyond = messageOf(await loadT5xTE(t5x, { config: { eosId: 32 } })(), "CheckpointError");
  assert.match(beyond, "eos_token_id from 0 to 31");
});

Saved.run();
