/**
 * @file One peer of the tokenize benchmark in a process of its own: `peer.ts PEER ROUNDS` prints one JSON line.
 *
 * Articles are rows. The figure is that of the best round: bytes of UTF-8 text by seconds of CPU time of the whole process, which a busy machine
 * disturbs less than the clock.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { type Encode, PEERS, type VocabularyFiles } from "./peers.js";

interface Line {
  readonly bench: "tokenize";
  readonly peer: string;
  readonly corpus: string;
  readonly mbPerSecond: number;
  readonly tokens: number;
}
type Skipped = Pick<Line, "bench" | "peer"> & { readonly skipped: string };

interface Corpus {
  readonly name: string;
  readonly rows: readonly string[];
  readonly files: VocabularyFiles;
}

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const textOf = <K extends string>(jsonl: string, keys: readonly K[]): string[] =>
  jsonl
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => keys.map((key) => (JSON.parse(line) as Record<K, string>)[key]).join("\n"));

/** Wikipedia and T5's vocabulary from the shared folder; without that folder, a small text and vocabulary of the package. */
const loadCorpus = (): Corpus => {
  const wikipedia = at("../shared/data/corpus/wikipedia-en.valid.jsonl.gz");
  if (existsSync(wikipedia)) {
    const rows = textOf(gunzipSync(readFileSync(wikipedia)).toString(), ["text"]);
    const folder = at("../shared/data/t5");
    return {
      name: "wikipedia-en",
      rows,
      files: { model: `${folder}/sentencepiece.model`, json: `${folder}/tokenizer.json` },
    };
  }
  const cb = readFileSync(at("assets/superglue-mini/CB/train.jsonl"), "utf8");
  const rows = textOf(cb, ["premise", "hypothesis"]);
  return { name: "superglue-mini", rows, files: { model: at("assets/t5-nano/spiece.model") } };
};

interface Round {
  readonly seconds: number;
  readonly tokens: number;
}
const round = (encode: Encode, rows: readonly string[]): Round => {
  const began = process.cpuUsage();
  let tokens = 0;
  for (const row of rows) tokens += encode(row).length;
  const { user, system } = process.cpuUsage(began);
  return { seconds: (user + system) / 1e6, tokens };
};

/** The line of one peer; when it cannot be loaded, why. */
const measure = async (peer: string, rounds: number): Promise<Line | Skipped> => {
  const { name, rows, files } = loadCorpus();
  const load = PEERS[peer];
  if (load === undefined) throw new Error(`there is no peer ${peer}`);
  let encode: Encode;
  try {
    encode = await load(files);
  } catch (cause) {
    return { bench: "tokenize", peer, skipped: (cause as Error).message.split("\n")[0] as string };
  }
  let best: Round = { seconds: Infinity, tokens: 0 };
  for (let i = 0; i < rounds; i++) {
    const result = round(encode, rows);
    if (result.seconds < best.seconds) best = result;
  }
  const megabytes = rows.reduce((sum, row) => sum + Buffer.byteLength(row), 0) / 1e6;
  const mbPerSecond = Number((megabytes / best.seconds).toPrecision(3));
  return { bench: "tokenize", peer, corpus: name, mbPerSecond, tokens: best.tokens };
};

const [peer = "", rounds = "1"] = process.argv.slice(2);
console.log(JSON.stringify(await measure(peer, Number(rounds))));
