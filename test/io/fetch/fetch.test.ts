import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { strToU8 } from "fflate";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SOURCE_NAMES } from "../../../lib/io/fetch/catalogue.js";
import { cacheFolder, type FetchProgress, fetchFilesTE } from "../../../lib/io/fetch/fetch.js";
import { rightOf } from "../folder.js";
import { below, cachesOf, type Files, fetching, serveFiles } from "./files.js";
import { sendBytes, serve, sha256 } from "./server.js";

const Suite = suite("io/fetch/fetch");
const newCache = cachesOf(Suite);
const { fetchNow, refusal } = fetching((name: string, options) =>
  fetchFilesTE(name, { cacheDir: newCache(), ...options }),
);

const SMALL: Files = { "config.json": "{}", "spiece.model": "pieces", "model.safetensors": "weights" };
const LM_ADAPT = "/google/t5-small-lm-adapt/resolve/main";

Suite("a model comes by its name, with progress, and is not asked for again, also offline", async () => {
  const cacheDir = newCache();
  const seen: FetchProgress[] = [];
  const server = await serveFiles(below(LM_ADAPT, SMALL));
  const options = { cacheDir, mirror: `${server.url}/` };
  const first = rightOf(await fetchNow("t5-small-lm-adapt", { ...options, onProgress: (p) => void seen.push(p) }));
  assert.is(first.folder, join(cacheDir, "models", "google--t5-small-lm-adapt"));
  assert.equal(first.files, ["config.json", "spiece.model", "model.safetensors"]);
  assert.is(readFileSync(join(first.folder, "model.safetensors"), "utf8"), "weights");
  assert.equal(seen.at(-1), { file: "model.safetensors", done: 7, total: 7 });
  assert.equal(server.requests.length, 8, "five optional files are asked for too");
  await server[Symbol.asyncDispose]();
  assert.equal(rightOf(await fetchNow("t5-small-lm-adapt", options)), first);
  const lock = JSON.parse(readFileSync(join(first.folder, "fluxion-lock.json"), "utf8"));
  assert.equal(lock.files["model.safetensors"], {
    size: 7,
    sha256: sha256(strToU8("weights")),
    url: `${server.url}${LM_ADAPT}/model.safetensors`,
  });
});

const TOKENS: Files = { "added_tokens.json": "{}", "tokenizer_config.json": "{ }", "special_tokens_map.json": "{  }" };

Suite("files of added tokens come along where a repository has them", async () => {
  const server = await serveFiles(below("/o/r/resolve/main", { ...SMALL, ...TOKENS }));
  const options = { mirror: server.url, cacheDir: newCache() };
  const fetched = rightOf(await fetchNow("o/r", options));
  assert.equal(fetched.files, ["config.json", "spiece.model", ...Object.keys(TOKENS), "model.safetensors"]);
  assert.is(readFileSync(join(fetched.folder, "tokenizer_config.json"), "utf8"), "{ }");
  await server[Symbol.asyncDispose]();
  assert.equal(rightOf(await fetchNow("o/r", options)), fetched, "offline");
});

Suite("a model that an earlier version fetched, without these files, is taken offline as it is", async () => {
  const files: Record<string, string | Uint8Array> = { ...below("/o/r/resolve/main", { ...SMALL, ...TOKENS }) };
  const server = await serveFiles(files);
  const options = { mirror: server.url, cacheDir: newCache() };
  const { folder } = rightOf(await fetchNow("o/r", options));
  const path = join(folder, "fluxion-lock.json");
  const lock = JSON.parse(readFileSync(path, "utf8"));
  for (const name of Object.keys(TOKENS)) {
    delete lock.files[name];
    rmSync(join(folder, name));
  }
  writeFileSync(path, JSON.stringify(lock));
  const before = server.requests.length;
  const names = ["config.json", "spiece.model", "model.safetensors"];
  assert.equal(rightOf(await fetchNow("o/r", options)).files, names);
  assert.is(server.requests.length, before, "nothing is asked for");
  await server[Symbol.asyncDispose]();
  assert.equal(rightOf(await fetchNow("o/r", options)).files, names);
  writeFileSync(join(folder, "added_tokens.json"), "{}");
  assert.equal(rightOf(await fetchNow("o/r", options)).files.length, 4, "one put there by hand is taken");
});

Suite("weights in shards are fetched by their index, each once", async () => {
  const weight_map = { a: "model-1.safetensors", b: "model-2.safetensors", c: "model-1.safetensors" };
  const { "model.safetensors": _, ...rest } = SMALL;
  const files = {
    ...rest,
    "model.safetensors.index.json": JSON.stringify({ metadata: {}, weight_map }),
    "model-1.safetensors": "one",
    "model-2.safetensors": "two",
  };
  const cacheDir = newCache();
  const server = await serveFiles(below("/google/mt5-xl/resolve/main", files));
  const options = { cacheDir, mirror: server.url };
  const fetched = rightOf(await fetchNow("mt5-xl", options));
  assert.equal(fetched.files.slice(2), ["model.safetensors.index.json", "model-1.safetensors", "model-2.safetensors"]);
  await server[Symbol.asyncDispose]();
  assert.equal(rightOf(await fetchNow("mt5-xl", options)), fetched);
});

Suite("an index that names files outside the folder is refused", async () => {
  for (const name of ["../model.safetensors", "/etc/x.safetensors", "a/b.safetensors", "x.bin", ".safetensors"]) {
    const { "model.safetensors": _, ...rest } = SMALL;
    const index = JSON.stringify({ weight_map: { a: name } });
    await using server = await serveFiles(
      below("/o/r/resolve/main", { ...rest, "model.safetensors.index.json": index }),
    );
    assert.match(await refusal("o/r", { mirror: server.url }), /name of a safetensors file/);
  }
});

Suite("a repository of another owner and another revision have folders of their own", async () => {
  await using server = await serveFiles(below("/me/my.model/resolve/refs/pr/1", SMALL));
  const cacheDir = newCache();
  const fetched = rightOf(await fetchNow("me/my.model", { cacheDir, mirror: server.url, revision: "refs/pr/1" }));
  assert.is(fetched.folder, join(cacheDir, "models", "me--my.model@refs-pr-1"));
});

Suite("a vocabulary in either form will do, and one of them has to be there", async () => {
  const { "spiece.model": _, ...rest } = SMALL;
  const files: Record<string, string | Uint8Array> = { ...below("/o/r/resolve/main", rest) };
  const server = await serveFiles(files);
  const options = { mirror: server.url, cacheDir: newCache() };
  assert.match(await refusal("o/r", options), /no vocabulary[\s\S]*spiece\.model or tokenizer\.json/);
  files["/o/r/resolve/main/tokenizer.json"] = "{}";
  const fetched = rightOf(await fetchNow("o/r", options));
  assert.equal(fetched.files, ["config.json", "tokenizer.json", "model.safetensors"]);
  await server[Symbol.asyncDispose]();
  assert.equal(rightOf(await fetchNow("o/r", options)), fetched, "offline");
});

const PAGES: readonly (readonly [string, RegExp])[] = [
  ["<!DOCTYPE html><html><body>Please log in</body></html>", /a web page in place of the file/],
  ["\n  <HTML>", /a web page in place of the file/],
  ["version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n", /a pointer of Git LFS/],
];
const WEIGHTS = "/o/r/resolve/main/model.safetensors";

Suite("a page or a pointer with status 200 is refused and not kept, and the file can be fetched later", async () => {
  for (const [content, message] of PAGES) {
    const files: Record<string, string | Uint8Array> = { ...below("/o/r/resolve/main", SMALL), [WEIGHTS]: content };
    await using server = await serveFiles(files);
    const options = { mirror: server.url, cacheDir: newCache() };
    assert.match(await refusal("o/r", options), message);
    const folder = join(options.cacheDir, "models", "o--r");
    assert.equal(readdirSync(folder), ["config.json", "fluxion-lock.json", "spiece.model"]);
    assert.not.match(readFileSync(join(folder, "fluxion-lock.json"), "utf8"), "safetensors");
    files[WEIGHTS] = "weights";
    assert.ok(E.isRight(await fetchNow("o/r", options)));
  }
});

Suite("a page that an earlier version has kept is fetched anew, one put there by hand is told", async () => {
  const files: Record<string, string | Uint8Array> = { ...below("/o/r/resolve/main", SMALL) };
  await using server = await serveFiles(files);
  const options = { mirror: server.url, cacheDir: newCache() };
  const { folder } = rightOf(await fetchNow("o/r", options));
  const path = join(folder, "model.safetensors");
  for (const [content, message] of PAGES) {
    writeFileSync(path, content);
    assert.ok(E.isRight(await fetchNow("o/r", options)));
    assert.is(readFileSync(path, "utf8"), "weights");
    rmSync(join(folder, "fluxion-lock.json"));
    writeFileSync(path, content);
    assert.match(await refusal("o/r", options), message);
    assert.is(readFileSync(path, "utf8"), content, "what a person put there stays");
    rmSync(path);
    assert.ok(E.isRight(await fetchNow("o/r", options)));
  }
});

Suite("what is missing on the server is said with what to do", async () => {
  const { "model.safetensors": _, ...rest } = SMALL;
  const files: Record<string, string | Uint8Array> = { ...below("/o/r/resolve/main", rest) };
  await using server = await serveFiles(files);
  const options = { mirror: server.url, cacheDir: newCache() };
  assert.match(await refusal("o/r", options), /no weights in safetensors[\s\S]*revision/);
  files["/o/r/resolve/main/model.safetensors"] = "weights";
  assert.ok(E.isRight(await fetchNow("o/r", options)), "weights that appear later are fetched");
  assert.match(await refusal("o/none", options), /status 404[\s\S]*config\.json/);
  assert.match(await refusal("t5-tiny", options), /no model or data set of this name[\s\S]*t5-small-lm-adapt/);
  for (const name of ["../x", "a/..", "a/b/c", ".a/b"]) assert.match(await refusal(name, options), /of this name/);
});

Suite(
  "offline, the message says what was tried and how to do it by hand; files put there by hand are taken",
  async () => {
    const server = await serveFiles({});
    await server[Symbol.asyncDispose]();
    const cacheDir = newCache();
    const options = { mirror: server.url, cacheDir };
    const message = await refusal("t5-small", options);
    const folder = join(cacheDir, "models", "google-t5--t5-small");
    assert.match(message, /could not be fetched[\s\S]*ECONNREFUSED[\s\S]*2 tries/);
    for (const part of [
      `${server.url}/google-t5/t5-small/resolve/main`,
      folder,
      "config.json, spiece.model",
      "mirror",
    ]) {
      assert.ok(message.includes(part), `${part} in ${message}`);
    }
    const all = { ...SMALL, "generation_config.json": "{}", "tokenizer.json": "{}" };
    for (const [name, content] of Object.entries(all)) writeFileSync(join(folder, name), content);
    assert.is(rightOf(await fetchNow("t5-small", options)).files.length, 5);
    writeFileSync(join(folder, "spiece.model"), "other");
    assert.match(await refusal("t5-small", options), /has changed[\s\S]*6 bytes[\s\S]*5 bytes/);
  },
);

Suite("a small file that was changed without changing its size is noticed", async () => {
  await using server = await serveFiles(below("/o/r/resolve/main", SMALL));
  const options = { mirror: server.url, cacheDir: newCache() };
  const { folder } = rightOf(await fetchNow("o/r", options));
  writeFileSync(join(folder, "config.json"), "[]");
  assert.match(await refusal("o/r", options), /has changed[\s\S]*SHA-256/);
});

Suite("a file that was deleted must come back as the lock has it", async () => {
  const files: Record<string, string | Uint8Array> = { ...below("/o/r/resolve/main", SMALL) };
  await using server = await serveFiles(files);
  const options = { mirror: server.url, cacheDir: newCache() };
  const { folder } = rightOf(await fetchNow("o/r", options));
  rmSync(join(folder, "spiece.model"));
  files["/o/r/resolve/main/spiece.model"] = "PIECES";
  assert.match(await refusal("o/r", options), /SHA-256[\s\S]*fluxion-lock\.json/);
  writeFileSync(join(folder, "fluxion-lock.json"), "{");
  assert.match(await refusal("o/r", options), /not valid JSON/);
});

Suite("bytes that the server itself declares otherwise are not said to have changed since", async () => {
  await using server = await serve((req, res) =>
    sendBytes(req, res, strToU8("{}"), { headers: { "x-linked-etag": `"${"0".repeat(64)}"` } }),
  );
  const message = await refusal("o/r", { mirror: server.url });
  assert.match(message, /other bytes than declared[\s\S]*expected +SHA-256 0+[\s\S]*check the connection/);
});

Suite("a signal interrupts a fetch, and the next one goes on", async () => {
  const stop = new AbortController();
  const weights = new Uint8Array(300_000).fill(7);
  await using server = await serveFiles(below(LM_ADAPT, { ...SMALL, "model.safetensors": weights }));
  const options = { mirror: server.url, cacheDir: newCache() };
  const onProgress = ({ file }: FetchProgress) => file === "model.safetensors" && stop.abort();
  assert.match(await refusal("t5-small-lm-adapt", { ...options, signal: stop.signal, onProgress }), /run it again/);
  assert.ok(E.isRight(await fetchNow("t5-small-lm-adapt", options)));
  assert.is(server.requests.filter((request) => request.endsWith("/config.json")).length, 1, "config.json was kept");
});

Suite("FLUXION_CACHE names the cache, and HF_ENDPOINT the server of models", async () => {
  const before = { ...process.env };
  await using server = await serveFiles(below("/google-t5/t5-small/resolve/main", SMALL));
  process.env.FLUXION_CACHE = newCache();
  process.env.HF_ENDPOINT = server.url;
  try {
    assert.is(cacheFolder(), process.env.FLUXION_CACHE);
    const { folder } = rightOf(await fetchFilesTE("t5-small", { delayMs: 1 })());
    assert.ok(folder.startsWith(process.env.FLUXION_CACHE) && existsSync(join(folder, "config.json")));
  } finally {
    for (const name of ["FLUXION_CACHE", "HF_ENDPOINT"]) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
  assert.match(cacheFolder(), /fluxion/i);
});

Suite("the names are those of the families and sizes", () => {
  for (const name of ["t5-11b", "t5-1.1-xxl", "t5-base-lm-adapt", "flan-t5-xl", "mt5-small", "superglue-axb"]) {
    assert.is(SOURCE_NAMES.includes(name), name !== "superglue-axb", name);
  }
  assert.is(new Set(SOURCE_NAMES).size, 25 + 11 + 11 + 1 + 13 + 1);
});

Suite("a cache that cannot be a folder is said so", async () => {
  const file = newCache();
  writeFileSync(file, "");
  assert.match(await refusal("t5-small", { cacheDir: file }), /a part of this path is a file|a file where a folder/);
});

Suite.run();
