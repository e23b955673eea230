/** @file How many numbers each method trains in T5 1.1 base, against the table of the specification; nothing is computed. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { flatten, unflatten } from "../../lib/core/pytree.js";
import { type Tensor, tree } from "../../lib/index.js";
import * as methods from "../../lib/methods/index.js";
import { isShape, paramShapes } from "../../lib/t5/config.js";
import { configs } from "../../lib/t5/configs.js";
import type { AnyParams } from "../../lib/t5/stack.js";
import { evalShape, ShapeDtype } from "../../lib/transforms/make-jaxpr.js";

const Numbers = suite("methods/trained-numbers");

const length = 100;
/** The table has `n` 100 and `r` 8. */
const TABLE: readonly (readonly [what: string, method: methods.Method<never>, numbers: number])[] = [
  ["prompt", methods.prompt({ length }), 76_800],
  ["LoRA on q, v", methods.lora({ rank: 8 }), 884_736],
  ["DoRA on q, v", methods.lora({ rank: 8, dora: true }), 940_032],
  ["LoRA on every kernel", methods.lora({ rank: 8, kernels: "all-linear" }), 3_391_488],
  ["IA3", methods.ia3(), 104_448],
  ["LN tuning", methods.norms(), 47_616],
  ["prefix of the encoder", methods.prefix({ length, attentions: ["encoder"] }), 1_843_200],
  ["prefixes", methods.prefix({ length }), 5_529_600],
  // Per kind: n d + (d + 1) h + (h + 1) 2 L a.
  ["prefixes of networks", methods.prefix({ length, projection: 16 }), 3 * (76_800 + 769 * 16 + 17 * 18_432)],
  ["PEFT's prefix", methods.peftPrefix({ length }), 1_843_200],
  ["prompts of the layers", methods.perLayer({ length }), 921_600],
  ["P-tuning, MLP", methods.pTuning({ length }), 1_848_576],
  ["P-tuning, LSTM", methods.pTuning({ length, encoder: "lstm" }), 27_235_584],
  ["residual prompt", methods.residual({ length, bottleneck: 128 }), 275_840],
  ["MPT of one task", methods.mpt({ length }), 76_800 + 868],
  ["MPT of eight tasks", methods.mpt({ length, tasks: 8 }), 76_800 + 8 * 868],
  ["prompts that are added", methods.multitask({ length, tasks: 8 }), 9 * 76_800],
  ["all weights", methods.full(), 247_577_856],
] as never;

Numbers("the methods train as many numbers of T5 1.1 base as the table says", () => {
  const config = configs["t5-1.1-base"];
  const [shapes, def] = flatten(paramShapes(config), isShape);
  const frozen = unflatten(
    def,
    shapes.map((shape) => new ShapeDtype(shape as readonly number[])),
  );
  for (const [what, method, numbers] of TABLE) {
    const init = (key: Tensor, params: AnyParams): object => method.init(key, config, params);
    const made = evalShape(init as never)(new ShapeDtype([2], "uint32") as never, frozen as never);
    const sizes = (tree.leaves(made as never) as ShapeDtype[]).map(({ shape }) => shape.reduce((n, d) => n * d, 1));
    assert.is(
      sizes.reduce((sum, size) => sum + size, 0),
      numbers,
      what,
    );
  }
});

Numbers.run();
