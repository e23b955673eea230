/** @file The catalogue of data sets against the addresses, sizes and checksums that TensorFlow Datasets records. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DATA_SOURCES, type DataFile } from "../../../lib/io/fetch/data-sets.js";
import { goldenFiles } from "../../helpers/golden-file.js";
import { withShared } from "../../helpers/shared.js";

const Sources = suite("io/fetch/sources");
const golden = goldenFiles(Sources, "io/fetch/sources.test.ts");

interface Recorded {
  readonly files: readonly { readonly url: string; readonly bytes: number | null; readonly sha256: string | null }[];
}

const FILES: ReadonlyMap<string, DataFile> = new Map(
  DATA_SOURCES.flatMap(({ files }) => files.map((file) => [file.url, file] as const)),
);

withShared(Sources, "the catalogue has every address, with its size and SHA-256 where they are recorded", (root) => {
  const { files } = golden.open<Recorded>(root, "tasks/sources.json");
  for (const { url, bytes, sha256 } of files) {
    const file = FILES.get(url);
    assert.ok(file !== undefined, `${url} is not in the catalogue`);
    assert.equal([file?.size ?? null, file?.sha256 ?? null], [bytes, sha256], url);
  }
  assert.equal([...FILES.keys()].sort(), files.map(({ url }) => url).sort());
});

Sources("every file has a sum, and a place of its own", () => {
  for (const [url, { sha256, md5 }] of FILES) assert.match(sha256 ?? md5 ?? "", /^([0-9a-f]{64}|[0-9a-f]{32})$/, url);
  const sets = DATA_SOURCES.filter(({ members }) => members === undefined);
  const places = sets.flatMap(({ folder, files }) => files.map(({ name }) => `${folder}/${name}`));
  assert.is(new Set(places).size, places.length);
  assert.is(places.length, FILES.size);
});

Sources.run();
