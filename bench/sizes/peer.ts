/** @file One case of the benchmark of sizes in a process of its own: `peer.ts CASE` prints one JSON line. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { init, jit, memory, np, t5, valueAndGrad } from "../../lib/index.js";
import { loadHuggingFaceTE } from "../../lib/io/index.js";
import { normals, uniforms } from "../t5/model.js";
import { CASES, type Case } from "./cases.js";
import { writeRandomT5 } from "./checkpoint.js";

const GREEDY_TOKENS = 8;

const name = process.argv[2] as keyof typeof CASES;
const c: Case = CASES[name];
await init({ backend: "wasm", executor: c.executor });

const timed = async <T>(f: () => T | Promise<T>): Promise<[result: T, ms: number]> => {
  const began = performance.now();
  const result = await f();
  return [result, Math.round(performance.now() - began)];
};
const peakRss = (): number => process.resourceUsage().maxRSS * 1024;

/** Loads the model from a directory of its own, which is gone afterwards. */
const load = async (): Promise<t5.Params> => {
  const folder = mkdtempSync(join(tmpdir(), "fluxion-sizes-"));
  try {
    writeRandomT5(folder, t5.configs[c.model]);
    const loaded = await loadHuggingFaceTE(folder)();
    if (E.isLeft(loaded)) throw loaded.left;
    return np.devicePut(loaded.right.params, { donate: true });
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const config = t5.configs[c.model];
const [params, loadMs] = await timed(load);
const loaded = { weightBytes: memory().bytes, rssAfterLoading: peakRss() };

const next = uniforms(2);
const ids = (length: number) =>
  np.array(
    Int32Array.from({ length: c.batch * length }, () => 2 + Math.floor(next() * 32000)),
    { shape: [c.batch, length] },
  );
const batch = { inputs: ids(c.inputs), targets: ids(c.targets) };
const prompt = { prompt: np.array(normals(next, c.prompt * config.dModel, 0.5), { shape: [c.prompt, config.dModel] }) };

/** The loss of the batch, and the first tokens of every row. */
const evaluate = async () => {
  using loss = jit(t5.promptLoss(config));
  const [value, lossMs] = await timed(() => loss(params, prompt, batch).item());
  using generate = t5.generate(config, { maxLength: GREEDY_TOKENS });
  const [rows, greedyMs] = await timed(() => generate(params, batch.inputs, { prefix: prompt.prompt }));
  return { loss: value, lossMs, greedyMs, tokens: rows.flat().reduce((n, { tokens }) => n + tokens.length, 0) };
};

/** The loss and the gradient of the prompt, twice: the first compiles. */
const step = async () => {
  using run = jit(valueAndGrad(t5.promptLoss(config), { argnums: 1 }));
  const [, firstMs] = await timed(() => run(params, prompt, batch));
  const [[value, gradient], stepMs] = await timed(() => run(params, prompt, batch));
  return { loss: value.item(), gradNorm: Math.hypot(...gradient.prompt.dataSync()), firstMs, stepMs };
};

const work = await (c.work === "step" ? step() : evaluate());
const { peakBytes, heapBytes } = memory();
console.log(
  JSON.stringify({
    bench: "sizes",
    case: name,
    ...c,
    loadMs,
    ...loaded,
    ...work,
    peakBytes,
    heapBytes,
    rssPeakBytes: peakRss(),
  }),
);
process.exit(0);
