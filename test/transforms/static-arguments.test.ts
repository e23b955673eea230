/** @file What tells the static arguments of jit apart. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { asTensor, dispose, Literal, type Tensor } from "../../lib/core/tensor.js";
import { reduceSum } from "../../lib/primitives/broadcast.js";
import { mul } from "../../lib/primitives/elementwise.js";
import { grad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { f32, noLeaks, numbers } from "../helpers/runtime.js";
import { failing, onOwnRuntime } from "./setup.js";

const Statics = suite("transforms/static-arguments");
onOwnRuntime(Statics);

Statics("a static argument that was changed in place compiles anew; equal data share a program", () => {
  noLeaks(() => {
    using x = f32([1, 2]);
    interface Held {
      readonly list: number[];
      readonly by: Map<string, number>;
      readonly of: { factor: number };
      readonly bytes: Float32Array;
    }
    const make = (): Held => ({ list: [1], by: new Map([["a", 1]]), of: { factor: 1 }, bytes: new Float32Array([1]) });
    const factor = ({ list, by, of, bytes }: Held): number => list[0] * (by.get("a") ?? 0) * of.factor * bytes[0];
    using g = jit((a: Tensor, held: Held) => mul(a, new Literal(factor(held), "float32")), { static: [1] });
    const held = make();
    const changes = [
      () => {
        held.list[0] = 2;
      },
      () => held.by.set("a", 3),
      () => {
        held.of.factor = 5;
      },
      () => {
        held.bytes[0] = 7;
      },
    ];
    const run = (h: Held): number[] => {
      using y = g(x, h);
      return numbers(y);
    };
    assert.equal(
      [run(held), run(make())],
      [
        [1, 2],
        [1, 2],
      ],
    );
    assert.equal(g.stats(), { compiles: 1, hits: 1 });
    const seen = changes.map((change) => {
      change();
      return run(held)[0];
    });
    assert.equal(seen, [2, 6, 30, 210]);
    assert.is(g.stats().compiles, 5);
  });
});

Statics(
  "static arguments that are written alike are told apart; instances count by identity, cycles are refused",
  () => {
    noLeaks(() => {
      class Setting {
        constructor(public factor: number) {}
      }
      using x = f32([1]);
      using g = jit((a: Tensor, ..._: unknown[]) => mul(a, a), { static: [1, 2] });
      const one = new Setting(1);
      const kinds: unknown[][] = [
        ["1", "a"],
        [1, "a"],
        ['1|static "a"', ""],
        [[1], ["a"]],
        [["1,a"], ""],
        [[1, "a"], ""],
        [{ 1: "a" }, ""],
        [new Map([[1, "a"]]), ""],
        [new Set([1, "a"]), ""],
        [Symbol("a"), ""],
        [Symbol("a"), ""],
        [undefined, null],
        [-0, ""],
        [0, ""],
        [one, ""],
        [new Setting(1), ""],
      ];
      for (const statics of kinds) dispose(g(x, ...statics));
      assert.is(g.stats().compiles, kinds.length);
      one.factor = 2;
      dispose(g(x, one, ""));
      assert.equal(g.stats(), { compiles: kinds.length, hits: 1 });
      const cyclic: unknown[] = [];
      cyclic.push(cyclic);
      assert.throws(() => g(x, cyclic, ""), failing("ArgumentError", /static argument is nested too deeply/));
    });
  },
);

Statics("options are static by name, and the others are traced", () => {
  noLeaks(() => {
    using x = f32([1, 2]);
    interface Options {
      readonly mode?: "twice" | "square";
      readonly scale?: number | Tensor;
    }
    let traced = 0;
    const f = (a: Tensor, { mode = "twice", scale = 1 }: Options = {}): Tensor => {
      traced++;
      return mul(mode === "twice" ? mul(a, new Literal(2, "float32")) : mul(a, a), asTensor(scale, "test"));
    };
    using g = jit(f, { static: "mode" });
    const run = (...args: [Tensor, Options?]): number[] => {
      using y = g(...args);
      return numbers(y);
    };
    assert.equal(
      [run(x), run(x, {}), run(x, { scale: 3 }), run(x, { scale: 5 })],
      [
        [2, 4],
        [2, 4],
        [6, 12],
        [10, 20],
      ],
    );
    assert.is(traced, 3, "values of options that are traced share a program");
    assert.equal(
      [run(x, { mode: "square", scale: 3 }), run(x, { scale: 2, mode: "square" })],
      [
        [3, 12],
        [2, 8],
      ],
    );
    assert.equal(
      [run(x, { mode: "twice", scale: 3 }), run(x, { mode: "square" })],
      [
        [6, 12],
        [1, 4],
      ],
    );
    assert.is(traced, 6);
    using both = jit(
      (a: Tensor, n: number, { mode }: Options) => (mode === "twice" ? mul(a, new Literal(n, "float32")) : a),
      {
        static: [1, "mode"],
      },
    );
    using y = both(x, 3, { mode: "twice" });
    assert.equal(numbers(y), [3, 6]);
    const slope = grad((a: Tensor) => reduceSum(g(a, { mode: "square" }), [0]));
    using d = slope(x);
    assert.equal(numbers(d), [2, 4]);
    assert.throws(() => jit(f)(x, { mode: "square" } as never), failing("TreeError", /args\[1\]\.mode/));
  });
});

Statics("a boolean is static or a tensor: a branch on it would be taken in any case", () => {
  noLeaks(() => {
    using x = f32([1, 2]);
    const branch = (a: Tensor, twice: boolean): Tensor => (twice ? mul(a, new Literal(2, "float32")) : a);
    assert.throws(() => jit(branch)(x, false), failing("ArgumentError", /a boolean[\s\S]*args\[1\][\s\S]*static: 1/));
    using kept = jit(branch, { static: 1 })(x, false);
    assert.equal(numbers(kept), [1, 2]);
    interface Flags {
      readonly twice: boolean;
    }
    const named = (a: Tensor, { twice }: Flags): Tensor => branch(a, twice);
    assert.throws(
      () => jit(named)(x, { twice: false }),
      failing("ArgumentError", /args\[1\]\.twice[\s\S]*static: "twice"/),
    );
    const nested = (a: Tensor, flags: readonly Flags[]): Tensor => branch(a, flags[0].twice);
    assert.throws(() => jit(nested)(x, [{ twice: false }]), failing("ArgumentError", /args\[1\]\[0\][\s\S]*static: 1/));
  });
});

Statics.run();
