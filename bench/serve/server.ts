/** @file A server with t5-nano and a folder of prompts, which answers in one of the ways: `server.ts WAY PROMPTS`. Prints its address. */
import { readyT5 } from "../../lib/cli/ready.js";
import { NANO_MODEL } from "../../lib/lab/assets.js";
import { adapterFolder } from "../../lib/serve/adapter-folder.js";
import { listen } from "../../lib/serve/listen.js";
import { metrics } from "../../lib/serve/metrics.js";
import { batchQueue } from "../../lib/serve/queue.js";
import { type Question, type Reply, responder } from "../../lib/serve/responder.js";
import { routes } from "../../lib/serve/routes.js";
import { loadTokenizer } from "../../lib/tokenizer/load-tokenizer.js";
import { WAYS } from "./ways.js";

const [way, dir] = process.argv.slice(2);
const note = (line: string): void => console.error(line);
const unused = { write: note, watched: false, typed: false, lines: async function* () {} };
const ready = await readyT5({ model: NANO_MODEL, executor: "auto" }, { ...unused, note });
const folder = await adapterFolder(dir, () => undefined);
const limits = { maxTokens: 16, maxInputLength: 128, batchSize: 32 };
const answers = responder(ready, await loadTokenizer(NANO_MODEL), folder, limits);
const counted = metrics();
const answer = WAYS[way](answers.answer);
const queue = batchQueue<Question, Reply>({ batchSize: 32, limit: 256, timeout: 60_000, linger: 2, answer });
const app = routes({ queue, metrics: counted, adapters: folder.kept, maxBodyBytes: 65_536, note });
const { url } = await listen(app, { host: "127.0.0.1", port: 0, receiveTimeout: 10_000 });
console.log(url);
