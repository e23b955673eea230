/** @file Where the golden prompts start: at embeddings of ids, those of a text among them. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeFor } from "../../lib/compile/init.js";
import { scope } from "../../lib/core/composite.js";
import { withRuntime } from "../../lib/core/runtime.js";
import { loadHuggingFace } from "../../lib/io/huggingface.js";
import { parseSafetensors } from "../../lib/io/safetensors.js";
import * as methods from "../../lib/methods/index.js";
import * as np from "../../lib/np/index.js";
import * as random from "../../lib/random/index.js";
import { loadTokenizer } from "../../lib/tokenizer/index.js";
import { assertNear, hostOf } from "../helpers/golden.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { withShared } from "../helpers/shared.js";
import { type CaseJson, treeOf } from "./golden-cases.js";

const Starts = suite("methods/starts");
const files = goldenFiles(Starts, "methods/starts.test.ts");
const MODELS = ["t5-tiny", "t5-tiny-v1_0"];

for (const model of MODELS) {
  for (const name of ["prompt-sample", "prompt-text", "prompt-text-submodules2"]) {
    withShared(Starts, `${model}, ${name}: the saved prompt is the embeddings of its ids`, async (root) => {
      const folder = `methods/${model}/${name}`;
      const { init_token_ids: ids = [] } = files.open<CaseJson>(root, `${folder}/case.json`);
      const path = `${root}/golden/${folder}/adapter/adapter_model.safetensors`;
      const saved = parseSafetensors(readFileSync(path), path).tensors.get("prompt_embeddings");
      const { config, params } = await loadHuggingFace(`${root}/golden/${model}`);
      withRuntime(await runtimeFor("reference"), () =>
        scope(() => {
          const rows = np.array(Int32Array.from(ids));
          const method = methods.prompt({ length: ids.length, init: (_, table) => np.take(table, rows, 0) });
          const { prompt } = method.init(random.key(0), config, np.devicePut(params));
          assert.equal(hostOf(prompt), { shape: [...(saved?.shape ?? [])], data: saved?.data });
        }),
      );
    });
  }

  withShared(Starts, `${model}: MPT starts from what was trained on other tasks as PEFT does`, async (root) => {
    const tensorsOf = (path: string) => {
      const file = `${root}/golden/methods/${model}/${path}/adapter_model.safetensors`;
      return Object.fromEntries(parseSafetensors(readFileSync(file), file).tensors);
    };
    const { config, params } = await loadHuggingFace(`${root}/golden/${model}`);
    withRuntime(await runtimeFor("reference"), () =>
      scope(() => {
        const source = treeOf(tensorsOf("mpt/trained"), undefined) as unknown as methods.MptTree;
        const starts = { average: "average", task: { task: 2 }, shared: "fresh" } as const;
        for (const [name, factors] of Object.entries(starts)) {
          const method = methods.mpt({ length: 5, rank: 2, source: { tuned: source, factors } });
          const tuned = method.init(random.key(0), config, np.devicePut(params));
          const want = tensorsOf(`mpt-from-${name}/adapter`);
          const pairs = [
            [tuned.prompt, want.prompt_embeddings],
            ...(factors === "fresh" ? [] : [[tuned.taskCols, want.prefix_task_cols] as const]),
            ...(factors === "fresh" ? [] : [[tuned.taskRows, want.prefix_task_rows] as const]),
          ] as const;
          for (const [got, wanted] of pairs) {
            assert.equal(got.shape, [...wanted.shape]);
            assertNear(name, hostOf(got).data, wanted.data, { abs: 1e-6, rel: 0 });
          }
          assert.equal(
            [tuned.taskCols.shape, tuned.taskRows.shape],
            [
              [1, 5, 2],
              [1, 2, 64],
            ],
          );
        }
      }),
    );
  });

  for (const name of ["prompt-text", "prompt-text-submodules2"]) {
    withShared(
      Starts,
      `${model}, ${name}: the ids are those of the text and its end, again and again`,
      async (root) => {
        const golden = files.open<CaseJson>(root, `methods/${model}/${name}/case.json`);
        const tokenizer = await loadTokenizer(`${root}/golden/methods/tokenizer`);
        const whole = [...tokenizer.encode(golden.init_text as string), tokenizer.eosId];
        assert.equal(whole, golden.init_text_token_ids);
        const { init_token_ids: ids = [] } = golden;
        assert.is(ids.length, name === "prompt-text" ? 5 : 10);
        assert.equal(
          ids.map((_, i) => whole[i % whole.length]),
          ids,
        );
      },
    );
  }
}

withShared(Starts, "the tokenizer's special tokens are those of its configuration", async (root) => {
  const golden = files.open<Readonly<Record<string, string>>>(root, "methods/tokenizer/tokenizer_config.json");
  const { padId, eosId, unkId, idToPiece } = await loadTokenizer(`${root}/golden/methods/tokenizer`);
  const pieces = [padId, eosId, unkId].map((id) => idToPiece(id));
  assert.equal(pieces, [golden.pad_token, golden.eos_token, golden.unk_token]);
});

Starts.run();
