/** @file Random programs obey the laws of the transformations; a broken rule of any kind is noticed. `laws.long.ts` has more programs. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { optimize } from "../../lib/compile/passes/optimize.js";
import { referenceExecutor } from "../../lib/compile/reference/executor.js";
import type { ExecutorRuntime } from "../../lib/compile/runtime.js";
import { Jaxpr } from "../../lib/core/jaxpr.js";
import type { AnyPrimitive } from "../../lib/core/primitive.js";
import { linearJvp, one } from "../../lib/core/rules.js";
import { bind1 } from "../../lib/core/trace.js";
import { reduceSumP } from "../../lib/primitives/broadcast.js";
import { add, mul, neg } from "../../lib/primitives/elementwise.js";
import { primitives } from "../../lib/primitives/index.js";
import { cos, sinP } from "../../lib/primitives/math.js";
import { reverseP } from "../../lib/primitives/movement.js";
import { sabotaged } from "../conformance/checks.js";
import { messageOf, on, onReference, startedRuntimes } from "../helpers/runtime.js";
import { check, obeyTheLaws } from "./checks.js";
import { generate } from "./generate.js";
import * as laws from "./laws.js";
import { primitivesOf, type Swaps } from "./program.js";

const Laws = suite("laws");
const SEEDS = Array.from({ length: 84 }, (_, i) => i + 1);
obeyTheLaws(Laws, SEEDS, await startedRuntimes(), 6);

// --- broken rules --------------------------------------------------------------------------------------------------------

const programs = SEEDS.map((seed) => generate(seed, "float64"));

/** Whether a law fails for a program that uses the primitive, with the primitive replaced. */
const noticed = (name: string, law: (c: laws.Case) => unknown, swaps: Swaps = new Map()): string | undefined => {
  for (const p of programs.filter((q) => primitivesOf(q).has(name)).slice(0, 40)) {
    const said = onReference(() => messageOf(() => check(p, () => void law(laws.caseOf(p, 1, swaps)))));
    if (said !== undefined) return said;
  }
  return undefined;
};
const swap = (prim: AnyPrimitive, broken: AnyPrimitive): Swaps => new Map([[prim, broken]]);

Laws("a broken jvp rule is noticed", () => {
  const broken: AnyPrimitive = {
    ...sinP,
    jvp: ([x], [dx]) => [[bind1(sinP, [x], {})], [mul(dx as never, neg(cos(x)))]],
  };
  assert.match(noticed("sin", laws.gradIsTheDifference, swap(sinP, broken)) ?? "", "jvp against differences");
});

Laws("a broken transpose rule is noticed", () => {
  const broken: AnyPrimitive = {
    ...reduceSumP,
    jvp: linearJvp(() => broken),
    transpose: (cts, args, params) => {
      const [ct] = reduceSumP.transpose(cts, args, params as never);
      return [add(one([ct as never]), one([ct as never]))];
    },
  };
  assert.match(noticed("reduce_sum", laws.transposeIsTheTranspose, swap(reduceSumP, broken)) ?? "", "<J^T ct, v>");
});

Laws("a broken batch rule is noticed", () => {
  const broken: AnyPrimitive = {
    ...reverseP,
    batch: (_size, [x], [d], params) => [[bind1(reverseP, [x], params as never)], [d]],
  };
  assert.match(noticed("reverse", laws.vmapIsALoop, swap(reverseP, broken)) ?? "", "vmap over");
});

Laws("a broken kernel is noticed", () => {
  const runtime: ExecutorRuntime = sabotaged(referenceExecutor(), "sub");
  const said = programs
    .filter((p) => primitivesOf(p).has("sub"))
    .map((p) => on(runtime, () => messageOf(() => check(p, () => laws.executorIsImpl(laws.caseOf(p, 0))))));
  runtime.dispose();
  assert.ok(said.some((m) => m?.includes("against impl")));
});

Laws("a pass that changes the meaning, or breaks the order, is noticed", () => {
  const changed =
    (f: (j: Jaxpr) => Jaxpr) =>
    (c: laws.Case): void =>
      laws.passesKeepTheMeaning(c, (source) => {
        const { jaxpr, consts } = optimize(source);
        return { jaxpr: f(jaxpr), consts };
      });
  const swapped = changed(
    (j) =>
      new Jaxpr(
        j.constVars,
        j.inVars,
        j.eqns.map((e) => (e.prim === primitives.sub ? { ...e, inputs: [...e.inputs].reverse() } : e)),
        j.outs,
      ),
  );
  const reversed = changed((j) => new Jaxpr(j.constVars, j.inVars, [...j.eqns].reverse(), j.outs));
  assert.match(noticed("sub", swapped) ?? "", "after the passes");
  assert.match(noticed("sub", reversed) ?? "", "before it is defined");
});

Laws.run();
