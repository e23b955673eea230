import { spawnSync } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DataError, isFluxionError } from "../../lib/core/errors.js";
import { loadAdapterTE } from "../../lib/io/adapters.js";
import { checkpointKindTE } from "../../lib/io/checkpoint-kind.js";
import { loadHuggingFaceTE } from "../../lib/io/huggingface.js";
import { loadMeshTensorFlowTE } from "../../lib/io/meshtf/load.js";
import { loadPromptTE } from "../../lib/io/prompts.js";
import { openSafetensorsTE } from "../../lib/io/safetensors.js";
import { openSharded } from "../../lib/io/sharded.js";
import { loadT5xTE } from "../../lib/io/t5x/load.js";
import { loadTunedTE } from "../../lib/io/tuned.js";
import { digestOfFiles } from "../../lib/lab/digest.js";
import { loadRecipeTE } from "../../lib/lab/recipe-file.js";
import { attempt, readBytes, readText } from "../../lib/store/files.js";
import { readJson } from "../../lib/store/json-file.js";
import { nodeStore } from "../../lib/store/node.js";
import { readPieces, readStart } from "../../lib/store/open.js";
import { readFrom } from "../../lib/store/store.js";
import { readExamplesTE } from "../../lib/tasks/reading.js";
import { taskOf } from "../../lib/tasks/registry.js";
import { loadTokenizerTE } from "../../lib/tokenizer/load-tokenizer.js";
import { run, temporaryFolder } from "../io/folder.js";

const Open = suite("store/open");
const folder = temporaryFolder(Open);
const caller = { where: "readRows", error: DataError };

const pieces = async (path: string): Promise<Uint8Array[]> => {
  const all: Uint8Array[] = [];
  for await (const piece of readPieces(path, caller)) all.push(piece);
  return all;
};

/** Every reader of a file, by its path. */
const READERS: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  bytes: (path) => readBytes(path, caller)(),
  text: (path) => readText(path, caller)(),
  json: (path) => readJson(path, caller)(),
  start: (path) => attempt(caller, path, () => readStart(path, caller, 9))(),
  pieces: (path) => attempt(caller, path, () => pieces(path))(),
  store: async (path) => readFrom(nodeStore(folder), path.slice(folder.length + 1)),
  kind: (path) => checkpointKindTE(path)(),
  safetensors: (path) => openSafetensorsTE(path)(),
  sharded: (path) => openSharded(path)(),
  prompt: (path) => loadPromptTE(path)(),
  adapter: (path) => loadAdapterTE(path)(),
  tuned: (path) => loadTunedTE(path)(),
  t5x: (path) => loadT5xTE(path)(),
  meshtf: (path) => loadMeshTensorFlowTE(path)(),
  tokenizer: (path) => loadTokenizerTE(path)(),
  recipe: (path) => loadRecipeTE(path)(),
  digest: (path) => digestOfFiles(path),
  whole: (path) => digestOfFiles(path, true),
};

/** The typed error that a reader ends with. */
const refusal = async (read: () => Promise<unknown>): Promise<string> => {
  const result = await read().catch((error: unknown) => E.left(error));
  const { left } = result as { readonly left?: unknown };
  if (!isFluxionError(left)) throw new Error(`no typed error: ${String(left)}`);
  return left.message;
};

const pipe = join(folder, "pipe.index");
const zero = join(folder, "zero.index");
const NOT = /not a (regular )?file/;

Open.before(() => {
  assert.is(spawnSync("mkfifo", [pipe]).status, 0);
  symlinkSync("/dev/zero", zero);
});

for (const [name, read] of Object.entries(READERS)) {
  Open(`a pipe and a link to a device are refused at once: ${name}`, async () => {
    assert.match(await refusal(() => read(pipe)), NOT);
    assert.match(await refusal(() => read(zero)), NOT);
  });
}

Open("as the files of a folder they are refused, too", async () => {
  const inside = (name: string, target: string): string => {
    const dir = join(folder, `${name}-${target === pipe ? "pipe" : "zero"}`);
    spawnSync("mkdir", ["-p", join(dir, "CB")]);
    symlinkSync(target, join(dir, name));
    return dir;
  };
  for (const target of [pipe, zero]) {
    assert.match(await refusal(loadHuggingFaceTE(inside("config.json", target))), NOT);
    assert.match(await refusal(loadTokenizerTE(inside("spiece.model", target))), NOT);
    assert.match(await refusal(loadTokenizerTE(inside("tokenizer.json", target))), NOT);
    assert.match(await refusal(loadAdapterTE(inside("adapter_config.json", target))), NOT);
    assert.match(await refusal(loadAdapterTE(inside("tuned.safetensors", target))), NOT);
    const dir = inside("CB/train.jsonl", target);
    assert.match(await refusal(readExamplesTE(taskOf("cb"), "train", dir)), NOT);
  }
});

Open("what it is instead is told, and what to do", async () => {
  assert.match(await refusal(readBytes(pipe, caller)), /readRows: [\s\S]*got +a pipe[\s\S]*hint/);
  assert.match(await refusal(readBytes(zero, caller)), "a device");
  assert.match(await refusal(readBytes(folder, caller)), "this is a folder, not a file");
  const path = join(folder, "socket");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  assert.match(await refusal(readBytes(path, caller)), "a socket");
  await new Promise((resolve) => server.close(resolve));
});

Open("a link to a file is read, in pieces as well", async () => {
  const [path, link] = [join(folder, "file"), join(folder, "link")];
  const bytes = Uint8Array.from({ length: 2 ** 21 + 3 }, (_, i) => i * 7);
  writeFileSync(path, bytes);
  symlinkSync(path, link);
  assert.equal(Buffer.compare(await run(readBytes(link, caller)), bytes), 0);
  const all = await pieces(link);
  assert.equal(
    all.map(({ length }) => length),
    [2 ** 20, 2 ** 20, 3],
  );
  assert.equal(Buffer.compare(Buffer.concat(all), readFileSync(path)), 0);
});

Open("a file larger than its use is not read", async () => {
  const path = join(folder, "large");
  writeFileSync(path, new Uint8Array(11));
  assert.match(await refusal(readBytes(path, caller, 10)), /too large[\s\S]*at most 10 bytes[\s\S]*11 bytes/);
  assert.is((await run(readBytes(path, caller, 11))).length, 11);
});

Open.run();
