/** @file Ensembles: votes by hand, and one batch of all members against one evaluation of each. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import type { ExecutorRuntime } from "../../lib/compile/runtime.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { currentRuntime } from "../../lib/core/runtime.js";
import { dispose, np, random, scope, type Tensor, t5 } from "../../lib/index.js";
import * as methods from "../../lib/methods/index.js";
import type { Example } from "../../lib/metrics/answered.js";
import { readExamples } from "../../lib/tasks/reading.js";
import { taskOf } from "../../lib/tasks/registry.js";
import { loadTokenizer } from "../../lib/tokenizer/load-tokenizer.js";
import { ensembleEvaluator, likeliestLabel, majorityVote, taskEvaluator, type Voice } from "../../lib/train/index.js";
import { collected } from "../helpers/collected.js";
import { assertNear } from "../helpers/golden.js";
import { heldBy } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { shaken } from "../methods/samples.js";

const Ensemble = suite("train/ensemble");
Ensemble.before(async () => void (await init({ backend: "wasm", executor: "tfjs" })));

const EXAMPLE: Example = { id: "0", inputs: "a", targets: "True", truth: 1 };
const boolq = taskOf("boolq");
/** The winner of texts with likelihoods. */
const winner = (...voices: readonly (readonly [text: string, likelihood: number])[]): string =>
  majorityVote(
    boolq,
    EXAMPLE,
    voices.map(([text, p]): Voice => ({ text, score: Math.log(p) })),
  );

Ensemble("the answer of most voices wins, however likely others are", () => {
  assert.is(winner(["True", 0.1], ["False", 0.99], ["True", 0.1]), "True");
  assert.is(winner(["False", 0.2]), "False");
});

Ensemble("ties go to the greatest sum of likelihoods, then to the first", () => {
  // 0.9 + 0.01 = 0.91 is more than 0.4 + 0.45 = 0.85, though the product is less.
  assert.is(winner(["False", 0.4], ["True", 0.9], ["True", 0.01], ["False", 0.45]), "True");
  assert.is(winner(["False", 0.5], ["True", 0.9], ["True", 0.01], ["False", 0.45]), "False");
  assert.is(winner(["False", 0.5], ["True", 0.5]), "False");
  assert.is(winner(["True", 0.5], ["False", 0.5]), "True");
});

Ensemble("likelihoods too small for numbers are compared by their logarithms", () => {
  const voices = [
    { text: "True", score: -1000 },
    { text: "False", score: -999 },
  ];
  assert.is(majorityVote(boolq, EXAMPLE, voices), "False");
});

Ensemble("texts that are read as one answer count together, and the likeliest of them is given", () => {
  assert.is(winner(["maybe", 0.2], ["perhaps", 0.6], ["True", 0.9]), "perhaps");
  const squad = taskOf("squad");
  const example: Example = { id: "0", inputs: "a", targets: "x", truth: ["x"] };
  const texts = ["the city", "a table", "the city", "a table", "it"].map((text, i) => ({ text, score: -i }));
  assert.is(majorityVote(squad, example, texts), "the city");
});

Ensemble("the likeliest label on the average may be one that no member prefers", () => {
  const logs = (rows: readonly (readonly number[])[]) => rows.map((row) => row.map(Math.log));
  assert.is(
    likeliestLabel(
      logs([
        [0.5, 0.1, 0.45],
        [0.1, 0.5, 0.45],
      ]),
    ),
    2,
  );
  // Means: 0.30 and 0.31; the products are 0.05 and 0.0936.
  assert.is(
    likeliestLabel(
      logs([
        [0.5, 0.36],
        [0.1, 0.26],
      ]),
    ),
    1,
  );
  assert.is(
    likeliestLabel(
      logs([
        [0.9, 0.4],
        [0.01, 0.4],
      ]),
    ),
    0,
    "by sums, not by products",
  );
  assert.is(likeliestLabel(logs([[0.5, 0.5]])), 0);
});

Ensemble("without voices or members there is no answer", () => {
  for (const f of [() => majorityVote(boolq, EXAMPLE, []), () => likeliestLabel([])]) {
    let thrown: unknown;
    try {
      f();
    } catch (error) {
      thrown = error;
    }
    assert.ok(isFluxionError(thrown, "ArgumentError"));
  }
});

const { prompt, lora, ia3, prefix, norms } = methods;
const SETS = {
  "prompts of two lengths": [prompt({ length: 2 }), prompt({ length: 5 }), prompt({ length: 5 })],
  "several methods": [lora({ rank: 2 }), ia3(), prefix({ length: 2 })],
  "adapters that rows cannot mix": [norms(), prompt({ length: 2 }), norms()],
} as object as Readonly<Record<string, readonly methods.Method[]>>;

const held = () => heldBy((currentRuntime("test") as ExecutorRuntime).device);

for (const [name, list] of Object.entries(SETS)) {
  for (const decoding of name === "prompts of two lengths" ? (["greedy", "rank"] as const) : (["greedy"] as const)) {
    Ensemble(`${name}, ${decoding}: members say together what each says alone`, async () => {
      const tokenizer = await loadTokenizer("assets/t5-nano");
      const task = taskOf("cb");
      const examples = (await readExamples(task, "validation", "assets/superglue-mini")).slice(0, 7);
      const { config, params } = scope(() => tinyT5({ vocabSize: tokenizer.vocabSize }));
      const members = list.map((method, i) => ({
        method,
        tuned: scope(() => shaken(method.init(random.key(i), config, params), 30 + i)),
      }));
      const options = { decoding, maxTokens: 120 };
      await collected();
      const before = held();
      const ensemble = ensembleEvaluator({ config, params }, tokenizer, task, examples, members, options);
      assert.is(ensemble.together, name !== "adapters that rows cannot mix");
      const shown: number[] = [];
      const got = await ensemble.evaluate((done) => shown.push(done));
      ensemble.dispose();
      assert.equal(held(), before);
      assert.is(shown.at(-1), 7);
      // Of three members one example fills a batch of 120 tokens; of one member two or three do.
      if (ensemble.together) assert.equal(shown, [1, 2, 3, 4, 5, 6, 7]);
      for (const [i, { method, tuned }] of members.entries()) {
        const { evaluate } = taskEvaluator({ config, params }, tokenizer, task, examples, { ...options, method });
        const want = await evaluate(tuned);
        evaluate.dispose();
        const { loss, tokenAccuracy, ...scores } = got.members[i];
        const { loss: wantLoss, tokenAccuracy: wantRight, ...wantScores } = want;
        assert.equal(scores, wantScores, `member ${i}`);
        assertNear(`member ${i}`, [loss, tokenAccuracy], [wantLoss, wantRight], { abs: 1e-5, rel: 1e-5 });
      }
      if (decoding === "rank") assertLikelihood(config, params, tokenizer, members, examples, got);
      assert.is(got.vote.predictions.length, 7);
      assert.is(got.likelihood?.invalid, 0);
      dispose([params, members.map(({ tuned }) => tuned)]);
    });
  }
}

Ensemble("what the task cannot do is refused, with nothing left behind", async () => {
  const tokenizer = await loadTokenizer("assets/t5-nano");
  const { config, params } = scope(() => tinyT5({ vocabSize: tokenizer.vocabSize }));
  const members = [2, 3].map((length) => {
    const method = prompt({ length }) as methods.Method;
    return { method, tuned: scope(() => method.init(random.key(length), config, params)) };
  });
  const before = held();
  for (const [options, what] of [
    [{ decoding: "rank" }, "no labels to rank"],
    [{ prefix: "index" }, "no index to put in front"],
  ] as const) {
    let thrown: unknown;
    try {
      ensembleEvaluator({ config, params }, tokenizer, taskOf("squad"), [EXAMPLE], members, options);
    } catch (error) {
      thrown = error;
    }
    assert.ok(isFluxionError(thrown, "ConfigError") && thrown.message.includes(what), `${thrown}`);
    assert.equal(held(), before);
  }
  dispose([params, members.map(({ tuned }) => tuned)]);
});

type Tokenizer = Awaited<ReturnType<typeof loadTokenizer>>;

/** The labels of the highest mean likelihood, by ranking with one member and one example at a time. */
const assertLikelihood = (
  config: t5.T5Config,
  params: t5.Params,
  tokenizer: Tokenizer,
  members: readonly methods.Folded[],
  examples: readonly Example[],
  got: { readonly likelihood?: { readonly predictions: readonly { readonly prediction: string }[] } },
): void =>
  scope(() => {
    const labels = taskOf("cb").labels as readonly string[];
    const ids = (text: string): Tensor => np.array([[...tokenizer.encode(text), tokenizer.eosId]], { dtype: "int32" });
    using rank = t5.rank(config);
    examples.forEach(({ inputs }, i) => {
      const means = labels.map((label) => {
        const each = members.map(({ method, tuned }) =>
          Math.exp(rank(method.apply(config, params, tuned), ids(inputs), ids(label)).item() as number),
        );
        return each.reduce((sum, p) => sum + p, 0) / each.length;
      });
      assert.is(got.likelihood?.predictions[i].prediction, labels[means.indexOf(Math.max(...means))], `example ${i}`);
    });
  });

Ensemble.run();
