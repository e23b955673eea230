/** @file Headless Chromium for tests, by its DevTools protocol over a pipe. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

const PATHS = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where Chromium is installed, if it is. */
export const chromiumPath = (): string | undefined => PATHS.find((path) => path !== undefined && existsSync(path));

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
  readonly sessionId?: string;
}

/** What a page and its workers did. */
export interface Visit<T> {
  /** What the expression gave. */
  readonly value: T;
  /** Uncaught errors, warnings and errors of the console, and of the browser's log. */
  readonly complaints: readonly string[];
  readonly requests: readonly string[];
}

export interface Browser {
  /** Opens an address and waits until an expression that may be a promise has a value; it is asked again while it is undefined. */
  visit<T>(url: string, expression: string): Promise<Visit<T>>;
  close(): Promise<void>;
}

type Listener = (message: Message) => void;

/** Messages to and from the browser, each ended by a zero byte. */
const protocolOf = (child: ChildProcess) => {
  const [, , , to, from] = child.stdio as unknown as [null, null, null, Writable, Readable];
  const waiting = new Map<number, (message: Message) => void>();
  const listeners = new Set<Listener>();
  let pending = "";
  let lastId = 0;
  from.setEncoding("utf8").on("data", (text: string) => {
    const messages = (pending + text).split("\0");
    pending = messages.pop() ?? "";
    for (const json of messages) {
      const message = JSON.parse(json) as Message;
      if (message.id === undefined) for (const listener of listeners) listener(message);
      else waiting.get(message.id)?.(message);
    }
  });
  const send = (method: string, params: object = {}, sessionId?: string): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      waiting.set(id, ({ result, error }) => {
        waiting.delete(id);
        if (error === undefined) resolve(result ?? {});
        else reject(new Error(`${method}: ${error.message}`));
      });
      to.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  return { send, listeners };
};

/** A complaint in an event, if it is one. */
const complaintOf = ({ method, params }: Message): string | undefined => {
  const said = JSON.stringify(params);
  if (method === "Runtime.exceptionThrown") return said;
  if (method === "Runtime.consoleAPICalled" && /^(warning|error|assert)$/.test(String(params?.type))) return said;
  const entry = params?.entry as { level: string } | undefined;
  return method === "Log.entryAdded" && /^(warning|error)$/.test(entry?.level ?? "") ? said : undefined;
};

const WATCHED = ["Runtime.enable", "Log.enable", "Network.enable"];
const LIMIT_MS = 60_000;

/** Starts Chromium with a profile of its own. */
export const openBrowser = (path: string): Browser => {
  const profile = mkdtempSync(join(tmpdir(), "fluxion-chromium-"));
  const flags = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--remote-debugging-pipe",
    `--user-data-dir=${profile}`,
  ];
  const child = spawn(path, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const { send, listeners } = protocolOf(child);

  /** The page, and each worker that it starts, before its first line. */
  const watch = async (sessionId: string): Promise<void> => {
    // A worker has no log of its own.
    for (const method of WATCHED) await send(method, {}, sessionId).catch(() => undefined);
    const attach = { autoAttach: true, waitForDebuggerOnStart: true, flatten: true };
    await send("Target.setAutoAttach", attach, sessionId);
    await send("Runtime.runIfWaitingForDebugger", {}, sessionId);
  };

  const evaluated = async (expression: string, sessionId: string): Promise<unknown> => {
    const end = Date.now() + LIMIT_MS;
    while (Date.now() < end) {
      const options = { expression, awaitPromise: true, returnByValue: true };
      // A page that loads itself anew, as development servers make it do, ends an evaluation.
      const answer = await send("Runtime.evaluate", options, sessionId).catch(() => undefined);
      if (answer?.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer.exceptionDetails));
      const value = (answer?.result as { value?: unknown } | undefined)?.value;
      if (value !== undefined) return value;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`no value of ${expression} after ${LIMIT_MS} ms`);
  };

  return {
    async visit<T>(url: string, expression: string) {
      const complaints: string[] = [];
      const requests: string[] = [];
      const listener: Listener = (message) => {
        const complaint = complaintOf(message);
        if (complaint !== undefined) complaints.push(complaint);
        if (message.method === "Network.requestWillBeSent")
          requests.push(String((message.params?.request as { url: string } | undefined)?.url));
        if (message.method === "Target.attachedToTarget") void watch(String(message.params?.sessionId));
      };
      const { targetId } = await send("Target.createTarget", { url: "about:blank" });
      const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
      listeners.add(listener);
      try {
        await watch(String(sessionId));
        await send("Page.navigate", { url }, String(sessionId));
        const value = (await evaluated(expression, String(sessionId)).catch((cause: unknown) => {
          throw new Error([String(cause), ...complaints, ...requests.slice(-8)].join("\n"));
        })) as T;
        return { value, complaints, requests };
      } finally {
        listeners.delete(listener);
        await send("Target.closeTarget", { targetId });
      }
    },
    async close() {
      const ended = new Promise((resolve) => child.on("exit", resolve));
      child.kill();
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
