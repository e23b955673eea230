/** @file Footers of Parquet files with each of their bits changed, one at a time. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesOf, damageFooter } from "./parquet-files.js";

const Parquet = suite("tasks/parquet.long");

const BITS = [0, 1, 2, 3, 4, 5, 6, 7];

Parquet("a footer with one bit changed is refused, or gives the same rows", async () => {
  assert.ok((await damageFooter(bytesOf("moods-snappy"), () => BITS)) > 1 / 3);
  assert.ok((await damageFooter(bytesOf("moods-none"), () => BITS)) > 1 / 3);
});

Parquet.run();
