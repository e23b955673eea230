/** @file `fluxion inspect`: what a checkpoint or a prompt is. */
import Table from "cli-table3";
import { init } from "../compile/init.js";
import { scope } from "../core/composite.js";
import { dispose } from "../core/tensor.js";
import { orThrow } from "../edge/either.js";
import { checkpointKind } from "../io/checkpoint-kind.js";
import { loadPrompt, type StoredPrompt } from "../io/prompts.js";
import * as np from "../np/index.js";
import { type Metric, nearestTokens } from "../prompt/neighbours.js";
import { loadTokenizer } from "../tokenizer/load-tokenizer.js";
import { type Contents, contentsOf, readEmbedding, totalElements } from "./contents.js";
import { usageError } from "./parse.js";
import { printable, printBytes, type Terminal } from "./terminal.js";

export interface InspectOptions {
  readonly model?: string;
  readonly tokenizer?: string;
  readonly neighbours: number;
  readonly metric: Metric;
  readonly json?: boolean;
}

/** A piece of the vocabulary that is near to a row of a prompt. */
interface Neighbour {
  readonly id: number;
  readonly piece: string;
  readonly score: number;
}

/** One vector of a prompt. */
interface PromptRow {
  readonly norm: number;
  readonly nearest?: readonly Neighbour[];
}

const plain = (head: string[], right: readonly number[]): Table.Table =>
  new Table({
    head,
    style: { head: [], border: [], compact: true },
    colAligns: head.map((_, i) => (right.includes(i) ? "right" : "left")),
  });

const norms = ({ shape, data }: StoredPrompt["prompt"]): number[] => {
  const [rows, width] = shape as [number, number];
  return Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let i = row * width; i < (row + 1) * width; i++) sum += (data[i] as number) ** 2;
    return Math.sqrt(sum);
  });
};

const neighboursOf = async (
  prompt: StoredPrompt["prompt"],
  model: string,
  options: InspectOptions,
): Promise<Neighbour[][]> => {
  const embedding = await readEmbedding(model, await orThrow(checkpointKind(model)));
  const { pieces } = await orThrow(loadTokenizer(options.tokenizer ?? model));
  await init({ executor: "tfjs" });
  const { neighbours: k, metric } = options;
  const nearest = scope(() => {
    // Rows of the embedding past the vocabulary were never used.
    const used = np.slice(np.fromHost(embedding), [[0, Math.min(embedding.shape[0] as number, pieces.length)]]);
    return nearestTokens(np.fromHost(prompt), used, { k, metric });
  });
  const [idsOf, scoresOf] = [nearest.ids.dataSync(), nearest.scores.dataSync()];
  dispose(nearest);
  return Array.from({ length: prompt.shape[0] as number }, (_, row) =>
    Array.from({ length: k }, (_, j) => {
      const id = idsOf[row * k + j] as number;
      return { id, piece: pieces[id] ?? `<${id}>`, score: scoresOf[row * k + j] as number };
    }),
  );
};

const inspectPrompt = async (path: string, options: InspectOptions, terminal: Terminal): Promise<void> => {
  const { prompt, format, baseModel, unusedRows } = await orThrow(loadPrompt(path));
  const nearest = options.model === undefined ? undefined : await neighboursOf(prompt, options.model, options);
  const rows: PromptRow[] = norms(prompt).map((norm, i) => ({
    norm,
    ...(nearest && { nearest: nearest[i] as Neighbour[] }),
  }));
  const [length, width] = prompt.shape;
  if (options.json) {
    terminal.write(
      `${JSON.stringify({ path, kind: "prompt", format, length, width, baseModel, unusedRows, metric: nearest && options.metric, rows })}\n`,
    );
    return;
  }
  const said = baseModel === undefined ? "" : `, for ${printable(baseModel)}`;
  const unused = unusedRows === 0 ? "" : `; ${unusedRows} rows for a decoder are not used`;
  terminal.write(`prompt of ${length} vectors of width ${width} (${format}${said})${unused}\n`);
  const table = plain(["row", "norm", ...(nearest ? [`nearest pieces (${options.metric})`] : [])], [0, 1]);
  rows.forEach(({ norm, nearest }, i) => {
    const shown = nearest?.map(({ piece, score }) => `${printable(piece)} ${score.toFixed(3)}`).join("  ");
    table.push([i, norm.toFixed(4), ...(shown === undefined ? [] : [shown])]);
  });
  terminal.write(`${table}\n`);
  if (nearest === undefined) terminal.note("with --model DIR the nearest pieces of its vocabulary are shown, too");
};

const describe = ({ kind, config, step }: Contents, path: string): string[] => {
  const form =
    config &&
    `${config.gated ? "gated " : ""}${config.activation}, ${config.tiedEmbeddings ? "tied" : "separate"} output layer`;
  return [
    `${path}: ${kind}${step === undefined ? "" : `, step ${step}`}`,
    ...(config === undefined
      ? []
      : [
          `T5 with ${config.numLayers} + ${config.numDecoderLayers} layers, width ${config.dModel}, ${config.numHeads} heads of ${config.dKv}, feed-forward ${config.dFf} (${form}), vocabulary ${config.vocabSize}`,
        ]),
  ];
};

const inspectTensors = (path: string, contents: Contents, options: InspectOptions, terminal: Terminal): void => {
  const { tensors, metadata, ...rest } = contents;
  const parameters = totalElements(tensors);
  const bytes = tensors.reduce((n, tensor) => n + tensor.bytes, 0);
  if (options.json) {
    terminal.write(
      `${JSON.stringify({ path, ...rest, metadata, tensors, total: { tensors: tensors.length, parameters, bytes } })}\n`,
    );
    return;
  }
  const table = plain(["parameter", "shape", "stored as", "bytes"], [3]);
  for (const { name, shape, dtype, bytes } of tensors)
    table.push([printable(name), `[${shape}]`, dtype, bytes.toLocaleString("en")]);
  table.push([`${tensors.length} tensors`, parameters.toLocaleString("en"), "", bytes.toLocaleString("en")]);
  const kept = Object.entries(metadata).map(([key, value]) => printable(`${key}: ${value}`));
  terminal.write(`${[...describe(contents, path), ...kept, `${table}`].join("\n")}\n`);
  terminal.note(`${parameters.toLocaleString("en")} numbers in ${printBytes(bytes)}`);
};

const PROMPTS = ["prompt", "prompt_embeddings"];

/** Shows the tensors of a checkpoint, or the vectors of a prompt. */
export const inspect = async (path: string, options: InspectOptions, terminal: Terminal): Promise<void> => {
  const kind = await orThrow(checkpointKind(path));
  if (kind === "adapter" || kind === "npy") return inspectPrompt(path, options, terminal);
  const contents = await contentsOf(path, kind);
  const isPrompt = contents.kind === "safetensors" && contents.tensors.every(({ name }) => PROMPTS.includes(name));
  if (isPrompt) return inspectPrompt(path, options, terminal);
  if (options.model !== undefined) {
    throw usageError("fluxion inspect", "--model is for prompts", { got: `${kind} at ${path}` });
  }
  inspectTensors(path, contents, options, terminal);
};
