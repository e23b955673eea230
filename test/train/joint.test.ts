/** @file Several runs in one program, against each run alone. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withRuntime } from "../../lib/core/runtime.js";
import { np, optim, random, scope, type Tensor, type t5, tree } from "../../lib/index.js";
import * as methods from "../../lib/methods/index.js";
import { joinBatches, joinStates, makeJointStep, splitStates } from "../../lib/train/joint.js";
import { initState, makeTrainStep, type StepOptions } from "../../lib/train/state.js";
import { hostOf, messageOf, noLeaks, runtimes } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

const Joint = suite("train/joint");

const check = (labels: readonly string[], title: string, body: () => void): void => {
  for (const { label, open } of runtimes().filter((r) => labels.includes(r.label))) {
    Joint(`${label}: ${title}`, async () => withRuntime(await open(), () => noLeaks(() => scope(body))));
  }
};

const STEPS = 20;
const RUNS = [
  { seed: 0, learningRate: 0.1 },
  { seed: 1, learningRate: 0.02 },
  { seed: 7, learningRate: 0.3 },
];

const ids = (seed: number, shape: readonly number[]): Tensor =>
  np.astype(random.randint(random.key(seed), shape, 2, 30), "int32");
/** The batch of a run at a step; inputs and targets differ in their lengths between runs and steps. */
const batchAt = (run: number, step: number): t5.Batch => {
  const seed = 100 * run + step;
  return { inputs: ids(seed, [2, 3 + ((run + step) % 3)]), targets: ids(seed + 50, [2, 2 + ((run * step) % 2)]) };
};

const optimizer = () => optim.injectHyperparams((h) => optim.adam(h), { learningRate: 0.1 });

const METHODS: Readonly<Record<string, methods.Method>> = {
  prompt: methods.prompt({ length: 3 }) as never,
  lora: methods.lora({ rank: 2 }) as never,
  prefix: methods.prefix({ length: 2, projection: 4 }) as never,
  mpt: methods.mpt({ length: 2, tasks: 2 }) as never,
};

const startOf = (method: methods.Method, { config, params }: ReturnType<typeof tinyT5>, options: StepOptions) =>
  RUNS.map(({ seed, learningRate }) => {
    const state = initState(
      optimizer(),
      method.init(random.key(seed), config, params as t5.Params),
      random.key(seed),
      options,
    );
    const hyperparams = { learningRate: np.scalar(learningRate) };
    return { ...state, opt: { ...(state.opt as object), hyperparams } } as typeof state;
  });

const agree = (method: methods.Method, options: StepOptions, batchOf: typeof batchAt): void => {
  const model = tinyT5({ numLayers: 1, numDecoderLayers: 1 });
  const { config, params } = model;
  const alone = RUNS.map((_, run) => {
    const step = makeTrainStep(config, method, optimizer(), options);
    let state = startOf(method, model, options)[run];
    const losses: number[] = [];
    for (let i = 0; i < STEPS; i++) {
      const result = step(params, state, batchOf(run, i));
      state = result.state;
      losses.push(result.loss.item());
    }
    step.dispose();
    return { losses, state };
  });
  const step = makeJointStep(config, method, optimizer(), options);
  let states = joinStates(startOf(method, model, options));
  for (let i = 0; i < STEPS; i++) {
    const result = step(params, states, joinBatches(RUNS.map((_, run) => batchOf(run, i))));
    states = result.state;
    const losses = result.loss.tolist() as number[];
    losses.forEach((loss, run) => {
      assert.ok(
        Math.abs(loss - alone[run].losses[i]) <= 1e-5,
        `run ${run}, step ${i}: ${loss} ${alone[run].losses[i]}`,
      );
    });
  }
  step.dispose();
  splitStates(states).forEach((state, run) => {
    assert.is(state.step.item(), STEPS);
    const [ours, theirs] = [state, alone[run].state].map((s) => tree.leaves(s.tuned as never) as Tensor[]);
    ours.forEach((x, k) => {
      const [a, b] = [hostOf(x), hostOf(theirs[k])];
      assert.equal(a.shape, b.shape);
      for (const [i, v] of Array.from(a.data).entries()) assert.ok(Math.abs(v - b.data[i]) <= 2e-3, `run ${run}: ${v}`);
    });
  });
};

check(["wasm"], "prompts: three runs of other seeds, rates and lengths lose as each alone", () =>
  agree(METHODS.prompt, {}, batchAt),
);
for (const name of ["lora", "prefix"]) {
  check(["wasm"], `${name}: three runs of other seeds and rates lose as each alone`, () =>
    agree(METHODS[name], {}, (run, step) => ({
      inputs: ids(100 * run + step, [2, 4]),
      targets: ids(100 * run + step + 50, [2, 3]),
    })),
  );
}
check(["wasm"], "prompts of tasks: each row of each run has that of its task, in microbatches too", () =>
  agree(METHODS.mpt, { microbatches: 2 }, (run, step) => ({
    inputs: ids(100 * run + step, [4, 4]),
    targets: ids(100 * run + step + 50, [4, 2]),
    tasks: np.astype(random.randint(random.key(100 * run + step), [4], 0, 2), "int32"),
  })),
);
check(["onnx"], "prompts natively, with an average, microbatches and dropout, whose masks are those of each run", () =>
  agree(METHODS.prompt, { ema: 0.9, microbatches: 2, dropoutRate: 0.1 }, (run, step) => ({
    inputs: ids(100 * run + step, [4, 4]),
    targets: ids(100 * run + step + 50, [4, 2]),
  })),
);

check(["reference"], "what cannot be joined is refused with its run", () => {
  const { config, params } = tinyT5({});
  const state = (length: number) => {
    const method = methods.prompt({ length });
    return initState(optim.sgd({ learningRate: 1 }), method.init(random.key(0), config, params), random.key(0));
  };
  const said = (f: () => unknown): string => messageOf(f) as string;
  assert.match(
    said(() => joinStates([])),
    /train\.joinStates: there are no runs/,
  );
  assert.match(
    said(() => joinStates([state(2), state(3)])),
    /differ in more than their numbers[\s\S]*in run 1/,
  );
  assert.match(
    said(() => joinStates([state(2), state(2)], { maxBytes: 100 })),
    /too much memory[\s\S]*2 states of \d+ bytes/,
  );
  const batch = (rows: number): t5.Batch => ({ inputs: ids(0, [rows, 3]), targets: ids(1, [rows, 2]) });
  assert.match(
    said(() => joinBatches([batch(2), batch(3)])),
    /train\.joinBatches[\s\S]*in run 1/,
  );
  const weighted = { ...batch(2), weights: np.ones([2, 1]) };
  assert.match(
    said(() => joinBatches([batch(2), weighted])),
    /different parts[\s\S]*in run 1/,
  );
});

Joint.run();
