/** @file Decoding by the small models against the answers of the reference programs, on runtimes by name. */
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import * as np from "../../lib/np/index.js";
import type { Decoded } from "../../lib/t5/decoder.js";
import { type BeamMethod, generate } from "../../lib/t5/generate.js";
import { logits as logitsOf } from "../../lib/t5/model.js";
import { rank } from "../../lib/t5/rank.js";
import { assertNear, fromGolden, type GoldenTensor } from "../helpers/golden.js";
import type { GoldenFiles } from "../helpers/golden-file.js";
import { onModels } from "./golden-checks.js";
import { checkInputs, type Model } from "./golden-results.js";

const LOGITS = { abs: 5e-5, rel: 1e-5 };
const SCORES = { abs: 1e-4, rel: 1e-5 };

interface Case {
  readonly prompt: boolean;
  readonly sequences: GoldenTensor;
}
interface Greedy extends Case {
  readonly method: "greedy";
  readonly max_new_tokens: number;
  readonly live: GoldenTensor;
  readonly sum_log_prob: readonly number[];
  readonly chosen_log_prob: GoldenTensor;
  readonly top5_ids: GoldenTensor;
  readonly top5_logits: GoldenTensor;
}
interface HuggingFaceBeams extends Case {
  readonly method: "beam";
  readonly max_new_tokens: number;
  readonly num_beams: number;
  readonly num_return_sequences: number;
  readonly length_penalty: number;
  readonly early_stopping: boolean;
  readonly scores: GoldenTensor;
}
interface T5xBeams extends Case {
  readonly num_decodes: number;
  readonly alpha: number;
  readonly max_decode_len: number;
  readonly scores: GoldenTensor;
}
interface Golden<C> {
  readonly inputs: {
    readonly input_ids: GoldenTensor;
    readonly attention_mask: GoldenTensor;
    readonly prompt: GoldenTensor;
  };
  readonly cases: readonly C[];
}

/** The answers of one case for the inputs of the file. */
const answers = <C>(
  { config, params }: Model,
  golden: Golden<C>,
  options: BeamMethod | { maxLength: number },
  withPrompt: boolean,
): Decoded[][] => {
  checkInputs(golden.inputs);
  using method = generate(config, options);
  const inputs = fromGolden(golden.inputs.input_ids);
  return method(params, inputs, withPrompt ? { prefix: fromGolden(golden.inputs.prompt) } : {});
};

/** A sequence as the golden files have it: padded, without the start token. */
const padded = (tokens: readonly number[], length: number): number[] =>
  Array.from({ length }, (_, i) => tokens[i] ?? 0);

const row = (x: GoldenTensor, i: number, from = 0): number[] => {
  const length = x.shape[x.shape.length - 1];
  return x.data.slice(i * length + from, (i + 1) * length);
};

/** Asserts answers and scores, `at` telling the golden row of an example's k-th best. */
const assertBeams = (
  what: string,
  got: Decoded[][],
  want: { sequences: GoldenTensor; scores: GoldenTensor },
  from: number,
  at: (example: number, k: number) => number,
): void => {
  assert.is(
    want.scores.data.length,
    want.sequences.shape.slice(0, -1).reduce((a, b) => a * b, 1),
    `${what}: scores`,
  );
  assert.is(
    want.scores.shape.reduce((a, b) => a * b, 1),
    want.scores.data.length,
  );
  got.forEach((beams, i) => {
    beams.forEach(({ tokens, score }, k) => {
      const golden = row(want.sequences, at(i, k), from);
      assert.equal(padded(tokens, golden.length), golden, `${what}: example ${i}, beam ${k}`);
      assertNear(`${what}: score of example ${i}, beam ${k}`, [score], [want.scores.data[at(i, k)]], SCORES);
    });
  });
};

/** Adds the checks of both models on every runtime of these labels; `wanted` leaves out models and cases, since each is compiled. */
export const decodesLikeGoldens = (
  suite: Test,
  files: GoldenFiles,
  labels: readonly string[],
  wanted: (name: string, prompt: boolean) => boolean = () => true,
): void => {
  onModels(suite, labels, (check, name) => {
    if (!wanted(name, true) && !wanted(name, false)) return;
    check("greedy decoding and its likelihood, with and without the prompt", (model, root) => {
      const golden = files.open<Golden<Greedy | HuggingFaceBeams>>(root, `${name}/generate.json`);
      const { config, params } = model;
      using score = rank(config);
      for (const c of golden.cases.filter((k): k is Greedy => k.method === "greedy" && wanted(name, k.prompt))) {
        const got = answers(model, golden, { maxLength: c.max_new_tokens }, c.prompt);
        assert.is(got.length, c.sequences.shape[0]);
        got.forEach(([{ tokens, score: likelihood }], i) => {
          const live = row(c.live, i);
          const want = row(c.sequences, i, 1).filter((_, k) => live[k]);
          assert.equal(tokens, want);
          assertNear("log likelihood", [likelihood], [c.sum_log_prob[i]], SCORES);
          const one = np.slice(fromGolden(golden.inputs.input_ids), [[i, i + 1]]);
          const label = np.array(Int32Array.from(tokens), { shape: [1, tokens.length] });
          const ranked = score(params, one, label, c.prompt ? { prefix: fromGolden(golden.inputs.prompt) } : {});
          assertNear("rank", ranked.dataSync(), [c.sum_log_prob[i]], SCORES);
        });
      }
    });

    check(
      "the five best tokens of every greedy step, and the likelihood of the chosen one",
      ({ config, params }, root) => {
        const golden = files.open<Golden<Greedy | HuggingFaceBeams>>(root, `${name}/generate.json`);
        for (const c of golden.cases.filter((k): k is Greedy => k.method === "greedy" && wanted(name, k.prompt))) {
          const [rows, length] = c.live.shape;
          assert.equal(
            [c.top5_ids.shape, c.top5_logits.shape],
            [
              [rows, length, 5],
              [rows, length, 5],
            ],
          );
          assert.equal(c.chosen_log_prob.shape, [rows, length]);
          const chosen = Array.from({ length: rows }, (_, i) => row(c.sequences, i, 1)).flat();
          const targets = np.array(Int32Array.from(chosen), { shape: [rows, length] });
          const prefix = c.prompt ? { prefix: fromGolden(golden.inputs.prompt) } : {};
          const logits = logitsOf(config, params, { inputs: fromGolden(golden.inputs.input_ids), targets }, prefix);
          const logProbs = np.subtract(logits, np.logsumexp(logits, { axis: -1, keepDims: true }));
          const [all, logs, vocabulary] = [logits.dataSync(), logProbs.dataSync(), config.vocabSize];
          c.live.data.forEach((live, at) => {
            if (!live) return;
            const step = Array.from(all.slice(at * vocabulary, (at + 1) * vocabulary));
            const best = [...step.keys()].sort((a, b) => step[b] - step[a]).slice(0, 5);
            const want = c.top5_logits.data.slice(at * 5, at * 5 + 5);
            assert.equal(best, c.top5_ids.data.slice(at * 5, at * 5 + 5), `ids of step ${at}`);
            const bestLogits = best.map((id) => step[id]);
            assertNear(`logits of step ${at}`, bestLogits, want, LOGITS);
            assertNear(`step ${at}`, [logs[at * vocabulary + chosen[at]]], [c.chosen_log_prob.data[at]], SCORES);
          });
        }
      },
    );

    check("beam search by the rule that Hugging Face had", (model, root) => {
      const golden = files.open<Golden<Greedy | HuggingFaceBeams>>(root, `${name}/generate.json`);
      for (const c of golden.cases.filter(
        (k): k is HuggingFaceBeams => k.method === "beam" && wanted(name, k.prompt),
      )) {
        const penalty = {
          rule: "huggingFace4",
          lengthPenalty: c.length_penalty,
          earlyStopping: c.early_stopping,
        } as const;
        const options = { method: "beam", maxLength: c.max_new_tokens, numBeams: c.num_beams, penalty } as const;
        const got = answers(model, golden, options, c.prompt);
        for (const beams of got) assert.is(beams.length, c.num_return_sequences);
        assertBeams(JSON.stringify(penalty), got, c, 1, (i, k) => i * c.num_beams + k);
      }
    });

    check("beam search by T5X's rule", (model, root) => {
      const golden = files.open<Golden<T5xBeams>>(root, `${name}/beam_t5x.json`);
      for (const c of golden.cases.filter((k) => wanted(name, k.prompt))) {
        const penalty = { rule: "t5x", alpha: c.alpha } as const;
        const options = { method: "beam", maxLength: c.max_decode_len, numBeams: c.num_decodes, penalty } as const;
        const got = answers(model, golden, options, c.prompt);
        // There the best is last, and a beam that never ended has this score; here it is left out.
        const ended = c.scores.data.filter((score) => score > -9e6).length;
        assert.is(got.flat().length, ended);
        assertBeams(`alpha ${c.alpha}`, got, c, 0, (i, k) => (i + 1) * c.num_decodes - 1 - k);
      }
    });
  });
};
