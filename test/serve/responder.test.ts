import { renameSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ExecutorRuntime } from "../../lib/compile/runtime.js";
import { scope } from "../../lib/core/composite.js";
import type { HostArray } from "../../lib/core/host.js";
import { currentRuntime } from "../../lib/core/runtime.js";
import { dispose } from "../../lib/core/tensor.js";
import { savePrompt } from "../../lib/io/prompts.js";
import { saveTuned } from "../../lib/io/tuned.js";
import { ia3, lora, type Method, norms, prefix } from "../../lib/methods/index.js";
import * as np from "../../lib/np/index.js";
import * as random from "../../lib/random/index.js";
import { adapterFolder } from "../../lib/serve/adapter-folder.js";
import type { Outcome } from "../../lib/serve/queue.js";
import { Refusal } from "../../lib/serve/refusal.js";
import { type Reply, responder } from "../../lib/serve/responder.js";
import { adapterRank, batchRows, promptLength, textLength } from "../../lib/serve/shapes.js";
import { generate } from "../../lib/t5/generate.js";
import { collected } from "../helpers/collected.js";
import { heldBy } from "../helpers/runtime.js";
import { temporaryFolder } from "../io/folder.js";
import { shaken } from "../methods/samples.js";
import { OPTIONS, readyToServe, somePrompt, someText, WIDTH, writePrompts } from "./model.js";

const Responding = suite("serve/responder");
const folder = temporaryFolder(Responding);
const dir = join(folder, "prompts");
let prompts: readonly HostArray[] = [];
let ready: Awaited<ReturnType<typeof readyToServe>>;
Responding.before(async () => {
  prompts = await writePrompts(dir, 8);
  ready = await readyToServe(dir);
});
Responding.after(() => ready.dispose());

const held = () => heldBy((currentRuntime("test") as ExecutorRuntime).device);

const replyOf = (outcome: Outcome<Reply>): Reply => {
  if ("value" in outcome) return outcome.value;
  throw outcome.error;
};
/** Why the adapter of a name is refused, in one line. */
const refusalOf = async (wanted: { task: string } | { adapter: string }): Promise<string> => {
  const [outcome] = await ready.answers.answer([{ wanted, text: "the city" }]);
  if (!("error" in outcome && outcome.error instanceof Refusal)) throw new Error("not refused");
  const { reason, told } = outcome.error;
  return [reason, told.what, told.expected, told.got, told.at, told.hint].join(" | ");
};
const idsOf = async (adapter: string, text = "the city of"): Promise<readonly number[]> =>
  replyOf((await ready.answers.answer([{ wanted: { adapter }, text }]))[0]).ids;

Responding("rows of a batch with different prompts and lengths are answered as each is alone", async () => {
  const asked = Array.from({ length: 27 }, (_, i) => ({ wanted: { task: `p${i % 8}` }, text: someText(i) }));
  const replies = (await ready.answers.answer(asked)).map(replyOf);
  const want = asked.map(({ text }, i) => ready.alone(prompts[i % 8], text));
  assert.equal(
    replies.map(({ ids }) => ids),
    want,
  );
  assert.ok(new Set(want.map(String)).size > 8, "answers differ");
  assert.is(replies[9].adapter, "p1.npy");
  assert.is(replies[9].text, ready.tokenizer.decode(want[9]));
});

Responding("a text that is too long is cut as generate cuts it, and the reply says so", async () => {
  const text = Array.from({ length: 60 }, () => "table").join(" ");
  const outcomes = await ready.answers.answer([text, "table"].map((text) => ({ wanted: { task: "p2" }, text })));
  const [long, short] = outcomes.map(replyOf);
  assert.equal([long.cut, short.cut], [true, false]);
  assert.equal(long.ids, ready.alone(prompts[2], text));
});

Responding("shapes of batches are few", () => {
  assert.equal(
    [1, 2, 3, 17, 24].map((n) => batchRows(n, 24)),
    [1, 2, 4, 24, 24],
  );
  assert.equal(
    [1, 16, 17, 24, 25, 40, 48, 49, 65, 300].map((n) => textLength(n, 100)),
    [16, 16, 24, 24, 32, 48, 48, 64, 96, 100],
  );
  assert.equal([1, 4, 5, 20, 150].map(promptLength), [4, 4, 8, 20, 152]);
  assert.equal([1, 3, 8, 12].map(adapterRank), [1, 4, 8, 16]);
});

Responding("a task is found by its name, an adapter by its file; the closest name is told", async () => {
  assert.match(await refusalOf({ task: "P3x" }), /^unknown \| there is no adapter for this task.*did you mean p3\?/);
  assert.match(await refusalOf({ adapter: "p3" }), /^unknown \| .*of this name \| p0.npy, .*did you mean p3.npy\?/);
  assert.match(await refusalOf({ task: "entirely different" }), /^unknown/);
});

Responding("nothing outside of the folder is served", async () => {
  await savePrompt(join(folder, "secret.npy"), somePrompt(1, 2));
  symlinkSync(join(folder, "secret.npy"), join(dir, "link.npy"));
  symlinkSync("p0.npy", join(dir, "inner.npy"));
  await mkdir(join(dir, "hides"));
  symlinkSync(join(folder, "secret.npy"), join(dir, "hides", "prompt.npy"));
  await savePrompt(join(dir, ".hidden.npy"), somePrompt(1, 2));
  for (const name of ["../secret.npy", join(folder, "secret.npy"), "..", ".", "", ".hidden.npy", "p0.npy/", "./p0.npy"])
    assert.match(await refusalOf({ adapter: name }), /^unknown/, name);
  for (const name of ["../secret", "../prompts/p0"]) assert.match(await refusalOf({ task: name }), /^unknown/, name);
  assert.match(await refusalOf({ adapter: "link.npy" }), /^unknown \| the adapter is not in the folder/);
  assert.match(await refusalOf({ adapter: "hides" }), /^unknown \| the adapter is not in the folder/);
  assert.equal(await idsOf("inner.npy"), await idsOf("p0.npy"));
});

Responding("an adapter is read when it is first used, kept, and read again when its file changes", async () => {
  const [path, staged] = [join(dir, "changing.npy"), join(folder, "staged.npy")];
  const [first, second] = [somePrompt(21, 4), somePrompt(22, 6)];
  await savePrompt(path, first);
  const before = await idsOf("changing.npy");
  assert.equal(before, ready.alone(first, "the city of"));
  const kept = ready.folder.kept();
  assert.equal(await idsOf("changing.npy"), before);
  assert.is(ready.folder.kept(), kept);
  await savePrompt(staged, second);
  renameSync(staged, path);
  const after = await idsOf("changing.npy");
  assert.equal(after, ready.alone(second, "the city of"));
  assert.is.not(String(before), String(after));
  truncateSync(path, 100);
  assert.match(await refusalOf({ adapter: "changing.npy" }), /^failed \| .* \| changing.npy/);
  await savePrompt(path, first);
  assert.equal(await idsOf("changing.npy"), before);
});

Responding("an adapter that is damaged or of another model does not harm the others of its batch", async () => {
  writeFileSync(join(dir, "text.npy"), "this is text");
  await savePrompt(join(dir, "wide.npy"), somePrompt(1, 2, WIDTH + 1));
  const names = ["p0.npy", "text.npy", "wide.npy", "p1.npy"];
  const outcomes = await ready.answers.answer(names.map((adapter) => ({ wanted: { adapter }, text: "the city of" })));
  assert.equal(
    outcomes.map((outcome) => "value" in outcome),
    [true, false, false, true],
  );
  assert.match(await refusalOf({ adapter: "text.npy" }), /^failed \| not a file of a prompt .*\| text.npy/);
  assert.match(
    await refusalOf({ adapter: "wide.npy" }),
    /^failed \| the adapter does not fit the model.*33.*\| wide.npy/,
  );
});

Responding("a prompt that the model cannot read fails alone", async () => {
  const unchecked = await adapterFolder(dir, () => undefined);
  const answers = responder(ready, ready.tokenizer, unchecked, OPTIONS);
  const names = ["p0.npy", "wide.npy", "p1.npy", "p0.npy"];
  const outcomes = await answers.answer(names.map((adapter) => ({ wanted: { adapter }, text: "the city of" })));
  answers.dispose();
  const want = names.map((name) =>
    name === "wide.npy" ? "" : String(ready.alone(prompts[Number(name[1])], "the city of")),
  );
  assert.equal(
    outcomes.map((outcome) => ("value" in outcome ? String(outcome.value.ids) : "")),
    want,
  );
  const [, wide] = outcomes;
  assert.match("error" in wide ? String(wide.error) : "", /33/);
});

/** Adapters of methods that rows share a batch of, and one that gets a separate batch. */
const OTHERS = {
  "low.safetensors": lora({ rank: 2, alpha: 64 }),
  "lower.safetensors": lora({ rank: 3, alpha: 96 }),
  "prefix.safetensors": prefix({ length: 3 }),
  "longer.safetensors": prefix({ length: 6 }),
  "scales.safetensors": ia3(),
  "norms.safetensors": norms(),
} as object as Readonly<Record<string, Method>>;

Responding(
  "requests for LoRA, prefixes, scales, norms and prompts are answered as by generate with each adapter",
  async () => {
    const alone: Record<string, readonly number[]> = {};
    const ids = [...ready.tokenizer.encode("the city of"), ready.tokenizer.eosId];
    using greedy = generate(ready.config, { maxLength: 6 });
    using inputs = np.array([ids], { dtype: "int32" });
    for (const [i, [name, method]] of Object.entries(OTHERS).entries()) {
      const kept = scope(() => {
        const tuned = shaken(method.init(random.key(i), ready.config, ready.params), 40 + i);
        alone[name] = greedy(method.apply(ready.config, ready.params, tuned), inputs)[0][0].tokens;
        return tuned;
      });
      await saveTuned(join(dir, name), { settings: method.settings, tuned: kept as never });
      dispose(kept);
    }
    const names = [...Object.keys(OTHERS), "p0.npy", ...Object.keys(OTHERS).reverse(), "p1.npy"];
    const asked = names.map((adapter) => ({ wanted: { adapter }, text: "the city of" }));
    const replies = (await ready.answers.answer(asked)).map(replyOf);
    const want = [];
    for (const name of names) want.push(alone[name] ?? (await idsOf(name)));
    assert.equal(
      replies.map(({ ids }) => ids),
      want,
    );
    assert.ok(new Set(want.map(String)).size > 4, "answers differ");
  },
);

Responding("nothing stays on the device", async () => {
  const asked = ["p0.npy", "low.safetensors", "prefix.safetensors", "norms.safetensors", "text.npy"].map((adapter) => ({
    wanted: { adapter },
    text: "Tom",
  }));
  await ready.answers.answer(asked);
  await collected();
  const before = held();
  for (let i = 0; i < 5; i++) await ready.answers.answer(asked);
  assert.equal(held(), before);
});

Responding("a folder that is not there is refused at once", async () => {
  const message = await adapterFolder(join(folder, "absent"), () => undefined).then(
    () => "",
    (error: Error) => error.message,
  );
  assert.match(message, /--prompts <dir>: there is no such file or folder/);
});

Responding.run();
