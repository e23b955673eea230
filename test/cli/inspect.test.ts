import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readEmbedding } from "../../lib/cli/contents.js";
import { hostArray } from "../../lib/core/host.js";
import { savePrompt } from "../../lib/io/prompts.js";
import { encodeSafetensors } from "../../lib/io/safetensors-write.js";
import { withShared } from "../helpers/shared.js";
import { temporaryFolder } from "../io/folder.js";
import { decoded, writeFiles } from "../io/t5x/golden.js";
import { failure, fluxion, fluxionJson } from "./run.js";

const Inspect = suite("cli/inspect");
const folder = temporaryFolder(Inspect);
const NANO = "assets/t5-nano";

interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly bytes: number;
}
interface Model {
  readonly kind: string;
  readonly step?: number;
  readonly config: { readonly numLayers: number; readonly dModel: number };
  readonly tensors: readonly Tensor[];
  readonly total: { readonly tensors: number; readonly parameters: number; readonly bytes: number };
}
interface Prompt {
  readonly format: string;
  readonly length: number;
  readonly width: number;
  readonly rows: readonly {
    readonly norm: number;
    readonly nearest?: readonly { readonly id: number; readonly piece: string; readonly score: number }[];
  }[];
}

Inspect("a Hugging Face folder: the tensors as they are stored, and their sums", async () => {
  const { kind, config, tensors, total } = await fluxionJson<Model>("inspect", NANO);
  assert.is(kind, "huggingface");
  assert.is(config.numLayers, 3);
  // The model's README and the size of its file say so.
  assert.equal(total, { tensors: 75, parameters: 2_378_112, bytes: 4_756_224 });
  const embedding = { name: "shared.weight", shape: [4096, 128], dtype: "bfloat16", bytes: 1_048_576 };
  assert.equal(
    tensors.find(({ name }) => name === embedding.name),
    embedding,
  );
});

Inspect("people get a table with a row for each tensor and one for all", async () => {
  const { out, notes } = await fluxion(["inspect", NANO]);
  assert.match(
    out,
    /^assets\/t5-nano: huggingface\nT5 with 3 \+ 3 layers, width 128, 4 heads of 32, feed-forward 320 \(gated gelu/,
  );
  assert.match(out, /│ shared\.weight +│ \[4096,128\] +│ bfloat16 +│ 1,048,576 │/);
  assert.match(out, /│ 75 tensors +│ 2,378,112 +│ +│ 4,756,224 │/);
  assert.equal(notes, ["2,378,112 numbers in 4.76 MB"]);
});

Inspect("one safetensors file, and what is no checkpoint", async () => {
  const { kind, total } = await fluxionJson<Model>("inspect", `${NANO}/model.safetensors`);
  assert.is(kind, "safetensors");
  assert.is(total.parameters, 2_378_112);
  assert.match(await failure("inspect", "assets"), /not a checkpoint of a known kind/);
  assert.match(await failure("inspect", "nowhere"), /there is no such file or folder\n {2}at +nowhere/);
  assert.match(await failure("inspect", NANO, "--model", NANO), /--model is for prompts/);
});

withShared(Inspect, "a checkpoint of T5X, with its step and the configuration that its shapes tell", async (root) => {
  const { kind, step, config, tensors } = await fluxionJson<Model>("inspect", `${root}/data/t5x/test_t5_1_1_tiny`);
  assert.equal([kind, step, config.dModel], ["t5x", 3, 4]);
  const embedding = tensors.find(({ name }) => name === "token_embedder/embedding");
  assert.equal([embedding?.shape, embedding?.dtype], [[32128, 4], "float32"]);
});

withShared(Inspect, "a prompt: the norms of its rows", async (root) => {
  // python3 -c "import numpy; print(numpy.linalg.norm(numpy.load('prompt_5x256.npy'), axis=1))"
  const want = [9.008797566424466, 9.03650760103577, 9.27065895942929, 9.368519137482934, 9.316417204423857];
  const { format, length, width, rows } = await fluxionJson<Prompt>("inspect", `${root}/data/t5x/prompt_5x256.npy`);
  assert.equal([format, length, width], ["npy", 5, 256]);
  for (const [i, { norm }] of rows.entries()) assert.ok(Math.abs(norm - want[i]) < 1e-6, `${norm}`);
});

Inspect("the rows of an embedding are nearest to their own pieces", async () => {
  const path = join(folder, "prompt.npy");
  const embedding = await readEmbedding(NANO, "huggingface");
  const row = (id: number): number[] => Array.from(embedding.data.subarray(id * 128, (id + 1) * 128));
  const data = Float32Array.from([...row(10), ...row(300)]);
  await savePrompt(path, hostArray([2, 128], "float32", data));
  const { rows } = await fluxionJson<Prompt>("inspect", path, "--model", NANO, "--neighbours", "2");
  assert.equal(
    rows.map(({ nearest }) => nearest?.[0].id),
    [10, 300],
  );
  assert.ok(rows.every(({ nearest }) => nearest?.length === 2 && Math.abs(nearest[0].score - 1) < 1e-5));
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
  for (const { nearest = [] } of rows) {
    const [own, next] = nearest.map(({ id }) => row(id));
    const cosine = dot(own, next) / Math.sqrt(dot(own, own) * dot(next, next));
    assert.ok(nearest[0].id !== nearest[1].id && Math.abs(nearest[1].score - cosine) < 1e-5, `${cosine}`);
  }
  const { out } = await fluxion(["inspect", path, "--model", NANO, "--metric", "euclidean"]);
  assert.match(out, /nearest pieces \(euclidean\)/);
  assert.match(out, new RegExp(`│ +0 │ +[\\d.]+ │ ${rows[0].nearest?.[0].piece} 0\\.000 `));
});

Inspect("an empty file, a pipe and a device are refused with what they are, and are not waited for", async () => {
  const [empty, pipe] = [join(folder, "empty.safetensors"), join(folder, "pipe")];
  writeFileSync(empty, "");
  assert.match(
    await failure("inspect", empty),
    /^fluxion inspect: not a checkpoint[\s\S]*got +an empty file\n {2}at +.*empty\.safetensors/,
  );
  execFileSync("mkfifo", [pipe]);
  assert.match(await failure("inspect", pipe), /^fluxion inspect: not a regular file\n[\s\S]*got +a pipe/);
  assert.match(await failure("inspect", "/dev/null"), /got +a device/);
  const npz = join(folder, "p.npz");
  writeFileSync(npz, Buffer.concat([Buffer.from("PK\x03\x04"), Buffer.alloc(26), Buffer.from("prompt.npy")]));
  assert.match(await failure("inspect", npz), /not a checkpoint[\s\S]*hint +this is an \.npz/);
});

Inspect("options for the nearest pieces are refused where there is no model", async () => {
  assert.match(
    await failure("inspect", NANO, "--metric", "dot"),
    /--metric <name> says nothing .*\n {2}expected +--model/,
  );
  assert.match(await failure("inspect", NANO, "--tokenizer", NANO), /--tokenizer <file> says nothing/);
});

Inspect("a prompt of a million columns has a norm, and names cannot control the terminal", async () => {
  const wide = join(folder, "wide.npy");
  await savePrompt(wide, hostArray([1, 1_000_000], "float32", new Float32Array(1_000_000).fill(2)));
  assert.is((await fluxionJson<Prompt>("inspect", wide)).rows[0].norm, 2000);
  const path = join(folder, "evil.safetensors");
  writeFileSync(
    path,
    encodeSafetensors({ "\u001b[2Jx": hostArray([1], "float32", new Float32Array(1)) }, { a: "b\nc" }),
  );
  const { out } = await fluxion(["inspect", path]);
  assert.match(out, /│ \\u001b\[2Jx /);
  assert.match(out, /\na: b\\u000ac\n/);
});

Inspect(
  "a folder of transformers 5 is tied where its tensors have no output layer, whatever its configuration says",
  async () => {
    const { models } = JSON.parse(readFileSync("test/golden/data/transformers5.json", "utf8"));
    const rows = [
      ["T5 1.1, tied, bfloat16", "tied, unscaled output layer"],
      ["T5 1.1, untied", "separate output layer"],
      ["T5 1.0 with an output layer of its own", "separate, scaled output layer"],
      ["mT5, untied, bfloat16", "separate output layer"],
    ] as const;
    for (const [title, form] of rows) {
      const files = Object.entries(models[title].files as Record<string, string>);
      const dir = writeFiles(join(folder, title), Object.fromEntries(files.map(([name, x]) => [name, decoded(x)])));
      assert.match((await fluxion(["inspect", dir])).out, `, ${form})`, title);
    }
  },
);

Inspect.run();
