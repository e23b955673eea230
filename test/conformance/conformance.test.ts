/** @file Every primitive, on every executor and under every transformation, means what its `impl` says. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { referenceExecutor } from "../../lib/compile/reference/executor.js";
import { isFloat } from "../../lib/core/aval.js";
import { type PrimitiveName, primitives } from "../../lib/primitives/index.js";
import { messageOf, startedRuntimes } from "../helpers/runtime.js";
import { conforms, sabotaged } from "./checks.js";
import { floats, row } from "./row.js";
import { rows } from "./rows.js";

const Conformance = suite("conformance");
const runtimes = await startedRuntimes();
const names = Object.keys(primitives) as PrimitiveName[];

for (const name of names) {
  Conformance(`${name} means the same everywhere`, () => {
    const own = rows.filter((r) => r.prim === name);
    assert.ok(own.length > 0, `${name} has no row in the conformance suite`);
    for (const r of own) conforms(primitives[name], r, runtimes);
  });
}

/** They take no floats, give none, or round them, so they have no derivative. */
const WITHOUT_DERIVATIVE = [
  "bitcast",
  "clz",
  "gcd",
  "nextafter",
  "population_count",
  "reduce_precision",
  "and",
  "or",
  "xor",
  "not",
  "iota",
  "lu_pivots_to_permutation",
  "random_bits",
  "threefry2x32",
  "stop_gradient",
];

Conformance("every primitive that takes floats is compared with differences", () => {
  for (const name of names) {
    const compared = rows.some(
      (r) =>
        r.prim === name && r.noDerivative === undefined && r.args.some((x) => isFloat(x.dtype) && x.data.length > 0),
    );
    const exempt = WITHOUT_DERIVATIVE.includes(name) || /^(shift|reduce_and|reduce_or|random)/.test(name);
    assert.is(compared, !exempt, name);
  }
});

Conformance("a wrong kernel is noticed", () => {
  const wrong = sabotaged(referenceExecutor(), "sub");
  const r = row("sub", [floats([2, 3]), floats([1, 3], [0.5, 0.25])]);
  const said = messageOf(() => conforms(primitives.sub, r, [wrong])) ?? "nothing";
  assert.match(said, /^sub f32\[2,3\] f32\[1,3\] .*reference, eager, output 0/);
  wrong.dispose();
});

Conformance.run();
