/** @file What `fluxion inspect RUN` shows of a run that trained a prompt: where its vectors went, step by step, and which labels stay near. */
import { init } from "../compile/init.js";
import { scope } from "../core/composite.js";
import { CheckpointError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { dispose, type Tensor } from "../core/tensor.js";
import { namedBy, orThrow } from "../edge/either.js";
import { printable } from "../edge/printable.js";
import { checkpointKindTE } from "../io/checkpoint-kind.js";
import { treeAt } from "../lab/evaluate-run.js";
import { keptFolder, keptSteps } from "../lab/folder.js";
import { initOf, startKey } from "../lab/method.js";
import type { PromptRecipe } from "../lab/method-settings.js";
import { lockedModel } from "../lab/run-inputs.js";
import { runRecord } from "../lab/run-record.js";
import { loadRun } from "../lab/stored-run.js";
import { mean } from "../metrics/average.js";
import * as np from "../np/index.js";
import { drift, labelMeans, labelRanks, nearestTokens } from "../prompt/index.js";
import type { Store } from "../store/store.js";
import { loadTokenizerTE } from "../tokenizer/load-tokenizer.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import { readEmbedding } from "./contents.js";
import { vocabularyFlag } from "./flags.js";
import { type InspectOptions, type Neighbour, neighboursIn, plainTable } from "./inspect-adapter.js";
import type { Terminal } from "./terminal.js";

/** What a run's prompts are compared with, on the device. */
interface Ground {
  /** The rows of the embedding that have a piece. */
  readonly used: Tensor;
  readonly start: Tensor;
  /** Undefined where the tasks have no labels. */
  readonly means: Tensor | undefined;
  readonly labels: readonly string[];
  readonly pieces: readonly string[];
}

/** A prompt of a run against its start. */
interface PromptAt {
  readonly step: number;
  /** Mean length of the vectors, mean distance from the start, mean cosine with it. */
  readonly norm: number;
  readonly distance: number;
  readonly cosine: number;
  /** Of each label its best place among the pieces that are nearest to a vector: 1 where it is the nearest. */
  readonly labels: Readonly<Record<string, number>>;
  /** Labels that are among the nearest pieces of a vector. */
  readonly near: number;
}

interface RowAt {
  readonly norm: number;
  readonly distance: number;
  readonly cosine: number;
  readonly nearest: readonly Neighbour[];
}

const listOf = (x: Tensor): number[] => [...x.dataSync()].map(Number);

/** Reads model and tokenizer of a run, and makes its first prompt again. @throws {CheckpointError} for inputs that have changed */
const groundOf = async (store: Store, { model, tokenizer }: InspectOptions): Promise<Ground> => {
  const { recipe, start } = await runRecord(store);
  const { lock } = await loadRun(store);
  if (start?.labels === undefined || lock === undefined) {
    const [what, hint] = ["the run has not recorded what it started from", "inspect its prompt.npy with --model DIR"];
    throw new CheckpointError({ where: "fluxion inspect", what, at: store.name(), hint });
  }
  const asked = { ...recipe, ...(model !== undefined && { model }), ...(tokenizer !== undefined && { tokenizer }) };
  const places = await lockedModel(asked, { recipe, lock, outcome: undefined }, { store });
  const table = await readEmbedding(places.model, await orThrow(checkpointKindTE(places.model)));
  const words: Tokenizer = await orThrow(namedBy(vocabularyFlag(tokenizer), loadTokenizerTE(places.tokenizer)));
  await init({ executor: "tfjs" });
  const method = recipe.method as PromptRecipe;
  const initial = await initOf(method, { tokenizer: words, labels: start.labels });
  const encode = (text: string): readonly number[] => words.encode(text);
  return scope(() => {
    const embedding = np.fromHost(table);
    return {
      used: np.slice(embedding, [[0, Math.min(table.shape[0] as number, words.pieces.length)]]),
      start: initial(startKey(recipe.seed), embedding, method.length),
      means: start.labels?.length ? labelMeans(embedding, encode, start.labels) : undefined,
      labels: start.labels ?? [],
      pieces: words.pieces,
    };
  });
};

/** The best place of each label among the nearest pieces of any vector, counted from 1. */
const placesOf = ({ used, means, labels }: Ground, prompt: Tensor): Readonly<Record<string, number>> => {
  if (means === undefined) return {};
  const ranks = listOf(scope(() => np.min(labelRanks(prompt, used, means), { axis: 0 })));
  return Object.fromEntries(labels.map((label, i) => [label, ranks[i] + 1]));
};

const movedOf = (ground: Ground, prompt: Tensor) => {
  const moved = drift(prompt, ground.start);
  const lists = { norm: listOf(moved.norms), distance: listOf(moved.distances), cosine: listOf(moved.cosines) };
  dispose(moved);
  return lists;
};

const promptAt = (ground: Ground, step: number, prompt: Tensor, k: number): PromptAt => {
  const { norm, distance, cosine } = movedOf(ground, prompt);
  const labels = placesOf(ground, prompt);
  const near = Object.values(labels).filter((place) => place <= k).length;
  return { step, norm: mean(norm), distance: mean(distance), cosine: mean(cosine), labels, near };
};

const rowsAt = (ground: Ground, prompt: Tensor, { neighbours: k, metric }: InspectOptions): readonly RowAt[] => {
  const { norm, distance, cosine } = movedOf(ground, prompt);
  const nearest = neighboursIn(
    scope(() => nearestTokens(prompt, ground.used, { k, metric })),
    ground.pieces,
  );
  return nearest.map((list, i) => ({ norm: norm[i], distance: distance[i], cosine: cosine[i], nearest: list }));
};

/** The prompts that a run has, by their steps: those that are kept, the best and the last. */
const storedPrompts = async (store: Store) => {
  const kept = (await keptSteps(store)).map((step) => `${keptFolder(step)}/`);
  const found = new Map<number, HostArray>();
  const best = await treeAt(store, "");
  const others = [...kept, ...((await store.list()).some((path) => path.startsWith("last/")) ? ["last/"] : [])];
  for (const tree of [best, ...(await Promise.all(others.map((folder) => treeAt(store, folder))))]) {
    found.set(Number(tree.metadata.step), tree.tuned.prompt as HostArray);
  }
  return { bestStep: Number(best.metadata.step), prompts: [...found].sort(([a], [b]) => a - b) };
};

const rowTable = (rows: readonly RowAt[], metric: string): string => {
  const table = plainTable(["row", "norm", "from start", "cosine", `nearest pieces (${metric})`], [0, 1, 2, 3]);
  rows.forEach(({ norm, distance, cosine, nearest }, i) => {
    const shown = nearest.map(({ piece, score }) => `${printable(piece)} ${score.toFixed(3)}`).join("  ");
    table.push([i, norm.toFixed(4), distance.toFixed(4), cosine.toFixed(3), shown]);
  });
  return `${table}`;
};

const stepTable = (steps: readonly PromptAt[], labels: readonly string[]): string => {
  const heads = ["step", "norm", "from start", "cosine", ...(labels.length === 0 ? [] : ["labels near"])];
  const names = labels.map((label) => `place of ${printable(label)}`);
  const table = plainTable(
    [...heads, ...names],
    [...heads, ...names].map((_, i) => i),
  );
  for (const { step, norm, distance, cosine, near, labels: places } of steps) {
    const count = labels.length === 0 ? [] : [`${near} of ${labels.length}`];
    const cells = labels.map((label) => places[label].toLocaleString("en"));
    table.push([step, norm.toFixed(4), distance.toFixed(4), cosine.toFixed(3), ...count, ...cells]);
  }
  return `${table}`;
};

/**
 * Shows the prompt of a run of one seed: at the best step each vector with its nearest pieces, and at each step that is kept how far the prompt has
 * moved and which labels are near.
 *
 * @throws {CheckpointError} for a run without a trained prompt, and for a model that has changed
 */
export const inspectRun = async (store: Store, options: InspectOptions, terminal: Terminal): Promise<void> => {
  const { bestStep, prompts } = await storedPrompts(store);
  const ground = await groundOf(store, options);
  const { neighbours: k, metric } = options;
  const norms = (x: Tensor): number => mean(listOf(scope(() => np.sqrt(np.sum(np.square(x), { axis: 1 })))));
  const [embeddingNorm, steps] = [norms(ground.used), [promptAt(ground, 0, ground.start, k)]];
  let rows: readonly RowAt[] = [];
  for (const [step, host] of prompts) {
    using prompt = np.fromHost(host);
    if (step > 0) steps.push(promptAt(ground, step, prompt, k));
    if (step === bestStep) rows = rowsAt(ground, prompt, options);
  }
  dispose([ground.used, ground.start, ground.means]);
  const path = store.name();
  if (options.json) {
    terminal.write(
      `${JSON.stringify({ path, kind: "run", bestStep, metric, neighbours: k, embeddingNorm, rows, steps })}\n`,
    );
    return;
  }
  const head = `${path}: the prompt of step ${bestStep}, the best; the embeddings have the mean norm ${embeddingNorm.toFixed(4)}`;
  const about = `means over the vectors by step; a label is near where it is among the ${k} nearest pieces of a vector, and its place is the best one (1: the nearest)`;
  terminal.write(`${[head, rowTable(rows, metric), "", about, stepTable(steps, ground.labels)].join("\n")}\n`);
};
