import { suite } from "uvu";
import * as assert from "uvu/assert";
import { disagreements, tablesOf, withTables } from "../../bench/tables.js";

const Tables = suite("bench/tables");

const machine = { bench: "machine", cpu: "a chip", cores: 2, node: "v20", date: "2026-01-02", load: 0.5 };
const step = { bench: "step", size: "nano", threads: 1, minMs: 12.34, medianMs: 100.4, gflops: 5, firstMs: 1234 };
const ours = { ...step, peer: "ours", loss: 8.708, gradNorm: 0.0648, peakRssMB: 200, version: "ours 1.0" };
const theirs = { ...ours, peer: "theirs", version: "theirs 2.0", blas: "fast" };
const missing = { bench: "step", peer: "theirs", size: "tiny", threads: 1, skipped: "out of memory" };

Tables("lines are a row for each peer and a column for each size", () => {
  const tables = tablesOf([machine, ours, theirs, { ...ours, size: "tiny" }, missing]);
  assert.is(
    tables.get("step"),
    [
      "| peer   | threads | nano       | tiny       |",
      "| ------ | ------- | ---------- | ---------- |",
      "| ours   | 1       | 12.3 (100) | 12.3 (100) |",
      "| theirs | 1       | 12.3 (100) | —          |",
    ].join("\n"),
  );
  assert.match(tables.get("step costs") as string, "| 1.2 s, 200 MB |");
  assert.equal((tables.get("step notes") as string).split("\n"), [
    "a chip, 2 cores, Node v20, 2026-01-02; load average before: 0.5.",
    "ours 1.0, theirs 2.0, with fast.",
    "theirs at tiny: out of memory.",
  ]);
  assert.not.ok(tables.has("decode"));
});

Tables("decoding has a row with and one without a cache", () => {
  const decode = {
    bench: "decode",
    peer: "ours",
    size: "nano",
    threads: 1,
    batch: 1,
    tokens: 32,
    tokensPerSecond: 1234,
  };
  const costs = { firstMs: 100, peakRssMB: 200 };
  const lines = [machine, { ...decode, ...costs, cache: true }, { ...decode, ...costs, cache: false }];
  assert.equal((tablesOf(lines).get("decode") as string).split("\n").slice(2), [
    "| ours | 1       | yes   | 1234        |",
    "| ours | 1       | no    | 1234        |",
  ]);
});

Tables("a peer that computes something else is named", () => {
  assert.equal(disagreements([machine, ours, { ...theirs, loss: 8.709 }, missing]), []);
  const [fault, ...none] = disagreements([machine, ours, { ...theirs, loss: 8.72 }]);
  assert.match(fault, "loss of theirs is 8.72, of ours 8.708");
  assert.equal(none, []);
  const decode = { bench: "decode", size: "nano", batch: 1, tokens: 2 };
  assert.is(
    disagreements([
      { ...decode, peer: "ours", ids: "ab" },
      { ...decode, peer: "theirs", ids: "ac" },
    ]).length,
    1,
  );
});

Tables("a page keeps what is not measured", () => {
  const page = "a\n<!-- bench x -->\n\nold\n\n<!-- end -->\nb\n<!-- bench y -->\nkept\n<!-- end -->\n";
  const written = withTables(page, new Map([["x", "new"]]));
  assert.is(written, page.replace("old", "new"));
  assert.is(withTables(written, new Map([["x", "new"]])), written);
});

Tables.run();
