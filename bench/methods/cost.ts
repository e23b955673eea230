/**
 * @file What one method costs, in a process of its own: `cost.ts METHOD SIZE RUNS` prints a line of JSON. Peak memory is that of the process,
 * which trains nothing else.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leavesOf } from "../../lib/core/pytree.js";
import { dispose, init, np, random, stats, type Tensor, t5 } from "../../lib/index.js";
import { loadT5 } from "../../lib/io/index.js";
import { saveTuned } from "../../lib/io/tuned.js";
import { NANO_MODEL } from "../../lib/lab/assets.js";
import type { Method } from "../../lib/methods/index.js";
import { sampledVocabulary } from "../../lib/prompt/index.js";
import { initState, makeTrainStep } from "../../lib/train/index.js";
import { median } from "../t5/compare.js";
import { uniforms } from "../t5/model.js";
import { type MethodRow, type Optimizer, ROWS, type RowName } from "./rows.js";
import { COST_SIZES, type CostSizeName } from "./sizes.js";

const [name, sizeName, runs] = process.argv.slice(2) as [RowName, CostSizeName, string];
const { model, batch: rows, inputs, targets } = COST_SIZES[sizeName];
const { title, method: methodOf, optimizer, tasks = 1 }: MethodRow = ROWS[name];

await init();
const load = async (): Promise<{ config: t5.T5Config; params: t5.Params }> => {
  if (model !== "nano") return { config: t5.configs[model], params: t5.init(t5.configs[model], random.key(0)) };
  const { config, params } = await loadT5(NANO_MODEL);
  return { config, params: np.devicePut(params, { donate: true }) as t5.Params };
};
const { config, params } = await load();
const numbersIn = (tree: unknown): number => leavesOf(tree).reduce<number>((n, x) => n + (x as Tensor).size, 0);

const next = uniforms(2);
const ids = (length: number): Tensor =>
  np.array(
    Int32Array.from({ length: rows * length }, () => 3 + Math.floor(next() * (config.vocabSize - 300))),
    { shape: [rows, length] },
  );
const ofTasks = np.array(
  Int32Array.from({ length: rows }, (_, i) => i % tasks),
  { shape: [rows] },
);
const batch = { inputs: ids(inputs), targets: ids(targets), ...(tasks > 1 && { tasks: ofTasks }) };

/** The median time of a step after the first, which compiles. */
const timeOf = (method: Method, tx: Optimizer, tuned: object): number => {
  const step = makeTrainStep(config, method, tx);
  let state = initState(tx, tuned, random.key(0));
  const times = Array.from({ length: Number(runs) + 1 }, () => {
    const began = performance.now();
    const result = step(params, state, batch);
    result.loss.item();
    dispose(result.loss);
    state = result.state;
    return performance.now() - began;
  });
  return median(times.slice(1));
};

const bytesOf = async (method: Method, tuned: object): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), "fluxion-methods-"));
  try {
    const path = join(folder, "tuned.safetensors");
    await saveTuned(path, { settings: method.settings, tuned });
    return statSync(path).size;
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** What the method trains; nothing where it does not. */
const trained = async (method: Method, tx: Optimizer): Promise<object> => {
  const tuned = method.init(random.key(0), config, params);
  const trainedValues = numbersIn(tuned);
  const fileBytes = await bytesOf(method, tuned);
  const stepMs = Number(timeOf(method, tx, tuned).toPrecision(3));
  return { trainedValues, fileBytes, stepMs, peakRssMB: Math.round((process.resourceUsage().maxRSS * 1024) / 1e6) };
};

const method = methodOf?.({ start: sampledVocabulary, shown: [3] });
const costs = method === undefined || optimizer === undefined ? { trainedValues: 0 } : await trained(method, optimizer);
console.log(
  JSON.stringify({
    bench: "methods",
    part: "cost",
    method: title,
    size: sizeName,
    rows,
    inputs,
    targets,
    executor: stats().executor,
    weights: numbersIn(params),
    ...costs,
  }),
);
process.exit(0);
