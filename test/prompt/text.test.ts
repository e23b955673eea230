/** @file Prompts that start from text: rows of the embedding, in the reference's way and in PEFT's. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeFor } from "../../lib/compile/init.js";
import { scope } from "../../lib/core/composite.js";
import { type ErrorTag, isFluxionError } from "../../lib/core/errors.js";
import type { HostArray } from "../../lib/core/host.js";
import { withRuntime } from "../../lib/core/runtime.js";
import type { Nested, Tensor } from "../../lib/core/tensor.js";
import { parseSafetensors } from "../../lib/io/index.js";
import * as np from "../../lib/np/index.js";
import * as prompt from "../../lib/prompt/index.js";
import * as random from "../../lib/random/index.js";
import { loadTokenizer } from "../../lib/tokenizer/index.js";
import { readSharedJson, withShared } from "../helpers/shared.js";

const Text = suite("prompt/text");
const reference = await runtimeFor("reference");
const check = (title: string, body: () => void): void => {
  Text(title, () => withRuntime(reference, () => scope(body)));
};

/** Row i is the constant i, as in the reference implementation's own tests. */
const table = (rows = 100, width = 10): Tensor =>
  np.broadcastTo(np.expandDims(np.arange(0, rows, 1, "float32"), 1), [rows, width]);
const pieces: Record<string, number[]> = { true: [23, 54], false: [45], maybe: [7] };
const firstColumn = (x: Tensor): Nested => np.slice(x, [null, 0]).toArray();
const throws = (f: () => unknown, tag: ErrorTag, message: RegExp): void => {
  assert.throws(f, (e: unknown) => isFluxionError(e, tag) && message.test(e.message));
};

check("class labels are means of their pieces, the rest is drawn from the vocabulary", () => {
  const p = prompt.classLabels(random.key(0), table(), (text) => pieces[text], ["true", "false"], 10);
  assert.equal(p.shape, [10, 10]);
  const rows = firstColumn(p) as number[];
  assert.equal(rows.slice(0, 2), [38.5, 45]);
  assert.ok(rows.slice(2).every((v) => Number.isInteger(v) && v >= 0 && v < 100));
});

check("surplus labels are left out", () => {
  const p = prompt.classLabels(random.key(0), table(), (text) => pieces[text], ["true", "false", "maybe"], 2);
  assert.equal(firstColumn(p), [38.5, 45]);
});

check("a text is repeated and cut to the rows there are", () => {
  const rows = (length: number): Nested => firstColumn(prompt.fromText(table(), [7, 8, 1], length));
  assert.equal(rows(2), [7, 8]);
  assert.equal(rows(3), [7, 8, 1]);
  assert.equal(rows(7), [7, 8, 1, 7, 8, 1, 7]);
});

check("an embedded string keeps the other rows, and loses pieces where there are fewer rows", () => {
  const rows = (ids: number[]): Nested =>
    firstColumn(prompt.fromEmbeddedString(table(), ids, np.negative(table(4)))) as number[];
  assert.equal(rows([7, 8]), [7, 8, -2, -3]);
  assert.equal(rows([7, 8, 9, 10]), [7, 8, 9, 10]);
  assert.equal(rows([7, 8, 9, 10, 11, 12]), [7, 8, 9, 10]);
});

check("texts without pieces, pieces without embedding and other widths are errors that name the remedy", () => {
  throws(() => prompt.fromText(table(), [], 3), "ArgumentError", /no pieces.*\n?.*at least one id/s);
  throws(
    () => prompt.fromText(table(), [3, 100], 3),
    "ArgumentError",
    /0 to 99[\s\S]*100[\s\S]*ids\[1\][\s\S]*tokenizer/,
  );
  throws(() => prompt.fromText(table(), [3], 0), "ArgumentError", /at least one vector/);
  throws(() => prompt.fromText(np.ones([3]), [0], 1), "ShapeError", /not a table/);
  throws(() => prompt.fromEmbeddedString(table(), [], table(2)), "ArgumentError", /no pieces/);
  throws(() => prompt.fromEmbeddedString(table(), [1], np.ones([2, 9])), "ShapeError", /\[length, 10\]/);
  const labels = (ids: number[]) => () => prompt.classLabels(random.key(0), table(), () => ids, ["x"], 3);
  throws(labels([]), "ArgumentError", /label "x"[\s\S]*leave out labels/);
  throws(labels([-1]), "ArgumentError", /label "x"[\s\S]*tokenizer/);
});

const tensorIn = (path: string, name: string): Tensor =>
  np.fromHost(parseSafetensors(readFileSync(path), path).tensors.get(name) as HostArray);

interface TextCase {
  readonly init_text: string;
  readonly init_text_token_ids: readonly number[];
  readonly init_token_ids: readonly number[];
}

for (const model of ["t5-tiny", "t5-tiny-v1_0"]) {
  for (const name of ["prompt-text", "prompt-text-submodules2"]) {
    withShared(Text, `${model}: ${name} starts where PEFT's does`, async (root) => {
      const folder = join(root, "golden", "methods");
      const golden = readSharedJson<TextCase>(root, `golden/methods/${model}/${name}/case.json`);
      const tokenizer = await loadTokenizer(join(folder, "tokenizer", "tokenizer.json"));
      const ids = [...tokenizer.encode(golden.init_text), tokenizer.eosId];
      assert.equal(ids, golden.init_text_token_ids);
      withRuntime(reference, () =>
        scope(() => {
          const embeddings = tensorIn(join(root, "golden", model, "model.safetensors"), "shared.weight");
          const start = prompt.fromText(embeddings, ids, golden.init_token_ids.length);
          const adapter = join(folder, model, name, "adapter", "adapter_model.safetensors");
          const expected = tensorIn(adapter, "prompt_embeddings");
          assert.equal(start.toArray(), expected.toArray());
        }),
      );
    });
  }
}

Text.run();
