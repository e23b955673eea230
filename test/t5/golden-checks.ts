/** @file The small models against the numbers of the reference program, on runtimes by name. */
import * as E from "fp-ts/lib/Either.js";
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import { flatten, pathsOf } from "../../lib/core/pytree.js";
import { withRuntime } from "../../lib/core/runtime.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import { loadHuggingFace } from "../../lib/io/huggingface.js";
import { huggingFaceName } from "../../lib/io/names.js";
import { tokenLosses } from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";
import { adafactor, adam, applyUpdates, type GradientTransformation, sgd } from "../../lib/optim/index.js";
import type { T5Config } from "../../lib/t5/config.js";
import { positionBias } from "../../lib/t5/layers.js";
import * as t5 from "../../lib/t5/model.js";
import { grad, valueAndGrad } from "../../lib/transforms/grad.js";
import { captureIntermediates } from "../../lib/transforms/intermediates.js";
import { jit } from "../../lib/transforms/jit.js";
import { assertDigest, assertNear, type Digest, fromGolden, type GoldenTensor } from "../helpers/golden.js";
import { runtimes } from "../helpers/runtime.js";
import { readSharedJson, withShared } from "../helpers/shared.js";

const HIDDEN = { abs: 2e-5, rel: 1e-5 };
const PROBABILITIES = { abs: 1e-5, rel: 1e-5 };
const LOGITS = { abs: 5e-5, rel: 1e-5 };
const LOSS = { abs: 1e-5, rel: 2e-6 };
const TRAINED = { abs: 5e-4, rel: 1e-4 };
const gradientTolerance = (want: ArrayLike<number>) => ({
  abs: 1e-5 * Math.max(...Array.from(want, Math.abs)),
  rel: 1e-4,
});

interface Inputs {
  readonly input_ids: GoldenTensor;
  readonly labels: GoldenTensor;
  readonly prompt: GoldenTensor;
}
export interface Model {
  readonly config: T5Config;
  readonly params: t5.Params;
}

/** Labels mark padding by -100; our targets by 0. */
const targetsOf = (labels: GoldenTensor): Tensor =>
  fromGolden({ ...labels, data: labels.data.map((id) => (id === -100 ? 0 : id)) });

const batchOf = (inputs: Inputs): t5.Batch => ({
  inputs: fromGolden(inputs.input_ids),
  targets: targetsOf(inputs.labels),
});

/** Places of `[rows, length, width]` data that belong to padding. */
const paddingOf = (ids: GoldenTensor, width: number, prompt = 0): ((i: number) => boolean) => {
  const length = ids.shape[1];
  return (i) => {
    const position = Math.floor(i / width) % (length + prompt);
    const row = Math.floor(i / width / (length + prompt));
    return position >= prompt && ids.data[row * length + position - prompt] <= 0;
  };
};

/** The data of every tensor of a parameter tree in Hugging Face's layout. */
const byHuggingFaceName = (config: T5Config, tree: unknown): Record<string, ArrayLike<number>> => {
  const [leaves, def] = flatten(tree);
  return Object.fromEntries(
    pathsOf(def).map((path, i) => {
      const { names, transposed } = huggingFaceName(path, config.tiedEmbeddings) ?? { names: [""], transposed: false };
      const x = leaves[i] as Tensor;
      return [names[0], (transposed ? np.transpose(x) : x).dataSync()];
    }),
  );
};

/** Adds a test with a title and a body. */
export type Check = (title: string, body: (model: Model, root: string) => void) => void;

/** For both models on every runtime of these labels: adds tests that have the model on the device, and end with the bytes they began with. */
export const onModels = (suite: Test, labels: readonly string[], tests: (check: Check, name: string) => void): void => {
  for (const name of ["t5-tiny", "t5-tiny-v1_0"]) {
    for (const { label, open } of runtimes().filter((r) => labels.includes(r.label))) {
      tests((title, body) => {
        withShared(suite, `${name} on ${label}: ${title}`, async (root) => {
          const runtime = await open();
          // Loading is asynchronous, the runtime is not: load first, then upload under it.
          const loaded = await loadHuggingFace(`${root}/golden/${name}`)();
          if (E.isLeft(loaded)) throw loaded.left;
          withRuntime(runtime, () => {
            const before = runtime.device.memory().bytes;
            const params = np.devicePut(loaded.right.params);
            scope(() => body({ config: loaded.right.config, params }, root));
            dispose(params);
            assert.is(runtime.device.memory().bytes, before, "leaked bytes");
          });
        });
      }, name);
    }
  }
};

/** Adds the checks of both models on every runtime of these labels. */
export const agreesWithGoldens = (suite: Test, labels: readonly string[]): void => {
  onModels(suite, labels, (check, name) => {
    check("encoder, logits, loss and the gradients of all weights", ({ config, params }, root) => {
      const golden = readSharedJson<{
        inputs: Inputs;
        outputs: { encoder_last_hidden_state: GoldenTensor; logits: GoldenTensor; loss: number };
        gradient_digests: Record<string, Digest>;
      }>(root, `golden/${name}/forward.json`);
      const batch = batchOf(golden.inputs);
      const { states } = t5.encode(config, params, batch.inputs);
      const hidden = golden.outputs.encoder_last_hidden_state;
      assertNear("encoder", states.dataSync(), hidden.data, HIDDEN, paddingOf(golden.inputs.input_ids, config.dModel));
      const logits = t5.logits(config, params, batch);
      const skip = paddingOf(golden.inputs.labels, config.vocabSize);
      assertNear("logits", logits.dataSync(), golden.outputs.logits.data, LOGITS, skip);
      using step = jit(valueAndGrad(t5.loss(config)));
      const [loss, grads] = step(params, batch);
      assertNear("loss", [loss.item()], [golden.outputs.loss], LOSS);
      const named = byHuggingFaceName(config, grads);
      for (const [weight, digest] of Object.entries(golden.gradient_digests)) {
        assertDigest(weight, named[weight], digest);
      }
    });

    check("what goes from layer to layer, and the position bias", ({ config, params }, root) => {
      const golden = readSharedJson<{
        inputs: Inputs & { decoder_input_ids: GoldenTensor };
        encoder_hidden_states: GoldenTensor[];
        decoder_hidden_states: GoldenTensor[];
        encoder_position_bias_12x12: GoldenTensor;
        decoder_position_bias_7x7: GoldenTensor;
      }>(root, `golden/${name}/intermediate.json`);
      const { encoder, decoder } = params;
      const biases = [
        [
          positionBias(config, 12, 12, true)(encoder.relposBias?.relEmbedding as Tensor),
          golden.encoder_position_bias_12x12,
        ],
        [
          positionBias(config, 7, 7, false)(decoder.relposBias?.relEmbedding as Tensor),
          golden.decoder_position_bias_7x7,
        ],
      ] as const;
      for (const [bias, want] of biases) {
        assert.equal(bias.shape, want.shape);
        assertNear("position bias", bias.dataSync(), want.data, HIDDEN);
      }
      // A stack cut short gives the norm of what its last layer hands on. The last golden states are normalised, and tested elsewhere.
      const handedOn = (states: Tensor, scale: Tensor, hidden: GoldenTensor): ArrayLike<number> => {
        const meanSquare = np.mean(np.square(fromGolden(hidden)), { axis: -1, keepDims: true });
        return np.multiply(np.divide(states, scale), np.sqrt(meanSquare)).dataSync();
      };
      const inputs = fromGolden(golden.inputs.input_ids);
      const skip = paddingOf(golden.inputs.input_ids, config.dModel);
      golden.encoder_hidden_states.slice(0, -1).forEach((hidden, depth) => {
        const cut = { ...params, encoder: { ...encoder, layers: encoder.layers.slice(0, depth) } };
        const { states } = t5.encode(config, cut, inputs);
        const got = handedOn(states, encoder.encoderNorm.scale, hidden);
        assertNear(`encoder, ${depth} layers`, got, hidden.data, HIDDEN, skip);
      });
      const encoded = t5.encode(config, params, inputs);
      golden.decoder_hidden_states.slice(0, -1).forEach((hidden, depth) => {
        const cut = { ...params, decoder: { ...decoder, layers: decoder.layers.slice(0, depth) } };
        const states = t5.decode(config, cut, encoded, fromGolden(golden.inputs.decoder_input_ids));
        const got = handedOn(states, decoder.decoderNorm.scale, hidden);
        assertNear(`decoder, ${depth} layers`, got, hidden.data, HIDDEN);
      });
    });

    check("attention probabilities of every layer", ({ config, params }, root) => {
      const golden = readSharedJson<{
        inputs: Inputs;
        encoder_attentions: GoldenTensor[];
        decoder_attentions: GoldenTensor[];
        cross_attentions: GoldenTensor[];
      }>(root, `golden/${name}/intermediate.json`);
      const { input_ids: ids, labels } = golden.inputs;
      const [, found] = captureIntermediates((p: t5.Params, b: t5.Batch) => t5.logits(config, p, b))(
        params,
        batchOf(golden.inputs),
      );
      // What a padded query sees matters to nobody: it is masked here, and there it is not.
      for (const [which, want, queries] of [
        ["encoder.attention", golden.encoder_attentions, ids],
        ["decoder.selfAttention", golden.decoder_attentions, labels],
        ["decoder.encoderDecoderAttention", golden.cross_attentions, labels],
      ] as const) {
        assert.is(found[which].length, want.length);
        want.forEach((layer, i) => {
          const [, heads, length, keys] = layer.shape;
          const skip = (at: number): boolean => {
            const query = Math.floor(at / keys) % length;
            return queries.data[Math.floor(at / keys / length / heads) * length + query] <= 0;
          };
          assert.equal(found[which][i].shape, layer.shape);
          assertNear(`${which}, layer ${i}`, found[which][i].dataSync(), layer.data, PROBABILITIES, skip);
        });
      }
    });

    check("the gradient with respect to the prompt", ({ config, params }, root) => {
      const golden = readSharedJson<{
        inputs: Inputs;
        outputs: { encoder_last_hidden_state: GoldenTensor; logits: GoldenTensor; loss: number };
        loss_details: { sum_nll: number; "sum_z_loss_1e-4": number };
        prompt_grad: GoldenTensor;
        gradient_digests: Record<string, Digest>;
        full_gradients: Record<string, GoldenTensor>;
        shared_weight_gradient_rows: { rows: number[]; values: GoldenTensor };
      }>(root, `golden/${name}/prompt.json`);
      const batch = batchOf(golden.inputs);
      const prompt = { prompt: fromGolden(golden.inputs.prompt) };
      const { states } = t5.encode(config, params, batch.inputs, { prefix: prompt.prompt });
      const hidden = golden.outputs.encoder_last_hidden_state;
      assertNear(
        "encoder",
        states.dataSync(),
        hidden.data,
        HIDDEN,
        paddingOf(golden.inputs.input_ids, config.dModel, 5),
      );
      const logits = t5.logits(config, params, batch, { prefix: prompt.prompt });
      const padding = paddingOf(golden.inputs.labels, config.vocabSize);
      assertNear("logits", logits.dataSync(), golden.outputs.logits.data, LOGITS, padding);
      using jitted = jit(valueAndGrad(t5.promptLoss(config), { argnums: 1 }));
      using inner = jit(t5.promptLoss(config));
      for (const [how, f] of [
        ["eager", valueAndGrad(t5.promptLoss(config), { argnums: 1 })],
        ["jitted", jitted],
        ["jit inside", valueAndGrad(inner, { argnums: 1 })],
      ] as const) {
        const [loss, { prompt: g }] = f(params, prompt, batch);
        assertNear(`loss, ${how}`, [loss.item()], [golden.outputs.loss], LOSS);
        const want = golden.prompt_grad.data;
        assertNear(`prompt gradient, ${how}`, g.dataSync(), want, gradientTolerance(want));
      }
      const sum = t5.promptLoss(config, { normalize: "none", zLoss: 1e-4 })(params, prompt, batch).item();
      const want = golden.loss_details.sum_nll + golden.loss_details["sum_z_loss_1e-4"];
      assertNear("summed loss with z-loss", [sum], [want], { abs: 1e-4, rel: 2e-6 });
      const grads = grad(t5.promptLoss(config))(params, prompt, batch);
      const named = byHuggingFaceName(config, grads);
      for (const [weight, digest] of Object.entries(golden.gradient_digests))
        assertDigest(weight, named[weight], digest);
      for (const [weight, full] of Object.entries(golden.full_gradients)) {
        assertNear(weight, named[weight], full.data, gradientTolerance(full.data));
      }
      const { rows, values } = golden.shared_weight_gradient_rows;
      const whole = named["shared.weight"];
      const got = rows.flatMap((r) => Array.from(whole).slice(r * config.dModel, (r + 1) * config.dModel));
      assertNear("rows of shared.weight", got, values.data, gradientTolerance(whole));
    });

    check("prompts of 1, 20 and 100 vectors", ({ config, params }, root) => {
      const golden = readSharedJson<{
        inputs: Inputs;
        cases: { prompt: GoldenTensor; loss: number; prompt_grad: GoldenTensor }[];
      }>(root, `golden/${name}/prompt_lengths.json`);
      const batch = batchOf(golden.inputs);
      for (const c of golden.cases) {
        const step = valueAndGrad(t5.promptLoss(config), { argnums: 1 });
        const [loss, { prompt: g }] = step(params, { prompt: fromGolden(c.prompt) }, batch);
        assertNear("loss", [loss.item()], [c.loss], LOSS);
        assertNear("prompt gradient", g.dataSync(), c.prompt_grad.data, gradientTolerance(c.prompt_grad.data));
      }
    });

    check("long inputs and targets, beyond the last position bucket", ({ config, params }, root) => {
      const golden = readSharedJson<{
        inputs: Inputs;
        outputs: {
          encoder_last_hidden_state: GoldenTensor;
          logits_at_positions: { positions: number[]; values: GoldenTensor };
          logits_logsumexp: GoldenTensor;
          logits_argmax: GoldenTensor;
          loss: number;
        };
        loss_details: { token_nll: GoldenTensor };
        full_gradients: Record<string, GoldenTensor>;
        gradient_digests: Record<string, Digest>;
      }>(root, `golden/${name}/long.json`);
      const batch = batchOf(golden.inputs);
      const { states } = t5.encode(config, params, batch.inputs);
      const hidden = golden.outputs.encoder_last_hidden_state;
      assertNear("encoder", states.dataSync(), hidden.data, HIDDEN, paddingOf(golden.inputs.input_ids, config.dModel));
      const logits = t5.logits(config, params, batch);
      const { positions, values } = golden.outputs.logits_at_positions;
      const some = np.take(logits, np.array(Int32Array.from(positions)), 1, "clip");
      const { labels } = golden.inputs;
      const padded = (i: number): boolean => {
        const place = Math.floor(i / config.vocabSize);
        const [row, at] = [Math.floor(place / positions.length), positions[place % positions.length]];
        return labels.data[row * labels.shape[1] + at] <= 0;
      };
      assertNear("logits", some.dataSync(), values.data, LOGITS, padded);
      const logZ = np.logsumexp(logits, { axis: -1 });
      const skip = paddingOf(golden.inputs.labels, 1);
      assertNear("logsumexp", logZ.dataSync(), golden.outputs.logits_logsumexp.data, LOGITS, skip);
      const best = np.argmax(logits, { axis: -1 }).dataSync();
      assertNear("argmax", best, golden.outputs.logits_argmax.data, { abs: 0, rel: 0 }, skip);
      const nll = tokenLosses(logits, batch.targets).loss.dataSync();
      assertNear("token losses", nll, golden.loss_details.token_nll.data, LOGITS, skip);
      using step = jit(valueAndGrad(t5.loss(config)));
      const [loss, grads] = step(params, batch);
      assertNear("loss", [loss.item()], [golden.outputs.loss], LOSS);
      const named = byHuggingFaceName(config, grads);
      for (const [weight, digest] of Object.entries(golden.gradient_digests))
        assertDigest(weight, named[weight], digest);
      for (const [weight, full] of Object.entries(golden.full_gradients)) {
        assertNear(weight, named[weight], full.data, gradientTolerance(full.data));
      }
    });

    check("fifteen steps of prompt training", ({ config, params }, root) => {
      const golden = readSharedJson<{
        inputs: Inputs;
        runs: Record<
          string,
          { steps: { loss_before: number; grad_l2: number; prompt_before?: GoldenTensor }[]; reliable_steps: number }
        >;
      }>(root, `golden/${name}/prompt_train.json`);
      const batch = batchOf(golden.inputs);
      const spec = { decayRate: 0.8, weightDecayRate: 1e-5, multiplyByParameterScale: false };
      const train = <S>(tx: GradientTransformation<S>, run: string): void => {
        let prompt: t5.PromptParams = { prompt: fromGolden(golden.inputs.prompt) };
        let opt = tx.init(prompt);
        using step = jit((frozen: t5.Params, p: t5.PromptParams, o: S, b: t5.Batch) => {
          const [loss, g] = valueAndGrad(t5.promptLoss(config), { argnums: 1 })(frozen, p, b);
          const [updates, next] = tx.update(g as t5.PromptParams, o, p);
          return { loss, prompt: applyUpdates(p, updates) as t5.PromptParams, opt: next };
        });
        const { steps, reliable_steps: reliable } = golden.runs[run];
        for (const { loss_before: want, prompt_before: before } of steps.slice(0, reliable)) {
          if (before !== undefined) assertNear(`${run}, prompt`, prompt.prompt.dataSync(), before.data, TRAINED);
          const next = step(params, prompt, opt, batch);
          assertNear(run, [next.loss.item()], [want], TRAINED);
          [prompt, opt] = [next.prompt, next.opt];
        }
      };
      train(adafactor({ learningRate: 0.3, ...spec }), "adafactor_t5x_unfactored");
      // Hugging Face factors every matrix, and its weight decay is multiplied by the learning rate.
      const decay = { weightDecayRate: 0.3 * spec.weightDecayRate, minDimSizeToFactor: 1 };
      train(adafactor({ learningRate: 0.3, ...spec, ...decay }), "adafactor_hf");
      train(sgd({ learningRate: 2 }), "sgd");
      train(adam({ learningRate: 0.05 }), "adam");
    });
  });
};
