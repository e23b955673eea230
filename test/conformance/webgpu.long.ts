/** @file Every primitive that the webgpu backend has means what its `impl` says. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { setRuntime } from "../../lib/core/runtime.js";
import { type PrimitiveName, primitives } from "../../lib/primitives/index.js";
import { webGpuRuntime } from "../helpers/webgpu.js";
import { describe, usesDoubles } from "./checks.js";
import { rows } from "./rows.js";
import { batchesLater, computesLater } from "./webgpu-checks.js";

/** Rows that do not hold on a GPU, with the reason; `docs/backends.md` lists them too. Each is run, and has to fail. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'cumprod f32[15] {"axis":0,"reverse":true}':
    "a running product is kept in float32, where it overflows on its way to a finite one; the definition keeps doubles",
};

const Suite = suite("conformance/webgpu");
const runtime = await webGpuRuntime();

if (typeof runtime === "string") {
  console.log(`conformance/webgpu: no row runs, since ${runtime}`);
  Suite.skip("every primitive means the same on webgpu", () => undefined);
} else {
  let ran = 0;
  const without = new Set<string>();
  let before: ReturnType<typeof setRuntime>;
  Suite.before(() => {
    before = setRuntime(runtime);
  });
  Suite.after(() => {
    setRuntime(before);
    console.log(
      `conformance/webgpu: ${ran} rows ran, ${Object.keys(EXCEPTIONS).length} of them known not to hold; no lowering for ${[...without].join(", ") || "none"}`,
    );
  });

  for (const name of Object.keys(primitives) as PrimitiveName[]) {
    Suite(`${name} means the same on webgpu`, async () => {
      for (const row of rows.filter((r) => r.prim === name && !usesDoubles(r))) {
        const excepted = describe(row) in EXCEPTIONS;
        let failure: unknown;
        try {
          await computesLater(primitives[name], row, runtime);
          await batchesLater(primitives[name], row, runtime);
        } catch (e) {
          failure = e;
        }
        if (isFluxionError(failure, "UnsupportedError")) without.add(name);
        else ran++;
        if (failure instanceof assert.Assertion) {
          failure.message = `${describe(row)}: ${failure.message}`;
          if (!excepted) throw failure;
        } else if (failure !== undefined && !isFluxionError(failure, "UnsupportedError")) throw failure;
        else if (excepted) assert.unreachable(`${describe(row)} holds now: take it off the list`);
      }
    });
  }

  Suite("the primitives without a lowering are those that the documentation lists", () => {
    const page = readFileSync(new URL("../../docs/backends.md", import.meta.url), "utf8");
    const sentence = /The webgpu backend cannot compute ([^.]*)\./.exec(page)?.[1] ?? "";
    assert.equal([...without].sort(), [...sentence.matchAll(/`(\w+)`/g)].map(([, name]) => name).sort());
  });
}

Suite.run();
