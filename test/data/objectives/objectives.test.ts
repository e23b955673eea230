/** @file Examples of texts, held to T5's numbers. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Tokens, withEos } from "../../../lib/data/batch.js";
import {
  fullLm,
  iidDenoising,
  lm,
  makeExamples,
  type Objective,
  prefixLm,
  spanCorruption,
  textInfilling,
  tokenDeletion,
} from "../../../lib/data/objectives/index.js";
import { prefixMask } from "../../../lib/data/objectives/masks.js";
import {
  dropNoiseTokens,
  dropNonnoiseTokens,
  noiseSpanToUniqueSentinel,
  nonnoiseSpanToUniqueSentinel,
} from "../../../lib/data/objectives/noise.js";
import { piecesOf } from "../../../lib/data/objectives/pieces.js";
import { packPrefixLmEncoderDecoder } from "../../../lib/data/objectives/prefix-lm.js";
import { randomSpansHelper } from "../../../lib/data/objectives/spans.js";
import { makeVocabulary } from "../../../lib/tokenizer/vocabulary.js";
import { goldenFiles } from "../../helpers/golden-file.js";
import { refusalOf } from "../../helpers/refusal.js";
import { withShared } from "../../helpers/shared.js";

const Objectives = suite("data/objectives/objectives");
const files = goldenFiles(Objectives, "data/objectives/objectives.test.ts");

type Numbers = readonly number[];
interface Steps<Out> {
  readonly sequence_length: { readonly inputs: number; readonly targets: number };
  readonly documents: readonly { readonly targets: Numbers }[];
  readonly out: readonly Out[];
}
interface Denoised extends Tokens {
  readonly segment: Numbers;
  readonly mask: Numbers;
}
interface Golden {
  readonly lm: readonly {
    readonly text: string;
    readonly out: { readonly inputs: string; readonly targets: string };
  }[];
  readonly full_lm: readonly Steps<{ readonly targets: Numbers }>[];
  readonly prefix_lm: readonly (Steps<Tokens> & { readonly prefix_lengths: Numbers })[];
  readonly span_corruption: readonly (Steps<Denoised> & {
    readonly merge_examples_to_reduce_padding: boolean;
    readonly tokens_length: number;
    readonly targets_length: number;
  })[];
  readonly iid_denoising: readonly Steps<Denoised>[];
  readonly errors: readonly { readonly case: string; readonly error: string }[];
}
const golden = (root: string): Golden => files.open<Golden>(root, "objectives/pieces.json");

const EOS = 1;
const FIRST = 32099;
const VOCABULARY = { eosId: EOS, sentinelId: (k: number) => FIRST - k };
const idsOf = ({ documents }: Steps<unknown>): Numbers[] => documents.map(({ targets }) => targets);
const plain = (rows: Iterable<Numbers>): number[][] => Array.from(rows, (row) => [...row]);
const restored = ({ inputs, targets }: Tokens): number[] => {
  // What the sentinels of one row stand for is behind the same sentinels of the other.
  const isSentinel = (id: number): boolean => id > FIRST - 100;
  const spans = new Map<number, number[]>();
  let open: number[] = [];
  for (const id of targets.slice(0, -1)) {
    if (isSentinel(id)) {
      open = [];
      spans.set(id, open);
    } else open.push(id);
  }
  return inputs.slice(0, -1).flatMap((id) => spans.get(id) ?? [id]);
};

/** Compares pieces and the chance-free part of an objective with T5's, and the parts of its examples with each other. */
const assertDenoises = (objective: Objective, steps: Steps<Denoised>): void => {
  const pieces = plain(piecesOf(idsOf(steps), objective.pieces, 0));
  assert.equal(pieces, plain(steps.out.map(({ segment }) => segment)));
  for (const { segment, mask, inputs, targets } of steps.out) {
    const noise = mask.map((x) => x === 1);
    assert.equal(noiseSpanToUniqueSentinel(segment, noise, FIRST), [...inputs]);
    assert.equal(nonnoiseSpanToUniqueSentinel(segment, noise, FIRST), [...targets]);
  }
};

withShared(Objectives, "a language model reads nothing and writes the text", (root) => {
  for (const { text, out } of golden(root).lm) assert.equal(lm(text), { inputs: out.inputs, targets: out.targets });
  assert.equal(lm([5, 6]), { inputs: [], targets: [5, 6] });
});

withShared(Objectives, "the pieces of a language model of documents are T5's", (root) => {
  for (const steps of golden(root).full_lm) {
    const { inputs, targets: targetLength } = steps.sequence_length;
    assert.is(inputs, targetLength);
    const examples = [...makeExamples(fullLm(VOCABULARY, { targetLength }), idsOf(steps), 0)];
    assert.equal(plain(examples.map(({ targets }) => targets)), plain(steps.out.map(({ targets }) => targets)));
    for (const example of examples) assert.equal(example.inputs, [EOS]);
  }
});

withShared(Objectives, "prefix LM cuts pieces where T5 does", (root) => {
  for (const { prefix_lengths, ...steps } of golden(root).prefix_lm) {
    const { inputs: inputLength, targets } = steps.sequence_length;
    assert.is(targets, inputLength);
    const objective = prefixLm(VOCABULARY, { inputLength });
    const pieces = plain(piecesOf(idsOf(steps), objective.pieces, 0));
    assert.equal(pieces, plain(steps.out.map((row) => [...row.inputs, ...row.targets])));
    for (const [i, piece] of pieces.entries()) {
      const mask = prefixMask(piece.length, prefix_lengths[i]);
      assert.equal(dropNonnoiseTokens(piece, mask), [...steps.out[i].inputs]);
      assert.equal(dropNoiseTokens(piece, mask), [...steps.out[i].targets]);
    }
    for (const [i, example] of [...makeExamples(objective, idsOf(steps), 7)].entries()) {
      assert.equal([...example.inputs.slice(0, -1), ...example.targets.slice(0, -1)], pieces[i]);
      assert.ok(example.targets.length > 1);
    }
  }
});

withShared(Objectives, "span corruption cuts, corrupts and counts as T5 does", (root) => {
  for (const { merge_examples_to_reduce_padding: merge, tokens_length, targets_length, ...steps } of golden(root)
    .span_corruption) {
    const { inputs: inputLength, targets: targetLength } = steps.sequence_length;
    const { tokensLength, targetsLength } = randomSpansHelper(inputLength);
    assert.equal([tokensLength, targetsLength], [tokens_length, targets_length]);
    const objective = spanCorruption(VOCABULARY, { inputLength, targetLength, ...(!merge && { joined: 1 }) });
    assertDenoises(objective, steps);
    for (const [i, example] of [...makeExamples(objective, idsOf(steps), 7)].entries()) {
      const { segment, inputs, targets } = steps.out[i];
      // The same numbers of tokens as T5's, EOS aside, and nothing lost.
      assert.equal([example.inputs.length, example.targets.length], [inputs.length + 1, targets.length + 1]);
      assert.equal(restored(example), [...segment]);
      assert.equal([example.inputs.at(-1), example.targets.at(-1), example.targets[0]], [EOS, EOS, FIRST]);
    }
  }
});

withShared(Objectives, "denoising of single tokens cuts and corrupts as T5 does", (root) => {
  for (const steps of golden(root).iid_denoising) {
    const { inputs: inputLength, targets } = steps.sequence_length;
    const objective = iidDenoising(VOCABULARY, { inputLength });
    assert.is(objective.targetLength, targets);
    assertDenoises(objective, steps);
    for (const [i, example] of [...makeExamples(objective, idsOf(steps), 7)].entries()) {
      assert.ok(example.inputs.length <= inputLength && example.targets.length <= targets);
      // A row that begins with noise has it in front of the first sentinel.
      if (example.targets[0] === FIRST) assert.equal(restored(example), [...steps.out[i].segment]);
    }
  }
});

withShared(Objectives, "what T5 refuses is refused", (root) => {
  const refusals: Readonly<Record<string, readonly [f: () => unknown, message: RegExp]>> = {
    "span_corruption, targets length 10 where 29 are needed": [
      () => spanCorruption(VOCABULARY, { inputLength: 128, targetLength: 10 }),
      /^data\.spanCorruption: targets of inputs of 128 tokens do not fit\n.*a target length of at least 29\n +got +10/,
    ],
    "random_prefix_noise_mask, density 0.6": [
      () => [...makeExamples(prefixLm(VOCABULARY, { inputLength: 8, noiseDensity: 0.6 }), [[5, 6]], 0)],
      /^data\.randomPrefixNoiseMask: the noise density is out of range\n.*0 to 0\.5\n +got +0\.6/,
    ],
    "pack_prefix_lm_encoder_decoder, odd length": [
      () => packPrefixLmEncoderDecoder([5, 6, 7], [8, 9, 10], 1),
      /^data\.packPrefixLmEncoderDecoder: the length of a row is odd\n.*an even number of tokens\n +got +3/,
    ],
  };
  const { errors } = golden(root);
  assert.equal(errors.map((one) => one.case).sort(), Object.keys(refusals).sort());
  for (const { case: name, error } of errors) {
    assert.match(error, /Error$/);
    const [f, message] = refusals[name];
    assert.match(refusalOf("ArgumentError", f), message);
  }
});

const TEXT = Array.from({ length: 40 }, (_, i) => 100 + i);
const only = (objective: Objective, text: Numbers = TEXT, seed = 0): Tokens => {
  const examples = [...makeExamples(objective, [text], seed)];
  assert.is(examples.length, 1);
  return examples[0];
};

Objectives("targets without sentinels are the spans alone, as in the paper's first setting", () => {
  const options = { inputLength: 64 };
  const { inputs, targets } = only(spanCorruption(VOCABULARY, options));
  const without = only(spanCorruption(VOCABULARY, { ...options, targetsFn: dropNonnoiseTokens }));
  assert.equal(without.inputs, inputs);
  assert.equal(
    without.targets,
    targets.filter((id) => id < 1000),
  );
});

Objectives("BART's text infilling leaves a sentinel for each span, and writes the whole text", () => {
  const { inputs, targets } = only(textInfilling(VOCABULARY, { inputLength: 41 }));
  // 40 tokens: round(6.0) of noise in round(2.0) spans, so 34 are kept, and 2 sentinels and EOS come to them.
  assert.is(inputs.length, 37);
  assert.equal(
    inputs.filter((id) => id > 1000),
    [FIRST, FIRST - 1],
  );
  assert.is(inputs[0], 100);
  assert.is(inputs.at(-2), FIRST - 1);
  assert.equal(targets, [...TEXT, EOS]);
  const kept = inputs.filter((id) => id >= 100 && id < 1000);
  assert.is(kept.length, 34);
  assert.equal(
    kept,
    TEXT.filter((id) => kept.includes(id)),
  );
});

Objectives("BART's token deletion leaves nothing for a token, and writes the whole text", () => {
  const objective = tokenDeletion(VOCABULARY, { inputLength: 41 });
  const lengths = Array.from({ length: 1000 }, (_, seed) => {
    const { inputs, targets } = only(objective, TEXT, seed);
    assert.equal(targets, [...TEXT, EOS]);
    assert.equal(
      inputs,
      withEos(
        TEXT.filter((id) => inputs.includes(id)),
        EOS,
      ),
    );
    return inputs.length - 1;
  });
  const mean = lengths.reduce((sum, n) => sum + n, 0) / 1000;
  // 40 tokens, each kept with 0.85: the mean 34, its standard deviation over 1000 texts sqrt(40 * 0.1275 / 1000).
  assert.ok(Math.abs(mean - 34) < 4 * Math.sqrt((40 * 0.1275) / 1000), `${mean}`);
});

Objectives("no row of any objective is longer than its lengths say, and pieces restore the documents", () => {
  const documents = Array.from({ length: 200 }, (_, i) =>
    Array.from({ length: 1 + ((i * 37) % 90) }, (_, j) => 200 + j),
  );
  for (const [name, objective] of Object.entries({
    spans: spanCorruption(VOCABULARY, { inputLength: 32 }),
    dense: spanCorruption(VOCABULARY, { inputLength: 32, noiseDensity: 0.5, meanNoiseSpanLength: 2 }),
    iid: iidDenoising(VOCABULARY, { inputLength: 32, noiseDensity: 0.5 }),
    prefix: prefixLm(VOCABULARY, { inputLength: 32 }),
    infilling: textInfilling(VOCABULARY, { inputLength: 32 }),
    deletion: tokenDeletion(VOCABULARY, { inputLength: 32 }),
    full: fullLm(VOCABULARY, { targetLength: 32 }),
  })) {
    const examples = [...makeExamples(objective, documents, 3)];
    for (const { inputs, targets } of examples) {
      assert.ok(inputs.length > 0 && inputs.length <= objective.inputLength, `${name}: ${inputs.length} inputs`);
      assert.ok(targets.length > 0 && targets.length <= objective.targetLength, `${name}: ${targets.length} targets`);
    }
    assert.equal(examples, [...makeExamples(objective, documents, 3)], name);
    if (name !== "full") assert.not.equal(examples, [...makeExamples(objective, documents, 4)], name);
  }
});

Objectives(
  "sentinels that count up are refused, since spans would get ids of other pieces; one sentinel is enough for one span",
  () => {
    const up = { eosId: EOS, sentinelId: (k: number) => 32000 + k };
    for (const make of [spanCorruption, iidDenoising, textInfilling]) {
      assert.match(
        refusalOf("ArgumentError", () => make(up, { inputLength: 64 })),
        /sentinels of the vocabulary do not count down[\s\S]*<extra_id_1> at 31999[\s\S]*32001/,
      );
    }
    const types = { "<pad>": "control", "</s>": "control", "<unk>": "unknown", "<extra_id_0>": "userDefined" } as const;
    const pieces = Object.entries(types).map(([text, type]) => ({ text, type, score: 0 }));
    const one = makeVocabulary({ pieces, padPiece: "<pad>", eosPiece: "</s>" });
    const { inputs, targets } = only(spanCorruption(one, { inputLength: 12 }), [5, 6, 7, 8]);
    assert.equal(inputs.slice(-2), [3, EOS]);
    assert.is(targets[0], 3);
  },
);

Objectives("an objective without sentinels needs none of the tokenizer", () => {
  const bare = { eosId: EOS };
  assert.ok(only(prefixLm(bare, { inputLength: 64 })).inputs.length > 0);
  assert.ok(only(tokenDeletion(bare, { inputLength: 64 })).inputs.length > 0);
});

Objectives.run();
