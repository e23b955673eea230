/**
 * @file Prompts trained together in one program, or one after another: `measure.ts RUNS WAY` prints a JSON line. Both ways train the same prompts of
 * t5-nano on batches of one shape, without the first step, which compiles; milliseconds are the least of the rounds, for a step of all runs, and memory is that
 * of the process.
 */
import { dispose, init, np, optim, random, type Tensor, type t5 } from "../../lib/index.js";
import { loadT5 } from "../../lib/io/index.js";
import { NANO_MODEL } from "../../lib/lab/assets.js";
import { prompt } from "../../lib/methods/index.js";
import { initState, joinBatches, joinStates, makeJointStep, makeTrainStep } from "../../lib/train/index.js";
import { uniforms } from "../t5/model.js";

const [runs, way] = [Number(process.argv[2]), process.argv[3]];
const [ROWS, INPUTS, TARGETS, ROUNDS] = [16, 64, 4, 10];

await init();
const { config, params: stored } = await loadT5(NANO_MODEL);
const params = np.devicePut(stored, { donate: true }) as t5.Params;
const method = prompt({ length: 20 });
const tx = optim.adafactor({ learningRate: 0.3, multiplyByParameterScale: false });
const seeds = Array.from({ length: runs }, (_, seed) => seed);
const stateOf = (seed: number) => initState(tx, method.init(random.key(seed), config, params), random.key(seed));

const next = uniforms(2);
const ids = (length: number): Tensor =>
  np.array(
    Int32Array.from({ length: ROWS * length }, () => 3 + Math.floor(next() * (config.vocabSize - 300))),
    { shape: [ROWS, length] },
  );
const batches = seeds.map(() => ({ inputs: ids(INPUTS), targets: ids(TARGETS) }));

/** Milliseconds of a step of all runs, and the most resident memory. */
const timed = (turn: () => void) => {
  turn();
  const times = Array.from({ length: ROUNDS }, () => {
    const began = performance.now();
    turn();
    return performance.now() - began;
  });
  const peakRssMB = Math.round(process.resourceUsage().maxRSS / 1e3);
  return { ms: Math.round(Math.min(...times)), peakRssMB };
};

const together = (): ReturnType<typeof timed> => {
  const step = makeJointStep(config, method, tx);
  let states = joinStates(seeds.map(stateOf));
  const batch = joinBatches(batches);
  return timed(() => {
    const { state, loss } = step(params, states, batch);
    loss.tolist();
    dispose(loss);
    states = state;
  });
};
const oneByOne = (): ReturnType<typeof timed> => {
  const step = makeTrainStep(config, method, tx);
  const states = seeds.map(stateOf);
  return timed(() => {
    seeds.forEach((seed) => {
      const { state, loss } = step(params, states[seed], batches[seed]);
      loss.item();
      dispose(loss);
      states[seed] = state;
    });
  });
};

console.log(JSON.stringify({ bench: "joint", runs, way, ...(way === "together" ? together() : oneByOne()) }));
