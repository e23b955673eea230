/** @file Random programs obey the laws of the transformations; a broken rule of any kind is noticed. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { optimize } from "../../lib/compile/passes.js";
import { referenceExecutor } from "../../lib/compile/reference.js";
import type { ExecutorRuntime } from "../../lib/compile/runtime.js";
import { scope } from "../../lib/core/composite.js";
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
import { heldBy, messageOf, on, onReference, startedRuntimes } from "../helpers/runtime.js";
import { generate } from "./generate.js";
import * as laws from "./laws.js";
import { type Program, primitivesOf, type Swaps } from "./program.js";

const Laws = suite("laws");
const SEEDS = Array.from({ length: 210 }, (_, i) => i + 1);
const programs = SEEDS.map((seed) => generate(seed, "float64"));
const singles = SEEDS.map((seed) => generate(seed, "float32"));

/** Runs a check on a program; a failure names the seed, from which `generate` makes the program again. */
const check = (program: Program, law: () => void): void => {
  try {
    scope(law);
  } catch (e) {
    if (e instanceof Error) e.message = `program of seed ${program.seed}: ${e.message}`;
    throw e;
  }
};

Laws("the programs are deep enough and use every primitive", () => {
  assert.ok(
    programs.every((p) => p.depth >= 8),
    "depth",
  );
  const used = new Set(programs.flatMap((p) => [...primitivesOf(p)]));
  assert.equal([...used].sort(), Object.keys(primitives).sort());
});

const LAWS: Record<string, (c: laws.Case) => void> = {
  "inside of a scan or a choice = by itself, also the derivatives": laws.controlIsTheProgram,
  "jit(f) = f": laws.jitIsTheFunction,
  "vmap(f) = a loop": laws.vmapIsALoop,
  "vmap(grad(f)) = a loop, also under jit": laws.vmapOfGradIsALoop,
  "<ct, J v> = <J^T ct, v>": laws.transposeIsTheTranspose,
  "passes keep the meaning and give jaxprs that check": laws.passesKeepTheMeaning,
};
for (const [title, law] of Object.entries(LAWS)) {
  Laws(title, () => {
    // Loops and choices are staged and compiled anew at every call: a third of the programs has to do.
    const own = law === laws.controlIsTheProgram ? programs.filter((p) => p.seed % 3 === 1) : programs;
    for (const p of own) {
      const left = onReference((runtime) => {
        check(p, () => law(laws.caseOf(p, 0)));
        runtime.dispose();
        return heldBy(runtime.device);
      });
      assert.equal(left, { arrays: 0, bytes: 0 }, `program of seed ${p.seed} leaves memory`);
    }
  });
}

/** Laws that compare with differences try a few points, since there is none near a kink. */
const DIFFERENCES: Record<string, (c: laws.Case) => boolean> = {
  "grad(f) = central differences": laws.gradIsTheDifference,
  "grad(grad(f)) = central differences, jvp(grad(f)) = Hessian times vector": laws.secondDerivativesAgree,
};
for (const [title, law] of Object.entries(DIFFERENCES)) {
  Laws(title, () => {
    const compared = programs.filter((p) =>
      onReference(() => {
        let done = false;
        for (let point = 0; point < 6 && !done; point++) {
          check(p, () => {
            done = law(laws.caseOf(p, point));
          });
        }
        return done;
      }),
    );
    assert.ok(compared.length >= 200, `only ${compared.length} of ${programs.length} programs could be compared`);
  });
}

for (const runtime of await startedRuntimes()) {
  Laws(`${runtime.name} computes what impl says`, () => {
    for (const p of singles) on(runtime, () => check(p, () => laws.executorIsImpl(laws.caseOf(p, 0))));
  });
}

// --- broken rules --------------------------------------------------------------------------------------------------------

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
