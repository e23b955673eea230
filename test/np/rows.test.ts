/** @file Every function of np and lax gives what a source that is not ours gives, on every executor, eager and compiled. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ExecutorRuntime } from "../../lib/compile/runtime.js";
import { Aval, isFloat } from "../../lib/core/aval.js";
import { scope } from "../../lib/core/composite.js";
import type { HostArray } from "../../lib/core/host.js";
import { leavesOf } from "../../lib/core/pytree.js";
import type { Tensor } from "../../lib/core/tensor.js";
import { fromHost } from "../../lib/np/array.js";
import { checkGrads } from "../../lib/transforms/check.js";
import { jit } from "../../lib/transforms/jit.js";
import { allclose, hostOf, noLeaks, on, startedRuntimes } from "../helpers/runtime.js";
import { allRows, type Row } from "./rows/row.js";

const Rows = suite("np/rows");
const runtimes = await startedRuntimes();
const rows = await allRows();
const names = [...new Set(rows.map((row) => row.name))];

/** Values as the oracle has them, and nothing left on the device. */
const computes = (row: Row, runtime: ExecutorRuntime): void =>
  on(runtime, () => {
    const { args, call, oracle, eagerOnly = false } = row;
    const wanted = oracle.values(args);
    noLeaks(() => {
      const xs = args.map(fromHost);
      using compiled = jit(call);
      for (const [mode, f] of [["eager", call] as const, ...(eagerOnly ? [] : [["jit", compiled] as const])]) {
        const got: HostArray[] = [];
        scope(() => {
          got.push(...leavesOf(f(...xs)).map((y) => hostOf(y as Tensor)));
        });
        assert.is(got.length, wanted.length, `${mode} on ${runtime.name}: number of results`);
        got.forEach((y, i) => {
          const tolerance = isFloat(y.dtype) ? oracle.tolerance : undefined;
          allclose(y, wanted[i], `${mode} on ${runtime.name}, result ${i}, against ${oracle.source}`, tolerance);
        });
      }
      for (const x of xs) x.dispose();
    }, runtime.name);
  });

/** First and second derivatives against differences; what has no derivative says why. */
const differentiates = ({ args, call, gradient }: Row): void => {
  if (gradient !== "differences") return;
  scope(() => checkGrads(call, args.map(fromHost), { order: 2 }));
};

for (const name of names) {
  Rows(name, () => {
    for (const row of rows.filter((r) => r.name === name)) {
      try {
        for (const runtime of runtimes) computes(row, runtime);
        on(runtimes[0], () => differentiates(row));
      } catch (e) {
        const given = row.args.map((x) => new Aval(x.shape, x.dtype)).join(" ");
        if (e instanceof Error) e.message = `${name} of ${given}: ${e.message}`;
        throw e;
      }
    }
  });
}

Rows("a name that takes and gives floats has a row with derivatives, unless it is constant between jumps", () => {
  const without = names.filter((name) => {
    const own = rows.filter((r) => r.name === name).map((r) => r.gradient);
    return !own.some((g) => ["differences", "no floats", "piecewise constant", "refused as in JAX"].includes(g));
  });
  assert.equal(without, []);
});

Rows.run();
