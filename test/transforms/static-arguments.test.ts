/** @file What tells the static arguments of jit apart. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dispose, Literal, type Tensor } from "../../lib/core/tensor.js";
import { mul } from "../../lib/primitives/elementwise.js";
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

Statics.run();
