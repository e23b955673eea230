/**
 * @file Runs the test suites with uvu and ends with one line: `N passed, N failed`.
 *
 * `node --import tsx test/run.ts` runs every `*.test.ts`; with the word `long` every `*.long.ts`. Further words select files by
 * their path.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "uvu/run";

const here = fileURLToPath(new URL(".", import.meta.url));
const words = process.argv.slice(2).filter((word) => word !== "long");
const ending = process.argv.includes("long") ? ".long.ts" : ".test.ts";
const suites = readdirSync(here, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith(ending) && (words.length === 0 || words.some((word) => name.includes(word))))
  .sort()
  .map((name) => ({ name, file: join(here, name) }));

// uvu prints its totals itself; they are read back for the line that counts.
let printed = "";
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = ((chunk: string | Uint8Array, ...rest: never[]) => {
  printed = (printed + String(chunk)).slice(-2000);
  return write(chunk, ...rest);
}) as typeof process.stdout.write;

await run(suites, { bail: false });

process.once("exit", (code) => {
  const count = (label: string): number => Number(new RegExp(`${label}:\\s+(\\d+)`).exec(printed)?.[1] ?? 0);
  const [total, passed, skipped] = [count("Total"), count("Passed"), count("Skipped")];
  // A suite that never ran to its end also counts as a failure.
  const failed = Math.max(total - passed, code !== 0 || total + skipped === 0 ? 1 : 0);
  write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
});
