/** @file Kernels of single operations are made once for the same shapes and parameters, and only there. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Singles } from "../../lib/compile/singles.js";
import { Aval } from "../../lib/core/aval.js";
import { type AnyPrimitive, definePrimitive, type Params } from "../../lib/core/primitive.js";
import { reshapeP } from "../../lib/primitives/broadcast.js";
import { addP } from "../../lib/primitives/elementwise.js";

const Single = suite("compile/singles");

/** Gives what it is given; its parameters may be anything. */
const sameP: AnyPrimitive = definePrimitive({
  name: "same",
  abstractEval: (avals: readonly Aval[]) => avals,
  impl: (xs: readonly unknown[]) => xs,
  jvp: () => [[], []],
  transpose: () => [],
  batch: () => [[], []],
} as unknown as AnyPrimitive);

const counting = () => {
  let made = 0;
  const singles = new Singles(() => {
    made++;
    return () => [];
  });
  return {
    made: (prim: AnyPrimitive, params: Params, avals: readonly Aval[]): number => {
      const before = made;
      singles.of(prim, params, avals);
      return made - before;
    },
    singles,
  };
};
const f = (...shape: number[]): Aval => new Aval(shape, "float32");

Single("equal calls share a kernel, and the avals of its result", () => {
  const { made, singles } = counting();
  assert.is(made(addP, {}, [f(2, 3), f(2, 3)]), 1);
  assert.is(made(addP, {}, [f(2, 3), f(2, 3)]), 0);
  assert.is(singles.of(addP, {}, [f(2, 3), f(2, 3)]).outAvals[0], singles.of(addP, {}, [f(2, 3), f(2, 3)]).outAvals[0]);
});

Single("shapes, dtypes, weakness and the order of operands make a difference", () => {
  const { made } = counting();
  const calls = [
    [f(2, 3), f(2, 3)],
    [f(2, 3), f(1, 3)],
    [f(1, 3), f(2, 3)],
    [f(23), f(23)],
    [new Aval([2, 3], "int32"), new Aval([2, 3], "int32")],
    [f(2, 3), new Aval([], "float32", true)],
    [f(2, 3), new Aval([], "float32")],
  ];
  assert.equal(
    calls.map((avals) => made(addP, {}, avals)),
    calls.map(() => 1),
  );
});

Single("parameters are compared by what they say", () => {
  const { made } = counting();
  const params: Params[] = [
    { axes: [1, 2] },
    { axes: [12] },
    { axes: [[1], 2] },
    { axes: "1,2" },
    { axes: ["1", "2"] },
    { x: 0 },
    { x: -0 },
    { x: null },
    { x: undefined },
    { x: Number.NaN },
    { x: { y: 1 } },
    { x: { y: 1 }, z: 1 },
  ];
  assert.equal(
    params.map((p) => made(sameP, p, [f(2)])),
    params.map(() => 1),
  );
  assert.equal(
    params.map((p) => made(sameP, structuredClone(p), [f(2)])),
    params.map(() => 0),
  );
});

Single("functions, data and other objects are never taken for equal ones", () => {
  const { made } = counting();
  for (const x of [() => 1, Float32Array.of(1), new Map(), f(2)]) {
    assert.is(made(sameP, { x }, [f(2)]), 1);
    assert.is(made(sameP, { x }, [f(2)]), 1);
  }
});

Single("large arrays, effects and reshapes are not kept", () => {
  const { made } = counting();
  const effectP: AnyPrimitive = { ...sameP, effect: true };
  for (let i = 0; i < 2; i++) {
    assert.is(made(addP, {}, [f(2 ** 14 + 1), f(2 ** 14 + 1)]), 1);
    assert.is(made(effectP, {}, [f(2)]), 1);
    assert.is(made(reshapeP as AnyPrimitive, { shape: [2] }, [f(2)]), 1);
  }
});

Single("many shapes do not pile up", () => {
  const { made } = counting();
  for (let n = 1; n <= 1000; n++) made(addP, {}, [f(n), f(n)]);
  const kept = Array.from({ length: 1000 }, (_, i) => made(addP, {}, [f(1000 - i), f(1000 - i)])).filter(
    (n) => n === 0,
  );
  assert.ok(kept.length > 0 && kept.length <= 256, `${kept.length} kept`);
});

Single.run();
