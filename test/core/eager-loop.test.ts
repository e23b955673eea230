/** @file Loops without any scope: what nobody reaches is freed when the event loop turns, and a loop that never lets it turn is warned of. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FROM_SOURCE } from "../helpers/program.js";

const Loops = suite("core/eager-loop");
const program = fileURLToPath(new URL("../helpers/eager-loop.ts", import.meta.url));

interface Held {
  readonly bytes: number;
  readonly rss: number;
}

const run = (kind: "yields" | "plain" | "native") => {
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--expose-gc", ...FROM_SOURCE, program, kind], {
    encoding: "utf8",
  });
  assert.is(status, 0, stderr);
  return { ...(JSON.parse(stdout) as { readonly marks: readonly Held[]; readonly end: Held }), stderr };
};
const MiB = 2 ** 20;

Loops("10,000 steps that let the event loop turn hold no more than the first thousand", () => {
  const { marks, stderr } = run("yields");
  const [first, ...later] = marks as [Held, ...Held[]];
  assert.is(later.length, 9);
  for (const { bytes, rss } of later) {
    assert.ok(bytes <= first.bytes, `${bytes} B are live, ${first.bytes} after the first thousand`);
    assert.ok(rss < first.rss + 20 * MiB, `${rss} B are resident, ${first.rss} after the first thousand`);
  }
  assert.is(stderr, "");
});

Loops("10,000 steps that never do are warned of once, with the remedy, and freed at the first turn", () => {
  const { marks, end, stderr } = run("plain");
  assert.is(stderr.match(/calls in a row have left arrays outside of every scope/g)?.length, 1, stderr);
  assert.match(stderr, "scope(() => …)");
  assert.ok((marks.at(-1)?.bytes ?? 0) > 25 * MiB, "nothing was freed on the way");
  assert.ok(end.bytes < 4096, `${end.bytes} B are live in the end`);
});

Loops("what a native program returned is left to the collector, without a turn or a warning", () => {
  const { marks, end, stderr } = run("native");
  const [first, ...later] = marks as [Held, ...Held[]];
  // 1.2 GB went through.
  for (const { rss } of later) assert.ok(rss < first.rss + 200 * MiB, `${rss} B are resident, ${first.rss} at first`);
  assert.ok(end.bytes <= 2 * 256 * 400 * 4, `${end.bytes} B are live in the end`);
  assert.is(stderr, "");
});

Loops.run();
