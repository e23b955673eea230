/** @file Packed rows through the small models, against the numbers of T5X and the same examples one to a row. */
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { flatten, pathsOf, printPath } from "../../lib/core/pytree.js";
import type { Tensor } from "../../lib/core/tensor.js";
import type { Tokens } from "../../lib/data/batch.js";
import { makePackedBatch, type PackedRow, packExamples } from "../../lib/data/packing.js";
import * as nn from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";
import * as t5 from "../../lib/t5/index.js";
import { valueAndGrad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { assertNear } from "../helpers/golden.js";
import type { GoldenFiles } from "../helpers/golden-file.js";
import { numbers } from "../helpers/runtime.js";
import { onModels } from "./golden-checks.js";
import type { Model } from "./golden-results.js";

type Rows = readonly (readonly number[])[];
type Columns = Readonly<Record<"encoder_input_tokens" | "decoder_target_tokens" | "decoder_input_tokens", Rows>> & {
  readonly decoder_loss_weights: Rows;
};
interface Golden {
  readonly examples: readonly Tokens[];
  readonly lengths: { readonly inputs: number; readonly targets: number };
  readonly packed: Columns & Readonly<Record<`${"encoder" | "decoder"}_${"segment_ids" | "positions"}`, Rows>>;
  readonly unpacked: Columns;
  readonly loss_sum: Readonly<Record<"packed" | "unpacked" | "z_loss_packed" | "tokens", number>>;
  readonly token_losses_by_example: Rows;
  readonly logits_row_0_packed: {
    readonly shape: readonly number[];
    readonly argmax: readonly number[];
    readonly logsumexp: readonly number[];
    readonly first_8_columns: Rows;
  };
  readonly gradient_l2: Readonly<Record<string, number>>;
  readonly without_segment_masks_logits_differ_by: number;
}

const TOKENS = { abs: 5e-5, rel: 1e-5 };
const SUMS = { abs: 0, rel: 2e-6 };
const NORMS = { abs: 0, rel: 1e-4 };

const ids = (data: Int32Array | readonly number[], rows: number): Tensor =>
  np.array(Int32Array.from(data), { shape: [rows, data.length / rows] });
const rowsOf = (x: Tensor): number[][] => {
  const [all, width] = [numbers(x), x.shape[1]];
  return Array.from({ length: x.shape[0] }, (_, i) => all.slice(i * width, (i + 1) * width));
};

export type Lengths = Golden["lengths"];
/** The batch of packed rows. */
export const batchOf = (rows: readonly PackedRow[], lengths: Lengths) => {
  const batch = makePackedBatch(rows, lengths);
  return {
    inputs: ids(batch.inputs, batch.size),
    targets: ids(batch.targets, batch.size),
    inputsSegments: ids(batch.inputsSegments, batch.size),
    targetsSegments: ids(batch.targetsSegments, batch.size),
  };
};
/** The same examples, one to a row and without segments. */
export const aloneOf = (examples: readonly Tokens[], lengths: Lengths) => {
  const rows = examples.flatMap((example) => packExamples([example], lengths));
  const { inputs, targets } = batchOf(rows, lengths);
  return { inputs, targets };
};

/** The loss of each target token by example, in the order of the examples. */
export const lossesByExample = ({ config, params }: Model, batch: t5.Batch): number[][] => {
  const { loss } = nn.tokenLosses(t5.logits(config, params, batch), batch.targets);
  const segments = rowsOf(batch.targetsSegments ?? np.astype(np.greater(batch.targets, 0), "int32"));
  return rowsOf(loss).flatMap((row, i) =>
    Array.from({ length: Math.max(...segments[i]) }, (_, n) => row.filter((_, at) => segments[i][at] === n + 1)),
  );
};

/** `decoder/layers_0/mlp/wi_0/kernel` of `decoder.layers[0].mlp.wi0.kernel`. */
const t5xName = (path: string): string =>
  path
    .replaceAll(/\[(\d+)\]/g, "_$1")
    .replaceAll(".", "/")
    .replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    .replace(/wi(\d)/, "wi_$1");
const normsByName = (tree: unknown): Record<string, number> => {
  const [leaves, treedef] = flatten(tree);
  return Object.fromEntries(
    pathsOf(treedef).map((path, i) => [t5xName(printPath(path)), Math.hypot(...numbers(leaves[i]))]),
  );
};

/** Asserts that rows and padding are those of the reference. */
const checkRows = (config: t5.T5Config, batch: t5.Batch, want: Columns): void => {
  assert.equal(rowsOf(batch.inputs), want.encoder_input_tokens);
  assert.equal(rowsOf(batch.targets), want.decoder_target_tokens);
  assert.equal(rowsOf(np.astype(np.notEqual(batch.targets, 0), "int32")), want.decoder_loss_weights);
  const read = rowsOf(t5.shiftRight(config, batch.targets, batch.targetsSegments));
  assert.equal(read, want.decoder_input_tokens);
};

/** Asserts token losses, their sum and the gradients of all weights. */
const checkPass = (model: Model, batch: t5.Batch, golden: Golden, sum: number): void => {
  const losses = lossesByExample(model, batch);
  assert.equal(
    losses.map(({ length }) => length),
    golden.token_losses_by_example.map(({ length }) => length),
  );
  assertNear("token losses", losses.flat(), golden.token_losses_by_example.flat(), TOKENS);
  const how = { normalize: "none", zLoss: 1e-4 } as const;
  using step = jit(valueAndGrad(t5.loss(model.config, how)));
  const [loss, grads] = step(model.params, batch);
  assertNear("sum of losses", [loss.item()], [sum], SUMS);
  const plain = t5.loss(model.config, { normalize: "none" })(model.params, batch).item();
  const tolerance = 2e-6 * sum;
  assertNear("z-loss", [loss.item() - plain], [golden.loss_sum.z_loss_packed], { abs: tolerance, rel: 0 });
  assert.is(t5.lossSums(model.config, how)(model.params, batch)[1].item(), golden.loss_sum.tokens);
  const norms = normsByName(grads);
  assert.equal(Object.keys(norms).sort(), Object.keys(golden.gradient_l2).sort());
  for (const [name, want] of Object.entries(golden.gradient_l2)) assertNear(name, [norms[name]], [want], NORMS);
};

/** Logits of the first row but for its padding, where ours are 0 as Flaxformer's are, and those of T5X's example are not. */
const checkLogits = (logits: Tensor, padding: readonly number[], want: Golden["logits_row_0_packed"]): void => {
  const first = np.slice(logits, [[0, 1]]);
  assert.equal(first.shape.slice(1), want.shape);
  const skip = (at: number): boolean => padding[at] === 0;
  assertNear("argmax", numbers(np.argmax(first, { axis: -1 })), want.argmax, { abs: 0, rel: 0 }, skip);
  assertNear("logsumexp", numbers(np.logsumexp(first, { axis: -1 })), want.logsumexp, TOKENS, skip);
  const columns = numbers(np.slice(first, [null, null, [0, 8]]));
  assertNear("logits", columns, want.first_8_columns.flat(), TOKENS, (at) => skip(Math.floor(at / 8)));
};

/** How far logits of real targets are from each other at most. */
const distance = (a: Tensor, b: Tensor, targets: Tensor): number => {
  const real = np.expandDims(np.greater(targets, 0), 2);
  return np.max(np.where(real, np.abs(np.subtract(a, b)), 0)).item();
};

/** Logits of packed rows whose examples see each other: the decoder begins anew, but nothing is masked by segments. */
const withoutMasks = ({ config, params }: Model, { inputs, targets, targetsSegments }: t5.Batch): Tensor => {
  const one = (x: Tensor) => ({ segments: np.onesLike(x) });
  const encoded = t5.encode(config, params, inputs, one(inputs));
  const read = t5.shiftRight(config, targets, targetsSegments);
  const states = t5.decode(config, params, encoded, read, { valid: np.greater(targets, 0), ...one(targets) });
  return t5.logitsOf(config, params, states);
};

const compare = (model: Model, golden: Golden): void => {
  const { lengths, packed, unpacked, loss_sum: sums } = golden;
  const rows = packExamples(golden.examples, lengths);
  const batch = batchOf(rows, lengths);
  checkRows(model.config, batch, packed);
  assert.equal(rowsOf(batch.inputsSegments), packed.encoder_segment_ids);
  assert.equal(rowsOf(batch.targetsSegments), packed.decoder_segment_ids);
  const positions = (part: "inputs" | "targets") =>
    rows.map((row) => Array.from({ length: lengths[part] }, (_, i) => row[part].positions[i] ?? 0));
  assert.equal([positions("inputs"), positions("targets")], [packed.encoder_positions, packed.decoder_positions]);
  const logits = t5.logits(model.config, model.params, batch);
  checkLogits(logits, packed.decoder_target_tokens[0], golden.logits_row_0_packed);
  checkPass(model, batch, golden, sums.packed);
  const alone = aloneOf(golden.examples, lengths);
  checkRows(model.config, alone, unpacked);
  checkPass(model, alone, golden, sums.unpacked);
  const off = distance(logits, withoutMasks(model, batch), batch.targets);
  assertNear("without masks", [off], [golden.without_segment_masks_logits_differ_by], { abs: 0, rel: 1e-4 });
};

/** Adds the comparison of both models on every runtime of these labels. */
export const packsLikeGoldens = (suite: Test, files: GoldenFiles, labels: readonly string[]): void =>
  onModels(suite, labels, (check, name) => {
    check("packed rows have T5X's losses and gradients, as their examples have one to a row", (model, root) =>
      compare(model, files.open<Golden>(root, `objectives/packed_${name}.json`)),
    );
  });
