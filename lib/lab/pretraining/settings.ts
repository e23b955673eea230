/** @file The settings of pre-training: what is asked about a text, which texts, where the model starts, and which steps are saved. */
import * as t from "io-ts";
import { closed, such } from "../../edge/decode.js";
import {
  flagged,
  names,
  naturalNumber,
  plain,
  positive,
  positiveInteger,
  rate,
  split,
  text,
  whole,
} from "../codecs.js";
import { choice, group, setting, type ValueOf } from "../schema.js";

/** Files of text, and their share of the examples. */
export interface Source {
  /** A file, or a folder of files. */
  readonly path: string;
  /** Relative to the other weights. */
  readonly weight?: number;
}

const path = such(text, (name) => name !== "", "path");
const source = t.union([closed({ path }, "path"), closed({ path, weight: positive }, "source")]);

/** `wiki.txt` and `wiki.txt:2` as sources; everything else as it is. */
const sourceOf = (raw: unknown): unknown => {
  if (typeof raw !== "string") return raw;
  const [, name, weight] = /^(.*?)(?::([\d.]+))?$/.exec(raw.trim()) as RegExpExecArray;
  return { path: name, ...(weight !== undefined && { weight: Number(weight) }) };
};

/** The parts of a text between commas; none of an empty one. */
const listed = (raw: unknown): unknown => (typeof raw === "string" ? (raw.trim() === "" ? [] : split(raw)) : raw);

const sources = plain(
  whole(
    t.readonlyArray(source) as t.Type<readonly Source[], unknown, unknown>,
    "paths: one, a list of them, or of { path, weight } with weights above 0",
  ),
  (raw) => {
    const list = listed(raw);
    return Array.isArray(list) ? list.map(sourceOf) : list;
  },
);

const steps = plain(whole(t.readonlyArray(positiveInteger), "list of steps"), (raw) => {
  const list = typeof raw === "number" ? [raw] : listed(raw);
  return Array.isArray(list) ? list.map((step) => (typeof step === "string" ? Number(step) : step)) : list;
});

const densityOf = (fallback: number) =>
  setting(rate, fallback, "share of the tokens that are noise", { flag: "--noise-density <x>" });

const meanSpan = setting(positive, 3, "mean length of the spans that are noise", { flag: "--mean-span <x>" });

const KIND = choice(
  {
    "span-corruption": group({ noiseDensity: densityOf(0.15), meanNoiseSpanLength: meanSpan }),
    "iid-denoising": group({ noiseDensity: densityOf(0.15) }),
    "prefix-lm": group({ noiseDensity: densityOf(0.5) }),
    lm: group({}),
    "text-infilling": group({ noiseDensity: densityOf(0.15), meanNoiseSpanLength: meanSpan }),
    "token-deletion": group({ noiseDensity: densityOf(0.15) }),
  },
  "span-corruption",
  "what is asked about a text: span-corruption, iid-denoising, prefix-lm, lm, text-infilling, token-deletion",
  { flag: "--objective <name>" },
);

/** A size of a new model. */
const size = (what: string) => setting(naturalNumber, 0, `${what}; 0: as the architecture has it`);

const START = choice(
  {
    scratch: group({
      architecture: setting(text, "t5-1.1-small", "name of a released model, or its config.json, whose sizes it has", {
        flag: "--architecture <name>",
        parse: String,
      }),
      vocabSize: setting(naturalNumber, 0, "rows of the embedding; 0: the pieces, rounded up to a multiple of 128"),
      dModel: size("width"),
      dKv: size("width of a head"),
      dFf: size("width of the feed-forward layers"),
      numHeads: size("heads"),
      numLayers: size("layers of the encoder, and of the decoder unless that has its own number"),
      numDecoderLayers: size("layers of the decoder"),
    }),
    model: group({}),
  },
  "scratch",
  "where weights start: as T5's do (scratch; of the model the tokenizer alone is used), or from the model's",
  { flag: "--start <name>" },
);

export const PRETRAINING = {
  kind: KIND,
  corpus: setting<readonly Source[], string | readonly (string | Source)[]>(
    sources,
    [],
    "files of text, or folders of them: .txt, .jsonl (both also .gz), .parquet; with shares as a.txt:2,b.txt:1 they are a mixture",
    { flag: "--corpus <paths>", parse: String },
  ),
  field: setting(text, "text", "field or column with the text, in JSON lines and Parquet", { parse: String }),
  validation: setting<readonly string[], string | readonly string[]>(
    names,
    [],
    "files or folders of held-out text (default: a share of the corpus, see heldOut)",
    { flag: "--validation-corpus <paths>", parse: String },
  ),
  heldOut: setting(rate, 0.01, "share of the documents that are evaluated, and not trained on", {
    flag: "--held-out <x>",
  }),
  validationRows: setting(positiveInteger, 64, "examples of held-out text in an evaluation"),
  tasks: group({
    share: setting(rate, 0.5, "share of the examples that are of the tasks of `train`, where it names some", {
      flag: "--task-share <x>",
    }),
    sentinel: setting(flagged, false, "the first sentinel in front of the targets of tasks, as texts have it"),
  }),
  start: START,
  saveAt: setting<readonly number[], number | string | readonly number[]>(
    steps,
    [],
    "steps after which the model is kept in a separate folder, as in 1000,2000",
    { flag: "--save-at <steps>", parse: String },
  ),
};

export type KindRecipe = ValueOf<typeof KIND>;
export type StartRecipe = ValueOf<typeof START>;
