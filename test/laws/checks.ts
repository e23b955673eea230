/** @file The laws of the transformations as tests of many random programs. */
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import type { ExecutorRuntime } from "../../lib/compile/runtime.js";
import { scope } from "../../lib/core/composite.js";
import { primitives } from "../../lib/primitives/index.js";
import { heldBy, on, onReference } from "../helpers/runtime.js";
import { generate } from "./generate.js";
import * as laws from "./laws.js";
import { type Program, primitivesOf } from "./program.js";

/** Runs a check on a program; a failure names the seed, from which `generate` makes the program again. */
export const check = (program: Program, law: () => void): void => {
  try {
    scope(law);
  } catch (e) {
    if (e instanceof Error) e.message = `program of seed ${program.seed}: ${e.message}`;
    throw e;
  }
};

const LAWS: Record<string, (c: laws.Case) => void> = {
  "inside of a scan or a choice = by itself, also the derivatives": laws.controlIsTheProgram,
  "jit(f) = f": laws.jitIsTheFunction,
  "vmap(f) = a loop": laws.vmapIsALoop,
  "vmap(grad(f)) = a loop, also under jit": laws.vmapOfGradIsALoop,
  "<ct, J v> = <J^T ct, v>": laws.transposeIsTheTranspose,
  "passes keep the meaning and give jaxprs that check": laws.passesKeepTheMeaning,
};

/** Laws that compare with differences try a few points, since there is none near a kink. */
const DIFFERENCES: Record<string, (c: laws.Case) => boolean> = {
  "grad(f) = central differences": laws.gradIsTheDifference,
  "grad(grad(f)) = central differences, jvp(grad(f)) = Hessian times vector": laws.secondDerivativesAgree,
};

/** Adds all laws, for the programs of these seeds on these executors; loops and choices for one of `every` so many. */
export const obeyTheLaws = (
  suite: Test,
  seeds: readonly number[],
  runtimes: readonly ExecutorRuntime[],
  every = 3,
): void => {
  const programs = seeds.map((seed) => generate(seed, "float64"));
  const singles = seeds.map((seed) => generate(seed, "float32"));

  suite("the programs are deep enough and use every primitive", () => {
    assert.ok(
      programs.every((p) => p.depth >= 8),
      "depth",
    );
    const used = new Set(programs.flatMap((p) => [...primitivesOf(p)]));
    assert.equal([...used].sort(), Object.keys(primitives).sort());
  });

  for (const [title, law] of Object.entries(LAWS)) {
    suite(title, () => {
      // Loops and choices are staged and compiled anew at every call: some of the programs have to do.
      const own = law === laws.controlIsTheProgram ? programs.filter((p) => p.seed % every === 1) : programs;
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

  for (const [title, law] of Object.entries(DIFFERENCES)) {
    suite(title, () => {
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
      const least = Math.floor(0.95 * programs.length);
      assert.ok(compared.length >= least, `only ${compared.length} of ${programs.length} programs could be compared`);
    });
  }

  for (const runtime of runtimes) {
    suite(`${runtime.name} computes what impl says`, () => {
      for (const p of singles) on(runtime, () => check(p, () => laws.executorIsImpl(laws.caseOf(p, 0))));
    });
  }
};
