import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { strToU8 } from "fflate";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sourceOf } from "../../../lib/io/fetch/catalogue.js";
import { DATA_SOURCES, type DataFile, type DataSource } from "../../../lib/io/fetch/data-sets.js";
import type { FetchOptions } from "../../../lib/io/fetch/fetch.js";
import { rightOf } from "../folder.js";
import { cachesOf, dataSet, fetchingSets, ORIGIN, serveFiles } from "./files.js";
import { sendBytes, serve, sha256 } from "./server.js";

const Suite = suite("io/fetch/recorded");
const newCache = cachesOf(Suite);
const { fetchNow, refused, refusal } = fetchingSets;

const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");
const ROWS = strToU8("a\tb\n".repeat(50_000));
const OTHER = ROWS.with(7, 1) as Uint8Array<ArrayBuffer>;
const file = (name: string, known: Partial<DataFile>): DataFile => ({ name, url: `${ORIGIN}/${name}`, ...known });
const RECORDED = dataSet("a", [file("a.tsv", { size: ROWS.length, sha256: sha256(ROWS) })]);
const BY_MD5 = dataSet("a", [file("a.tsv", { md5: md5(ROWS) })]);

const lockOf = (cacheDir: string): Record<string, { sha256: string; size: number }> =>
  JSON.parse(readFileSync(join(cacheDir, "data/sets/fluxion-lock.json"), "utf8")).files;

/** What a server of these bytes is refused with; then the right ones are fetched into the same cache. */
const refusedOnce = async (source: DataSource, bytes: Uint8Array) => {
  const files: Record<string, Uint8Array> = { "/a.tsv": bytes };
  await using server = await serveFiles(files);
  const options = { mirror: server.url, cacheDir: newCache() };
  const { mismatch } = await refused(source, options);
  assert.equal(readdirSync(join(options.cacheDir, "data/sets")), [], "nothing is kept, and nothing locked");
  const requests = [...server.requests];
  files["/a.tsv"] = ROWS;
  assert.equal(rightOf(await fetchNow(source, options)).files, ["a.tsv"]);
  assert.equal(Object.keys(lockOf(options.cacheDir)), ["a.tsv"]);
  return { mismatch, requests };
};

Suite("another size than recorded is refused from the first bytes on", async () => {
  for (const bytes of [ROWS.subarray(1), new Uint8Array(ROWS.length + 1).fill(97)]) {
    const { mismatch } = await refusedOnce(RECORDED, bytes);
    assert.is(mismatch.what, "the server gives other bytes than recorded");
    assert.is(mismatch.expected, `${ROWS.length} bytes`);
    assert.is(mismatch.got, `${bytes.length} bytes, after 2 tries`);
    assert.match(mismatch.hint ?? "", /^the file is damaged, or newer than the record; [\s\S]*run again$/);
  }
});

Suite("a size that no header states is seen in the bytes", async () => {
  for (const bytes of [ROWS.subarray(1), new Uint8Array(ROWS.length + 1).fill(97)]) {
    await using server = await serve((_, res) => void res.writeHead(200).end(bytes));
    const { mismatch } = await refused(RECORDED, { mirror: server.url, cacheDir: newCache() });
    assert.is(mismatch.expected, `${ROWS.length} bytes`);
    assert.match(mismatch.got ?? "", new RegExp(`^${bytes.length} bytes( or more)?, after 2 tries`));
  }
});

Suite("another SHA-256 or MD5 than recorded is refused", async () => {
  const bySha = await refusedOnce(RECORDED, OTHER);
  assert.is(bySha.mismatch.expected, `SHA-256 ${sha256(ROWS)}`);
  assert.is(bySha.mismatch.got, `SHA-256 ${sha256(OTHER)}, after 2 tries`);
  assert.equal(bySha.requests, ["/a.tsv", "/a.tsv"]);
  const byMd5 = await refusedOnce(BY_MD5, OTHER);
  assert.is(byMd5.mismatch.expected, `MD5 ${md5(ROWS)}`);
  assert.is(byMd5.mismatch.got, `MD5 ${md5(OTHER)}, after 2 tries`);
  assert.match(byMd5.mismatch.hint ?? "", /newer than the record/);
});

Suite("the lock of a file with a recorded MD5 holds its SHA-256", async () => {
  await using server = await serveFiles({ "/a.tsv": ROWS });
  const options = { mirror: server.url, cacheDir: newCache() };
  rightOf(await fetchNow(BY_MD5, options));
  const { size, sha256: locked } = lockOf(options.cacheDir)["a.tsv"] ?? {};
  assert.equal([size, locked], [ROWS.length, sha256(ROWS)]);
});

Suite("a download that breaks off is resumed, and then compared with the record", async () => {
  let done = 0;
  await using server = await serve((req, res) =>
    sendBytes(req, res, ROWS, { breakAfter: 70_000, arrived: () => done }),
  );
  const onProgress: FetchOptions["onProgress"] = (progress) => {
    done = progress.done;
  };
  rightOf(await fetchNow(RECORDED, { mirror: server.url, cacheDir: newCache(), onProgress }));
  assert.equal(server.requests, ["/a.tsv", "/a.tsv bytes=70000-", "/a.tsv bytes=140000-"]);
});

Suite("a page or a pointer in place of a recorded file is called that", async () => {
  const instead: readonly (readonly [string, RegExp])[] = [
    [`<!DOCTYPE html><html>${" ".repeat(2 * ROWS.length)}</html>`, /a web page in place of the file/],
    ["<html></html>", /a web page in place of the file/],
    ["version https://git-lfs.github.com/spec/v1\noid sha256:00\n", /a pointer of Git LFS in place of the file/],
  ];
  for (const [text, what] of instead) assert.match((await refusedOnce(RECORDED, strToU8(text))).mismatch.what, what);
});

Suite("a file that was put there by hand has to be the recorded one", async () => {
  for (const source of [RECORDED, BY_MD5]) {
    const cacheDir = newCache();
    const path = join(cacheDir, "data/sets/a.tsv");
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, OTHER);
    const { mismatch } = await refused(source, { mirror: ORIGIN, cacheDir });
    assert.is(mismatch.what, "a file in the cache is not the recorded one");
    assert.match(`${mismatch.expected} ${mismatch.got}`, /^(SHA-256|MD5) \w+ \1 \w+$/);
    writeFileSync(path, ROWS);
    assert.equal(rightOf(await fetchNow(source, { mirror: ORIGIN, cacheDir })).files, ["a.tsv"]);
    assert.is(lockOf(cacheDir)["a.tsv"]?.sha256, sha256(ROWS));
  }
});

Suite("a group has the files and the licences of its members, and what is there is not fetched again", async () => {
  const [a, b] = [dataSet("a", [file("a.tsv", {})]), dataSet("b", [file("b/b.tsv", {})])];
  const both = { ...dataSet("both", [...a.files, ...b.files]), members: [a, b] };
  await using server = await serveFiles({ "/a.tsv": "a", "/b/b.tsv": "b" });
  const options = { mirror: server.url, cacheDir: newCache() };
  rightOf(await fetchNow(a, options));
  const fetched = rightOf(await fetchNow(both, options));
  assert.equal(fetched.files, ["a.tsv", "b/b.tsv"]);
  assert.is(fetched.licence, "a: terms of a; b: terms of b");
  assert.equal(server.requests, ["/a.tsv", "/b/b.tsv"]);
});

const named = (name: string): DataSource => {
  const source = sourceOf(name);
  if (source?.kind !== "data") throw new Error(`${name} is no data set`);
  return source;
};

Suite("the groups of the catalogue have all sets of their folders but BioASQ", () => {
  for (const name of ["superglue", "glue", "mrqa"]) {
    const { members = [], files, folder } = named(name);
    const others = DATA_SOURCES.filter((source) => source.name.startsWith(`${name}-`));
    assert.equal(
      others.filter((source) => !members.includes(source)).map((source) => source.name),
      name === "mrqa" ? ["mrqa-bio_asq"] : [],
    );
    assert.is(files.length, members.flatMap((member) => member.files).length);
    for (const member of members) assert.is(member.folder, folder);
  }
  assert.match(named("mrqa").note ?? "", /BioASQ[\s\S]*fluxion fetch mrqa-bio_asq/);
});

/** The files of a data set that are read, below the cache. */
const placesOf = (name: string): readonly string[] => {
  const { folder, files } = named(name);
  return files.flatMap((one) =>
    one.unpack === undefined
      ? [`${folder}/${one.name}`]
      : one.unpack.files.map((inside) => `${folder}/${one.unpack?.folder}/${inside}`),
  );
};

Suite("files come to lie in the folders of their official names", () => {
  const below = (folder: string, ...names: string[]): string[] => names.map((name) => `data/${folder}/${name}`);
  const expected: Readonly<Record<string, readonly string[]>> = {
    "superglue-cb": below("superglue/CB", "train.jsonl", "val.jsonl", "test.jsonl"),
    "superglue-ax-b": below("superglue/AX-b", "AX-b.jsonl"),
    "glue-mrpc": below("glue/MRPC", "msr_paraphrase_train.txt", "msr_paraphrase_test.txt", "dev_ids.tsv"),
    "glue-ax": below("glue/AX", "test.tsv"),
    "glue-mnli": below(
      ...(["glue/MNLI", "train.tsv", "dev_matched.tsv", "dev_mismatched.tsv"] as const),
      ...["test_matched.tsv", "test_mismatched.tsv"],
    ),
    squad: below("squad", "train-v1.1.json", "dev-v1.1.json"),
    "mrqa-squad": below("mrqa", "train/SQuAD.jsonl.gz", "dev/SQuAD.jsonl.gz"),
    "mrqa-race": below("mrqa", "dev/RACE.jsonl.gz"),
    "mrqa-bio_asq": below("mrqa", "dev/BioASQ.jsonl.gz"),
    dpr: below("dpr", "train.c.txt", "test.c.txt"),
  };
  for (const task of ["CoLA", "SST-2", "QQP", "STS-B", "QNLI", "RTE", "WNLI"]) {
    const name = `glue-${task.toLowerCase().replace("-", "")}`;
    assert.equal(placesOf(name), below(`glue/${task}`, "train.tsv", "dev.tsv", "test.tsv"));
  }
  for (const [name, places] of Object.entries(expected)) assert.equal(placesOf(name), places, name);
});

Suite("a mirror is asked for the paths and queries of the addresses", async () => {
  await using server = await serveFiles({ "/2BOtOJ7": "x" });
  const options = { mirror: `${server.url}/`, cacheDir: newCache() };
  assert.match(await refusal(named("glue-ax"), options), /222257 bytes[\s\S]*1 bytes[\s\S]*newer than the record/);
  const [, , ids] = named("glue-mrpc").files;
  await refusal({ ...named("glue-mrpc"), files: [ids as DataFile] }, options);
  const path = "/v0/b/mtl-sentence-representations.appspot.com/o/data%2Fmrpc_dev_ids.tsv?alt=media";
  assert.equal(server.requests, ["/2BOtOJ7", "/2BOtOJ7", path]);
});

Suite("BioASQ is not asked for; the message says where people register and where the file belongs", async () => {
  await using server = await serveFiles({});
  const options = { mirror: server.url, cacheDir: newCache() };
  const { mismatch } = await refused(named("mrqa-bio_asq"), options);
  const path = join(options.cacheDir, "data/mrqa/dev/BioASQ.jsonl.gz");
  const page = "http://participants-area.bioasq.org/MRQA2019/";
  assert.is(mismatch.hint, `register at ${page}, and save the file as ${path}`);
  assert.equal([mismatch.expected, mismatch.got], [`the file ${path}`, "no file"]);
  assert.equal(server.requests, []);
  assert.not.ok(existsSync(path));
  const [bioasq] = named("mrqa-bio_asq").files as [DataFile];
  const small = { ...named("mrqa-bio_asq"), files: [{ ...bioasq, md5: md5(ROWS) }] };
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, ROWS);
  assert.equal(
    rightOf(await fetchNow(small, options)).files,
    ["dev/BioASQ.jsonl.gz"],
    "one put there by hand is taken",
  );
});

Suite.run();
