/** @file The small models against the numbers of the reference program, on runtimes by name. */
import * as E from "fp-ts/lib/Either.js";
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import { withRuntime } from "../../lib/core/runtime.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import { loadHuggingFaceTE } from "../../lib/io/huggingface.js";
import * as np from "../../lib/np/index.js";
import { adafactor, adam, applyUpdates, type GradientTransformation, globalNorm, sgd } from "../../lib/optim/index.js";
import * as t5 from "../../lib/t5/index.js";
import { positionBias } from "../../lib/t5/layers.js";
import { valueAndGrad } from "../../lib/transforms/grad.js";
import { captureIntermediates } from "../../lib/transforms/intermediates.js";
import { jit } from "../../lib/transforms/jit.js";
import {
  assertNear,
  assertTensor,
  fromGolden,
  type GoldenTensor,
  gradientTolerance,
  hostOf,
} from "../helpers/golden.js";
import type { GoldenFiles } from "../helpers/golden-file.js";
import { runtimes } from "../helpers/runtime.js";
import { withShared } from "../helpers/shared.js";
import {
  batchOf,
  checkInputs,
  checkPass,
  HIDDEN,
  type Inputs,
  LOGITS,
  LOSS,
  type Model,
  type PassGolden,
  paddingOf,
  passOf,
} from "./golden-results.js";

const PROBABILITIES = { abs: 1e-5, rel: 1e-5 };
const TRAINED = { abs: 5e-4, rel: 1e-4 };

/** The first step at which a run may go apart. */
const FIRST_BEND = 6;
const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-4 * b;
/** Whether a gradient is not the golden one, while that of a prompt beside it is: the gradient jumps in between. */
const isBend = (norm: number, golden: number, normAt: (factor: number) => number): boolean =>
  !isNear(norm, golden) && [1e-6, -1e-6, 1e-5, -1e-5].some((change) => isNear(normAt(1 + change), golden));

type Prompted = Inputs & { readonly prompt: GoldenTensor };

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
          const loaded = await loadHuggingFaceTE(`${root}/golden/${name}`)();
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

interface Intermediate {
  readonly inputs: Inputs;
  readonly encoder_hidden_states: readonly GoldenTensor[];
  readonly decoder_hidden_states: readonly GoldenTensor[];
  readonly encoder_attentions: readonly GoldenTensor[];
  readonly decoder_attentions: readonly GoldenTensor[];
  readonly cross_attentions: readonly GoldenTensor[];
  readonly encoder_position_bias_12x12: GoldenTensor;
  readonly decoder_position_bias_7x7: GoldenTensor;
}

const checkHiddenStates = ({ config, params }: Model, golden: Intermediate): void => {
  checkInputs(golden.inputs);
  const { encoder, decoder } = params;
  const bias = (n: number, both: boolean, weights: Tensor | undefined) =>
    hostOf(positionBias(config, n, n, both)(weights as Tensor));
  const encoderBias = bias(12, true, encoder.relposBias?.relEmbedding);
  assertTensor("encoder bias", encoderBias, golden.encoder_position_bias_12x12, HIDDEN);
  const decoderBias = bias(7, false, decoder.relposBias?.relEmbedding);
  assertTensor("decoder bias", decoderBias, golden.decoder_position_bias_7x7, HIDDEN);
  // A stack cut short gives the norm of what its last layer hands on; the last golden states are normalised.
  const handedOn = (states: Tensor, scale: Tensor, hidden: GoldenTensor): Tensor => {
    const meanSquare = np.mean(np.square(fromGolden(hidden)), { axis: -1, keepDims: true });
    return np.multiply(np.divide(states, scale), np.sqrt(meanSquare));
  };
  const inputs = fromGolden(golden.inputs.input_ids);
  const skip = paddingOf(golden.inputs.input_ids, config.dModel);
  assert.is(golden.encoder_hidden_states.length, encoder.layers.length + 1);
  golden.encoder_hidden_states.forEach((hidden, depth) => {
    const cut = { ...params, encoder: { ...encoder, layers: encoder.layers.slice(0, depth) } };
    const { states } = t5.encode(config, cut, inputs);
    const whole = depth === encoder.layers.length;
    const got = whole ? states : handedOn(states, encoder.encoderNorm.scale, hidden);
    assertTensor(`encoder, ${depth} layers`, hostOf(got), hidden, HIDDEN, skip);
  });
  const encoded = t5.encode(config, params, inputs);
  assert.is(golden.decoder_hidden_states.length, decoder.layers.length + 1);
  golden.decoder_hidden_states.forEach((hidden, depth) => {
    const cut = { ...params, decoder: { ...decoder, layers: decoder.layers.slice(0, depth) } };
    const states = t5.decode(config, cut, encoded, fromGolden(golden.inputs.decoder_input_ids));
    const whole = depth === decoder.layers.length;
    const got = whole ? states : handedOn(states, decoder.decoderNorm.scale, hidden);
    // T5 1.0's last states reach 77, and the golden ones are float32 themselves: the same model in float64 is off by 1.2 times the bound of
    // hidden states. They have that of the logits, which are made of them alone.
    const rounded = whole && config.tiedEmbeddings;
    assertTensor(`decoder, ${depth} layers`, hostOf(got), hidden, rounded ? LOGITS : HIDDEN);
  });
};

const checkAttention = ({ config, params }: Model, golden: Intermediate): void => {
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
      assertTensor(`${which}, layer ${i}`, hostOf(found[which][i]), layer, PROBABILITIES, skip);
    });
  }
};

/** The loss and the gradient of the prompt: eagerly, jitted, and jitted within the gradient. */
const checkPromptGradient = ({ config, params }: Model, golden: PassGolden & { readonly inputs: Prompted }): void => {
  const batch = batchOf(golden.inputs);
  const prompt = { prompt: fromGolden(golden.inputs.prompt) };
  using jitted = jit(valueAndGrad(t5.promptLoss(config), { argnums: 1 }));
  using inner = jit(t5.promptLoss(config));
  for (const [how, f] of [
    ["eager", valueAndGrad(t5.promptLoss(config), { argnums: 1 })],
    ["jitted", jitted],
    ["jit inside", valueAndGrad(inner, { argnums: 1 })],
  ] as const) {
    const [loss, { prompt: g }] = f(params, prompt, batch);
    assertNear(`loss, ${how}`, [loss.item()], [golden.outputs.loss], LOSS);
    const want = golden.prompt_grad as GoldenTensor;
    assertTensor(`prompt gradient, ${how}`, hostOf(g), want, gradientTolerance(want.data));
  }
};

interface PromptLengths {
  readonly inputs: Inputs;
  readonly cases: readonly { prompt: GoldenTensor; loss: number; prompt_grad: GoldenTensor }[];
}
const checkPromptLengths = ({ config, params }: Model, golden: PromptLengths): void => {
  checkInputs(golden.inputs);
  const batch = batchOf(golden.inputs);
  for (const c of golden.cases) {
    const step = valueAndGrad(t5.promptLoss(config), { argnums: 1 });
    const [loss, { prompt: g }] = step(params, { prompt: fromGolden(c.prompt) }, batch);
    assertNear("loss", [loss.item()], [c.loss], LOSS);
    assertTensor("prompt gradient", hostOf(g), c.prompt_grad, gradientTolerance(c.prompt_grad.data));
  }
};

interface Training {
  readonly inputs: Prompted;
  readonly runs: Readonly<
    Record<
      string,
      {
        readonly steps: readonly { step: number; loss_before: number; grad_l2: number; prompt_before?: GoldenTensor }[];
        readonly reliable_steps: number;
      }
    >
  >;
}
const checkTraining = ({ config, params }: Model, golden: Training): void => {
  checkInputs(golden.inputs);
  const batch = batchOf(golden.inputs);
  const spec = { decayRate: 0.8, weightDecayRate: 1e-5, multiplyByParameterScale: false };
  const train = <S>(tx: GradientTransformation<S>, run: string): void => {
    let prompt: t5.PromptParams = { prompt: fromGolden(golden.inputs.prompt) };
    let opt = tx.init(prompt);
    using step = jit((frozen: t5.Params, p: t5.PromptParams, o: typeof opt, b: t5.Batch) => {
      const [loss, g] = valueAndGrad(t5.promptLoss(config), { argnums: 1 })(frozen, p, b);
      const [updates, next] = tx.update(g as t5.PromptParams, o, p);
      return { loss, norm: globalNorm(g), prompt: applyUpdates(p, updates) as t5.PromptParams, opt: next };
    });
    const { steps, reliable_steps: reliable } = golden.runs[run];
    for (const [i, want] of steps.slice(0, reliable).entries()) {
      assert.is(want.step, i);
      const { prompt_before: before } = want;
      if (before !== undefined) assertTensor(`${run}, prompt`, hostOf(prompt.prompt), before, TRAINED);
      const next = step(params, prompt, opt, batch);
      assertNear(`${run}, loss`, [next.loss.item()], [want.loss_before], TRAINED);
      // As the golden README suggests for gradients. Rounding grows from step to step, and shows in the gradient first.
      const rel = i < 3 ? 1e-4 : 5e-3;
      assertNear(`${run}, norm of the gradient`, [next.norm.item()], [want.grad_l2], { abs: 0, rel });
      const normAt = (factor: number): number => {
        const moved = { prompt: np.multiply(prompt.prompt, factor) };
        return step(params, moved, opt, batch).norm.item();
      };
      // Rounding has put a unit of ReLU on the other side of its bend: from here on the runs go apart, and Adam makes small gradients large.
      if (i >= FIRST_BEND && isBend(next.norm.item(), want.grad_l2, normAt)) break;
      [prompt, opt] = [next.prompt, next.opt];
    }
  };
  train(adafactor({ learningRate: 0.3, ...spec }), "adafactor_t5x_unfactored");
  // Hugging Face factors every matrix, and its weight decay is multiplied by the learning rate.
  const decay = { weightDecayRate: 0.3 * spec.weightDecayRate, minDimSizeToFactor: 1 };
  train(adafactor({ learningRate: 0.3, ...spec, ...decay }), "adafactor_hf");
  train(sgd({ learningRate: 2 }), "sgd");
  train(adam({ learningRate: 0.05 }), "adam");
};

/** Adds the checks of both models on every runtime of these labels. */
export const agreesWithGoldens = (suite: Test, files: GoldenFiles, labels: readonly string[]): void => {
  onModels(suite, labels, (check, name) => {
    /** Compares with one golden file. */
    const compare = <Golden>(title: string, file: string, body: (model: Model, golden: Golden) => void): void =>
      check(title, (model, root) => body(model, files.open<Golden>(root, `${name}/${file}.json`)));
    const pass = (model: Model, golden: PassGolden): void => checkPass(passOf(model, golden.inputs), golden);

    compare("encoder, logits, loss and the gradients of all weights", "forward", pass);
    compare("what goes from layer to layer, and the position bias", "intermediate", checkHiddenStates);
    compare("attention probabilities of every layer", "intermediate", checkAttention);
    compare("the same with a prompt", "prompt", pass);
    compare("the gradient with respect to the prompt", "prompt", checkPromptGradient);
    compare("prompts of 1, 20 and 100 vectors", "prompt_lengths", checkPromptLengths);
    compare("long inputs and targets, beyond the last position bucket", "long", pass);
    compare("fifteen steps of prompt training", "prompt_train", checkTraining);
  });
};
