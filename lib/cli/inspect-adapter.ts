/** @file What `fluxion inspect` shows of an adapter: its method, what is trained, and of a prompt each vector. */

import Table from "cli-table3";
import { init } from "../compile/init.js";
import { type Shape, sizeOf } from "../core/aval.js";
import { scope } from "../core/composite.js";
import type { HostArray } from "../core/host.js";
import { dispose } from "../core/tensor.js";
import { counted } from "../edge/counted.js";
import { namedBy, orThrow } from "../edge/either.js";
import { printable } from "../edge/printable.js";
import { type Adapter, loadAdapter } from "../io/adapters.js";
import { checkpointKindTE } from "../io/checkpoint-kind.js";
import { isValue } from "../io/values.js";
import * as np from "../np/index.js";
import { type Metric, type Nearest, nearestTokens } from "../prompt/neighbours.js";
import { loadTokenizerTE } from "../tokenizer/load-tokenizer.js";
import { leavesByPath } from "../tree/map.js";
import { generateNoteOf } from "./adapter.js";
import { readEmbedding } from "./contents.js";
import { MODEL_FLAG, vocabularyFlag } from "./flags.js";
import { usageError } from "./parse.js";
import type { Terminal } from "./terminal.js";

export interface InspectOptions {
  readonly model?: string;
  readonly tokenizer?: string;
  readonly neighbours: number;
  readonly metric: Metric;
  /** Of a run of several tasks, which one. */
  readonly task?: string;
  readonly json?: boolean;
}

/** A piece of the vocabulary that is near to a row of a prompt. */
export interface Neighbour {
  readonly id: number;
  readonly piece: string;
  readonly score: number;
}

/** One vector of a prompt. */
interface PromptRow {
  readonly norm: number;
  readonly nearest?: readonly Neighbour[];
}

/** A table without colours. */
export const plainTable = (head: string[], right: readonly number[]): Table.Table =>
  new Table({
    head,
    style: { head: [], border: [], compact: true },
    colAligns: head.map((_, i) => (right.includes(i) ? "right" : "left")),
  });

const norms = ({ shape, data }: HostArray): number[] => {
  const [rows, width] = shape as [number, number];
  return Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let i = row * width; i < (row + 1) * width; i++) sum += (data[i] as number) ** 2;
    return Math.sqrt(sum);
  });
};

/** The nearest pieces of each vector, by name; it takes the tensors over. */
export const neighboursIn = (nearest: Nearest, pieces: readonly string[]): Neighbour[][] => {
  const [rows, k] = nearest.ids.shape as readonly [number, number];
  const [idsOf, scoresOf] = [nearest.ids.dataSync(), nearest.scores.dataSync()];
  dispose(nearest);
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: k }, (_, j) => {
      const id = idsOf[row * k + j] as number;
      return { id, piece: pieces[id] ?? `<${id}>`, score: scoresOf[row * k + j] as number };
    }),
  );
};

const neighboursOf = async (prompt: HostArray, model: string, options: InspectOptions): Promise<Neighbour[][]> => {
  const embedding = await readEmbedding(model, await orThrow(namedBy(MODEL_FLAG, checkpointKindTE(model))));
  const { pieces } = await orThrow(
    namedBy(vocabularyFlag(options.tokenizer), loadTokenizerTE(options.tokenizer ?? model)),
  );
  await init({ executor: "tfjs" });
  const { neighbours: k, metric } = options;
  const nearest = scope(() => {
    // Rows of the embedding past the vocabulary were never used.
    const used = np.slice(np.fromHost(embedding), [[0, Math.min(embedding.shape[0] as number, pieces.length)]]);
    return nearestTokens(np.fromHost(prompt), used, { k, metric });
  });
  return neighboursIn(nearest, pieces);
};

/** The vectors of a prompt, with the nearest pieces where there is a model. */
const rowsOf = async (prompt: HostArray, options: InspectOptions): Promise<readonly PromptRow[]> => {
  const nearest = options.model === undefined ? undefined : await neighboursOf(prompt, options.model, options);
  return norms(prompt).map((norm, i) => ({ norm, ...(nearest && { nearest: nearest[i] }) }));
};

const rowTable = (rows: readonly PromptRow[], { model, metric }: InspectOptions): Table.Table => {
  const table = plainTable(["row", "norm", ...(model === undefined ? [] : [`nearest pieces (${metric})`])], [0, 1]);
  rows.forEach(({ norm, nearest }, i) => {
    const shown = nearest?.map(({ piece, score }) => `${printable(piece)} ${score.toFixed(3)}`).join("  ");
    table.push([i, norm.toFixed(4), ...(shown === undefined ? [] : [shown])]);
  });
  return table;
};

/** A trained tensor. */
interface Trained {
  readonly name: string;
  readonly shape: Shape;
}

const trainedIn = (tuned: object): readonly Trained[] =>
  leavesByPath<HostArray>(tuned, isValue).map(([name, { shape }]) => ({ name, shape }));

const tensorTable = (tensors: readonly Trained[]): Table.Table => {
  const table = plainTable(["trained", "shape", "numbers"], [2]);
  for (const { name, shape } of tensors)
    table.push([printable(name), `[${shape}]`, sizeOf(shape).toLocaleString("en")]);
  return table;
};

/** Prints the method and the settings of an adapter, a line each. */
const summary = (path: string, adapter: Adapter, trained: number): string[] => {
  const { settings, format, baseModel, unusedRows } = adapter;
  const { name, ...own } = settings;
  const note = generateNoteOf(adapter);
  const base = baseModel === undefined ? "" : `, for ${printable(baseModel)}`;
  return [
    `${path}: ${name}, ${counted(trained, "trained number")} (${format}${base})`,
    ...Object.entries(own).map(([key, value]) => printable(`${key}: ${JSON.stringify(value)}`)),
    ...(note === undefined ? [] : [note]),
    ...(unusedRows === 0 ? [] : [`${counted(unusedRows, "row for a decoder is", "rows for a decoder are")} not used`]),
  ];
};

/** The description of an adapter, as JSON and as text. */
interface Described {
  readonly said: object;
  readonly text: string;
  /** Whether `--model` would add the nearest pieces. */
  readonly wantsModel: boolean;
}

const described = async (path: string, options: InspectOptions): Promise<Described> => {
  const adapter = await loadAdapter(path);
  const { settings, format, baseModel, unusedRows, tuned } = adapter;
  const prompt = settings.name === "prompt" ? (tuned.prompt as HostArray) : undefined;
  if (prompt === undefined && options.model !== undefined) {
    throw usageError("fluxion inspect", "--model is for prompts", { got: `${settings.name} at ${path}` });
  }
  const tensors = trainedIn(tuned);
  const trained = tensors.reduce((n, { shape }) => n + sizeOf(shape), 0);
  const rows = prompt && (await rowsOf(prompt, options));
  const [length, width] = prompt?.shape ?? [];
  const ofPrompt = { length, width, unusedRows, metric: options.model && options.metric, rows };
  const said = { path, kind: "adapter", format, method: settings, baseModel, trained, tensors };
  const table = rows === undefined ? tensorTable(tensors) : rowTable(rows, options);
  return {
    said: { ...said, ...(prompt && ofPrompt) },
    text: [...summary(path, adapter, trained), `${table}`].join("\n"),
    wantsModel: prompt !== undefined && options.model === undefined,
  };
};

const noteModel = (list: readonly Described[], terminal: Terminal): void => {
  if (!list.some(({ wantsModel }) => wantsModel)) return;
  terminal.note("with --model DIR the nearest pieces of its vocabulary are shown, too");
};

/** Shows an adapter. */
export const inspectAdapter = async (path: string, options: InspectOptions, terminal: Terminal): Promise<void> => {
  const found = await described(path, options);
  terminal.write(`${options.json ? JSON.stringify(found.said) : found.text}\n`);
  if (!options.json) noteModel([found], terminal);
};

/** Shows the adapters of a folder, one after another. */
export const inspectFolder = async (
  path: string,
  adapters: readonly string[],
  options: InspectOptions,
  terminal: Terminal,
): Promise<void> => {
  const list: Described[] = [];
  for (const one of adapters) list.push(await described(one, options));
  if (options.json) {
    terminal.write(`${JSON.stringify({ path, kind: "adapters", adapters: list.map(({ said }) => said) })}\n`);
    return;
  }
  terminal.write(`${list.map(({ text }) => text).join("\n\n")}\n`);
  noteModel(list, terminal);
};
