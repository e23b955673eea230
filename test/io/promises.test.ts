/** @file The forms that give promises and throw, made from those that give a TaskEither or an Either. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { isFluxionError } from "../../lib/core/errors.js";
import * as io from "../../lib/io/index.js";
import * as np from "../../lib/np/index.js";
import { taskOf } from "../../lib/tasks/index.js";
import { temporaryFolder } from "./folder.js";

const Promises = suite("io/promises");
const folder = temporaryFolder(Promises);
Promises.before(() => init());

const NANO = "assets/t5-nano";

/** The tag of the error that a promise is rejected with. */
const tagOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no error",
    (error: unknown) => (isFluxionError(error) ? error._tag : String(error)),
  );

Promises("a loader gives what it loaded, and throws its error", async () => {
  const { config, params } = await io.loadHuggingFace(NANO);
  assert.equal(params.tokenEmbedder.embedding.shape, [config.vocabSize, config.dModel]);
  assert.is(await tagOf(io.loadHuggingFace(folder)), "ConfigError");
  assert.is(await tagOf(io.loadT5(join(folder, "none"))), "CheckpointError");
});

Promises("what is saved is there, and comes back as tensors that the next call takes", async () => {
  const path = join(folder, "params.safetensors");
  const params = { w: np.array([[1, 2]]), layers: [{ b: np.array([3, 4]) }] };
  await io.saveParams(path, params);
  const back = await io.loadParams(path, params);
  assert.equal(np.add(back.w, back.layers[0]?.b ?? 0).toArray(), [[4, 6]]);
});

Promises("what the composed form throws at once rejects the promise", async () => {
  const path = join(folder, "never.safetensors");
  assert.is(await tagOf(io.saveParams(path, { a: 3 })), "TreeError");
  assert.is(await tagOf(io.saveParams(path, {}, { dtype: "float8" as "float32" })), "ArgumentError");
  assert.not.ok(existsSync(path));
});

Promises("the tensors of an open file are promises, too", async () => {
  const path = join(folder, "open.safetensors");
  await io.saveParams(path, { w: np.array([1, 2]) });
  const file = await io.openSafetensors(path);
  assert.equal([...(await file.read("w")).data], [1, 2]);
  let first = 0;
  await file.pieces("w", (piece) => {
    first = Number(piece[0]);
  });
  assert.is(first, 1);
  assert.is(await tagOf(file.read("v")), "CheckpointError");
  await file.close();
});

Promises("functions of values throw", () => {
  assert.is(taskOf("cb").name, "cb");
  assert.throws(
    () => taskOf("cbb"),
    (e: unknown) => isFluxionError(e, "DataError"),
  );
  assert.throws(
    () => io.parseNpy(new Uint8Array(3)),
    (e: unknown) => isFluxionError(e, "CheckpointError"),
  );
});

Promises("orThrow runs a composed form, and gives a promise back as it is", async () => {
  assert.is(await io.orThrow(io.checkpointKindTE(NANO)), "huggingface");
  assert.is(await io.orThrow(io.checkpointKind(NANO)), "huggingface");
  assert.is(await tagOf(io.orThrow(io.checkpointKindTE(folder))), "CheckpointError");
});

Promises.run();
