/** @file What `fluxion inspect` shows of several prompts: how alike they are. */
import { init } from "../compile/init.js";
import { scope } from "../core/composite.js";
import type { HostArray } from "../core/host.js";
import { printable } from "../edge/printable.js";
import { loadAdapter } from "../io/adapters.js";
import * as np from "../np/index.js";
import { similarity } from "../prompt/index.js";
import { type InspectOptions, plainTable } from "./inspect-adapter.js";
import { usageError } from "./parse.js";
import type { Terminal } from "./terminal.js";

/** @throws {ConfigError} for an adapter of another method */
const promptAt = async (path: string): Promise<HostArray> => {
  const { settings, tuned } = await loadAdapter(path);
  if (settings.name === "prompt") return tuned.prompt as HostArray;
  throw usageError("fluxion inspect", "prompts alone can be compared", { got: `${settings.name} at ${path}` });
};

/**
 * Shows the cosine of the mean vectors of each two prompts.
 *
 * @throws {ConfigError} for what is not a prompt; {ShapeError} for prompts of models of different widths
 */
export const inspectSeveral = async (
  paths: readonly string[],
  { json }: Pick<InspectOptions, "json">,
  terminal: Terminal,
): Promise<void> => {
  const prompts: HostArray[] = [];
  for (const path of paths) prompts.push(await promptAt(path));
  await init({ executor: "tfjs" });
  using matrix = scope(() => similarity(prompts.map((prompt) => np.fromHost(prompt))));
  const values = [...matrix.dataSync()].map(Number);
  const rows = paths.map((_, i) => values.slice(i * paths.length, (i + 1) * paths.length));
  if (json) {
    terminal.write(`${JSON.stringify({ prompts: paths, similarity: rows })}\n`);
    return;
  }
  const table = plainTable(["", "prompt", ...paths.map((_, i) => `${i + 1}`)], [0, ...paths.map((_, i) => i + 2)]);
  rows.forEach((row, i) => {
    table.push([i + 1, printable(paths[i]), ...row.map((cosine) => cosine.toFixed(3))]);
  });
  terminal.write(`cosines of the mean vectors\n${table}\n`);
};
