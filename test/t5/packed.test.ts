/** @file Packed rows through a T5: T5X's numbers, and the laws that packing follows. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import { withRuntime } from "../../lib/core/runtime.js";
import type { Tensor } from "../../lib/core/tensor.js";
import type { Tokens } from "../../lib/data/batch.js";
import { packPrefixLmEncoderDecoder } from "../../lib/data/objectives/prefix-lm.js";
import { packExamples } from "../../lib/data/packing.js";
import { np, optim, random, t5, tree } from "../../lib/index.js";
import { methodLoss } from "../../lib/methods/index.js";
import { joinBatches } from "../../lib/train/joint.js";
import { initState, makeTrainStep } from "../../lib/train/state.js";
import { grad, valueAndGrad } from "../../lib/transforms/grad.js";
import { assertNear } from "../helpers/golden.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { refusalOf } from "../helpers/refusal.js";
import { noLeaks, numbers, onReference, runtimes, treesClose } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { METHODS, samples } from "../methods/samples.js";
import { aloneOf, batchOf, lossesByExample, packsLikeGoldens } from "./packed-checks.js";

const Packed = suite("t5/packed");
packsLikeGoldens(Packed, goldenFiles(Packed, "t5/packed.test.ts"), ["wasm", "onnx"]);

/** Examples of one to seven ids a feature; that of the third and last has one target, which looks like padding to a decoder at the end of a row. */
const EXAMPLES: readonly Tokens[] = [
  { inputs: [5, 6, 7, 1], targets: [8, 1] },
  { inputs: [9, 1], targets: [11, 12, 13, 1] },
  { inputs: [14, 15, 16, 17, 18, 19, 1], targets: [1] },
  { inputs: [1], targets: [21, 22, 1] },
  { inputs: [23, 24, 25, 26, 1], targets: [27, 28, 29, 1] },
  { inputs: [31, 32, 1], targets: [1] },
];
const LENGTHS = { inputs: 16, targets: 8 };
const rows = packExamples(EXAMPLES, LENGTHS);
const packedBatch = (): Required<Pick<t5.Batch, "inputsSegments" | "targetsSegments">> & t5.Batch =>
  batchOf(rows, LENGTHS);

const wide = <T>(x: T): T => tree.map((leaf: Tensor) => np.astype(leaf, "float64"), x as never) as T;
/** A small model in float64. */
const wideT5 = (changes: Partial<t5.T5Config> = {}) => {
  const { config, params } = tinyT5({ numLayers: 1, ...changes });
  return { config, params: wide(params) };
};
const inFloat64 = (f: () => void): void => onReference(() => scope(f));
const EXACT = { abs: 1e-10, rel: 1e-10 };

const KINDS: Readonly<Record<string, Partial<t5.T5Config>>> = {
  "T5 1.1": {},
  "T5 1.0": { gated: false, activation: "relu", tiedEmbeddings: true },
  "a table of positions for each layer": { relativeAttentionPerLayer: true, numLayers: 2 },
  "distances beyond the last bucket, and one odd head": {
    relativeAttentionNumBuckets: 4,
    relativeAttentionMaxDistance: 3,
    numHeads: 1,
    dKv: 5,
    tiedEmbeddings: true,
    scaleDecoderOutputs: false,
  },
};
for (const [kind, changes] of Object.entries(KINDS)) {
  Packed(`${kind}: an example has the losses that it has alone, whatever is beside it in its row`, () =>
    inFloat64(() => {
      assert.ok(rows.length === 2);
      const model = wideT5(changes);
      const want = lossesByExample(model, aloneOf(EXAMPLES, LENGTHS));
      assert.equal(
        want.map(({ length }) => length),
        EXAMPLES.map(({ targets }) => targets.length),
      );
      for (const order of [
        [0, 1, 2, 3, 4, 5],
        [2, 1, 0, 5, 4, 3],
        [4, 2, 5, 1, 3, 0],
      ]) {
        const mixed = packExamples(
          order.map((i) => EXAMPLES[i]),
          LENGTHS,
        );
        const got = lossesByExample(model, batchOf(mixed, LENGTHS));
        assertNear(
          `${order}`,
          got.flat(),
          order.flatMap((i) => want[i]),
          EXACT,
        );
      }
      const stacked = { ...model, params: t5.stackLayers(model.params) } as never;
      assertNear("stacked layers", lossesByExample(stacked, packedBatch()).flat(), want.flat(), EXACT);
    }),
  );
}

Packed("the gradient of all weights is that of the examples alone, and that of differences", () =>
  inFloat64(() => {
    const { config, params } = wideT5();
    for (const remat of [false, true]) {
      const lossOf = t5.loss(config, { normalize: "none", zLoss: 1e-2, remat });
      const packed = grad((p: t5.Params) => lossOf(p, packedBatch()))(params);
      treesClose(packed, grad((p: t5.Params) => lossOf(p, aloneOf(EXAMPLES, LENGTHS)))(params), "gradient", EXACT);
      const leaves = tree.leaves(params as never) as Tensor[];
      const keys = random.subkeys(random.key(3), leaves.length);
      const along = leaves.map((x, i) => np.astype(random.normal(keys[i], x.shape), "float64"));
      const at = (t: number): number => {
        let i = 0;
        const moved = tree.map((x: Tensor) => np.add(x, np.multiply(t, along[i++])), params as never);
        return lossOf(moved as unknown as t5.Params, packedBatch()).item();
      };
      const h = 2e-5;
      const difference = (at(-2 * h) - 8 * at(-h) + 8 * at(h) - at(2 * h)) / (12 * h);
      const slope = (tree.leaves(packed as never) as Tensor[]).reduce(
        (sum, x, i) => sum + np.sum(np.multiply(x, along[i])).item(),
        0,
      );
      assertNear("slope", [slope], [difference], { abs: 0, rel: 1e-7 });
    }
  }),
);

Packed("the two texts in a row of the prefix LM have the loss and the gradient that they have in rows alone", () =>
  inFloat64(() => {
    const { config, params } = wideT5({ relativeAttentionPerLayer: true });
    const table = (...all: readonly (readonly number[])[]): Tensor =>
      np.array(
        all.map((ids) => Array.from({ length: 8 }, (_, i) => ids[i] ?? 0)),
        "int32",
      );
    const [a, b] = [
      [5, 6, 7, 8, 9, 10, 11, 12],
      [13, 1, 14, 15, 16, 17, 1, 0],
    ];
    const lossOf = t5.loss(config, { normalize: "none", zLoss: 1e-2, labelSmoothing: 0.1 });
    for (const split of [1, 3, 7]) {
      const row = packPrefixLmEncoderDecoder(a, b, split);
      const packed = {
        inputs: table(row.encoderInputs),
        targets: table(row.decoderTargets),
        inputsSegments: table(row.encoderSegments),
        targetsSegments: table(row.decoderSegments),
      };
      const rest = 8 - split;
      const alone = {
        inputs: table(a.slice(0, split), b.slice(0, rest)),
        targets: table(a.slice(split), b.slice(rest)),
      };
      assert.equal(numbers(t5.shiftRight(config, packed.targets, packed.targetsSegments)), [...row.decoderInputs]);
      const [got, want] = [packed, alone].map((batch) => valueAndGrad((p: t5.Params) => lossOf(p, batch))(params));
      assertNear(`loss, split ${split}`, [got[0].item()], [want[0].item()], EXACT);
      treesClose(got[1], want[1], `gradient, split ${split}`, EXACT);
    }
  }),
);

Packed("each way to divide a loss counts examples, not rows", () =>
  inFloat64(() => {
    const { config, params } = wideT5();
    for (const normalize of ["none", "tokens", "sequences", 7] as const) {
      const [packed, alone] = [packedBatch(), aloneOf(EXAMPLES, LENGTHS)].map((batch) =>
        t5.loss(config, { normalize })(params, batch).item(),
      );
      assertNear(`${normalize}`, [packed], [alone], EXACT);
    }
    assert.is(t5.lossSums(config, { normalize: "sequences" })(params, packedBatch())[1].item(), EXAMPLES.length);
  }),
);

Packed("other ids of padding and start, and targets that do not count, are as they are in rows of one example", () =>
  inFloat64(() => {
    const { config, params } = wideT5({ padId: 39, decoderStartId: 38 });
    const padded = (batch: t5.Batch): t5.Batch => {
      const targets = np.where(np.equal(batch.targets, 0), 39, batch.targets);
      const inputs = np.where(np.equal(batch.inputs, 0), 39, batch.inputs);
      return { ...batch, inputs, targets: np.where(np.equal(targets, 12), -100, targets) };
    };
    const [packed, alone] = [packedBatch(), aloneOf(EXAMPLES, LENGTHS)].map((batch) =>
      t5.loss(config, { normalize: "none" })(params, padded(batch)).item(),
    );
    assertNear("loss", [packed], [alone], EXACT);
    const [first] = rows;
    assert.equal(first.targets.segments.slice(0, 3), [1, 1, 2]);
    const { targets, targetsSegments } = packedBatch();
    const read = numbers(t5.shiftRight(config, targets, targetsSegments)).slice(0, 3);
    assert.equal(read, [38, 8, 38]);
  }),
);

for (const { label, open } of runtimes().filter((r) => ["wasm", "onnx"].includes(r.label))) {
  Packed(
    `${label}: steps of model tuning on packed rows are those on the examples alone, in microbatches too`,
    async () => {
      const run = (): void => {
        const { config, params } = tinyT5({ numLayers: 1, numDecoderLayers: 1 });
        const method = METHODS["all weights"];
        const trained = (batch: t5.Batch, microbatches: number): number[] => {
          const tx = optim.sgd({ learningRate: 0.01 });
          using step = makeTrainStep(config, method, tx, { normalize: "sequences", microbatches });
          let state = initState(
            tx,
            tree.map((x: Tensor) => np.copy(x), method.init(random.key(0), config, params) as never),
            random.key(1),
          ) as never;
          return [0, 1, 2].map(() => {
            const next = step(params, state, batch);
            state = next.state as never;
            return next.loss.item();
          });
        };
        const want = trained(aloneOf(EXAMPLES, LENGTHS), 1);
        assert.ok(want[2] < want[0]);
        for (const microbatches of [1, 2]) {
          assertNear("losses", trained(packedBatch(), microbatches), want, { abs: 1e-5, rel: 1e-5 });
        }
      };
      withRuntime(await open(), () => noLeaks(() => scope(run)));
    },
  );
}

Packed("methods that train weights take packed rows, and those that insert vectors refuse them", () =>
  onReference(() =>
    scope(() => {
      const { config, params, samples: all } = samples({ numLayers: 1, numDecoderLayers: 1 });
      const refused = Object.entries(all).filter(([name, { method, tuned }]) => {
        const of = (batch: t5.Batch) => methodLoss(config, method, { normalize: "none" })(params, tuned, batch);
        const model = method.apply(config, params, tuned, packedBatch());
        if (Object.keys(model).length > 1) {
          const message = refusalOf("ArgumentError", () => of(packedBatch()));
          assert.match(message, /packed rows cannot have a prompt/, name);
          return true;
        }
        assertNear(name, [of(packedBatch()).item()], [of(aloneOf(EXAMPLES, LENGTHS)).item()], { abs: 0, rel: 1e-5 });
        return false;
      });
      const names = refused.map(([name]) => name);
      assert.ok(names.length > 15 && names.includes("prefix") && names.includes("prompts added to layers"), `${names}`);
      assert.equal(
        ["lora", "dora", "ia3", "norm scales", "some weights", "all weights"].filter((name) => names.includes(name)),
        [],
      );
    }),
  ),
);

Packed("segments that do not fit are refused", () =>
  onReference(() =>
    scope(() => {
      const { config, params } = tinyT5({ numLayers: 1, numDecoderLayers: 1 });
      const { inputsSegments, targetsSegments, ...plain } = packedBatch();
      const of =
        (more: object, options: t5.LossOptions = {}) =>
        () =>
          t5.loss(config, options)(params, { ...plain, ...more });
      assert.match(refusalOf("ArgumentError", of({ inputsSegments })), /segments of the targets too/);
      assert.match(refusalOf("ArgumentError", of({ targetsSegments })), /segments of the inputs too/);
      const swapped = { inputsSegments: targetsSegments, targetsSegments: inputsSegments };
      assert.match(refusalOf("ShapeError", of(swapped)), /segments do not fit[\s\S]*i32\[2,16\][\s\S]*i32\[2,8\]/);
      const choices = { choices: np.ones([2, 2, 1], "int32"), answer: np.zeros([2], "int32") };
      const over = of({ ...choices, inputsSegments, targetsSegments }, { loss: "labels" });
      assert.match(refusalOf("ArgumentError", over), /no loss over choices/);
      const encoded = t5.encode(config, params, plain.inputs, { segments: inputsSegments });
      assert.match(
        refusalOf("ArgumentError", () => t5.decode(config, params, encoded, plain.targets)),
        /segments/,
      );
      assert.match(
        refusalOf("ArgumentError", () => t5.decoderMemory(config, params, encoded)),
        /cannot be answered/,
      );
      const prompted = () =>
        t5.encode(config, params, plain.inputs, { segments: inputsSegments, prefix: np.ones([2, config.dModel]) });
      assert.match(refusalOf("ArgumentError", prompted), /t5.encode: packed rows cannot have a prompt[\s\S]*prefix/);
    }),
  ),
);

Packed("runs that are trained together may have packed rows of other lengths", () =>
  onReference(() =>
    scope(() => {
      const longer = { inputs: 18, targets: 9 };
      const joined = joinBatches([packedBatch(), batchOf(packExamples(EXAMPLES, LENGTHS), longer)], 39);
      assert.equal(joined.inputsSegments?.shape, [2, 2, 18]);
      const own = numbers(joined.inputsSegments).slice(0, 18);
      assert.equal(own.slice(16), [0, 0]);
      assert.equal(numbers(joined.inputs).slice(16, 18), [39, 39]);
    }),
  ),
);

Packed.run();
