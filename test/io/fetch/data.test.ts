import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DataSource } from "../../../lib/io/fetch/data-sets.js";
import { openLock } from "../../../lib/io/fetch/lock.js";
import { rightOf } from "../folder.js";
import { cachesOf, dataSet, fetchingSets, ORIGIN, serveFiles } from "./files.js";

const Suite = suite("io/fetch/data");
const newCache = cachesOf(Suite);
const { fetchNow, refusal } = fetchingSets;

const archived = (task: string, ...files: string[]): DataSource =>
  dataSet(task, [{ name: `${task}.zip`, url: `${ORIGIN}/v2/${task}.zip`, unpack: { folder: task, files } }]);
const CB = archived("CB", "train.jsonl");
const zip = (files: Record<string, string>): Uint8Array =>
  zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])));

Suite("the wanted files of an archive are unpacked into the folder of its task", async () => {
  const archive = zip({
    "CB/train.jsonl": "1\n",
    "CB/val.jsonl": "2\n",
    "__MACOSX/CB/._val.jsonl": "x",
    "CB/a.txt": "",
  });
  const server = await serveFiles({ "/v2/CB.zip": archive });
  const options = { mirror: server.url, cacheDir: newCache() };
  const both = archived("CB", "train.jsonl", "val.jsonl");
  const fetched = rightOf(await fetchNow(both, options));
  assert.equal(fetched.files, ["CB/train.jsonl", "CB/val.jsonl"]);
  assert.is(fetched.licence, "terms of CB");
  assert.is(readFileSync(join(fetched.folder, "CB", "val.jsonl"), "utf8"), "2\n");
  await server[Symbol.asyncDispose]();
  assert.equal(rightOf(await fetchNow(both, options)), fetched);
});

Suite(
  "an archive that is damaged, empty, leads outside or claims too much is refused, and nothing is left",
  async () => {
    const good = zip({ "CB/train.jsonl": "1\n".repeat(1000) });
    const bomb = good.slice();
    const view = new DataView(bomb.buffer, bomb.byteOffset);
    const directory = Buffer.from(bomb).lastIndexOf("PK\x01\x02", undefined, "latin1");
    view.setUint32(directory + 24, 0x7fffffff, true);
    const bad: readonly (readonly [Uint8Array, RegExp])[] = [
      [strToU8("PK\x03\x04"), /damaged/],
      [good.subarray(0, 60), /damaged/],
      [zip({ "../../train.jsonl": "x", "/a/b/c.jsonl": "x" }), /lacks train\.jsonl/],
      [zip({ "a/train.jsonl": "1", "b/train.jsonl": "2" }), /two files of it have one name/],
      [bomb, /claims more than \d+ bytes, 50 times its own/],
    ];
    for (const [archive, message] of bad) {
      const cacheDir = newCache();
      await using server = await serveFiles({ "/v2/CB.zip": archive });
      assert.match(await refusal(CB, { mirror: server.url, cacheDir }), message);
      assert.equal(readdirSync(join(cacheDir, "data", "sets")), ["fluxion-lock.json"]);
    }
  },
);

Suite("rows of another checksum or size than the archive states are refused, and can be fetched anew", async () => {
  const good = zipSync({ "CB/train.jsonl": [strToU8('{"a":1}\n'), { level: 0 }] });
  const damage = (at: number, byte: number): Uint8Array => good.with(at, byte) as Uint8Array;
  const row = Buffer.from(good).indexOf('{"a":1}');
  const directory = Buffer.from(good).lastIndexOf("PK\x01\x02", undefined, "latin1");
  const packed = zipSync({ "CB/train.jsonl": strToU8("1\n".repeat(1000)) });
  const view = new DataView(packed.buffer, packed.byteOffset);
  view.setUint32(Buffer.from(packed).lastIndexOf("PK\x01\x02", undefined, "latin1") + 24, 1999, true);
  const bad: readonly (readonly [Uint8Array, RegExp])[] = [
    [damage(row + 5, 0x32), /checksum of CB\/train\.jsonl is wrong/],
    [damage(directory + 16, 0), /checksum of CB\/train\.jsonl is wrong/],
    [damage(directory + 24, 7), /has more bytes than the 7/],
    [damage(directory + 20, 7), /has 7 bytes and not the 8/],
    [damage(directory + 8, 1), /under a password/],
    [damage(directory + 10, 14), /packed by method 14/],
    [packed, /has more bytes than the 1999/],
  ];
  for (const [archive, message] of bad) {
    const files: Record<string, Uint8Array> = { "/v2/CB.zip": archive };
    await using server = await serveFiles(files);
    const options = { mirror: server.url, cacheDir: newCache() };
    assert.match(await refusal(CB, options), message);
    files["/v2/CB.zip"] = good;
    assert.equal(rightOf(await fetchNow(CB, options)).files, ["CB/train.jsonl"]);
  }
});

Suite("fetches into one folder at the same time keep what each has put into the lock file", async () => {
  const archive = zip({ "T/train.jsonl": "1\n" });
  const path = (task: string): string => `/v2/${task}.zip`;
  await using server = await serveFiles({ [path("CB")]: archive, [path("RTE")]: archive });
  const options = { mirror: server.url, cacheDir: newCache() };
  const open = await openLock(join(options.cacheDir, "data", "sets"));
  const { folder } = rightOf(await fetchNow(CB, options));
  await open.add("RTE.zip", { size: 3, sha256: "0", url: null });
  const lock = JSON.parse(readFileSync(join(folder, "fluxion-lock.json"), "utf8"));
  assert.equal(Object.keys(lock.files), ["CB.zip", "RTE.zip"]);
  const cacheDir = newCache();
  const both = await Promise.all([1, 2].map(() => fetchNow(archived("RTE", "train.jsonl"), { ...options, cacheDir })));
  for (const fetched of both) assert.equal(rightOf(fetched).files, ["RTE/train.jsonl"]);
  assert.equal(readdirSync(join(cacheDir, "data", "sets")), ["RTE", "RTE.zip", "fluxion-lock.json"]);
});

Suite.run();
