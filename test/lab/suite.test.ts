import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Listener, silent, together } from "../../lib/lab/listener.js";
import { recipe } from "../../lib/lab/recipe.js";
import { beatsBaselines, choosingTasks, overallScore, type Summary } from "../../lib/lab/results.js";
import { joinedScores, suiteEvaluator } from "../../lib/lab/suite.js";
import type { Evaluation } from "../../lib/train/progress.js";

const Suite = suite("lab/suite");

const evaluation = (score: number, id: string): Evaluation => ({
  metrics: { accuracy: score, f1: score + 1 },
  score,
  invalid: score / 10,
  unlabelled: score / 5,
  loss: score * 2,
  tokenAccuracy: score * 3,
  predictions: [{ id, inputs: "i", target: "t", prediction: "p", correct: true, valid: true }],
});

/** An evaluator that notes when it is called and disposed. */
const evaluatorOf = (said: string[], name: string, found: Evaluation) => ({
  name,
  evaluate: Object.assign(
    async (tuned: object | null) => {
      said.push(`${name} begins with ${JSON.stringify(tuned)}`);
      await Promise.resolve();
      said.push(`${name} ends`);
      return found;
    },
    { dispose: () => void said.push(`${name} is disposed`) },
  ),
});

Suite("of one task the scores are its own, of several they have its name in front", () => {
  assert.equal(joinedScores({ cb: { f1: 1, accuracy: 2 } }), { f1: 1, accuracy: 2 });
  assert.equal(joinedScores({ cb: { f1: 1 }, rte: { accuracy: 2, f1: 3 } }), {
    "cb/f1": 1,
    "rte/accuracy": 2,
    "rte/f1": 3,
  });
});

Suite("an evaluation of one task is that task's", async () => {
  const said: string[] = [];
  const one = evaluation(40, "1");
  const evaluate = suiteEvaluator([evaluatorOf(said, "cb", one)], ["cb"]);
  assert.equal(await evaluate({ a: 1 }), { ...one, tasks: { cb: one } });
  assert.equal(said, ['cb begins with {"a":1}', "cb ends"]);
});

Suite("an evaluation of several tasks has means of scores and sums of counts, task after task", async () => {
  const said: string[] = [];
  const [cb, rte] = [evaluation(40, "1"), evaluation(70, "2")];
  const evaluate = suiteEvaluator([evaluatorOf(said, "cb", cb), evaluatorOf(said, "rte", rte)], ["cb", "rte"]);
  assert.equal(await evaluate(null), {
    metrics: { "cb/accuracy": 40, "cb/f1": 41, "rte/accuracy": 70, "rte/f1": 71 },
    score: 55,
    invalid: 11,
    unlabelled: 22,
    loss: 110,
    tokenAccuracy: 165,
    predictions: [
      { task: "cb", ...cb.predictions[0] },
      { task: "rte", ...rte.predictions[0] },
    ],
    tasks: { cb, rte },
  });
  assert.equal(said, ["cb begins with null", "cb ends", "rte begins with null", "rte ends"]);
  evaluate.dispose();
  assert.equal(said.slice(4), ["cb is disposed", "rte is disposed"]);
});

Suite("the tasks that are trained on choose the best step; where none of them is evaluated, all do", async () => {
  assert.equal(choosingTasks(["squad"], ["squad", "mrqa_race"]), ["squad"]);
  assert.equal(choosingTasks(["squad"], ["mrqa_race", "mrqa_duorc"]), ["mrqa_race", "mrqa_duorc"]);
  const parts = [evaluatorOf([], "cb", evaluation(40, "1")), evaluatorOf([], "rte", evaluation(70, "2"))];
  const { score, metrics } = await suiteEvaluator(parts, choosingTasks(["rte"], ["cb", "rte"]))(null);
  assert.is(score, 70);
  assert.is(overallScore(metrics, ["rte"]), 70.5);
  assert.is(overallScore(metrics, ["boolq"]), 55.5);
  const [untuned, majority] = [{ "cb/f1": 90, "rte/f1": 30 }, metrics];
  assert.is(beatsBaselines({ score: 71, untuned, majority }, ["rte"]), true);
  assert.is(beatsBaselines({ score: 71, untuned, majority }, ["cb"]), false);
});

Suite("listeners are called in their order, each after the one before has ended", async () => {
  const said: string[] = [];
  const noting = (name: string): Required<Listener> => {
    const note =
      (what: string) =>
      async (...args: readonly unknown[]): Promise<void> => {
        said.push(`${name} ${what} ${JSON.stringify(args)}`);
        await new Promise((resolve) => setTimeout(resolve, 1));
        said.push(`${name} has ended`);
      };
    return {
      begin: note("begin"),
      step: note("step"),
      evaluation: note("evaluation"),
      stopping: () => void said.push(`${name} stopping`),
      stopped: () => void said.push(`${name} stopped`),
      end: note("end"),
    };
  };
  const all = together([noting("a"), silent, { step: () => undefined }, noting("b")]);
  const heard = async (call: () => unknown): Promise<readonly string[]> => {
    said.length = 0;
    await call();
    await Promise.resolve();
    return said;
  };
  const both = (text: string): string[] => ["a", "b"].flatMap((name) => [`${name} ${text}`, `${name} has ended`]);
  const step = { step: 1, loss: 2, seconds: 3, tokens: 4 };
  assert.equal(await heard(() => all.step(step)), both(`step ${JSON.stringify([step])}`));
  const info = { recipe: recipe({}), place: "p", part: "q" };
  const begun = { ...info, lines: ["l"], executor: "e", start: 0, together: [] };
  assert.equal(await heard(() => all.begin(begun)), both(`begin ${JSON.stringify([begun])}`));
  const found = { ...evaluation(1, "1"), tasks: {} };
  assert.equal(
    await heard(() => all.evaluation(3, found, true)),
    both(`evaluation ${JSON.stringify([3, found, true])}`),
  );
  const outcome = { kind: "run" } as Summary;
  assert.equal(await heard(() => all.end(outcome, info, true)), both(`end ${JSON.stringify([outcome, info, true])}`));
  said.length = 0;
  all.stopping();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(said, ["a stopping", "b stopping"]);
  said.length = 0;
  all.stopped();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(said, ["a stopped", "b stopped"]);
});

Suite("an error of a listener is that of the call", async () => {
  const failing: Listener = {
    step: () => {
      throw new Error("no");
    },
  };
  const error = await together([failing])
    .step({ step: 1, loss: 1, seconds: 1, tokens: 1 })
    ?.then(
      () => undefined,
      (e: Error) => e.message,
    );
  assert.is(error, "no");
});

Suite.run();
