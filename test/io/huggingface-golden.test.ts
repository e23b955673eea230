/** @file Directories of Hugging Face and adapters of PEFT that torch wrote (test/golden/make/huggingface.py), read, and written and read again. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { HostArray } from "../../lib/core/host.js";
import { flatten, pathsOf, printPath } from "../../lib/core/pytree.js";
import { loadHuggingFaceTE } from "../../lib/io/huggingface.js";
import { loadPromptTE } from "../../lib/io/prompts.js";
import type { FloatStorage } from "../../lib/io/safetensors-write.js";
import { saveHuggingFaceTE } from "../../lib/io/save-huggingface.js";
import { isValue } from "../../lib/io/values.js";
import { run, temporaryFolder } from "./folder.js";
import { decoded, writeFiles } from "./t5x/golden.js";

const Golden = suite("io/huggingface: written by torch");
const root = temporaryFolder(Golden);

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
type Files = Readonly<Record<string, string>>;
interface Model {
  /** What all its tensors can be saved as without a change. */
  readonly stored: FloatStorage;
  readonly files: Files;
  readonly params: Readonly<Record<string, Numbers>>;
}
const golden = JSON.parse(readFileSync("test/golden/data/huggingface.json", "utf8")) as {
  readonly models: Readonly<Record<string, Model>>;
  readonly adapters: Readonly<
    Record<string, { readonly files: Files; readonly prompt: Numbers; readonly unusedRows: number }>
  >;
};

const write = (name: string, files: Files): string =>
  writeFiles(
    join(root, name),
    Object.fromEntries(Object.entries(files).map(([file, bytes]) => [file, decoded(bytes)])),
  );
const numbers = ({ shape, data }: HostArray): Numbers => ({ shape, data: [...data] });
const named = (params: unknown): Record<string, Numbers> => {
  const [leaves, treedef] = flatten(params, isValue);
  return Object.fromEntries(pathsOf(treedef).map((path, i) => [printPath(path), numbers(leaves[i] as HostArray)]));
};

for (const [title, { stored, files, params }] of Object.entries(golden.models)) {
  Golden(`${title}: every number in its place, also after it was saved as it was stored`, async () => {
    const loaded = await run(loadHuggingFaceTE(write(title, files)));
    assert.equal(named(loaded.params), params);
    const again = join(root, `${title} again`);
    await run(saveHuggingFaceTE(again, loaded, { dtype: stored, maxShardBytes: 400 }));
    const back = await run(loadHuggingFaceTE(again));
    assert.equal(named(back.params), params);
    assert.equal(back.config, loaded.config);
  });
}

for (const [title, { files, prompt, unusedRows }] of Object.entries(golden.adapters)) {
  Golden(`an adapter of PEFT, ${title}`, async () => {
    const loaded = await run(loadPromptTE(write(title, files)));
    assert.equal(numbers(loaded.prompt), prompt);
    assert.equal([loaded.format, loaded.baseModel, loaded.unusedRows], ["peft", "google/t5-base-lm-adapt", unusedRows]);
  });
}

Golden.run();
