import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { referenceExecutor } from "../../lib/compile/reference/executor.js";
import { runtimeOn } from "../../lib/compile/runtime.js";
import { type HostArray, hostArray } from "../../lib/core/host.js";
import { withRuntime } from "../../lib/core/runtime.js";
import { random } from "../../lib/index.js";
import { openSafetensorsTE } from "../../lib/io/safetensors.js";
import { encodeSafetensors } from "../../lib/io/safetensors-write.js";
import { loadTunedTE, saveTunedTE } from "../../lib/io/tuned.js";
import * as methods from "../../lib/methods/index.js";
import type { Method } from "../../lib/methods/method.js";
import { hostTree } from "../../lib/train/store.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { messageOf, run, temporaryFolder } from "./folder.js";

const Tuned = suite("io/tuned");
const folder = temporaryFolder(Tuned);
const at = (name: string): string => join(folder, name);

const ALL: Readonly<Record<string, Method>> = {
  prompt: methods.prompt({ length: 3, position: "after" }),
  lora: methods.lora({ rank: 2, dora: true, kernels: "all-linear" }),
  ia3: methods.ia3(),
  norms: methods.norms(),
  design: methods.design([5, 6]),
  compose: methods.compose({
    soft: methods.prompt({ length: 2 }),
    more: methods.compose({ low: methods.lora({ rank: 1 }), head: methods.weights("decoder/logitsDense/kernel") }),
  }),
};

Tuned("what was saved comes back, of every method, from tensors and from host arrays", async () => {
  const runtime = runtimeOn(referenceExecutor());
  const trees = withRuntime(runtime, () => {
    const { config, params } = tinyT5();
    return Object.entries(ALL).map(([name, method]) => [name, method.init(random.key(1), config, params)] as const);
  });
  for (const [name, tuned] of trees) {
    const { settings } = ALL[name];
    const host = withRuntime(runtime, () => hostTree(tuned));
    const metadata = { step: "300" };
    for (const tree of [tuned, host]) {
      await run(saveTunedTE(at(name), { settings, tuned: tree, baseModel: "t5-tiny", metadata }));
      const { method, ...stored } = await run(loadTunedTE(at(name)));
      assert.equal(stored, { settings, tuned: host, baseModel: "t5-tiny", metadata }, name);
      assert.equal(method.settings, settings);
    }
  }
  runtime.dispose();
});

const floats = (...shape: number[]): HostArray =>
  hostArray(shape, "float32", new Float32Array(shape.reduce((n, d) => n * d, 1)).fill(0.5));
const { settings } = methods.lora({ rank: 2 });
const tuned = { "encoder/layers/0/attention/query": { a: floats(4, 2), b: floats(2, 6) } };

Tuned("names are keys joined by colons, and the settings are JSON in the metadata", async () => {
  await run(saveTunedTE(at("names.safetensors"), { settings, tuned }));
  const file = await run(openSafetensorsTE(at("names.safetensors")));
  await file.close();
  const node = "encoder/layers/0/attention/query";
  assert.equal([...file.entries.keys()], [`${node}:a`, `${node}:b`]);
  assert.equal(file.metadata, { format: "fluxion-tuned", method: JSON.stringify(settings) });
  assert.equal((await run(loadTunedTE(at("names.safetensors")))).baseModel, undefined);
});

Tuned("a tree that names cannot hold, or of other numbers, is refused before anything is written", async () => {
  const before = readdirSync(folder);
  const save = (tuned: object, metadata = {}) => saveTunedTE(at("bad.safetensors"), { settings, tuned, metadata });
  assert.throws(() => save({ "a:b": floats(1) }), /cannot be named[\s\S]*got +a:b/);
  assert.throws(() => save({ "": floats(1) }), /cannot be named/);
  assert.throws(() => save([floats(1)]), /cannot be named/);
  assert.throws(() => save({ a: hostArray([1], "int32", new Int32Array(1)) }), /not float32[\s\S]*int32[\s\S]*at +a/);
  assert.throws(() => save({ a: 3 }), /a leaf is not an array/);
  for (const key of ["format", "method", "base_model"]) assert.throws(() => save(tuned, { [key]: "x" }), /needs/);
  assert.equal(readdirSync(folder), before);
});

const GOOD = { format: "fluxion-tuned", method: JSON.stringify(settings) };
let files = 0;
const refused = async (
  tensors: Record<string, HostArray>,
  metadata: Record<string, string>,
  tag: "CheckpointError" | "ConfigError" = "CheckpointError",
): Promise<string> => {
  const path = at(`bad-${files++}.safetensors`);
  writeFileSync(path, encodeSafetensors(tensors, metadata));
  const message = messageOf(await loadTunedTE(path)(), tag);
  assert.match(message, path);
  return message;
};

Tuned("files of another kind, and those that contradict themselves, are refused", async () => {
  assert.match(await refused({ prompt: floats(1, 2) }, {}), /not a file of a trained tree[\s\S]*loadAdapter/);
  assert.match(await refused({}, { ...GOOD, method: '{"name":"lroa"}' }, "ConfigError"), "did you mean lora?");
  assert.match(await refused({}, { ...GOOD, method: "{" }, "ConfigError"), "not valid JSON");
  assert.match(await refused({}, { format: "fluxion-tuned" }, "ConfigError"), "not valid JSON");
  assert.match(await refused({ a: floats(1), "a:b": floats(1) }, GOOD), "contradict each other");
  assert.match(await refused({ a: hostArray([1], "int32", new Int32Array(1)) }, GOOD), /not float32[\s\S]*i32\[1\]/);
});

Tuned("a damaged file is refused, and a name such as __proto__ is only a name", async () => {
  await run(saveTunedTE(at("good.safetensors"), { settings, tuned }));
  writeFileSync(at("cut.safetensors"), readFileSync(at("good.safetensors")).subarray(0, -1));
  messageOf(await loadTunedTE(at("cut.safetensors"))(), "CheckpointError");
  messageOf(await loadTunedTE(at("nowhere"))(), "CheckpointError");
  writeFileSync(at("proto"), encodeSafetensors({ "__proto__:a": floats(1) }, GOOD));
  const tree = (await run(loadTunedTE(at("proto")))).tuned;
  assert.equal([Object.keys(tree), ({} as { a?: unknown }).a], [["__proto__"], undefined]);
});

Tuned.run();
