import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sameBits } from "../../../lib/edge/elements.js";
import { chunkShape, openZarr, writeZarr } from "../../../lib/io/t5x/zarr.js";
import { anyHostArray } from "../arrays.js";
import { temporaryFolder } from "../folder.js";
import { decoded, golden, writeFiles } from "./golden.js";

const Zarr = suite("io/t5x/zarr");
const folder = temporaryFolder(Zarr);

for (const [title, { files, shape, data }] of Object.entries(golden.zarr)) {
  Zarr(`as numpy wrote it: ${title}`, async () => {
    const contents = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, decoded(bytes)]));
    const dir = writeFiles(join(folder, title.replaceAll(/\W/g, "-")), contents);
    const array = await openZarr(dir, false);
    const read = await array.read();
    assert.equal(read.shape, shape);
    assert.equal(
      [...read.data],
      data.map((v) => (v === "NaN" ? Number.NaN : v)),
    );
    const sizes = Object.entries(contents).map(([name, bytes]) => (name === ".zarray" ? 0 : bytes.length));
    assert.is(
      array.storedBytes,
      sizes.reduce((n, size) => n + size, 0),
    );
  });
}

Zarr("uint16 is bfloat16 in checkpoints of version 2, and refused later", async () => {
  const { files, data } = golden.zarr.bfloat16 as (typeof golden.zarr)[string];
  const contents = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, decoded(bytes)]));
  const zarray = String(contents[".zarray"]).replace('"bfloat16"', '"<u2"');
  const dir = writeFiles(join(folder, "shorts"), { ...contents, ".zarray": zarray });
  assert.equal([...(await (await openZarr(dir, true)).read()).data], data);
  const error = await openZarr(dir, false).catch((e: Error) => e);
  assert.match((error as Error).message, 'got       "<u2"');
});

Zarr("any array comes back bit by bit", async () => {
  let n = 0;
  await fc.assert(
    fc.asyncProperty(anyHostArray, async (x) => {
      const dir = join(folder, `any-${n++}`);
      // Zarr has no chunk of no elements, so T5X keeps empty arrays in the index.
      fc.pre(!x.shape.includes(0));
      await writeZarr(dir, x);
      assert.ok(sameBits(await (await openZarr(dir, false)).read(), x));
    }),
    { numRuns: 40 },
  );
});

Zarr("a large array is cut along its largest axis into chunks of at most 64 MiB", () => {
  assert.equal(chunkShape([32128, 512], 4), [32128, 512]);
  assert.equal(chunkShape([32128, 4096], 4), [4016, 4096]);
  assert.equal(chunkShape([10240, 4096], 4), [2560, 4096]);
  assert.equal(chunkShape([2 ** 24 + 1], 4), [2 ** 23 + 1]);
  assert.equal(chunkShape([], 4), []);
});

Zarr("what is written is what T5X writes", async () => {
  const dir = join(folder, "written");
  await writeZarr(dir, { shape: [1, 2], dtype: "float32", data: Float32Array.of(1, 2) });
  assert.equal(JSON.parse(readFileSync(join(dir, ".zarray"), "utf8")), {
    chunks: [1, 2],
    compressor: { id: "gzip", level: 1 },
    dtype: "<f4",
    fill_value: null,
    filters: null,
    order: "C",
    shape: [1, 2],
    zarr_format: 2,
  });
});

Zarr.run();
