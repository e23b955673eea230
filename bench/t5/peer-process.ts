/** @file A process that answers in lines of JSON. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** An answer, or why there is none. */
export type Said = Readonly<Record<string, unknown>> & { readonly skipped?: string };

/** How much of its complaints is kept. */
const TAIL = 10_000;

export class PeerProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  #complaints = "";

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(command, args, { env, stdio: ["pipe", "pipe", "pipe"] });
    const complain = (text: unknown): void => {
      this.#complaints = (this.#complaints + String(text)).slice(-TAIL);
    };
    this.#child.stderr.on("data", complain);
    this.#child.on("error", complain);
    // A process that has ended takes no more lines; it is noticed when no answer comes.
    this.#child.stdin.on("error", () => undefined);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** What it says next; what is no JSON is for people. */
  async next(): Promise<Said> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) return { skipped: this.#reason() };
      if (value.startsWith("{")) return JSON.parse(value) as Said;
    }
  }

  /** Asks for a turn. */
  turn(): Promise<Said> {
    this.#child.stdin.write("\n");
    return this.next();
  }

  /** Ends it; its last words. */
  end(): Promise<Said> {
    this.#child.stdin.end();
    return this.next();
  }

  #reason(): string {
    const lines = this.#complaints.split("\n").filter((line) => line.trim() !== "");
    const line = lines.find((text) => /error|memory|abort/i.test(text)) ?? lines.at(-1) ?? "it ended without a word";
    return line.trim().slice(0, 200);
  }
}
