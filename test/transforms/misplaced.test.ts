/** @file Options of a transformation among the arguments of the function it made: plain JavaScript would ignore them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkpoint, grad, hessian, init, jacrev, jit, valueAndGrad, vmap } from "../../lib/index.js";
import * as np from "../../lib/np/index.js";
import { refused } from "../lab/refused.js";

const Misplaced = suite("transforms/misplaced");
await init();
const x = np.array([1, 2]);

type Any = (...args: unknown[]) => unknown;
type Transform = (f: unknown, options?: object) => Any;
/** Each transformation with one of its options, and what the refusal calls it. */
const CASES: readonly (readonly [name: string, transform: unknown, options: object])[] = [
  ["grad", grad, { argnums: 1 }],
  ["valueAndGrad", valueAndGrad, { hasAux: true }],
  ["vmap", vmap, { inAxes: 0 }],
  ["jit", jit, { static: [1] }],
  ["jacrev", jacrev, { argnums: 0 }],
  ["hessian", hessian, { allowInt: true }],
  ["checkpoint", checkpoint, { policy: () => true }],
];

for (const [name, transform, options] of CASES) {
  Misplaced(`${name} refuses its options in the call of what it made`, () => {
    const key = Object.keys(options)[0];
    const total = (given: typeof x) => np.sum(np.multiply(given, given));
    const made = (transform as Transform)(total);
    const { where, what, got, hint } = refused(() => made(x, options), "ArgumentError");
    assert.is(`${where}: ${what}`, `${name} of total: the options of ${name} are among the arguments of the function`);
    assert.is(got, `{ ${key} } as args[1]`);
    assert.is(hint, `${name}(f, { ${key}: ... })(x)`);
  });
}

Misplaced("objects that the function takes, or that hold anything else, are arguments", () => {
  const scaled = (given: typeof x, options: { argnums: typeof x }) => np.sum(np.multiply(given, options.argnums));
  assert.equal(grad(scaled)(x, { argnums: x }).toArray(), [1, 2]);
  const any = (...all: readonly unknown[]) => np.sum(all[0] as typeof x);
  assert.equal(((grad(any) as Any)(x, { argnums: 1 }) as typeof x).toArray(), [1, 1]);
  const one = (given: typeof x) => np.sum(given);
  for (const extra of [{ argnums: 1, w: 2 }, {}, null, 3])
    assert.equal(((grad(one) as Any)(x, extra) as typeof x).toArray(), [1, 1]);
});

Misplaced.run();
