import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as ort from "onnxruntime-web";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { scope } from "../../lib/core/composite.js";
import type { HostArray } from "../../lib/core/host.js";
import { flatten, unflatten } from "../../lib/core/pytree.js";
import { dispose } from "../../lib/core/tensor.js";
import { loadHuggingFace } from "../../lib/io/huggingface.js";
import { saveAdapter } from "../../lib/io/save-adapter.js";
import { isValue } from "../../lib/io/values.js";
import * as methods from "../../lib/methods/index.js";
import type { Method } from "../../lib/methods/method.js";
import type { HostTree } from "../../lib/methods/trees.js";
import * as nn from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";
import * as random from "../../lib/random/index.js";
import * as t5 from "../../lib/t5/index.js";
import { hostTree } from "../../lib/train/store.js";
import { temporaryFolder } from "../io/folder.js";
import { failure, filesBelow, fluxion, fluxionJson } from "./run.js";

const Adapters = suite("cli/adapters");
const folder = temporaryFolder(Adapters);
const at = (name: string): string => join(folder, name);
const NANO = "assets/t5-nano";
const MODEL = ["--model", NANO, "--executor", "tfjs"];
const TEXT = "nli premise: Indeed, Tom washed the table. hypothesis: Tom washed the table.";

const lora = methods.lora({ rank: 2, kernels: ["q", "v", "wo"], rankStabilized: true });
const METHODS = {
  lora,
  dora: methods.lora({ rank: 1, dora: true }),
  ia3: methods.ia3(),
  norms: methods.norms(),
  prompt: methods.prompt({ length: 3 }),
  after: methods.prompt({ length: 2, position: "after" }),
  decoder: methods.prompt({ length: 2, position: "decoder" }),
  warp: methods.compose({ soft: methods.prompt({ length: 2 }), head: methods.weights("decoder/logitsDense/kernel") }),
  both: methods.compose({ low: lora, soft: methods.prompt({ length: 2, position: "decoder" }) }),
} as const satisfies Readonly<Record<string, Method>>;
type Name = keyof typeof METHODS;

/** The values a method starts from, each moved a little, so that none is neutral. */
const moved = (tree: HostTree): HostTree => {
  const [leaves, def] = flatten(tree, isValue);
  const shaken = (x: HostArray, i: number): HostArray => ({
    ...x,
    data: Float32Array.from(x.data, (value, j) => value + 0.2 * Math.sin(3 * i + j * j)),
  });
  return unflatten(def, (leaves as HostArray[]).map(shaken)) as HostTree;
};

const trees: Partial<Record<Name, HostTree>> = {};

Adapters.before(async () => {
  const { config, params: stored } = await loadHuggingFace(NANO);
  await init({ executor: "tfjs" });
  const params = np.devicePut(stored, { donate: true }) as t5.Params;
  for (const [name, method] of Object.entries(METHODS) as [Name, Method][]) {
    const tuned = scope(() => method.init(random.key(3), config, params));
    trees[name] = moved(hostTree(tuned));
    dispose(tuned);
    const adapter = { settings: method.settings, tuned: trees[name], baseModel: NANO };
    await saveAdapter(at(`${name}.safetensors`), adapter);
  }
  dispose(params);
});

interface Answer {
  readonly inputIds: readonly number[];
  readonly outputs: readonly { readonly ids: readonly number[]; readonly score: number }[];
}
const LABELS = ["entailment", "contradiction", "neutral"].flatMap((label) => ["--label", label]);
const answerOf = async (model: readonly string[], ...args: string[]): Promise<Answer> =>
  JSON.parse((await fluxion(["generate", ...model, ...args, "--json", TEXT])).out) as Answer;
/** The scores of the labels by the command line, best first. */
const scoresBy = async (model: readonly string[], ...adapter: string[]): Promise<number[]> =>
  (await answerOf(model, ...adapter, ...LABELS, "--number", "3")).outputs.map(({ score }) => score);
const near = (a: readonly number[], b: readonly number[], limit = 1e-4): boolean =>
  a.every((x, i) => Math.abs(x - b[i]) < limit);

/** The scores of the labels by the library alone, best first. */
const scoresOf = async (name: Name, labels: readonly (readonly number[])[], inputs: readonly number[]) => {
  const { config, params: stored } = await loadHuggingFace(NANO);
  const all = scope(() => {
    const params = np.devicePut(stored) as t5.Params;
    const model = (METHODS[name] as Method).apply(config, params, np.devicePut(trees[name] as object) as object);
    const ids = np.array([inputs as number[]], { dtype: "int32" });
    return labels.map((label) => {
      const targets = np.array([label as number[]], { dtype: "int32" });
      const logs = nn.logSoftmax(t5.logits(config, model, { inputs: ids, targets }));
      return label.reduce((sum, id, i) => sum + (np.get(logs, 0, i, id).item() as number), 0);
    });
  });
  return all.sort((a, b) => b - a);
};

Adapters("generate answers as the library does with the method applied, for every method", async () => {
  const bare = await answerOf(MODEL, ...LABELS, "--number", "3");
  const labels = bare.outputs.map(({ ids }) => ids);
  for (const name of Object.keys(METHODS) as Name[]) {
    const scores = await scoresBy(MODEL, "--adapter", at(`${name}.safetensors`));
    const want = await scoresOf(name, labels, bare.inputIds);
    assert.ok(near(scores, want, 2e-3), `${name}: ${scores} instead of ${want}`);
    const unchanged = bare.outputs.map(({ score }) => score);
    assert.not.ok(near(scores, unchanged), `${name} changes nothing`);
  }
});

Adapters("an adapter answers the same from a folder of PEFT, and --prompt is another name", async () => {
  for (const name of ["dora", "ia3", "prompt"]) {
    const { notes } = await fluxion(["convert", at(`${name}.safetensors`), at(`peft-${name}`)]);
    assert.equal([notes, filesBelow(at(`peft-${name}`))], [[], ["adapter_config.json", "adapter_model.safetensors"]]);
    const [own, peft] = [await scoresBy(MODEL, "--adapter", at(`${name}.safetensors`)), at(`peft-${name}`)];
    assert.equal(await scoresBy(MODEL, "--prompt", peft), own, name);
    const back = at(`back-${name}.safetensors`);
    await fluxion(["convert", peft, back]);
    assert.equal(await scoresBy(MODEL, "--adapter", back), own, name);
  }
  assert.match(await failure("convert", at("after.safetensors"), at("x")), /position "after"[\s\S]*own form/);
  assert.match(await failure("convert", at("lora.safetensors"), at("x.npy")), "only hold a prompt");
  assert.not.ok(existsSync(at("x")) || existsSync(at("x.npy")));
});

Adapters("a merged model answers as the model with its adapter, and its folder needs no other", async () => {
  for (const name of ["lora", "ia3"]) {
    const out = at(`merged-${name}`);
    const flags = ["--model", NANO, "--adapter", at(`${name}.safetensors`), "--out", out, "--json"];
    const { out: said, notes } = await fluxion(["merge", ...flags]);
    assert.equal(JSON.parse(said), { out, format: "hf" });
    assert.match(notes.join("\n"), /weights are written as float32; in assets\/t5-nano they are bfloat16/);
    assert.ok(filesBelow(out).includes("spiece.model"));
    const merged = await scoresBy(["--model", out, "--executor", "tfjs"]);
    const beside = await scoresBy(MODEL, "--adapter", at(`${name}.safetensors`));
    assert.ok(near(merged, beside), `${name}: ${merged}, ${beside}`);
  }
  const again = ["merge", "--model", NANO, "--adapter", at("ia3.safetensors"), "--out", at("merged-ia3")];
  assert.match(await failure(...again), /the path already exists[\s\S]*--force/);
  await fluxion([...again, "--force", "--dtype", "bfloat16"]);
  assert.ok((await run16(at("merged-ia3"))).every((dtype) => dtype === "bfloat16"));
});
const run16 = async (dir: string): Promise<string[]> =>
  (await fluxionJson<{ tensors: { dtype: string }[] }>("inspect", dir)).tensors.map(({ dtype }) => dtype);

Adapters("what weights cannot hold is not merged, with what to do in place of it", async () => {
  for (const [name, what] of [
    ["prompt", "prefix"],
    ["both", "decoderPrefix"],
  ]) {
    const message = await failure("merge", "--model", NANO, "--adapter", at(`${name}.safetensors`), "--out", at("no"));
    assert.match(message, new RegExp(`cannot hold[\\s\\S]*got +${what}\\n[\\s\\S]*fluxion export --adapter`));
  }
  assert.not.ok(existsSync(at("no")));
  assert.match(await failure("merge", "--model", NANO, "--out", at("no")), "'--adapter <path>' not specified");
});

Adapters("inspect tells method, settings and what is trained", async () => {
  const said = await fluxionJson<{ kind: string; method: object; trained: number; tensors: object[] }>(
    "inspect",
    at("lora.safetensors"),
  );
  // Two numbers for each input and output of 3 · 2 queries and values of 3 layers in each attention, and 6 last kernels of MLPs.
  const trained = 2 * (18 * (128 + 128) + 6 * (320 + 128));
  assert.equal([said.kind, said.method, said.trained], ["adapter", lora.settings, trained]);
  assert.is(said.tensors.length, 48);
  const { out } = await fluxion(["inspect", at("lora.safetensors")]);
  assert.match(
    out,
    new RegExp(`lora, ${trained.toLocaleString("en")} trained numbers \\(safetensors, for .*t5-nano\\)\n`),
  );
  assert.match(out, /\nkernels: \["q","v","wo"\]\n/);
  assert.match(out, /│ encoder\/layers\/0\/attention\/query\/a +│ \[128,2\] +│ +256 │/);
  const { notes, out: soft } = await fluxion(["inspect", at("prompt.safetensors")]);
  assert.match(soft, /prompt, 384 trained numbers[\s\S]*\nlength: 3\nposition: "before"\n[\s\S]*│ row +│ +norm │/);
  assert.match(notes.join("\n"), /with --model DIR the nearest pieces/);
  assert.match(await failure("inspect", at("lora.safetensors"), "--model", NANO), "--model is for prompts");
});

Adapters("evaluate takes an adapter for each task, of different methods", async () => {
  const run = at("adapters");
  mkdirSync(join(run, "cb"), { recursive: true });
  await fluxion(["convert", at("lora.safetensors"), join(run, "cb", "tuned.safetensors")]);
  await fluxion(["convert", at("prompt.safetensors"), join(run, "rte.npy")]);
  type Result = { tasks: Record<string, { adapter: string; loss: number }> };
  const limit = ["--limit", "3", ...MODEL];
  const pairs = ["--adapter", `cb=${at("lora.safetensors")}`, "--adapter", `rte=${at("prompt.safetensors")}`];
  const named = await fluxionJson<Result>("evaluate", ...pairs, ...limit);
  const inFolder = await fluxionJson<Result>("evaluate", "--adapters", run, ...limit);
  assert.equal([named.tasks.cb.adapter, inFolder.tasks.cb.adapter], [at("lora.safetensors"), join(run, "cb")]);
  for (const task of ["cb", "rte"]) assert.is(inFolder.tasks[task].loss, named.tasks[task].loss);
  const bare = await fluxionJson<Result>("evaluate", "--task", "cb", ...limit);
  assert.is.not(bare.tasks.cb.loss, named.tasks.cb.loss);
});

/** The ids that onnxruntime-web decodes with the exported files. */
const decodeBy = async (dir: string, ids: readonly number[]): Promise<number[]> => {
  const manifest = JSON.parse(readFileSync(join(dir, "fluxion.json"), "utf8"));
  const { layers, cacheShape, eosId, startId, inputLength } = manifest;
  ort.env.wasm.numThreads = 1;
  const open = (name: string) => ort.InferenceSession.create(readFileSync(join(dir, name)));
  const [encoder, step] = [await open("encoder.onnx"), await open("decoder-step.onnx")];
  const int32 = (data: readonly number[], shape: number[]) => new ort.Tensor("int32", Int32Array.from(data), shape);
  const padded = [...ids, ...new Array<number>(inputLength - ids.length).fill(0)];
  const memory = await encoder.run({ tokens: int32(padded, [1, inputLength]) });
  const names = Array.from({ length: layers }, (_, i) => [`cache_${i}_key`, `cache_${i}_value`]).flat();
  const zeros = new Float32Array(cacheShape.reduce((a: number, b: number) => a * b));
  let cache: Record<string, ort.Tensor> = {};
  for (const name of names) cache[name] = new ort.Tensor("float32", zeros, cacheShape);
  const out: number[] = [];
  while (out.length < cacheShape[2] && out.at(-1) !== eosId) {
    const token = int32([out.at(-1) ?? startId], [1]);
    const next = await step.run({ ...memory, ...cache, token, position: int32([out.length], []) });
    const logits = next.next_logits.data as Float32Array;
    out.push(logits.indexOf(Math.max(...logits)));
    cache = Object.fromEntries(names.map((name) => [name, next[`next_${name}`]]));
  }
  return out;
};

Adapters("export puts weights and inserted vectors of an adapter into the graphs", async () => {
  for (const name of ["both", "after"]) {
    const [out, flags] = [at(`onnx-${name}`), ["--model", NANO, "--adapter", at(`${name}.safetensors`)]];
    const lengths = ["--input-length", "40", "--max-length", "6"];
    const { promptLength } = await fluxionJson<{ promptLength: number }>("export", ...flags, "--out", out, ...lengths);
    assert.is(promptLength, name === "after" ? 2 : 0);
    const { inputIds, outputs } = await answerOf([...flags, "--executor", "tfjs"], "--max-tokens", "6");
    assert.equal(await decodeBy(out, inputIds), outputs[0].ids, name);
  }
});

Adapters("another base model is noted, and one that does not fit is refused", async () => {
  const [named, settings] = [at("named.safetensors"), METHODS.ia3.settings];
  await saveAdapter(named, { settings, tuned: trees.ia3 as HostTree, baseModel: "google/t5-base" });
  const { notes } = await fluxion(["generate", ...MODEL, "--adapter", named, "x"]);
  assert.match(notes.join("\n"), /named\.safetensors says it was trained for google\/t5-base; this is assets\/t5-nano/);
  const { notes: merged } = await fluxion(["merge", "--model", NANO, "--adapter", named, "--out", at("merged-named")]);
  assert.is(merged.length, 2);
  assert.match(merged[0], /weights are written as float32/);
  assert.match(merged[1], /says it was trained for google/);
  const { "encoder/layers/0/attention/key": _, ...rest } = trees.ia3 as Record<string, HostTree>;
  await saveAdapter(at("less.safetensors"), { settings, tuned: rest });
  const less = await failure("generate", ...MODEL, "--adapter", at("less.safetensors"), "x");
  assert.match(less, /does not fit the model[\s\S]*1 missing: encoder\/layers\/0\/attention\/key\/out[\s\S]*--model/);
});

Adapters("--adapter and --prompt exclude each other, in every command", async () => {
  const two = ["--adapter", "a", "--prompt", "b"];
  for (const args of [
    ["generate", ...MODEL, ...two, "x"],
    ["evaluate", ...MODEL, ...two],
    ["evaluate", ...MODEL, "--adapters", "a", "--prompts", "b"],
    ["evaluate", ...MODEL, "--adapter", "a", "--prompts", "b"],
    ["export", "--model", NANO, "--out", at("none"), ...two],
  ]) {
    assert.match(await failure(...args), "cannot be used with", args.join(" "));
  }
});

Adapters("inspect and convert take an adapter by its option, too", async () => {
  const { settings } = METHODS.ia3;
  await saveAdapter(at("ia3.safetensors"), { settings, tuned: trees.ia3 as HostTree });
  const named = await fluxion(["inspect", "--adapter", at("ia3.safetensors")]);
  assert.is(named.out, (await fluxion(["inspect", at("ia3.safetensors")])).out);
  await fluxion(["convert", "--adapter", at("ia3.safetensors"), at("ia3-peft")]);
  assert.equal(filesBelow(at("ia3-peft")), ["adapter_config.json", "adapter_model.safetensors"]);
  assert.match(await failure("inspect"), /a path is missing[\s\S]*<path>, or --adapter/);
  assert.match(await failure("inspect", "a", "--adapter", "b"), /too many paths[\s\S]*b a/);
  assert.match(await failure("convert", "a"), /a path is missing[\s\S]*<in> <out>/);
});

Adapters("an adapter with something that is not a number is refused with its place", async () => {
  const { settings } = METHODS.prompt;
  const prompt = (trees.prompt as { prompt: HostArray }).prompt;
  const data = Float32Array.from(prompt.data).fill(Number.NaN, 130, 131);
  await saveAdapter(at("nan.safetensors"), { settings, tuned: { prompt: { ...prompt, data } } });
  const message = await failure("generate", ...MODEL, "--adapter", at("nan.safetensors"), "x");
  assert.match(message, /not of numbers[\s\S]*NaN in row 1 of prompt/);
});

Adapters.run();
