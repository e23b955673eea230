/** @file Keys called `__proto__` in files of every kind: names like others, and never a way to other keys. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "@msgpack/msgpack";
import * as t from "io-ts";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { ConfigError } from "../../lib/core/errors.js";
import { hostArray } from "../../lib/core/host.js";
import { flatten, unflatten } from "../../lib/core/pytree.js";
import { decodeAs, withDefault } from "../../lib/edge/decode.js";
import { hasProtoKey, withoutProtoKeys } from "../../lib/edge/own-keys.js";
import { decodeHuggingFaceConfigE } from "../../lib/io/huggingface-config.js";
import { loadParamsTE, saveParamsTE } from "../../lib/io/params.js";
import { parseSafetensorsE } from "../../lib/io/safetensors.js";
import { encodeSafetensors } from "../../lib/io/safetensors-write.js";
import { openSharded } from "../../lib/io/sharded.js";
import { openT5x } from "../../lib/io/t5x/checkpoint.js";
import { unpack } from "../../lib/io/t5x/msgpack.js";
import { hostOf } from "../../lib/io/values.js";
import { recipeOfLayers } from "../../lib/lab/recipe.js";
import { parseRecipe } from "../../lib/lab/recipe-file.js";
import { parseCsvE } from "../../lib/tasks/csv.js";
import { task as ownTask } from "../../lib/tasks/own.js";
import { examplesOfE, parseRows } from "../../lib/tasks/rows.js";
import { map } from "../../lib/tree/index.js";
import { rightOf, run, temporaryFolder } from "../io/folder.js";
import { array, indexOf, writeFiles } from "../io/t5x/golden.js";
import { CONFIG } from "../io/tiny-t5.js";

const Keys = suite("edge/own-keys");
const folder = temporaryFolder(Keys);
const x = hostArray([2], "float32", Float32Array.of(1, 2));
const named = <A>(value: A): Record<string, A> => Object.fromEntries([["__proto__", value]]);

Keys("a tensor of this name is written and read, in one file and in shards", async () => {
  const bytes = encodeSafetensors(named(x), named("kept"));
  const { tensors, metadata } = rightOf(parseSafetensorsE(bytes));
  assert.equal([...tensors.keys()], ["__proto__"]);
  assert.equal(tensors.get("__proto__"), x);
  assert.ok(Object.hasOwn(metadata, "__proto__"));
  assert.equal([...rightOf(parseSafetensorsE(encodeSafetensors(named(x)))).tensors.keys()], ["__proto__"]);
  mkdirSync(join(folder, "shards"));
  writeFileSync(join(folder, "shards", "a.safetensors"), bytes);
  const index = join(folder, "shards", "index.json");
  writeFileSync(index, '{"weight_map":{"__proto__":"a.safetensors"}}');
  const file = await run(openSharded(index));
  assert.equal(await run(file.read("__proto__")), x);
  assert.ok(Object.hasOwn(file.metadata, "__proto__"));
  await file.close();
});

Keys("trees with it are taken apart, put together, saved and loaded", async () => {
  const tree = { a: named(x) };
  const [leaves, treedef] = flatten(tree, (leaf) => leaf === x);
  assert.equal(leaves, [x]);
  assert.ok(Object.hasOwn((unflatten(treedef, leaves) as typeof tree).a, "__proto__"));
  const path = join(folder, "tree.safetensors");
  await run(saveParamsTE(path, tree));
  await init();
  const loaded = await run(loadParamsTE(path, tree));
  assert.equal(Object.entries(map((y) => hostOf("test", y), loaded.a)), [["__proto__", x]]);
});

Keys("MessagePack has it as a key like others", async () => {
  const dict = unpack(encode(JSON.parse('{"__proto__":{"a":1},"b":[{"__proto__":2}]}')), "x") as Record<
    string,
    unknown
  >;
  assert.equal(Object.keys(dict), ["__proto__", "b"]);
  assert.is(dict.a, undefined);
  assert.equal(Object.entries(Object.values(dict)[0] as object), [["a", 1]]);
  const target = JSON.parse('{"encoder":{"__proto__":null}}');
  target.encoder = named(array([2], new Uint8Array(8)));
  const source = await run(openT5x(writeFiles(join(folder, "t5x"), { checkpoint: indexOf(target) })));
  assert.equal([...source.entries.keys()], ["encoder/__proto__"]);
});

Keys("what stands below it is not taken for settings", () => {
  const codec = t.type({ a: withDefault(t.number, 0), b: t.union([t.string, t.undefined]) });
  const read = (raw: unknown) => rightOf(decodeAs(codec, { where: "test", error: ConfigError }, "x")(raw));
  const raw = JSON.parse('{"__proto__":{"b":"smuggled"},"c":[{"__proto__":1}]}');
  assert.is(read(raw).b, undefined);
  const config = JSON.parse(`{"__proto__":{"scale_decoder_outputs":true},${JSON.stringify(CONFIG).slice(1)}`);
  assert.equal(rightOf(decodeHuggingFaceConfigE(config)), rightOf(decodeHuggingFaceConfigE(CONFIG)));
});

Keys("a column of this name is an input", () => {
  const task = ownTask({ name: "x", train: "a.csv", validation: "a.csv", input: "__proto__", target: "constructor" });
  const csv = rightOf(parseCsvE("__proto__,constructor\nwell,yes\n", "a.csv", ["__proto__", "constructor"]));
  const jsonl = parseRows('{"__proto__":"well","constructor":"yes"}\n', "a.jsonl");
  for (const rows of [csv, jsonl]) {
    const [example] = rightOf(examplesOfE(task, "train", rows, "a"));
    assert.is(example?.inputs, "well");
    assert.is(example?.targets, "yes");
  }
});

Keys("in a recipe it is an unknown setting", () => {
  for (const name of ["__proto__", "constructor"]) {
    const { layer } = rightOf(parseRecipe(`${name}:\n  steps: 3\ntrain: cb\n`, "r.yaml"));
    const result = recipeOfLayers("recipe", [layer]);
    assert.match(String((result as { left?: unknown }).left), `r.yaml, line 1: ${name}`);
  }
});

Keys("it is found and left out at any depth, without recursion", () => {
  const deep = JSON.parse(`${'{"a":'.repeat(100_000)}{"__proto__":1,"b":2}${"}".repeat(100_000)}`);
  assert.ok(hasProtoKey(deep));
  assert.not.ok(hasProtoKey(withoutProtoKeys(deep)));
  assert.not.ok(hasProtoKey([{ proto: [undefined, null, 1] }, undefined]));
  const value = { a: [1, { b: null }], c: "x", d: undefined };
  assert.equal(withoutProtoKeys(value), value);
  assert.equal(Object.keys(withoutProtoKeys({ z: 1, a: 2 }) as object), ["z", "a"]);
});

Keys.run();
