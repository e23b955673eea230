/** @file Adapters that PEFT 0.21 saved (test/golden/make/adapters.py): the logits of their models with them, and the same adapters written here. */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import type { HostArray } from "../../lib/core/host.js";
import { orThrow } from "../../lib/edge/either.js";
import { checkFitsE } from "../../lib/io/adapter-fit.js";
import { type Adapter, loadAdapterTE } from "../../lib/io/adapters.js";
import { loadHuggingFaceTE, type StoredT5 } from "../../lib/io/huggingface.js";
import { openSafetensorsTE } from "../../lib/io/safetensors.js";
import * as np from "../../lib/np/index.js";
import type { Model } from "../../lib/t5/index.js";
import * as t5 from "../../lib/t5/index.js";
import { assertNear } from "../helpers/golden.js";
import { onReference } from "../helpers/runtime.js";
import { messageOf, run, temporaryFolder } from "./folder.js";
import {
  adapters,
  assertAsRecorded,
  inputs,
  layOut,
  models,
  recorded,
  refused,
  saveAdapterAgain,
  targets,
} from "./saved-here.js";

const Saved = suite("io/adapters: saved by PEFT");
const root = temporaryFolder(Saved);

const bases = new Map<string, StoredT5>();
const baseOf = async (title: string): Promise<StoredT5> => {
  const known = bases.get(title);
  if (known !== undefined) return known;
  const base = await run(loadHuggingFaceTE(layOut(join(root, title), models[title]?.files ?? {})));
  bases.set(title, base);
  return base;
};

const logitsWith = ({ config, params }: StoredT5, { method, tuned }: Adapter) =>
  onReference(() =>
    scope(() => {
      const ids = (rows: number[][]) => np.array(rows, { dtype: "int32" });
      const model = method.apply(config, np.devicePut(params), np.devicePut(tuned) as object) as Model;
      return t5.logits(config, model, { inputs: ids(inputs), targets: ids(targets) }).dataSync();
    }),
  );

const tensorsOf = async (dir: string): Promise<Map<string, HostArray>> => {
  const file = await run(openSafetensorsTE(join(dir, "adapter_model.safetensors")));
  const tensors = new Map<string, HostArray>();
  for (const name of [...file.entries.keys()].sort()) tensors.set(name, await run(file.read(name)));
  await file.close();
  return tensors;
};

for (const [title, { base, files, logits, float32_off }] of Object.entries(adapters)) {
  Saved(`${title}: its logits, and the same adapter when it is saved here`, async () => {
    const [model, dir] = [await baseOf(base), layOut(join(root, title), files)];
    const adapter = await run(loadAdapterTE(dir));
    orThrow(checkFitsE(adapter, model.config, dir));
    // torch's own error in float32; ours is another of its size.
    assertNear("loaded", logitsWith(model, adapter), logits, { abs: 1e-5 + 3 * float32_off, rel: 0 });

    const again = await saveAdapterAgain(dir, join(root, `${title} again`));
    assertAsRecorded(again, "adapter_config.json", recorded.adapters[title]);
    const [theirs, ours] = [await tensorsOf(dir), await tensorsOf(again)];
    for (const [name, { data }] of ours) {
      // Rows of a prompt for a decoder are left out.
      assert.equal(data, theirs.get(name)?.data.subarray(0, data.length), name);
    }
    assert.equal([...ours.keys()], [...theirs.keys()]);
    assert.equal((await run(loadAdapterTE(again))).tuned, adapter.tuned);
  });
}

Saved("a prefix is read", async () => {
  const { settings, tuned } = await run(loadAdapterTE(layOut(join(root, "prefix tuning"), refused["prefix tuning"])));
  assert.is(settings.name, "peft-prefix");
  assert.is((tuned.prefix as HostArray).shape[0], settings.length);
});

Saved("adapters of other types, and with whole layers, are refused by name", async () => {
  const message = async (title: string): Promise<string> =>
    messageOf(await loadAdapterTE(layOut(join(root, title), refused[title]))(), "ConfigError");
  assert.match(await message("AdaLoRA"), "ADALORA");
  assert.match(await message("a whole output layer"), "modules_to_save");
});

Saved.run();
