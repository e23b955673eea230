import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { hostArray } from "../../lib/core/host.js";
import type { Tensor } from "../../lib/core/tensor.js";
import { encodeNpy } from "../../lib/io/npy.js";
import { loadParams, loadParamsTE, saveParamsTE } from "../../lib/io/params.js";
import { savePromptTE } from "../../lib/io/prompts.js";
import { openSafetensorsTE } from "../../lib/io/safetensors.js";
import { encodeSafetensors } from "../../lib/io/safetensors-write.js";
import { hostOf } from "../../lib/io/values.js";
import { map } from "../../lib/tree/index.js";
import { messageOf, run, temporaryFolder } from "./folder.js";

const Params = suite("io/params");
const folder = temporaryFolder(Params);
Params.before(() => init());

/** What `loadParams` gives, read back from its tensors. */
const loaded = async (path: string, like: unknown): Promise<unknown> =>
  map((x) => hostOf("test", x as Tensor), await loadParams(path, like));

const tree = {
  prompt: hostArray([2, 2], "float32", new Float32Array([1, -0, Infinity, 4])),
  opt: {
    count: hostArray([], "int32", new Int32Array([7])),
    slots: [hostArray([1], "uint32", new Uint32Array([3])), null],
  },
  "a.b": [],
};

Params("a tree comes back as it was, with empty parts, null and odd keys", async () => {
  const path = join(folder, "tree.safetensors");
  await run(saveParamsTE(path, tree, { metadata: { step: "7" } }));
  assert.equal(await loaded(path, tree), tree);
  const file = await run(openSafetensorsTE(path));
  assert.equal([...file.entries.keys()], ["opt.count", "opt.slots[0]", "prompt"]);
  assert.is(file.metadata.step, "7");
  await file.close();
});

Params("float32 may be stored in half the bytes, other dtypes stay as they are", async () => {
  const path = join(folder, "half.safetensors");
  const odd = hostArray([2], "float32", new Float32Array([1 + 2 ** -9, 3]));
  await run(saveParamsTE(path, { ...tree, odd }, { dtype: "bfloat16" }));
  const back = await loaded(path, { ...tree, odd });
  assert.equal(back, { ...tree, odd: { ...odd, data: new Float32Array([1, 3]) } });
  const file = await run(openSafetensorsTE(path));
  assert.equal([...file.entries.values()].map(({ stored }) => stored).sort(), [
    "bfloat16",
    "bfloat16",
    "int32",
    "uint32",
  ]);
  await file.close();
  assert.throws(
    () => saveParamsTE(path, tree, { dtype: "float8" as "float32" }),
    (e: unknown) => isFluxionError(e, "ArgumentError"),
  );
});

Params("saving replaces the file and leaves no other behind", async () => {
  const path = join(folder, "again", "tree.safetensors");
  assert.match(
    messageOf(await saveParamsTE(path, tree)(), "CheckpointError"),
    "saveParams: there is no such file or folder",
  );
  const flat = join(folder, "flat.safetensors");
  await run(saveParamsTE(flat, tree));
  await run(saveParamsTE(flat, { prompt: tree.prompt }));
  assert.equal(await loaded(flat, { prompt: tree.prompt }), { prompt: tree.prompt });
  assert.equal(
    readdirSync(folder).filter((name) => name.startsWith("flat")),
    ["flat.safetensors"],
  );
});

Params("a file of another form is refused, all differences together", async () => {
  const path = join(folder, "other.safetensors");
  await run(saveParamsTE(path, tree));
  const like = { prompt: { shape: [2, 3], dtype: "float32" as const }, opt: { count: tree.opt.count, m: tree.prompt } };
  const message = messageOf(await loadParamsTE(path, like)(), "CheckpointError");
  assert.match(message, "1 missing: opt.m");
  assert.match(message, "1 unexpected: opt.slots[0]");
  assert.match(message, "1 mis-shaped: prompt is f32[2,2], not f32[2,3]");
});

Params("the form of the tree is asked for where it was not given", async () => {
  const path = join(folder, "form.safetensors");
  await run(saveParamsTE(path, tree));
  const untold = loadParams as (path: string) => Promise<unknown>;
  const error = await untold(path).catch((e: unknown) => e);
  assert.ok(isFluxionError(error, "ArgumentError"));
  assert.match(String(error), /loadParams: [\s\S]*loadParams\(path, like\)[\s\S]*evalShape/);
});

Params("a leaf that is no host array is told by key path before anything is written", () => {
  const path = join(folder, "never.safetensors");
  assert.throws(
    () => saveParamsTE(path, { a: { b: 3 } }),
    (e: unknown) => isFluxionError(e, "TreeError") && e.message.includes("a.b"),
  );
  assert.not.ok(existsSync(path));
});

Params("an array whose data are not what it says is told by key path before anything is written", async () => {
  const path = join(folder, "never.safetensors");
  const short = { shape: [2, 3], dtype: "float32", data: new Float32Array(5) } as const;
  const wide = { shape: [2], dtype: "float32", data: new Float64Array(2) } as const;
  const isRefused = (e: unknown): boolean =>
    isFluxionError(e, "ArgumentError") && e.message.includes("the data of an array do not fit its dtype and shape");
  for (const array of [short, wide]) {
    assert.throws(
      () => saveParamsTE(path, { a: { b: array } }),
      (e: unknown) => isRefused(e) && (e as Error).message.includes("a.b"),
    );
    assert.throws(() => savePromptTE(path, array), isRefused);
    assert.throws(() => encodeSafetensors({ array }), isRefused);
    assert.throws(() => encodeNpy(array), isRefused);
  }
  assert.not.ok(existsSync(path));
});

Params.run();
