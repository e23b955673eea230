/** @file Examples of span corruption fit the lengths that it says. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { spanCorruption } from "../../../lib/data/objectives/index.js";
import { refusalOf } from "../../helpers/refusal.js";

const Spans = suite("data/objectives/spans");
const VOCABULARY = { eosId: 1, sentinelId: (k: number) => 32099 - k };

Spans("where T5 rounds a product in two ways, targets have room for what its masks make", () => {
  // Length of a text; inputs and targets that t5 0.9.4's `random_spans_noise_mask` makes of it on TensorFlow 2.21, EOS included. Its
  // `random_spans_helper` says that the targets have 142, 134 and 158.
  const rows: readonly (readonly number[])[] = [
    [640, 0.15, 3, 710, 640, 144],
    [604, 0.15, 3, 670, 604, 136],
    [317, 0.3, 3, 395, 317, 160],
  ];
  for (const [inputLength, noiseDensity, meanNoiseSpanLength, length, ...sizes] of rows) {
    const options = { inputLength, noiseDensity, meanNoiseSpanLength };
    const objective = spanCorruption(VOCABULARY, options);
    assert.equal([objective.pieces.length, objective.targetLength], [length, sizes[1]]);
    const { inputs, targets } = objective.example(new Array<number>(length).fill(5), 3);
    assert.equal([inputs.length, targets.length], sizes);
    const cut = () => spanCorruption(VOCABULARY, { ...options, targetLength: sizes[1] - 1 });
    assert.match(refusalOf("ArgumentError", cut), `at least ${sizes[1]}`);
  }
});

Spans("no piece makes an example that is too long, also where there is less noise than one token", () => {
  for (const noiseDensity of [0, 0.001, 0.01, 0.15, 0.3, 0.5]) {
    for (const meanNoiseSpanLength of [2, 3, 10]) {
      for (const inputLength of [2, 3, 5, 16, 31, 64, 172]) {
        const objective = spanCorruption(VOCABULARY, { inputLength, noiseDensity, meanNoiseSpanLength });
        const sizes = Array.from({ length: objective.pieces.length }, (_, i) => objective.sizes?.(i + 1, 0) ?? []);
        const [inputs, targets] = [0, 1].map((part) => Math.max(...sizes.map((own) => own[part])));
        const what = `${inputLength}, ${noiseDensity}, ${meanNoiseSpanLength}: ${inputs}, ${targets}`;
        assert.ok(inputs <= inputLength && targets <= objective.targetLength, what);
      }
    }
  }
});

Spans.run();
