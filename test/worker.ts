/** @file A process that runs the test files whose names it is sent, and sends back what they print and how they end. */
import { fileURLToPath } from "node:url";
import { run } from "uvu/run";

/** How the tests of one file ended, and what they took; the seconds of CPU are those of this process alone. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}
export type FromWorker = { readonly printed: string } | Tally;

const send = (message: FromWorker): void => void process.send?.(message);

// uvu prints its totals itself; they are read back for the tally.
let printed = "";
process.stdout.write = ((chunk: string | Uint8Array) => {
  const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
  printed = (printed + text).slice(-2000);
  send({ printed: text });
  return true;
}) as typeof process.stdout.write;

const runFile = async (name: string): Promise<Tally> => {
  const [start, before] = [performance.now(), process.cpuUsage()];
  // uvu runs all that is in its queue.
  Object.assign(globalThis, { UVU_QUEUE: [] });
  process.exitCode = 0;
  let broken = 0;
  try {
    await run([{ name, file: fileURLToPath(new URL(name, import.meta.url)) }], { bail: false });
  } catch (error) {
    broken = 1;
    console.log(error);
  }
  const count = (label: string): number => Number(new RegExp(`${label}:\\s+(\\d+)`).exec(printed)?.[1] ?? 0);
  const [total, passed, skipped] = [count("Total"), count("Passed"), count("Skipped")];
  const { user, system } = process.cpuUsage(before);
  return {
    passed,
    // A suite that could not be set up fails though none of its tests does.
    failed: Math.max(total - passed, broken, process.exitCode, total + skipped === 0 ? 1 : 0),
    skipped,
    seconds: (performance.now() - start) / 1000,
    cpuSeconds: (user + system) / 1e6,
  };
};

process.on("message", async (name: string) => {
  // A test that waits for what never comes must end the process; only the wait for the next file may go on.
  process.channel?.unref();
  printed = "";
  const tally = await runFile(name);
  process.channel?.ref();
  send(tally);
});

// A server or timer that a failed test left behind must not keep the run from its closing line.
process.on("disconnect", () => process.exit());
