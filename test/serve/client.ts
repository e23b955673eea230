/** @file A client of the server: what a request ends with, be it a response or the code of a broken connection. */
import { Agent, request } from "node:http";
import { connect } from "node:net";

export interface Ended {
  /** Of the response; 0 where there is none. */
  readonly status: number;
  readonly body: string;
  /** Of the error of the connection. */
  readonly code: string;
}

export interface Client {
  /** Sends a body to a path, by default to `/answer`; `headers` replace those of JSON. */
  send(body: string, headers?: Record<string, string>, signal?: AbortSignal): Promise<Ended>;
  ask(question: object, signal?: AbortSignal): Promise<Ended>;
  get(path: string): Promise<Ended>;
  close(): void;
}

/** A client with so many connections that are kept. */
export const clientOf = (url: string, connections = 1): Client => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const call = (path: string, options: object, body?: string): Promise<Ended> =>
    new Promise((resolve) => {
      const failed = ({ code }: NodeJS.ErrnoException): void =>
        resolve({ status: 0, body: "", code: code ?? "unknown" });
      const sent = request(url + path, { agent, ...options }, (response) => {
        let text = "";
        response.on("data", (part) => {
          text += part;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text, code: "" }));
        response.on("error", failed);
      });
      sent.on("error", failed);
      sent.end(body);
    });
  const send = (
    body: string,
    headers: Record<string, string> = { "content-type": "application/json" },
    signal?: AbortSignal,
  ) => call("/answer", { method: "POST", headers, signal }, body);
  return {
    send,
    ask: (question, signal) => send(JSON.stringify(question), undefined, signal),
    get: (path) => call(path, {}),
    close: () => agent.destroy(),
  };
};

/** Writes bytes to the port of an address, and gives what comes back until the other side closes, or until `ms` have passed. */
export const talk = (url: string, pieces: readonly string[], pause: number, ms: number): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    let got = "";
    socket.on("data", (part) => {
      got += part;
    });
    socket.on("error", ({ code }: NodeJS.ErrnoException) => {
      got += code;
    });
    const writing = setInterval(() => {
      if (left.length > 0) socket.write(left.shift() as string);
    }, pause);
    const left = [...pieces];
    const end = setTimeout(() => socket.destroy(), ms);
    socket.on("close", () => {
      clearInterval(writing);
      clearTimeout(end);
      resolve(got);
    });
  });
